"""Measure by how much each reader of affect errs on labelled faces that none of them was fitted on.

    python scripts/report_errors.py FERPLUS

FERPLUS holds manifest.csv and the pictures. Of FER+'s `val` the root mean square of reading minus
label goes to faces/readers/tables/affect_errors.json, from which `circumplex export` takes the
interval beside each reading.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
from pathlib import Path

import numpy as np

from faces.ground.files import write_json
from faces.readers.affect.errors import SCHEMA, TABLE, VERSION, reader_digest
from faces.readers.affect.registry import AFFECT_READERS
from faces.readers.landmarks.config import LandmarkerConfig
from faces.readers.pixels.network import anchors
from faces.readers.pixels.votes import VotedFaces, read_voted
from faces.readers.reading import FaceReader
from studio.cli.terminal import show_progress

_CHUNK = 64


def read_all(faces: VotedFaces) -> dict[str, np.ndarray]:
    """Valence and arousal (N, 2) by each reader, NaN where no face was found."""
    found = {name: np.full((len(faces), 2), np.nan) for name in AFFECT_READERS}
    with FaceReader(LandmarkerConfig(visibility=False)) as reader:
        starts = range(0, len(faces), _CHUNK)
        for start in show_progress(starts, "read", len(starts)):
            images = [np.repeat(i[..., None], 3, 2) for i in faces.images[start : start + _CHUNK]]
            for row, reading in enumerate(reader.read(images), start):
                for name, pair in reading.affect.items():
                    found[name][row] = pair
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("ferplus", type=Path)
    faces = read_voted(parser.parse_args().ferplus, "val", show_progress)
    truth = faces.shares() @ anchors().numpy()
    read = read_all(faces)
    known = np.logical_and.reduce([np.isfinite(each).all(1) for each in read.values()])
    readers = {
        name: {
            **dict(zip(("valence", "arousal"), _rms(each[known] - truth[known]), strict=True)),
            "digest": reader_digest(name),
        }
        for name, each in read.items()
    }
    about = {"schema": SCHEMA, "version": VERSION, "faces": "FER+ val", "n": int(known.sum())}
    write_json(TABLE, about | {"readers": readers})
    for name, errors in readers.items():
        print(f"{name}: valence {errors['valence']}, arousal {errors['arousal']}")


def _rms(error: np.ndarray) -> list[float]:
    return np.sqrt((error**2).mean(0)).round(4).tolist()


if __name__ == "__main__":
    main()
