"""Measure what becomes of photos: who is found, and whether an edit smiles as the person does.

    python scripts/report_photos.py PEOPLE OUT [--generator stylegan3] [--tuned 12] [--pivot 150]
                                    [--judges HUMAN_MODELS]

PEOPLE holds manifest.csv (path, identity, expression) with a neutral and a smiling picture of each
person. OUT gets report.json and smiles.png: of the first twelve people the neutral photo, what is
found of it, our smile, and the true one. The smile test: from the neutral photo that valence and
arousal are asked for which the pixel reader finds in the person's own smile. That reader trains
editors, and the identity network is in the loss; `affect` reads landmarks and took no part, nor did
Faceres of docs/judges.md, whose folder is `models`. Brackets: 95 %, bootstrap of people.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from faces.ground.files import write_json
from faces.ground.training.journal import write_sheet
from faces.readers.identity import IdentityReader
from faces.readers.pixels.reader import PixelReader
from faces.readers.reading import FaceReader
from faces.sets.config import cut_of
from gan_bridge.editing.explorer import EmotionExplorer
from gan_bridge.generators.protocol import Encoder
from gan_bridge.inversion import Inverter, PivotConfig, find_photo
from gan_bridge.inversion.photo_face import QUICK, quick_inverter
from gan_bridge.inversion.photos import cut_photo
from studio.cli.terminal import show_progress
from studio.engine import Engine
from studio.stimuli.origin import Start
from studio.stimuli.refining import move_refined
from vae.probing.metrics import bootstrap_interval, mean_of

_SHOWN = 12
Figure = dict[str, Any]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("people", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--generator", default="stylegan3")
    parser.add_argument("--tuned", type=int, default=12)
    parser.add_argument("--pivot", type=int, default=150)
    parser.add_argument("--judges", type=Path)
    return parser.parse_args()


def pairs(folder: Path) -> list[tuple[Path, Path]]:
    """The neutral and the smiling photo of each person, by identity."""
    table = pd.read_csv(folder / "manifest.csv", dtype=str)
    kind = table.columns[table.isin(["neutral", "smiling"]).all()][0]
    by_person = table.pivot(index="identity", columns=kind, values="path").sort_index()
    return [
        (folder / neutral, folder / smiling)
        for neutral, smiling in by_person[["neutral", "smiling"]].itertuples(index=False)
    ]


def figure(values: np.ndarray) -> Figure:
    """The mean over people, its interval, the least and the most."""
    there = values[np.isfinite(values)]
    interval = bootstrap_interval(np.stack([np.ones(len(there)), there], 1), mean_of)
    return {
        "mean": float(there.mean()),
        "interval": interval.tolist(),
        "least": float(there.min()),
        "most": float(there.max()),
        "people": len(there),
    }


def tuned_distances(
    explorer: EmotionExplorer, photos: list[Path], steps: int, reader: IdentityReader
) -> np.ndarray:
    """Identity distances of photos from what is found of them with pivotal tuning, (N,)."""
    generator, margin = explorer.generator, cut_of(explorer.generator.provenance).margin
    inverter = Inverter(generator, QUICK, pivot=PivotConfig(steps=steps))
    found = []
    for photo in show_progress(photos, "tune", len(photos)):
        face = cut_photo(photo, generator).coloured
        one, other = reader.read_crops([face, inverter(face).image], margin)
        found.append(float(np.linalg.norm(one - other)))
    return np.array(found)


def main() -> None:
    given = arguments()
    given.out.mkdir(parents=True, exist_ok=True)
    engine = Engine()
    explorer, people = engine.explorer(given.generator), pairs(given.people)
    generator, margin = explorer.generator, cut_of(explorer.generator.provenance).margin
    assert isinstance(generator, Encoder)
    pixel, identity = PixelReader.load("bundled"), IdentityReader()
    rows, inverter = [], quick_inverter(generator)
    for neutral, smiling in show_progress(people, "people", len(people)):
        found = find_photo(neutral, generator, inverter=inverter)
        photo, smile = found.portrait.coloured, cut_photo(smiling, generator).coloured
        one_pass = generator.synthesize(generator.encode(photo[None]))[0]
        read = pixel.read([smile])
        asked = float(read.valence[0]), float(read.arousal[0])
        anchored = engine.anchored(explorer, found.w, found.image)
        w, _ = move_refined(Start(found.w, anchored, found), *asked, None, engine)
        edit = generator.synthesize(w)[0]
        rows.append((photo, one_pass, found.image, edit, smile, asked, found.verdict.passed))
    pictures = {
        name: np.stack([row[k] for row in rows])
        for k, name in enumerate(("photo", "one pass", "found", "edit", "smile"))
    }
    asked = np.array([row[5] for row in rows])
    seen = {name: identity.read_crops(list(each), margin) for name, each in pictures.items()}
    report: Figure = {"settings": {k: str(v) for k, v in vars(given).items()}}
    report["refused_by_the_gate"] = int(sum(not row[6] for row in rows))  # measured all the same
    distance = {
        "one pass": figure(_apart(seen["photo"], seen["one pass"])),
        "with steps": figure(_apart(seen["photo"], seen["found"])),
        "own smile": figure(_apart(seen["photo"], seen["smile"])),
    }
    if given.tuned:
        first = [neutral for neutral, _ in people[: given.tuned]]
        untuned = _apart(seen["photo"], seen["found"])[: given.tuned]
        distance["with steps, of those tuned"] = figure(untuned)
        distance["tuned"] = figure(tuned_distances(explorer, first, given.pivot, identity))
    report["identity_distance"] = distance
    farther = _apart(seen["edit"], seen["smile"]) - _apart(seen["photo"], seen["smile"])
    report["smile_test"] = {
        "error": smile_errors(pixel, pictures, asked),
        "farther_in_identity_than_neutral": figure(farther),
    }
    if given.judges:
        report["faceres"] = by_faceres(given.judges, pictures, margin)
    shown = ("photo", "found", "edit", "smile")
    sheet = np.stack([pictures[name][:_SHOWN] for name in shown], 0)
    write_sheet(given.out / "smiles.png", sheet.reshape(-1, *sheet.shape[2:]), _SHOWN, len(shown))
    write_json(given.out / "report.json", report)
    print((given.out / "report.json").read_text())


def smile_errors(pixel: PixelReader, pictures: dict[str, np.ndarray], asked: np.ndarray) -> Figure:
    """How far what is read in the edit is from what the same reader finds in the true smile."""
    by_pixel = pixel.read(list(pictures["edit"]))
    report = {
        "pixel": figure(np.hypot(by_pixel.valence - asked[:, 0], by_pixel.arousal - asked[:, 1]))
    }
    with FaceReader(pixel=None) as reader:
        looks = {
            name: reader.read(list(pictures[name])) for name in ("photo", "found", "edit", "smile")
        }
    names = sorted({name for each in looks["smile"] for name in each.affect})
    for name in names:
        by_kind = {
            kind: np.array([each.affect.get(name, (np.nan, np.nan)) for each in found])
            for kind, found in looks.items()
        }
        report[name] = figure(np.linalg.norm(by_kind["edit"] - by_kind["smile"], axis=1))
        for kind, said in (("found", "as found, unedited"), ("photo", "the neutral photo")):
            report[f"{name}, {said}"] = figure(
                np.linalg.norm(by_kind[kind] - by_kind["smile"], axis=1)
            )
    return report


def by_faceres(folder: Path, pictures: dict[str, np.ndarray], margin: float) -> Figure:
    """Cosines of the photo with what is made of it, by a recogniser that took no part."""
    from judges import Faceres

    judge = Faceres(folder)
    seen = {name: judge.of_crops(each, margin)["embedding"] for name, each in pictures.items()}
    return {
        name: figure((seen["photo"] * seen[name]).sum(1))
        for name in ("one pass", "found", "edit", "smile")
    }


def _apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.linalg.norm(one.astype(float) - other, axis=1)


if __name__ == "__main__":
    main()
