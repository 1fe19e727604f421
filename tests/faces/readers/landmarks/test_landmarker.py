"""Faces are found where they are; what cannot be read says why; nothing reaches stderr."""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from faces.ground.errors import CircumplexError
from faces.readers import Landmarker, LandmarkerConfig, Landmarks, Missing, landmarker_file
from faces.readers.landmarks.model_file import BUNDLED, known_file

if TYPE_CHECKING:
    from faces.readers.landmarks.table import LandmarkResult


@pytest.fixture(scope="module")
def photo(portraits: Path) -> np.ndarray:
    with Image.open(portraits / "a.jpg") as image:
        return np.asarray(image.convert("RGB").resize((400, 500)))


@pytest.fixture(scope="module")
def couple(photo: np.ndarray, portraits: Path) -> np.ndarray:
    """Two faces beside each other, the left one larger."""
    with Image.open(portraits / "c.jpg") as image:
        other = np.asarray(image.convert("RGB").resize((300, 375)))
    other = np.pad(other, ((0, 125), (0, 0), (0, 0)), mode="edge")
    return np.concatenate([photo, other], axis=1)


def one(landmarker: Landmarker, picture: np.ndarray) -> "LandmarkResult":
    (faces,) = landmarker.read([picture])
    assert len(faces) == 1
    return faces[0]


def test_a_face_is_found_where_it_is(landmarker: Landmarker, photo: np.ndarray) -> None:
    face = one(landmarker, photo)
    assert isinstance(face, Landmarks) and face.face_count == 1
    assert face.points.shape == (478, 3) and face.points.dtype == np.float32
    assert face.blendshapes.shape == (52,) and face.matrix.shape == (4, 4)
    assert face.confidence > 0.8
    corners = np.stack([face.points[:, :2].min(0), face.points[:, :2].max(0)]) * [400, 500]
    assert np.allclose(face.box, corners.ravel(), atol=0.1)
    left, _, right, _ = face.box
    assert left < face.points[1, 0] * 400 < right


def test_small_faces_are_found_at_the_same_place(landmarker: Landmarker, photo: np.ndarray) -> None:
    large = one(landmarker, photo)
    small = one(landmarker, np.asarray(Image.fromarray(photo).resize((40, 50))))
    assert isinstance(large, Landmarks) and isinstance(small, Landmarks)
    height = np.linalg.norm(large.points[10, :2] - large.points[152, :2])
    apart = np.linalg.norm((large.points - small.points)[:, :2], axis=1)
    assert np.median(apart) < 0.05 * height


def test_most_tight_crops_are_found(landmarker: Landmarker, val_pictures: list[np.ndarray]) -> None:
    found = [isinstance(face, Landmarks) for (face,) in landmarker.read(val_pictures)]
    assert np.mean(found) >= 0.9  # of all validation faces 0.97 are


def test_what_a_second_look_finds_lies_in_the_pictures_own_coordinates(
    photo: np.ndarray, landmarker: Landmarker
) -> None:
    expected = one(landmarker, photo)
    blind = LandmarkerConfig(
        detection=1.0, second_looks=((0.25, -30.0), (0.4, -20.0)), confidence=False
    )
    with Landmarker(blind) as turned:
        found = one(turned, photo)
    assert isinstance(expected, Landmarks) and isinstance(found, Landmarks)
    assert np.median(np.abs(found.points - expected.points)[:, :2]) < 0.02
    from faces.readers import head_angles

    angles = head_angles(np.stack([found.matrix, expected.matrix]))
    assert np.abs(angles[0] - angles[1]).max() < 6


def test_a_second_look_that_nothing_confirms_is_not_believed(photo: np.ndarray) -> None:
    alone = LandmarkerConfig(detection=1.0, second_looks=((0.25, 0.0),), confidence=False)
    apart = LandmarkerConfig(detection=1.0, agreement=1e-9, confidence=False)
    for config in (alone, apart):
        with Landmarker(config) as doubting:
            assert one(doubting, photo) == Missing("no face")


def test_several_faces(landmarker: Landmarker, couple: np.ndarray) -> None:
    largest = one(landmarker, couple)
    assert isinstance(largest, Landmarks) and largest.face_count == 2 and largest.box[2] < 420
    with Landmarker(LandmarkerConfig(faces="all")) as opened:
        (both,) = opened.read([couple])
    assert [isinstance(face, Landmarks) for face in both] == [True, True]
    assert both[0].box[0] < 400 < both[1].box[0]


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (np.zeros((90, 70, 3), np.uint8), "blank picture: all black"),
        (np.full((90, 70, 3), 200, np.uint8), "blank picture: all of one colour"),
        (np.random.default_rng(0).integers(0, 255, (99, 99, 3), dtype=np.uint8), "no face"),
    ],
)
def test_no_face_says_why(landmarker: Landmarker, picture: np.ndarray, reason: str) -> None:
    found = one(landmarker, picture)
    assert isinstance(found, Missing) and str(found) == reason


def test_a_face_cut_by_the_border_is_not_guessed(landmarker: Landmarker, photo: np.ndarray) -> None:
    left, _, right, _ = one(landmarker, photo).box
    cut = one(landmarker, photo[:, round((left + right) / 2) - 10 :])  # half a face
    assert isinstance(cut, Missing) and cut.reason == "face at the border" and cut.face_count == 1


def test_a_profile_is_not_guessed(photo: np.ndarray) -> None:
    with Landmarker(LandmarkerConfig(max_yaw=0.01)) as strict:
        turned = one(strict, photo)
    assert isinstance(turned, Missing) and turned.reason == "profile" and "yaw" in turned.detail


def test_where_the_file_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert landmarker_file() == known_file() == BUNDLED
    assert sha256(BUNDLED.read_bytes()).hexdigest() in BUNDLED.with_name("NOTICE").read_text()
    monkeypatch.setenv("CIRCUMPLEX_LANDMARKER", str(tmp_path / "gone.task"))
    with pytest.raises(CircumplexError, match=r"gone\.task is missing"):
        Landmarker()
    for content in (b"no archive", b""):
        (tmp_path / "gone.task").write_bytes(content)
        with pytest.raises(CircumplexError, match="no face landmarker"):
            landmarker_file()
    import zipfile

    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a", "b")
    with pytest.raises(CircumplexError, match="no face landmarker"):
        Landmarker(file=tmp_path / "other.zip")


@pytest.mark.parametrize(
    "values",
    [{"faces": "some"}, {"most": 0}, {"border": -1}, {"second_looks": [[9, 0]]}, {"max_yaw": 0}],
)
def test_settings_that_make_no_sense_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(CircumplexError, match=next(iter(values))):
        LandmarkerConfig.from_dict(values)


def test_settings_travel_as_json() -> None:
    import json

    config = LandmarkerConfig(faces="all", second_looks=((0.5, 10.0),))
    assert LandmarkerConfig.from_dict(json.loads(config.to_json())) == config


@pytest.mark.parametrize("closing", ["reader.close()", "pass"])
def test_nothing_of_the_library_reaches_stderr(portraits: Path, closing: str) -> None:
    code = f"""
import sys
import numpy as np
from PIL import Image
from faces.readers import Landmarker
reader = Landmarker()
reader.read([np.asarray(Image.open({str(portraits / "b.jpg")!r}).convert("RGB"))])
{closing}
print("said", file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "said\n"
