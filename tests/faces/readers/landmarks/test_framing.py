"""Points find their way back from every frame, and faces are cut as they should be."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from faces.readers.landmarks.framing import crop_face, frame_picture
from faces.readers.landmarks.table import Landmarks


def marked(width: int, height: int, x: int, y: int) -> np.ndarray:
    picture = np.zeros((height, width, 3), np.uint8)
    picture[y, x] = 255
    return picture


def face_at(low: tuple[float, float], high: tuple[float, float]) -> Landmarks:
    """A face whose points span a box of the picture."""
    points = np.zeros((478, 3), np.float32)
    points[:, :2] = low
    points[1:, :2] = high
    return Landmarks(points, np.zeros(52), np.eye(4), np.zeros(4))


@given(
    st.integers(20, 60),
    st.integers(20, 60),
    st.sampled_from([0.0, 0.25, 1.0]),
    st.sampled_from([0.0, 30.0, -30.0]),
)
def test_a_bright_pixel_is_found_again(width: int, height: int, border: float, turn: float) -> None:
    x, y = width // 2 + 3, height // 2 - 4
    frame = frame_picture(marked(width, height, x, y), border, 120, turn)
    weight = frame.pixels[..., 0].astype(float)
    rows, columns = np.indices(weight.shape) + 0.5
    seen = np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()
    sides = np.array(frame.pixels.shape[1::-1])
    back = frame.normalised(np.array([[*(seen / sides), 0.0]]))[0, :2] * [width, height]
    assert np.allclose(back, [x + 0.5, y + 0.5], atol=0.3)
    assert np.allclose(frame.from_picture(np.array([[x + 0.5, y + 0.5]]))[0], seen, atol=1.5)


def test_depth_is_counted_in_widths_of_the_picture() -> None:
    frame = frame_picture(np.zeros((40, 80, 3), np.uint8), 0.5, 80)
    assert frame.pixels.shape == (120, 160, 3)
    assert np.isclose(frame.normalised(np.array([[0.5, 0.5, 0.1]]))[0, 2], 0.2)


def test_a_small_picture_is_enlarged_and_a_large_one_is_not() -> None:
    assert frame_picture(np.zeros((24, 48, 3), np.uint8), 0.0, 144).pixels.shape == (72, 144, 3)
    assert frame_picture(np.zeros((300, 200, 3), np.uint8), 0.0, 144).pixels.shape == (300, 200, 3)


def test_a_turned_frame_turns_the_head_back() -> None:
    frame = frame_picture(np.zeros((50, 50, 3), np.uint8), 0.25, 50, 30.0)
    c, s = np.cos(np.radians(30)), np.sin(np.radians(30))
    as_seen = np.eye(4)
    as_seen[:2, :2] = [[c, -s], [s, c]]  # counter-clockwise, as the frame was turned
    assert np.allclose(frame.upright(as_seen), np.eye(4), atol=1e-6)


def test_a_face_is_cut_from_a_photo_with_its_surroundings() -> None:
    picture = np.zeros((200, 300, 3), np.uint8)
    picture[60:120, 150:190] = 255
    crop = crop_face(picture, face_at((150 / 300, 60 / 200), (190 / 300, 120 / 200)))
    side = crop.pixels.shape[0]
    assert crop.pixels.shape == (side, side, 3) and 60 < side < 80
    inner = crop.within(np.array([[150 / 300, 60 / 200], [190 / 300, 120 / 200]])) * side
    bright = np.argwhere(crop.pixels[..., 0] == 255)
    assert np.allclose(inner[0][::-1], bright.min(0), atol=1)
    assert np.allclose(inner[1][::-1], bright.max(0) + 1, atol=1)


def test_a_picture_framed_already_is_taken_whole() -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (48, 48, 3), dtype=np.uint8)
    crop = crop_face(picture, face_at((0.1, 0.12), (0.9, 0.98)))
    assert np.array_equal(crop.pixels, picture) and crop.box.tolist() == [0, 0, 1, 1]


def test_beyond_the_edge_the_edge_is_repeated_and_large_crops_are_reduced() -> None:
    picture = np.full((400, 900, 3), 7, np.uint8)
    crop = crop_face(picture, face_at((-0.1, 0.1), (0.3, 1.1)), max_side=100)
    assert crop.pixels.shape == (100, 100, 3) and (crop.pixels == 7).all()
    assert crop.box[0] < 0
