"""Faces of every size are found in large pictures, alone and in groups; crops cost one look."""

from collections.abc import Iterator

import numpy as np
import pytest
from made_pictures import in_frame, portrait
from PIL import Image

from faces.readers import Landmarker, LandmarkerConfig, Landmarks
from faces.readers.landmarks.finder import overlap

NAMES = ("female_00", "female_03", "male_00", "female_05", "male_01", "female_01")
FRAME = (1280, 720)


@pytest.fixture(scope="module")
def finding_all() -> Iterator[Landmarker]:
    with Landmarker(LandmarkerConfig(faces="all", confidence=False)) as opened:
        yield opened


def box_of(landmarker: Landmarker, picture: Image.Image) -> np.ndarray:
    """The face's box in a portrait, as shares of its width."""
    (face,) = landmarker.read([np.array(picture)])[0]
    assert isinstance(face, Landmarks)
    return face.box / picture.width


@pytest.mark.parametrize("width", [34, 60, 120])
def test_a_small_face_is_found_where_it_is(finding_all: Landmarker, width: int) -> None:
    picture = portrait("female_03")
    box = box_of(finding_all, picture)
    whole = round(width / (box[2] - box[0]))
    frame = in_frame([(picture, whole, (700, 300))], FRAME)
    (face,) = finding_all.read([frame])[0]
    assert isinstance(face, Landmarks)
    placed = box * whole + np.array([700, 300, 700, 300])
    assert np.abs(face.box - placed).max() < 0.12 * width + 2
    corners = np.stack([face.points[:, :2].min(0), face.points[:, :2].max(0)]) * FRAME
    assert np.allclose(corners.ravel(), face.box, atol=0.1)


def test_what_a_small_face_shows_is_what_it_shows_large(finding_all: Landmarker) -> None:
    picture = portrait("female_03")
    (large,) = finding_all.read([np.array(picture)])[0]
    (small,) = finding_all.read([in_frame([(picture, 160, (90, 400))], FRAME)])[0]
    assert isinstance(large, Landmarks) and isinstance(small, Landmarks)
    assert np.abs(large.blendshapes - small.blendshapes).mean() < 0.05


def test_everybody_in_a_group_is_found(finding_all: Landmarker) -> None:
    people = [
        (portrait(name), width, (60 + 200 * k, 40 + 300 * row))
        for row, width in enumerate((90, 150))
        for k, name in enumerate(NAMES)
    ]
    faces = finding_all.read([in_frame(people, FRAME)])[0]
    assert len(faces) == len(people)
    assert all(isinstance(face, Landmarks) and face.face_count == len(people) for face in faces)
    areas = [np.prod(face.box[2:] - face.box[:2]) for face in faces if isinstance(face, Landmarks)]
    assert areas == sorted(areas, reverse=True)
    for k, one in enumerate(faces):
        assert all(overlap(one.box, other.box) < 0.5 for other in faces[:k])  # type: ignore[union-attr]


def test_the_face_in_the_centre_is_another_than_the_largest() -> None:
    frame = in_frame(
        [(portrait("male_00"), 300, (20, 20)), (portrait("female_00"), 120, (580, 280))], FRAME
    )
    for choice, left in (("largest", 100), ("centre", 580)):
        with Landmarker(LandmarkerConfig(faces=choice, confidence=False)) as landmarker:
            (face,) = landmarker.read([frame])[0]
        assert isinstance(face, Landmarks)
        assert abs(face.box[0] - left) < 120


def test_detail_is_asked_for_where_small_faces_are_looked_for() -> None:
    asked = []

    def detail() -> np.ndarray:
        asked.append(True)
        return large

    large = in_frame([(portrait("female_03"), 100, (1500, 800))], (2560, 1440))
    reduced = np.array(Image.fromarray(large).resize((640, 360)))
    with Landmarker(LandmarkerConfig(confidence=False)) as landmarker:
        (face,) = landmarker.read_picture(reduced, detail)
        assert isinstance(face, Landmarks) and asked
        assert 370 < face.box[0] < face.box[2] < 405  # in pixels of the reduced picture
        asked.clear()
        landmarker.read_picture(np.array(portrait("female_03")), detail)
        assert not asked
