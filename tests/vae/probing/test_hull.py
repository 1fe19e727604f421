import numpy as np

from vae.probing.hull import inside, label_hull


def test_the_hull_is_the_corners_of_what_was_seen(rng: np.random.Generator) -> None:
    square = np.array([[-0.5, -0.2], [0.5, -0.2], [0.5, 0.4], [-0.5, 0.4]])
    within = rng.uniform([-0.5, -0.2], [0.5, 0.4], (200, 2))
    hull = label_hull(np.concatenate([within, square, [[np.nan, 0.9]]]).astype(np.float32))
    assert hull is not None
    assert {tuple(np.round(corner, 3)) for corner in hull} == {tuple(corner) for corner in square}
    assert inside(hull, within).all()
    assert not inside(hull, np.array([[0.6, 0.0], [0.0, -0.3], [0.0, 0.5], [-0.9, 0.9]])).any()


def test_labels_on_a_line_have_no_hull() -> None:
    line = np.linspace(-1, 1, 9)
    assert label_hull(np.stack([line, line], axis=1)) is None
    assert label_hull(np.zeros((5, 2))) is None
