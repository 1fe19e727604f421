"""MTCNN in batches: faces found, where they are, and the same whatever lies beside them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from faces.sets.boxes import intersection_over_union
from faces.sets.detection import Detections, Detector

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def detector():
    return Detector()


@pytest.fixture(scope="module")
def pictures(crops, portraits):
    """Eight tight crops of 48 pixels, and three portraits of other sizes."""
    read = [np.array(Image.open(path).convert("RGB")) for path in crops[:8]]
    for name in "abc":
        with Image.open(portraits / f"{name}.jpg") as image:
            image.thumbnail((700, 700))
            read.append(np.array(image.convert("RGB")))
    return read


@pytest.fixture(scope="module")
def found(detector, pictures):
    return detector(pictures)


def test_every_face_is_found_though_it_fills_its_picture(found):
    assert all(len(faces) >= 1 for faces in found)


def test_points_are_those_of_a_face(found):
    for faces in found:
        left_eye, right_eye, nose, mouth_left, mouth_right = faces.points[0]
        assert left_eye[0] < right_eye[0]
        assert mouth_left[0] < mouth_right[0]
        assert max(left_eye[1], right_eye[1]) < nose[1] < min(mouth_left[1], mouth_right[1])


def test_boxes_agree_with_facenets_own(found, pictures):
    from facenet_pytorch import MTCNN

    theirs = MTCNN(min_face_size=80)
    for faces, picture in zip(found[8:], pictures[8:], strict=True):
        boxes, _, points = theirs.detect(Image.fromarray(picture), landmarks=True)
        assert intersection_over_union(faces.boxes[0], boxes[0]) > 0.8
        away = np.abs(faces.points[0] - points[0]).max()
        assert away < 0.06 * (boxes[0][2] - boxes[0][0])


def test_a_picture_alone_gives_what_it_gives_among_others(detector, found, pictures):
    for index in (0, 8):
        (alone,) = detector([pictures[index]])
        assert np.allclose(alone.points, found[index].points, atol=0.01)
        assert np.allclose(alone.confidence, found[index].confidence, atol=1e-4)


def test_where_there_is_no_face_there_is_none(detector, rng):
    grain = rng.integers(0, 256, (90, 120, 3), np.uint8)
    slope = np.broadcast_to(np.linspace(0, 255, 200, dtype=np.uint8)[:, None], (200, 200, 3))
    for faces in detector([grain, np.ascontiguousarray(slope), np.zeros((48, 48, 3), np.uint8)]):
        assert isinstance(faces, Detections)
        assert len(faces) == 0
        assert faces.points.shape == (0, 5, 2)
    assert detector([]) == []


@pytest.mark.parametrize("degrees", [-55, 55])
def test_a_small_face_is_found_though_the_head_is_tilted(detector, degrees):
    """Degrees counter-clockwise; a look at it as it stands finds nothing."""
    with Image.open(DATA / "people" / "062_neutral.jpg") as photo:
        grey = photo.convert("L")
    grey = ImageOps.mirror(grey) if degrees > 0 else grey
    small = grey.rotate(degrees, Image.Resampling.BICUBIC).crop((108, 84, 292, 268))
    picture = np.array(small.resize((48, 48)).convert("RGB"))
    (faces,) = detector([picture], second_look=False)
    assert len(faces) == 0
    (faces,) = detector([picture])
    right, up = (faces.points[0, 1] - faces.points[0, 0]) * (1, -1)
    assert np.degrees(np.arctan2(up, right)) == pytest.approx(degrees, abs=8)
    assert (faces.points[0] > 0).all() and (faces.points[0] < 48).all()
