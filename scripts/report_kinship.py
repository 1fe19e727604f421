"""Measure which readers err alike on real faces, for the pages of `circumplex evaluate`.

    python scripts/report_kinship.py FACESET [OUT] [--faces 1000]

Takes labelled faces of FACESET's `val` split whose expression annotators voted on, so many of them,
evenly; for the package that is FER+'s, which no reader learned from. OUT (by default the file in
the package) gets every reader's error on each. Run it anew whenever a reader's file changes.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
import json
import os
from pathlib import Path

import numpy as np

from faces.circumplex import EXPRESSIONS
from faces.ground.errors import CircumplexError
from faces.readers.landmarks.config import LandmarkerConfig
from faces.readers.reading import FaceReader
from faces.sets import load_faceset
from faces.sets.manifest import FaceSet
from studio.cli.terminal import show_progress
from studio.evaluation.kinship import PACKAGED, kinship
from studio.evaluation.panel import affect_of
from studio.evaluation.readers import affect_digests, run_digests
from studio.evaluation.real_faces import held_out_rows, packaged_probes, read_errors


def voted_rows(faceset: FaceSet, most: int) -> np.ndarray:
    """Rows of `val` with an expression, at most so many, evenly."""
    rows = held_out_rows(faceset, len(faceset))
    named = faceset.manifest(["expression"]).iloc[rows]["expression"].isin(EXPRESSIONS).to_numpy()
    rows = rows[named]
    if not len(rows):
        raise CircumplexError(f"{faceset.folder} has no val faces with an expression")
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int))]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("faceset", type=Path)
    parser.add_argument("out", type=Path, nargs="?", default=PACKAGED)
    parser.add_argument("--faces", type=int, default=1000)
    given = parser.parse_args()
    faceset, runs = load_faceset(given.faceset), run_digests()
    probes = packaged_probes(faceset.margin, list(runs))
    rows = voted_rows(faceset, given.faces)
    config = LandmarkerConfig(visibility=False)
    with FaceReader(config, processes=os.cpu_count() or 1) as faces:
        found = read_errors(
            faceset,
            lambda images: affect_of(faces.read(list(images))) | probes(images),
            affect_digests() | runs,
            rows,
            show_progress,
            "faces of FER+'s validation split, which none of the readers learned from",
        )
    found.save(given.out)
    print(json.dumps(kinship(found), indent=2))


if __name__ == "__main__":
    main()
