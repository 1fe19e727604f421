"""Fit the bundled reader of landmarks on FER+'s `train`; report it and the table on `val`.

    python scripts/fit_affect.py FERPLUS FAIRFACE REPORT.json [--weights FILE] [--processes N]

FERPLUS and FAIRFACE are manifests, such as ferplus/manifest.csv and the manifest.parquet of a face
set of FairFace. FERPLUS has the labels. FAIRFACE, which has none, says of which group a face is:
those of its `train` that look neutral to the pixel reader are to read (0, 0) in every group.
Without --weights the package's own file is written. --cache keeps what was read of the pictures.
Brackets are bootstrap 95 % intervals. A face without landmarks is in no figure but its count.
`circumplex study invariance` measures what is left between groups.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from grouped_faces import GROUPS, read_faces, read_manifest

from faces.circumplex import EXPRESSIONS, quadrant
from faces.ground.digests import file_digest
from faces.ground.files import write_json
from faces.ground.json_values import plain
from faces.ground.provenance import software
from faces.readers.affect.from_action_units import (
    BUNDLED,
    TARGETS,
    AffectReader,
    TableReader,
    fit_affect,
)
from faces.readers.affect.neutral_faces import NeutralFaces
from studio.evaluation.invariance_config import LIKELY
from vae.probing.metrics import METRICS, intervals, pair_sums


def read_table(
    table: pd.DataFrame, name: str, given: argparse.Namespace, *, pixel: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores (N, P) for the fitted reader, intensities (N, K) of action units for the table, and
    the probability of neutral (N,) of each face; NaN where none is."""
    paths = list(table["path"])
    cache = given.cache and given.cache / f"{name}.npz"
    if cache and cache.is_file():
        with np.load(cache) as stored:
            if list(stored["path"]) == paths:
                return stored["scores"], stored["units"], stored["neutral"]
    read = read_faces(paths, given.processes, name, pixel=pixel)
    if cache:
        cache.parent.mkdir(parents=True, exist_ok=True)
        found = {"scores": read.scores, "units": read.units, "neutral": read.neutral}
        np.savez(cache, path=paths, **found)
    return read.scores, read.units, read.neutral


def drawn(table: pd.DataFrame, count: int | None, rng: np.random.Generator) -> np.ndarray:
    """Positions of `count` faces of `train` (None: of all), in the order they are drawn in."""
    return rng.permutation(np.flatnonzero(table["split"] == "train"))[:count]


def neutral_faces(given: argparse.Namespace, rng: np.random.Generator) -> NeutralFaces:
    """The faces of FairFace's `train`, of `--faces` that are drawn, that look neutral."""
    table = read_manifest(given.fairface)
    table = table.iloc[drawn(table, given.faces, rng)]
    scores, _, neutral = read_table(table, "fairface", given, pixel=True)
    rows = np.isfinite(scores).all(1) & (neutral > LIKELY)
    groups = {name: table[name].to_numpy(str)[rows] for name in GROUPS}
    return NeutralFaces(scores[rows], groups)


def judge(
    reader: AffectReader | TableReader, taken: np.ndarray, labels: np.ndarray, names: np.ndarray
) -> dict[str, Any]:
    """How well what a reader takes of faces with landmarks and labels is read: scores, and the mean
    reading of each expression."""
    read = reader.read(taken)
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


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ferplus", type=Path)
    parser.add_argument("fairface", type=Path)
    parser.add_argument("report", type=Path)
    parser.add_argument("--weights", type=Path, default=BUNDLED)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--faces", type=int, default=6000, help="of FairFace that are looked at")
    parser.add_argument("--labelled", type=int, help="of FER+ that are fitted; all by default")
    parser.add_argument("--cache", type=Path)
    return parser.parse_args()


def main() -> None:
    given = arguments()
    rng = np.random.default_rng(0)
    neutral = neutral_faces(given, rng)
    table = read_manifest(given.ferplus)
    val = np.flatnonzero(table["split"] == "val")
    table = table.iloc[np.concatenate([drawn(table, given.labelled, rng), val])]
    scores, units, _ = read_table(table, "ferplus", given, pixel=False)
    labels = table[list(TARGETS)].to_numpy(np.float64)
    names, train = table["expression"].to_numpy(str), (table["split"] == "train").to_numpy()
    known = np.isfinite(scores).all(1) & np.isfinite(labels).all(1)
    source = {
        "faces": "FER+ train; neutral: FairFace train",
        "manifest": file_digest(given.ferplus),
        "neutral_manifest": file_digest(given.fairface),
        "labels": "proxy of valence and arousal from ten annotators' votes",
        "neutral": f"probability of neutral above {LIKELY} by the pixel reader",
        "software": software(),
    }
    fitted = fit_affect(scores[train], labels[train], provenance=source, neutral=neutral)
    held_out = known & ~train
    readers = {
        "fitted": fitted,
        "without_neutral_faces": fit_affect(scores[train], labels[train]),
        "table": TableReader(),
    }
    report: dict[str, Any] = {
        kind: judge(
            reader,
            (units if kind == "table" else scores)[held_out],
            labels[held_out],
            names[held_out],
        )
        for kind, reader in readers.items()
    }
    report["software"] = software()
    report["without_landmarks"] = {
        "train": int(np.isnan(scores[train, 0]).sum()),
        "val": int(np.isnan(scores[~train, 0]).sum()),
    }
    shown = {name: {t: report["fitted"][t][name][0] for t in TARGETS} for name in ("ccc", "rmse")}
    fitted.provenance["held_out"] = {"faces": "FER+ val", "n": int(held_out.sum()), **shown}
    fitted.save(given.weights)
    write_json(given.report, report)
    for kind in readers:
        print(kind, *(f"{t} CCC {report[kind][t]['ccc'][0]:.3f}" for t in TARGETS))


if __name__ == "__main__":
    main()
