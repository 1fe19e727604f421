"""Fit the bundled reader of action units on FER+'s `train`; report it and the table on `val`.

    python scripts/fit_affect.py FERPLUS REPORT.json [--weights FILE] [--processes N]

FERPLUS holds manifest.csv and the pictures. Without --weights the package's own file is written.
Brackets are bootstrap 95 % intervals. A face without landmarks is in no figure but its count.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
import csv
from pathlib import Path
from typing import Any

import numpy as np

from faces.circumplex import EXPRESSIONS, quadrant
from faces.ground.digests import file_digest
from faces.ground.files import write_json
from faces.ground.json_values import plain
from faces.ground.provenance import software
from faces.readers.action_units.units import NAMES
from faces.readers.affect.from_action_units import (
    BUNDLED,
    TARGETS,
    AffectReader,
    TableReader,
    fit_affect,
)
from faces.readers.landmarks.config import LandmarkerConfig
from faces.readers.reading import FaceReader
from studio.cli.terminal import show_progress
from vae.probing.metrics import METRICS, intervals, pair_sums


def read_units(folder: Path, paths: list[str], processes: int) -> np.ndarray:
    """Intensities of each picture's face, (N, K); NaN where there is none."""
    units = np.full((len(paths), len(NAMES)), np.nan, np.float32)
    config = LandmarkerConfig(confidence=False)
    with FaceReader(config, pixel=None, affect=None, processes=processes) as reader:
        readings = reader.read_files([folder / path for path in paths])
        for row, reading in enumerate(show_progress(readings, "landmarks", len(paths))):
            if reading.action_units is not None:
                units[row] = reading.action_units
    return units


def judge(
    reader: AffectReader | TableReader, units: np.ndarray, labels: np.ndarray, names: np.ndarray
) -> dict[str, Any]:
    """Scores on faces with landmarks and labels, and the mean reading of each expression."""
    read = reader.read(units)
    sums, bounds = pair_sums(labels, read).sum(0), intervals(labels, read)
    found: dict[str, Any] = {"n": len(labels)}
    for k, target in enumerate(TARGETS):
        found[target] = {
            name: plain([metric(sums)[k], *bounds[name][:, k]]) for name, metric in METRICS.items()
        }
    found["expressions"] = {}
    for name in EXPRESSIONS:
        rows = names == name
        if rows.any():
            mean, label = read[rows].mean(0), labels[rows].mean(0)
            found["expressions"][name] = {
                "n": int(rows.sum()),
                "reading": plain(mean),
                "label": plain(label),
                "same_quadrant": quadrant(*mean) == quadrant(*label),
            }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ferplus", type=Path)
    parser.add_argument("report", type=Path)
    parser.add_argument("--weights", type=Path, default=BUNDLED)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    manifest = given.ferplus / "manifest.csv"
    with manifest.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    units = read_units(given.ferplus, [row["path"] for row in rows], given.processes)
    labels = np.array([[float(row[name] or "nan") for name in TARGETS] for row in rows])
    names = np.array([row["expression"] for row in rows])
    train = np.array([row["split"] == "train" for row in rows])
    known = np.isfinite(units).all(1) & np.isfinite(labels).all(1)
    source = {
        "faces": "FER+ train",
        "manifest": file_digest(manifest),
        "labels": "proxy of valence and arousal from ten annotators' votes",
        "software": software(),
    }
    fitted = fit_affect(units[train], labels[train], provenance=source)
    held_out = known & ~train
    report = {
        "software": software(),
        "fitted": judge(fitted, units[held_out], labels[held_out], names[held_out]),
        "table": judge(TableReader(), units[held_out], labels[held_out], names[held_out]),
        "without_landmarks": {
            "train": int(np.isnan(units[train, 0]).sum()),
            "val": int(np.isnan(units[~train, 0]).sum()),
        },
    }
    scores = {name: {t: report["fitted"][t][name][0] for t in TARGETS} for name in ("ccc", "rmse")}
    fitted.provenance["held_out"] = {"faces": "FER+ val", "n": int(held_out.sum()), **scores}
    fitted.save(given.weights)
    write_json(given.report, report)
    for kind in ("fitted", "table"):
        print(kind, *(f"{t} CCC {report[kind][t]['ccc'][0]:.3f}" for t in TARGETS))


if __name__ == "__main__":
    main()
