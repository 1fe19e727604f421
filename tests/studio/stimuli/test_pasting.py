"""A face put back into its photo: nothing changes where nothing was asked for."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from faces.ground.errors import CircumplexError
from studio.stimuli.pasting import paste_face

#: A crop of 120 pixels, turned a little, that reaches over the photo's right edge.
CROP = np.array([[118.0, -20.0, 130.0], [20.0, 118.0, 40.0]])


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    levels = np.random.default_rng(0).integers(60, 180, (200, 240, 3), np.uint8)
    Image.fromarray(levels).save(path)
    return path


def pixels(photo: Path) -> np.ndarray:
    return np.asarray(Image.open(photo))


def test_an_edit_that_changes_nothing_leaves_the_photo(photo: Path) -> None:
    face = np.full((64, 64, 3), 90, np.uint8)
    assert np.array_equal(paste_face(photo, CROP, face, face), pixels(photo))


def test_small_changes_keep_the_photos_detail(photo: Path) -> None:
    before, after = (np.full((64, 64, 3), level, np.uint8) for level in (90, 96))
    change = paste_face(photo, CROP, before, after).astype(int) - pixels(photo)
    middle = (CROP @ [0.5, 0.5, 1]).astype(int)
    assert (change[middle[1] - 5 : middle[1] + 5, middle[0] - 5 : middle[0] + 5] == 6).all()
    assert not change[:, :100].any() and change.min() >= 0 and change.max() <= 6


def test_large_changes_replace_what_was_there(photo: Path) -> None:
    before, after = (np.full((64, 64, 3), level, np.uint8) for level in (90, 200))
    changed = paste_face(photo, CROP, before, after)
    middle = (CROP @ [0.5, 0.5, 1]).astype(int)
    assert (changed[middle[1] - 5 : middle[1] + 5, middle[0] - 5 : middle[0] + 5] == 200).all()
    corner = np.linalg.solve(CROP[:, :2], np.array([140.0, 60.0]) - CROP[:, 2])
    assert (np.abs(corner - 0.5) < 0.5).all()  # within the crop, where it fades
    assert changed[60, 140].mean() < 200


def test_a_photo_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "words.png"
    path.write_text("no picture")
    face = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(CircumplexError, match=r"words\.png cannot be read"):
        paste_face(path, CROP, face, face + 9)
