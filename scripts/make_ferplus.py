"""FER+ as a folder of pictures with a manifest, out of the two files that are public.

python scripts/make_ferplus.py FER2013.CSV FER2013NEW.CSV FOLDER

FER2013.CSV has the pictures of the ICML 2013 challenge (columns emotion, pixels, Usage: Kaggle,
"Challenges in Representation Learning: Facial Expression Recognition"); FER2013NEW.CSV has what
ten people saw in each (FER+, Barsoum et al. 2016: github.com/microsoft/FERPlus). Their rows go
in pairs.

Written: FOLDER/images/SPLIT/*.png and FOLDER/manifest.csv, for `circumplex prepare`. Valence and
arousal are the mean, weighted by votes, of the places of the expressions on the circumplex: a proxy
from votes on expressions, and no rating. Pictures that FER+ strikes out (no name) are left out.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from faces.ground.errors import CircumplexError
from faces.ground.files import replacing
from faces.sets.sources.fer2013 import EMOTIONS, labels_of
from studio.cli.terminal import complain, show_progress

SIDE = 48
SPLITS = {"Training": "train", "PublicTest": "val", "PrivateTest": "test"}
COLUMNS = ["path", "split", "expression", "valence", "arousal", *(f"votes_{e}" for e in EMOTIONS)]


def label(votes: np.ndarray) -> tuple[str, float | None, float | None]:
    """Majority expression, valence and arousal of votes (8,), in the order of EMOTIONS."""
    (expression,), (valence,), (arousal,) = labels_of(votes[None])
    if expression is None:
        return "unknown", None, None
    return str(expression), float(valence), float(arousal)


def rows(pictures: Path, votes: Path) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Both tables side by side.

    Raises:
        CircumplexError: a column is lacking, or the tables are not of the same faces.
    """
    csv.field_size_limit(2**24)  # a picture is one field
    with pictures.open(newline="") as left, votes.open(newline="", encoding="utf-8-sig") as right:
        pair = (csv.DictReader(left, skipinitialspace=True), csv.DictReader(right))
        wanted = (("pixels", "Usage"), ("Usage", "Image name", *EMOTIONS))
        for path, table, names in zip((pictures, votes), pair, wanted, strict=True):
            if lacking := [name for name in names if name not in (table.fieldnames or ())]:
                raise CircumplexError(
                    f"{path} has no column {lacking[0]!r}; give the file as published"
                )
        try:
            for number, (face, seen) in enumerate(zip(*pair, strict=True), start=2):
                if face["Usage"] != seen["Usage"] or face["Usage"] not in SPLITS:
                    raise CircumplexError(
                        f"line {number}: {pictures} says {face['Usage']!r}, {votes} "
                        f"{seen['Usage']!r}; give both files as published, in their order"
                    )
                yield face, seen
        except ValueError as error:
            raise CircumplexError(
                f"{pictures} and {votes} have not the same number of rows; give both as published"
            ) from error


def picture(pixels: str, number: int) -> Image.Image:
    """The 48 × 48 grey picture of a row of numbers."""
    levels = np.array(pixels.split(), np.int64)
    if levels.shape != (SIDE * SIDE,) or levels.min() < 0 or levels.max() > 255:
        raise CircumplexError(f"picture {number} is not {SIDE} × {SIDE} levels from 0 to 255")
    return Image.fromarray(levels.astype(np.uint8).reshape(SIDE, SIDE))


def make(pictures: Path, votes: Path, folder: Path) -> int:
    """Write the pictures, then the manifest; returns the number of faces."""
    made = 0
    with (
        replacing(folder / "manifest.csv") as partial,
        partial.open("w", newline="", encoding="utf-8") as stream,
    ):
        table = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        table.writeheader()
        for number, (face, seen) in enumerate(show_progress(rows(pictures, votes), "faces")):
            if not seen["Image name"]:
                continue
            split = SPLITS[face["Usage"]]
            path = f"images/{split}/{Path(seen['Image name']).name}"
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            picture(face["pixels"], number).save(folder / path)
            counts = [int(seen[name]) for name in EMOTIONS]
            about = (path, split, *label(np.array(counts)), *counts)
            table.writerow(dict(zip(COLUMNS, about, strict=True)))
            made += 1
    return made


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("fer2013", "fer2013new", "folder"):
        parser.add_argument(name, type=Path)
    given = parser.parse_args()
    try:
        made = make(given.fer2013, given.fer2013new, given.folder)
    except (CircumplexError, OSError) as error:
        complain(str(error))
        return 1
    except ValueError as error:
        complain(f"{given.fer2013} or {given.fer2013new} has a row that is no picture: {error}")
        return 1
    table = given.folder / "manifest.csv"
    print(f"{made} faces in {given.folder}")
    print(f"next: circumplex prepare {table} data/faces --size 64 --keep 'votes_*'")
    return 0


if __name__ == "__main__":
    sys.exit(main())
