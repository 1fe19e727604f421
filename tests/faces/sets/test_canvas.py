"""Points keep their place on a canvas, turned or not."""

import numpy as np

from faces.sets.canvas import put_on_canvas, tilted, upright


def test_a_canvas_keeps_points_where_they_are():
    picture = np.zeros((30, 60, 3), np.uint8)
    picture[10:14, 40:44] = 255
    canvas, scale, offset = put_on_canvas(picture, 128, 0.2)
    assert canvas.shape == (128, 128, 3)
    bright = np.argwhere(canvas[..., 0] > 128).mean(axis=0)[::-1] + 0.5
    assert np.allclose(bright, np.array([42, 12]) * scale + offset, atol=0.6)


def test_points_of_a_turned_canvas_go_back_to_where_they_were():
    canvas = np.zeros((128, 128, 3), np.uint8)
    canvas[30:34, 90:96] = 255
    turned = tilted(canvas, 35)
    x, y = np.argwhere(turned[..., 0] > 128).mean(axis=0)[::-1] + 0.5
    assert np.hypot(x - 93, y - 32) > 20
    boxes, points = upright(np.array([[x - 5, y - 4, x + 5, y + 4]]), np.array([[[x, y]]]), 128, 35)
    assert np.allclose(points, [[[93, 32]]], atol=0.6)
    assert np.allclose(boxes, [[88, 28, 98, 36]], atol=0.6)
    assert tilted(canvas, 0) is canvas
