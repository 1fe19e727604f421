"""Moves on the circumplex: what is asked for is what the probes read."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_generator import PlainGenerator

from faces.ground.errors import CircumplexError
from gan_bridge import EmotionExplorer, grid_points, load_generator
from vae.probing.directions import Directions

affect = st.floats(-1, 1)


@pytest.fixture(scope="module")
def explorer(probed_run: Path) -> EmotionExplorer:
    return EmotionExplorer(load_generator(probed_run), Directions.load(probed_run))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**63 - 1), valence=affect, arousal=affect)
def test_the_latent_reads_as_requested(
    explorer: EmotionExplorer, seed: int, valence: float, arousal: float
) -> None:
    moved = explorer.move(explorer.latent(seed), valence, arousal)
    assert moved.dtype == np.float32
    assert np.abs(explorer.predict(moved)[0] - (valence, arousal)).max() < 1e-5


def test_a_move_does_not_depend_on_its_batch(explorer: EmotionExplorer) -> None:
    w = explorer.generator.sample_w(range(7), 1.0)
    together = explorer.move(w, 0.3, -0.6)
    for row in range(7):
        assert np.array_equal(together[row], explorer.move(w[row : row + 1], 0.3, -0.6)[0])


def test_two_moves_are_one(explorer: EmotionExplorer) -> None:
    w = explorer.latent(4)
    there_and_on = explorer.move(explorer.move(w, 0.9, -0.4), -0.2, 0.7)
    assert np.allclose(there_and_on, explorer.move(w, -0.2, 0.7), atol=1e-4)


def test_the_grid_runs_with_the_axes(explorer: EmotionExplorer) -> None:
    grid = explorer.grid(2, n=3, reach=0.8)
    assert grid.shape == (3, 3, 64, 64, 3)
    w = explorer.latent(2)
    assert np.array_equal(grid[0, 2], explorer.edit(w, 0.8, 0.8)[0])
    assert np.array_equal(grid[1, 1], explorer.edit(w, 0.0, 0.0)[0])
    assert np.array_equal(grid[2, 0], explorer.edit(w, -0.8, -0.8)[0])
    assert not np.array_equal(grid[0, 0], grid[2, 2])


def test_a_path_is_its_edits(explorer: EmotionExplorer) -> None:
    w = explorer.latent(9, 0.5)
    path = explorer.path(w, [(0.1, 0.2), (0.5, 0.0)])
    assert np.array_equal(path, explorer.path(9, [(0.1, 0.2), (0.5, 0.0)], truncation=0.5))
    assert np.array_equal(path[1], explorer.edit(w, 0.5, 0.0)[0])


def test_reading_a_picture_encodes_it_anew(explorer: EmotionExplorer) -> None:
    images = explorer.path(1, [(0.5, 0.5), (-0.5, 0.0)])
    expected = explorer.predict(explorer.generator.encode(images))
    assert np.array_equal(explorer.read(images), expected)


def test_directions_of_another_model_are_refused(probed_run: Path) -> None:
    foreign = replace(Directions.load(probed_run), model="f" * 64)
    with pytest.raises(CircumplexError, match="ffffffffffff"):
        EmotionExplorer(load_generator(probed_run), foreign)


class _NoEncoder(PlainGenerator):
    def __init__(self, digest: str) -> None:
        self.name, self.digest, self.resolution = "dumb", digest, 64
        self.num_layers, self.w_dim = 2, 8


def test_many_layers_move_together_and_need_an_encoder_to_be_read(
    explorer: EmotionExplorer,
) -> None:
    layered = EmotionExplorer(_NoEncoder(explorer.generator.digest), explorer.directions)
    w = np.random.default_rng(0).normal(size=(3, 2, 8)).astype(np.float32)
    moved = layered.move(w, 0.4, 0.1)
    assert np.allclose(moved[:, 0] - w[:, 0], moved[:, 1] - w[:, 1], atol=1e-5)
    assert np.allclose(layered.predict(moved), [0.4, 0.1], atol=1e-5)
    with pytest.raises(CircumplexError, match="cannot encode"):
        layered.read(np.zeros((1, 64, 64, 3), np.uint8))


@given(n=st.integers(2, 25), reach=st.floats(0.05, 1))
def test_grid_points_are_symmetric_rows_from_the_top(n: int, reach: float) -> None:
    points = np.array(grid_points(n, reach)).reshape(n, n, 2)
    assert (np.diff(points[0, :, 0]) > 0).all() and (np.diff(points[:, 0, 1]) < 0).all()
    assert np.allclose(points, -points[::-1, ::-1], atol=2e-6)
    assert np.abs(points).max() <= reach + 1e-6
    assert not np.signbit(points[points == 0]).any()


class _Layered(PlainGenerator):
    """A generator of five layers that paints the first numbers of its latent."""

    def __init__(self, digest: str) -> None:
        self.name, self.digest, self.resolution = "layered", digest, 2
        self.num_layers, self.w_dim = 5, 8
        self.batches: list[int] = []

    def sample_w(self, seeds: Sequence[int], truncation: float = 1.0) -> np.ndarray:
        rows = [np.random.default_rng(seed).normal(size=(5, 8)) for seed in seeds]
        return (truncation * np.stack(rows)).astype(np.float32)

    def synthesize(self, w: np.ndarray) -> np.ndarray:
        return np.clip(w[:, :4, :3].reshape(-1, 2, 2, 3) * 20 + 128, 0, 255).astype(np.uint8)

    def render(self, w: np.ndarray, batch: int) -> np.ndarray:
        self.batches.append(batch)
        return self.synthesize(w)


@pytest.fixture
def layered(explorer: EmotionExplorer) -> EmotionExplorer:
    return EmotionExplorer(_Layered(explorer.generator.digest), explorer.directions)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    first=st.integers(0, 4), count=st.integers(1, 5), seed=st.integers(0, 99), valence=affect,
    arousal=affect,
)  # fmt: skip
def test_the_edited_layers_read_as_requested_and_the_others_stay(
    explorer: EmotionExplorer, first: int, count: int, seed: int, valence: float, arousal: float
) -> None:
    many = EmotionExplorer(_Layered(explorer.generator.digest), explorer.directions)
    layers = range(first, min(first + count, 5))
    w = many.generator.sample_w([seed, seed + 1], 1.0)
    moved = many.move(w, valence, arousal, layers)
    assert np.abs(many.predict(moved, layers) - (valence, arousal)).max() < 1e-4
    others = [layer for layer in range(5) if layer not in layers]
    assert np.array_equal(moved[:, others], w[:, others])


def test_a_layer_of_half_strength_goes_half_the_way(layered: EmotionExplorer) -> None:
    w = layered.latent(3)
    whole = layered.move(w, 0.4, -0.2, [1, 2])
    shares = layered.move(w, 0.4, -0.2, {1: 0.5, 2: 1.0})
    assert np.allclose(shares[:, 1] - w[:, 1], (whole[:, 1] - w[:, 1]) / 2, atol=1e-5)
    assert np.array_equal(shares[:, 2], whole[:, 2])
    halves = layered.move(w, 0.4, -0.2, "1-2:0.5")
    start = layered.predict(w, "1-2")
    middle = (start + np.array([0.4, -0.2])) / 2
    assert np.allclose(layered.predict(halves, "1-2"), middle, atol=1e-4)


def test_each_latent_may_have_a_goal_of_its_own(layered: EmotionExplorer) -> None:
    w = layered.generator.sample_w(range(3), 1.0)
    valence, arousal = np.array([0.1, -0.5, 0.9]), np.array([0.3, 0.0, -0.7])
    moved = layered.move(w, valence, arousal)
    for row in range(3):
        alone = layered.move(w[row : row + 1], float(valence[row]), float(arousal[row]))
        assert np.array_equal(moved[row : row + 1], alone)


def test_default_layers_hold_where_none_are_named(layered: EmotionExplorer) -> None:
    some = EmotionExplorer(layered.generator, layered.directions, "2-3")
    w = layered.latent(1)
    assert np.array_equal(some.move(w, 0.2, 0.2), layered.move(w, 0.2, 0.2, range(2, 4)))
    assert np.array_equal(some.move(w, 0.2, 0.2, "all"), layered.move(w, 0.2, 0.2))
    assert np.array_equal(some.predict(w), layered.predict(w, [2, 3]))


def test_points_in_batches_are_the_points_alone(layered: EmotionExplorer) -> None:
    alone = layered.grid(5, n=3, layers="1-4")
    assert np.array_equal(layered.grid(5, n=3, layers="1-4", batch=4), alone)
    assert layered.generator.batches == [4, 4, 1]


def test_a_reader_reads_for_a_generator_that_cannot_encode(layered: EmotionExplorer) -> None:
    images = layered.path(1, [(0.1, 0.2)])
    assert not layered.can_read
    reading = EmotionExplorer(
        layered.generator, layered.directions, reader=lambda pictures: pictures.mean((1, 2))[:, :2]
    )
    assert reading.can_read
    assert np.array_equal(reading.read(images), images.mean((1, 2))[:, :2])


@pytest.fixture(scope="module")
def factored_explorer(factored: Path) -> EmotionExplorer:
    return EmotionExplorer(load_generator("grey-vae"), Directions.load(factored))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 99), valence=affect, arousal=affect, smile=st.floats(0, 0.9))
def test_a_further_factor_reads_as_requested_and_affect_stays(
    factored_explorer: EmotionExplorer, seed: int, valence: float, arousal: float, smile: float
) -> None:
    w = factored_explorer.latent(seed)
    setting = factored_explorer.with_others({"smile": smile})
    moved = setting.move(w, valence, arousal)
    assert np.abs(setting.predict(moved)[0] - (valence, arousal)).max() < 1e-4
    assert abs(setting.predict_others(moved)[0, 0] - smile) < 1e-4
    without = factored_explorer.move(w, valence, arousal)
    change = (moved - without).ravel()
    vector = factored_explorer.directions.others[0].vector
    assert np.allclose(change, (change @ vector) * vector, atol=1e-4)


def test_no_further_factor_changes_no_byte(factored_explorer: EmotionExplorer) -> None:
    w = factored_explorer.latent(3)
    plain = EmotionExplorer(
        factored_explorer.generator, replace(factored_explorer.directions, others=())
    ).move(w, 0.3, 0.1)
    assert np.array_equal(factored_explorer.move(w, 0.3, 0.1), plain)
    assert np.array_equal(factored_explorer.with_others({}).move(w, 0.3, 0.1), plain)


def test_a_factor_goes_no_further_than_its_labels_and_one_that_is_not_there_is_named(
    factored_explorer: EmotionExplorer,
) -> None:
    setting = factored_explorer.with_others({"smile": 99.0})
    high = factored_explorer.directions.others[0].high
    assert setting.others == {"smile": 99.0} and setting.aimed_others == {"smile": high}
    moved = setting.move(setting.latent(1), 0.0, 0.0)
    assert abs(setting.predict_others(moved)[0, 0] - high) < 1e-4
    with pytest.raises(CircumplexError, match="'age'; they have valence, arousal, smile, open"):
        factored_explorer.with_others({"age": 40})


def test_a_factor_moves_the_edited_layers_alone_and_beside_an_anchor(
    factored_explorer: EmotionExplorer,
) -> None:
    directions = factored_explorer.directions
    generator = _Layered(factored_explorer.generator.digest)
    w = np.random.default_rng(2).normal(size=(1, 5, len(directions.centre))).astype(np.float32)
    setting = EmotionExplorer(generator, directions, "1-2").with_others({"open": 0.5})
    moved = setting.move(w, 0.2, 0.1)
    assert np.array_equal(moved[:, [0, 3, 4]], w[:, [0, 3, 4]])
    assert abs(setting.predict_others(moved)[0, 1] - 0.5) < 1e-4
    here = setting.anchored((0.2, 0.1)).move(w, 0.2, 0.1)  # asked for what it shows
    assert np.abs(setting.predict(here) - setting.predict(w)).max() < 1e-4
    assert abs(setting.predict_others(here)[0, 1] - 0.5) < 1e-4
