"""Fit the bundled heads of apparent age, sex, origin and head pose on FairFace.

    python scripts/fit_appearance.py FACESET [FILE]

FACESET is a colour set of FairFace that `circumplex prepare` left, with `--keep age --keep gender
--keep ethnicity`. The heads are fitted on its training split with each group of age, sex and origin
weighing the same; figures are of its `val` split. Written: FILE, or the package's own.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression, Ridge

from faces.ground.pixels import to_tensor
from faces.ground.provenance import software
from faces.readers.appearance.reader import BUNDLED, ETHNICITIES, AppearanceReader
from faces.readers.identity.alignment import chips_of_crops
from faces.sets import FaceSet, load_faceset
from studio.cli.terminal import show_progress

#: Middle of each age band, in years.
AGES = {"20-29": 25, "30-39": 35, "40-49": 45, "50-59": 55, "60-69": 65, "70+": 75}
_AT_ONCE = 64
_RIDGE, _INVERSE_PENALTY = 30.0, 0.1


@torch.inference_mode()
def read_features(reader: AppearanceReader, faces: FaceSet) -> np.ndarray:
    """What the heads read, (N, 704), of all faces of a set."""
    parts = [np.arange(at, min(at + _AT_ONCE, len(faces))) for at in range(0, len(faces), _AT_ONCE)]
    features = []
    for part in show_progress(parts, "look at faces", len(parts)):
        chips = chips_of_crops(to_tensor(faces.read(part)), faces.margin)
        with torch.autocast("cpu", torch.bfloat16):
            features.append(reader.features(chips)[0].numpy())
    return np.concatenate(features)


def group_weights(table: pd.DataFrame) -> np.ndarray:
    """(N,), mean 1: every combination of age band, sex and origin weighs the same, up to tenfold
    of what its faces would."""
    sizes = table.groupby(["age", "gender", "ethnicity"])["age"].transform("size").to_numpy(float)
    weights = np.minimum(sizes.mean() / sizes, 10.0)
    return weights / weights.mean()


def fit(reader: AppearanceReader, x: np.ndarray, table: pd.DataFrame) -> None:
    """Set the heads' weights from standardised features (N, 704) and their labels."""
    weights = group_weights(table)
    numbers = {
        "age": table["age"].map(AGES).to_numpy(float),
        "yaw": table["yaw"].to_numpy(float),
        "pitch": table["pitch"].to_numpy(float),
    }
    for name, target in numbers.items():
        ridge = Ridge(_RIDGE).fit(x, target, weights)
        _set(reader, name, ridge.coef_[None], np.atleast_1d(ridge.intercept_))
    female = (table["gender"] == "female").to_numpy()
    logistic = LogisticRegression(C=_INVERSE_PENALTY, max_iter=1000).fit(x, female, weights)
    _set(reader, "female", logistic.coef_, logistic.intercept_)
    codes = table["ethnicity"].map({name: k for k, name in enumerate(ETHNICITIES)}).to_numpy()
    logistic = LogisticRegression(C=_INVERSE_PENALTY, max_iter=1000).fit(x, codes, weights)
    _set(reader, "ethnicity", logistic.coef_, logistic.intercept_)


def _set(reader: AppearanceReader, name: str, weight: np.ndarray, bias: np.ndarray) -> None:
    head = reader.heads[name]
    assert isinstance(head, torch.nn.Linear)
    head.weight.copy_(torch.from_numpy(weight))
    head.bias.copy_(torch.from_numpy(bias))


@torch.inference_mode()
def held_out(reader: AppearanceReader, x: np.ndarray, table: pd.DataFrame) -> dict[str, Any]:
    """Accuracy of sex and origin, mean error of age in years, R² of yaw and pitch."""
    found = {name: head(torch.from_numpy(x).float()).numpy() for name, head in reader.heads.items()}
    female = (table["gender"] == "female").to_numpy()
    names = np.array(ETHNICITIES)[found["ethnicity"].argmax(1)]
    age = table["age"].map(AGES).to_numpy(float)
    figures = {
        "faces": len(table),
        "female_accuracy": float(((found["female"][:, 0] > 0) == female).mean()),
        "ethnicity_accuracy": float((names == table["ethnicity"].to_numpy()).mean()),
        "age_error_years": float(np.abs(found["age"][:, 0] - age).mean()),
    }
    for name in ("yaw", "pitch"):
        target = table[name].to_numpy(float)
        missed = np.square(found[name][:, 0] - target).mean()
        figures[f"{name}_r2"] = float(1 - missed / target.var())
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("faceset", type=Path)
    parser.add_argument("file", type=Path, nargs="?", default=BUNDLED)
    given = parser.parse_args()
    faces, reader = load_faceset(given.faceset), AppearanceReader()
    features, table = read_features(reader, faces), faces.manifest()
    fitted, held = faces.rows("train"), faces.rows("val")
    centre, scale = features[fitted].mean(0), features[fitted].std(0) + 1e-6
    reader.centre.copy_(torch.from_numpy(centre))
    reader.scale.copy_(torch.from_numpy(scale))
    x = (features - centre) / scale
    fit(reader, x[fitted], table.iloc[fitted])
    figures = held_out(reader, x[held], table.iloc[held])
    reader.provenance = {"software": software(), "faces": faces.identity, "held_out": figures}
    reader.save(given.file)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
