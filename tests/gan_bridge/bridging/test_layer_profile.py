"""The layer profile finds what was built into a generator of four layers."""

from collections.abc import Sequence

import numpy as np
import pytest
from plain_generator import PlainGenerator

from gan_bridge.bridging.layer_profile import LayerProfile, choose_range, grow_ranges
from gan_bridge.editing.explorer import EmotionExplorer
from gan_bridge.generators.sampling import PictureReader
from vae.probing.directions import Directions

DIGEST = "0" * 64
W_DIRECTIONS = Directions(
    "stylegan3/w", DIGEST, "orthogonal", "f", np.zeros(3), np.eye(2, 3), np.zeros(2),
    np.eye(3)[0], np.eye(3)[1],
)  # fmt: skip


class _Four(PlainGenerator):
    """Expression lives in layers 1 and 2, identity in 2 and 3; the picture shows both."""

    name, digest, resolution, num_layers, w_dim = "four", DIGEST, 2, 4, 3
    carries = np.array([0.0, 0.5, 0.5, 0.0])
    identity = np.array([0.0, 0.0, 0.1, 1.0])

    def sample_w(self, seeds: Sequence[int], truncation: float = 1.0) -> np.ndarray:
        rows = [np.random.default_rng(seed).normal(size=3) for seed in seeds]
        return np.repeat(np.float32(rows)[:, None], 4, axis=1)

    def synthesize(self, w: np.ndarray) -> np.ndarray:
        shown = np.zeros((len(w), 4, 3))
        shown[:, 0, :2] = np.einsum("nlw,l->nw", w[..., :2], self.carries)
        shown[:, 1, :3] = np.einsum("nlw,l->nw", w, self.identity)
        levels = np.clip(shown * 30 + 128, 0, 255).round().astype(np.uint8)
        return levels.reshape(len(w), 2, 2, 3)


class _Eye:
    """Reads the picture's first corner as affect."""

    def __call__(self, images: np.ndarray) -> np.ndarray:
        return _seen(images)[:, :2]


def _seen(images: np.ndarray) -> np.ndarray:
    return (images.reshape(len(images), -1).astype(float) - 128) / 30


def _person(images: np.ndarray) -> np.ndarray:
    """Reads the picture's second corner."""
    return _seen(images)[:, 3:6]


def _profile(scorer: _Eye | None = None, **options: object) -> LayerProfile:
    generator = _Four()
    return LayerProfile(
        EmotionExplorer(generator, W_DIRECTIONS),
        PictureReader(generator),
        scorer or _Eye(),
        generator.sample_w(range(6), 1.0),
        np.array([0.5, 0.5]),
        identity=_person,
        identity_by="second corner",
        **options,
    )


def test_layers_show_what_they_carry() -> None:
    found = _profile().run()
    assert found["faces"] == 6 and found["step"] == {"valence": 1.0, "arousal": 1.0}
    assert found["identity_by"] == "second corner" and found["pose"] is False
    gains = [each["gain"] for each in found["single"]]
    assert np.allclose(gains, [0, 0.5, 0.5, 0], atol=0.03)
    costs = [each["cost"] for each in found["single"]]
    assert costs[0] == costs[1] == 0 and 0 < costs[2] < costs[3]
    for each in found["single"]:
        assert each["pose"] is None
        assert max(each["other"].values()) < 0.03  # an orthogonal step moves one reading
        assert max(each["expression_error"].values()) < 0.03


def test_the_default_is_the_range_that_expresses_most_for_its_cost() -> None:
    found = _profile().run()
    assert [each["layers"] for each in found["ranges"]] == [
        [1], [1, 2], [0, 1, 2], [0, 1, 2, 3],
    ]  # fmt: skip
    assert found["layers"] == [1, 2]
    whole = found["ranges"][-1]
    assert whole["gain"] == pytest.approx(1, abs=0.03)
    assert whole["cost"] > found["ranges"][1]["cost"]


def test_pose_is_measured_where_it_is_there() -> None:
    found = _profile(pose=lambda images: images[:, 0, 0].astype(float)).run()
    assert found["pose"] is True
    pose = found["single"][1]["pose"]
    assert pose["yaw"] == pytest.approx(7.5, abs=0.5)  # 30 levels × 0.5, in half of the moves


def test_faces_that_are_not_found_are_left_out() -> None:
    class _Blink(_Eye):
        def __call__(self, images: np.ndarray) -> np.ndarray:
            affect = super().__call__(images)
            affect[::6] = np.nan  # the first face, in the start and in every move
            return affect

    profile = _profile(_Blink())
    found = profile.run()
    assert found["layers"] == [1, 2]
    assert np.allclose([each["gain"] for each in found["single"]], [0, 0.5, 0.5, 0], atol=0.03)


@pytest.mark.parametrize(
    ("trades", "ranges"),
    [
        ([1.0], [[0]]),
        ([0, 3, 2, 1], [[1], [1, 2], [1, 2, 3], [0, 1, 2, 3]]),
        ([2, 1, 3], [[2], [1, 2], [0, 1, 2]]),
    ],
)
def test_ranges_grow_to_the_better_side(trades: list[float], ranges: list[list[int]]) -> None:
    assert [list(each) for each in grow_ranges(trades)] == ranges


def test_where_nothing_gains_all_layers_move() -> None:
    ranges = [
        {"gain": -0.1, "cost": 0.2, "layers": [1]},
        {"gain": 0.0, "cost": 1, "layers": [0, 1]},
    ]
    assert choose_range(ranges)["layers"] == [0, 1]


def test_a_small_range_that_loses_the_expression_is_no_choice() -> None:
    ranges = [
        {"gain": 0.3, "cost": 0.1, "layers": [1]},
        {"gain": 0.9, "cost": 0.6, "layers": [1, 2]},
        {"gain": 1.0, "cost": 0.9, "layers": [0, 1, 2]},
    ]
    assert choose_range(ranges)["layers"] == [1, 2]
