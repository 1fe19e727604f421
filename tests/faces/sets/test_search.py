"""`prepare` and a photo's portrait find small faces and turn pictures that lie on their side."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_pictures import in_frame, portrait
from PIL import Image

from faces.sets import PrepareConfig, cut_portrait, load_faceset, prepare
from faces.sets.turning import turned_picture

CONFIG = PrepareConfig(size=64, channels=3, require_labels=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A portrait; the same small in a frame, and on its head, and on either side; and no face."""
    folder = tmp_path_factory.mktemp("photos")
    face = portrait("male_01")
    face.save(folder / "plain.png")
    frame = in_frame([(face, 90, (900, 500))], (1600, 900))
    Image.fromarray(frame).save(folder / "small.png")
    for degrees in (90, 180, 270):
        Image.fromarray(turned_picture(np.array(face), degrees)).save(folder / f"{degrees}.png")
    Image.fromarray(in_frame([], (640, 480))).save(folder / "nobody.png")
    return folder


def test_small_and_turned_faces_are_prepared(folder: Path, tmp_path: Path) -> None:
    table = folder / "faces.csv"
    pd.DataFrame({"path": sorted(file.name for file in folder.glob("*.png"))}).to_csv(
        table, index=False
    )
    info = prepare(table, tmp_path / "set", CONFIG)
    assert info["counts"]["reasons"] == {"no face": 1}
    faceset = load_faceset(tmp_path / "set")
    rows = faceset.manifest().set_index("path")
    assert rows["turned"].to_dict() == {
        "plain.png": 0, "small.png": 0, "90.png": 270, "180.png": 180, "270.png": 90,
    }  # fmt: skip
    left, top, right, bottom = rows.loc[
        "small.png", ["box_left", "box_top", "box_right", "box_bottom"]
    ]
    assert 900 < left < right < 990 and 500 < top < bottom < 620
    faces = dict(zip(rows.index, faceset.read(np.arange(len(rows))).astype(float), strict=True))
    for name in ("90.png", "180.png", "270.png"):
        assert np.abs(faces[name] - faces["plain.png"]).mean() < 16
    assert np.abs(faces["small.png"] - faces["plain.png"]).mean() < 20


def test_a_small_face_of_a_photo_can_be_chosen(tmp_path: Path) -> None:
    photo = tmp_path / "two.png"
    parts = [(portrait("male_00"), 500, (50, 50)), (portrait("female_03"), 110, (1400, 700))]
    Image.fromarray(in_frame(parts, (1920, 1080))).save(photo)
    first, second = (cut_portrait(photo, CONFIG, number) for number in (1, 2))
    assert (first.found, second.found) == (2, 2)
    assert first.width > 3 * second.width
    corner = second.crop[:, 2]
    assert 1380 < corner[0] < 1510 and 680 < corner[1] < 840


def test_a_turned_photo_is_cut_upright(folder: Path) -> None:
    upright, turned = (cut_portrait(folder / name, CONFIG) for name in ("plain.png", "180.png"))
    assert (upright.turned, turned.turned) == (0, 180)
    assert np.abs(upright.face.astype(float) - turned.face).mean() < 16
    assert abs(turned.roll) < 20
