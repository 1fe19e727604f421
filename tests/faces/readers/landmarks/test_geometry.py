"""The 53 features equal their definitions, and behave as geometry says."""

from typing import TYPE_CHECKING

import literal_geometry
import numpy as np
import pytest

from faces import FEATURE_NAMES, geometric_features
from faces.readers.landmarks.geometry import FEATURE_GROUPS

if TYPE_CHECKING:
    from faces.readers import Landmarks


@pytest.fixture(scope="module")
def points(val_faces: "list[Landmarks]") -> np.ndarray:
    """Landmarks of real faces, (N, 478, 3)."""
    return np.stack([face.points for face in val_faces])


def column(features: np.ndarray, name: str) -> np.ndarray:
    return features[:, FEATURE_NAMES.index(name)]


def test_the_groups_have_the_published_sizes() -> None:
    assert [len(names) for names in FEATURE_GROUPS.values()] == [9, 9, 8, 4, 4, 15, 4]
    assert len(set(FEATURE_NAMES)) == 53


def test_every_feature_equals_its_definition_on_real_faces(points: np.ndarray) -> None:
    features = geometric_features(points)
    assert features.dtype == np.float32 and features.shape == (len(points), 53)
    literal = [literal_geometry.features(face.tolist()) for face in points]
    assert list(literal[0]) == list(FEATURE_NAMES)
    expected = np.array([list(each.values()) for each in literal])
    # a slope is a tangent: near the vertical single precision holds its relative error only
    assert np.allclose(features, expected, rtol=1e-5, atol=1e-5)


def test_the_irises_are_not_needed_and_no_face_stays_none(points: np.ndarray) -> None:
    features = geometric_features(points[:3])
    assert np.allclose(geometric_features(points[:3, :468]), features, atol=1e-5)
    holed = points[:3].copy()
    holed[1] = np.nan
    found = geometric_features(holed)
    assert np.isnan(found[1]).all() and np.allclose(found[[0, 2]], features[[0, 2]], atol=1e-5)
    assert geometric_features(points[:0]).shape == (0, 53)


@pytest.mark.parametrize("shape", [(2, 100, 3), (478, 3), (1, 478, 2)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="478, 3"):
        geometric_features(np.zeros(shape))


def test_features_do_not_depend_on_what_else_is_in_the_batch(points: np.ndarray) -> None:
    many = np.tile(points[:2], (4100, 1, 1))  # more rows than are taken at once
    alone = geometric_features(points[:1])[0]
    assert (geometric_features(many)[::2] == alone).all()


def test_shares_stand_still_when_the_face_moves_and_grows(points: np.ndarray) -> None:
    moved = points * 1.7 + np.array([0.2, -0.1, 0.05], np.float32)
    assert np.allclose(geometric_features(moved), geometric_features(points), rtol=3e-4, atol=3e-4)


def test_a_turn_in_the_plane_adds_to_the_tilt_and_keeps_the_lengths(points: np.ndarray) -> None:
    lengths = [
        name
        for name in FEATURE_NAMES
        if name.endswith(("_width", "_height", "_ar", "_ear", "_dist", "curvature", "_aspect"))
        or "corner_top" in name
        or "corner_nose" in name
    ]
    before = geometric_features(points)
    for degrees in (-20.0, 15.0):
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        turned = points.astype(np.float64)
        turned[..., :2] = turned[..., :2] @ np.array([[c, s], [-s, c]])  # clockwise: y points down
        after = geometric_features(turned)
        gained = column(after, "head_tilt_angle") - column(before, "head_tilt_angle")
        assert np.allclose(np.degrees(gained), degrees, atol=1e-3)
        for name in lengths:
            if name != "inner_brow_dist":  # its ends are chosen by x
                assert np.allclose(column(after, name), column(before, name), atol=1e-5), name


def test_a_mirror_flips_the_tilt_of_the_head(points: np.ndarray) -> None:
    mirrored = points * np.array([-1, 1, 1], np.float32)
    mirrored[:, [234, 454]] = mirrored[:, [454, 234]]
    before, after = geometric_features(points), geometric_features(mirrored)
    tilt = column(before, "head_tilt_angle")
    assert np.allclose(column(after, "head_tilt_angle"), -tilt, atol=1e-5)
    assert np.allclose(column(after, "face_aspect"), column(before, "face_aspect"), atol=1e-5)
