"""FER+ out of its public files: labels as they are known, pictures to the pixel."""

import csv
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_ferplus.py"
ROUNDED = 1.01e-4  # one unit of the last of four places: a half may go either way


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_ferplus", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _write(folder: Path, faces: np.ndarray, votes: np.ndarray, names: list[str]) -> list[str]:
    usage = ["Training", "Training", "PublicTest", "PrivateTest"]
    with (folder / "fer2013.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["emotion", "pixels", "Usage"])
        for face, use in zip(faces, usage, strict=True):
            table.writerow([0, " ".join(map(str, face.ravel())), use])
    with (folder / "fer2013new.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        emotions = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
        table.writerow(["Usage", "Image name", *emotions.split(",")])
        for use, name, row in zip(usage, names, votes, strict=True):
            table.writerow([use, name, *row])
    return [sys.executable, str(SCRIPT), *(str(folder / n) for n in FILES), str(folder / "out")]


def _pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


FILES = ("fer2013.csv", "fer2013new.csv")
VOTES = np.array(
    [
        [0, 10, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 10],
        [0, 0, 0, 5, 5, 0, 0, 0, 0, 0],
        [4, 0, 0, 0, 0, 0, 0, 0, 6, 0],
    ]
)


def test_pictures_and_manifest(tmp_path: Path, rng: np.random.Generator) -> None:
    faces = rng.integers(0, 256, (4, 48, 48))
    command = _write(tmp_path, faces, VOTES, ["fer0.png", "", "fer2.png", "fer3.png"])
    subprocess.run(command, check=True, capture_output=True)
    out = tmp_path / "out"
    table = list(csv.DictReader((out / "manifest.csv").read_text().splitlines()))
    assert [row["path"] for row in table] == [
        "images/train/fer0.png", "images/val/fer2.png", "images/test/fer3.png",
    ]  # fmt: skip
    assert [row["expression"] for row in table] == ["happiness", "sadness", "unknown"]
    radians = np.radians([7.8])
    assert float(table[0]["valence"]) == pytest.approx(0.8 * np.cos(radians)[0], abs=ROUNDED)
    assert float(table[0]["arousal"]) == pytest.approx(0.8 * np.sin(radians)[0], abs=ROUNDED)
    assert table[2]["valence"] == "" and table[2]["votes_neutral"] == "4"
    for row, face in zip(table, faces[[0, 2, 3]], strict=True):
        assert np.array_equal(_pixels(out / row["path"]), face)


def test_files_that_do_not_belong_together(tmp_path: Path, rng: np.random.Generator) -> None:
    command = _write(
        tmp_path, rng.integers(0, 256, (4, 48, 48)), VOTES, [f"{n}.png" for n in range(4)]
    )
    lines = (tmp_path / FILES[1]).read_text().splitlines()
    for wrong, said in (
        ([lines[0], *lines[2:]], "line 3"),
        (lines[:-1], "not the same number of rows"),
        (["Usage,Image name", *lines[1:]], "no column 'neutral'"),
    ):
        (tmp_path / FILES[1]).write_text("\n".join(wrong) + "\n")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 1 and said in done.stderr and done.stderr.count("\n") == 1
        assert not (tmp_path / "out" / "manifest.csv").exists()


def test_labels_of_a_table_of_its_form_follow_from_its_votes(
    script: ModuleType, drawn: Path
) -> None:
    rows = list(csv.DictReader((drawn / "manifest.csv").read_text().splitlines()))
    assert len(rows) == 480
    for row in rows:
        votes = np.array([int(row[f"votes_{name}"]) for name in script.EMOTIONS])
        expression, *affect = script.label(votes)
        assert expression == row["expression"]
        if row["valence"]:
            known = [float(row["valence"]), float(row["arousal"])]
            assert affect == pytest.approx(known, abs=ROUNDED)
        else:
            assert affect == [None, None]
