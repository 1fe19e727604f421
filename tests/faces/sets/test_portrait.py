"""One face of several: the largest, or the one asked for."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from faces.ground.errors import CircumplexError
from faces.sets import PrepareConfig, cut_portrait, prepare_picture

CONFIG = PrepareConfig(size=32, channels=3, smallest=0.1)


@pytest.fixture(scope="module")
def pair(portraits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two portraits side by side, the right one half as large."""
    a, b = (Image.open(portraits / name) for name in ("a.jpg", "b.jpg"))
    sheet = Image.new("RGB", (1200, 800), "grey")
    a.thumbnail((800, 800))
    b.thumbnail((400, 400))
    sheet.paste(a, (0, 0))
    sheet.paste(b, (800, 200))
    path = tmp_path_factory.mktemp("pair") / "two.png"
    sheet.save(path)
    return path


def test_the_largest_face_is_taken_and_all_are_counted(pair: Path) -> None:
    first = cut_portrait(pair, CONFIG)
    assert (first.found, first.number) == (2, 1)
    assert first.face.shape == (3, 32, 32) and first.face.dtype == np.uint8
    assert np.array_equal(first.face, prepare_picture(pair, CONFIG))
    second = cut_portrait(pair, CONFIG, 2)
    assert (second.found, second.number) == (2, 2)
    assert not np.array_equal(first.face, second.face)


def test_a_face_that_is_not_there_is_refused(pair: Path, portraits: Path) -> None:
    with pytest.raises(CircumplexError, match=r"two\.png shows 2 face\(s\).* no face 3"):
        cut_portrait(pair, CONFIG, 3)
    assert cut_portrait(portraits / "a.jpg", CONFIG).found == 1


def test_a_photo_without_a_face_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wall.png"
    Image.new("RGB", (200, 200), "white").save(path)
    with pytest.raises(CircumplexError, match=r"wall\.png: no face"):
        cut_portrait(path, CONFIG)
