"""One list of faces for the bundled models in colour: FairFace's people and FER+'s expressions.

    python scripts/list_faces.py FAIRFACE FERPLUS FOLDER
    circumplex prepare FOLDER/faces.csv FOLDER/set --size 128 --channels 3 --margin=-0.1 \\
        --keep age --keep gender --keep ethnicity

FAIRFACE and FERPLUS each hold a manifest.csv and the pictures that it lists. FairFace has no labels
of affect: the bundled pixel reader says valence and arousal, which are to be called that. One in
ten of its pictures becomes the `val` split, by the hash of its path. Of FER+'s training faces only
so many neutral and happy ones are taken as there are of the next expressions: FairFace has these.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from faces.ground.errors import CircumplexError
from faces.ground.files import replacing
from faces.readers.pixels.reader import PixelReader
from faces.sets import FaceSet, PrepareConfig, load_faceset
from faces.sets.preparing import prepare
from studio.cli.terminal import show_progress

#: A tighter crop than usual: FairFace's pictures end soon above the brows.
MARGIN, SIDE = -0.1, 128
COLUMNS = ("path", "split", "valence", "arousal", "expression", "age", "gender", "ethnicity")
_VALIDATION = 0.1
_MOST = {"neutral": 3500, "happiness": 3500}
_AT_ONCE = 512


def share_of(path: str) -> float:
    """A number in [0, 1), of three decimals, that depends on a manifest's path alone."""
    return int(hashlib.sha256(path.encode()).hexdigest(), 16) % 1000 / 1000


def read_manifest(folder: Path) -> pd.DataFrame:
    """manifest.csv of a folder, sorted by path.

    Raises:
        CircumplexError: it is missing.
    """
    file = folder / "manifest.csv"
    if not file.is_file():
        raise CircumplexError(f"{file} is missing; give the folder that holds it")
    return pd.read_csv(file).sort_values("path", ignore_index=True)


def read_affect(faces: FaceSet) -> np.ndarray:
    """Valence and arousal (N, 2) of a set's faces, by the bundled pixel reader."""
    reader, found = PixelReader.load(), []
    starts = range(0, len(faces), _AT_ONCE)
    for start in show_progress(starts, "read affect", len(starts)):
        pictures = faces.read(np.arange(start, min(start + _AT_ONCE, len(faces))))
        readings = reader.read([each.transpose(1, 2, 0) for each in pictures])
        found.append(np.stack([readings.valence, readings.arousal], 1))
    return np.concatenate(found)


def list_fairface(folder: Path, work: Path) -> pd.DataFrame:
    """FairFace's faces that a detector finds, with affect as it is read in them."""
    listed = read_manifest(folder)
    listed["path"] = [str((folder / path).resolve()) for path in listed["path"]]
    table = work / "fairface.csv"
    listed[["path", "age", "gender", "ethnicity"]].to_csv(table, index=False)
    config = PrepareConfig(size=SIDE, channels=3, margin=MARGIN)
    keep = ("age", "gender", "ethnicity")
    prepare(table, work / "fairface", config, keep=keep, progress=show_progress)
    faces = load_faceset(work / "fairface")
    found = faces.manifest(["path", *keep])
    names = [Path(path).name for path in found["path"]]
    splits = ["val" if share_of(f"images/{name}") < _VALIDATION else "train" for name in names]
    found["path"] = [str((folder / "images" / name).resolve()) for name in names]
    valence, arousal = read_affect(faces).astype(float).T.round(4)
    return found.assign(valence=valence, arousal=arousal, split=splits)


def list_ferplus(folder: Path) -> pd.DataFrame:
    """FER+'s faces, of the common expressions of its training split only some."""
    listed = read_manifest(folder)
    order = listed["path"].map(share_of)
    kept = np.ones(len(listed), bool)
    for name, most in _MOST.items():
        rows = listed.index[(listed["expression"] == name) & (listed["split"] == "train")]
        kept[order[rows].sort_values(kind="stable").index[most:]] = False
    listed["path"] = [str((folder / path).resolve()) for path in listed["path"]]
    return listed[kept]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("fairface", "ferplus", "folder"):
        parser.add_argument(name, type=Path)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    both = [list_fairface(given.fairface, given.folder), list_ferplus(given.ferplus)]
    table = pd.concat(both, ignore_index=True).reindex(columns=COLUMNS)
    with replacing(given.folder / "faces.csv") as partial:
        table.to_csv(partial, index=False)
    print(f"{given.folder / 'faces.csv'}: {len(table)} faces")


if __name__ == "__main__":
    main()
