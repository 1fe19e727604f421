"""A face put back into its photo: nothing changes where nothing was asked for."""

from pathlib import Path

import numpy as np
import pytest
from made_profiles import in_wide, table_profile, wide_profile
from PIL import Image

from faces.ground.errors import CircumplexError
from faces.sets.colours import in_srgb
from faces.sets.pictures import decode
from studio.stimuli.pasting import colour_profile, paste_face

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
    before = np.full((64, 64, 3), 90, np.uint8)
    after = np.broadcast_to(np.array([200, 190, 180], np.uint8), (64, 64, 3))
    changed = paste_face(photo, CROP, before, after)
    middle = (CROP @ [0.5, 0.5, 1]).astype(int)
    assert (
        changed[middle[1] - 5 : middle[1] + 5, middle[0] - 5 : middle[0] + 5] == after[0, 0]
    ).all()
    corner = np.linalg.solve(CROP[:, :2], np.array([140.0, 60.0]) - CROP[:, 2])
    assert (np.abs(corner - 0.5) < 0.5).all()  # within the crop, where it fades
    assert changed[60, 140].mean() < 200


def test_colours_stay_where_a_grey_generator_edits_and_grey_stays_grey(
    photo: Path, tmp_path: Path
) -> None:
    before, after = (np.full((64, 64, 3), level, np.uint8) for level in (90, 160))
    changed = paste_face(photo, CROP, before, after).astype(int)
    x, y = (CROP @ [0.5, 0.5, 1]).astype(int)
    difference = changed[y, x] - pixels(photo)[y, x]
    assert np.ptp(difference) <= 1 and np.ptp(changed[y, x]) > 0
    grey = tmp_path / "grey.png"
    Image.fromarray(np.full((200, 240, 3), 100, np.uint8)).save(grey)
    coloured = np.broadcast_to(np.array([200, 40, 40], np.uint8), (64, 64, 3))
    result = paste_face(grey, CROP, before, coloured)
    assert (result == result[..., :1]).all() and (result != 100).any()


def test_a_small_face_does_not_alias(tmp_path: Path) -> None:
    path = tmp_path / "plain.png"
    Image.fromarray(np.full((100, 100, 3), 90, np.uint8)).save(path)
    stripes = np.zeros((128, 128, 3), np.uint8)
    stripes[:, ::2] = 240
    crop = np.array([[49.0, 0.0, 20.0], [0.0, 49.0, 20.0]])
    pasted = paste_face(path, crop, np.full_like(stripes, 90), stripes)
    assert np.abs(pasted[40:50, 40:50].astype(int) - 120).max() < 12


@pytest.mark.parametrize("after", [(206, 124, 108), (120, 160, 210)], ids=["little", "much"])
def test_a_face_comes_in_the_space_of_its_photo(tmp_path: Path, after: tuple[int, ...]) -> None:
    skin, path = np.array([200, 120, 100]), tmp_path / "photo.png"
    whole = np.broadcast_to(in_wide(skin), (200, 240, 3))
    Image.fromarray(np.ascontiguousarray(whole)).save(path, icc_profile=wide_profile())
    faces = (np.broadcast_to(np.uint8(each), (64, 64, 3)) for each in (skin, after))
    pasted = paste_face(path, CROP, *faces)
    assert np.array_equal(pasted[:, :100], whole[:, :100])
    assert colour_profile(path) == wide_profile()
    seen = np.asarray(in_srgb(Image.fromarray(pasted), colour_profile(path)))
    x, y = (CROP @ [0.5, 0.5, 1]).astype(int)
    assert np.abs(seen[y, x] - np.array(after)).max() <= 3


@pytest.mark.parametrize("space", ["CMYK", "RGB", "L"])
def test_a_space_that_no_face_can_be_brought_to_gives_way_to_srgb(
    tmp_path: Path, space: str
) -> None:
    """That of a press, of a scanner, and a profile of the press in a grey photo."""
    path = tmp_path / "photo.tif"
    profile = table_profile("CMYK" if space == "L" else space)
    colour = {"CMYK": (20, 90, 110, 30), "RGB": (90, 60, 50), "L": 90}[space]
    Image.new(space, (240, 200), colour).save(path, icc_profile=profile)
    plain = decode(path.read_bytes(), 240).pixels
    before, after = (np.full((64, 64, 3), level, np.uint8) for level in (90, 200))
    pasted = paste_face(path, CROP, before, np.where([True, True, False], after, before))
    assert colour_profile(path) is None
    assert np.array_equal(pasted[:, :100], plain[:, :100])
    x, y = (CROP @ [0.5, 0.5, 1]).astype(int)
    if space != "L":
        assert pasted[y, x].tolist() == [200, 200, 90]


def test_a_photo_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "words.png"
    path.write_text("no picture")
    face = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(CircumplexError, match=r"words\.png cannot be read"):
        paste_face(path, CROP, face, face + 9)
