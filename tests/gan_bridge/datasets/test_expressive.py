"""Which faces count as expressive: far from neutral, and evenly around the circle."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faces.circumplex import angle
from faces.ground.errors import CircumplexError
from faces.sets import load_faceset
from gan_bridge.datasets.expressive import (
    REASONS,
    ExpressiveConfig,
    choose_expressive,
    expressive_faces,
)
from vae.checkpoint import load_run
from vae.probing.directions import Directions


def disc(count: int, seed: int = 0) -> np.ndarray:
    """Points all over the disc, denser at the right."""
    rng = np.random.default_rng(seed)
    turn = np.pi * rng.normal(0, 0.6, count)
    far = np.sqrt(rng.uniform(0, 1, count))
    return np.stack([far * np.cos(turn), far * np.sin(turn)], 1)


@settings(deadline=None, max_examples=60)
@given(
    size=st.integers(1, 400),
    count=st.none() | st.integers(1, 300),
    quantile=st.floats(0, 0.99),
    sectors=st.integers(1, 40),
    seed=st.integers(0, 1000),
)
def test_every_face_has_one_reason_and_the_kept_are_even(
    size: int, count: int | None, quantile: float, sectors: int, seed: int
) -> None:
    config = ExpressiveConfig(count, quantile, sectors, seed=seed)
    points = disc(size, seed)
    points[::7] = np.nan
    try:
        chosen = choose_expressive(points, config)
    except CircumplexError as error:
        assert "no expressive face" in str(error) or "carries valence" in str(error)
        return
    assert sum(chosen.counts.values()) == size
    assert tuple(chosen.counts) == REASONS
    assert chosen.counts["kept"] == len(chosen.rows) == chosen.sectors.sum()
    assert chosen.counts["no label"] == len(range(0, size, 7))
    assert (np.diff(chosen.rows) > 0).all()
    assert (chosen.radius > config.neutral_within).all()
    at = points[chosen.rows]
    np.testing.assert_allclose(chosen.radius, np.hypot(*at.T))
    np.testing.assert_allclose(chosen.angle, [angle(*point) for point in at])
    if count is not None:
        # a sector below the level has given all it has
        offered = chosen.counts["kept"] + chosen.counts["sector full"]
        assert len(chosen.rows) == min(count, offered)


def test_the_sectors_are_level_and_centred_on_the_axes() -> None:
    chosen = choose_expressive(disc(4000), ExpressiveConfig(count=100, quantile=0.3, sectors=8))
    assert chosen.sectors.tolist().count(12) + chosen.sectors.tolist().count(13) == 8
    one = choose_expressive(
        np.array([[0.9, 0.05], [0.9, -0.05], [0, 0.8]]), ExpressiveConfig(quantile=0, sectors=4)
    )
    # the median sector of those that hold any holds 1.5 faces, rounded down
    assert one.sectors.tolist() == [1, 1, 0, 0]


def test_the_quantile_is_the_sectors_own() -> None:
    """Where all labels are weak, the less weak ones are expressive."""
    strong = np.stack([np.linspace(0.5, 0.9, 50), np.zeros(50)], 1)
    weak = np.stack([np.zeros(50), -np.linspace(0.2, 0.3, 50)], 1)
    chosen = choose_expressive(
        np.concatenate([strong, weak]), ExpressiveConfig(quantile=0.8, sectors=4)
    )
    assert chosen.sectors.tolist() == [10, 0, 0, 10]
    assert chosen.radius[10:].min() == pytest.approx(0.28, abs=0.003)


def test_one_seed_one_choice() -> None:
    points = disc(1000)
    first, again, other = (
        choose_expressive(points, ExpressiveConfig(count=50, seed=seed)).rows for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert not np.array_equal(first, other)


def test_the_neutral_faces_are_the_centre() -> None:
    points = disc(500) * 0.5 + [0.3, 0.2]
    neutral = np.hypot(*(points - [0.3, 0.2]).T) < 0.2
    chosen = choose_expressive(points, ExpressiveConfig(quantile=0), neutral=neutral)
    np.testing.assert_allclose(chosen.centre, points[neutral].mean(0))
    few = np.flatnonzero(neutral)[:19]
    sparse = choose_expressive(points, neutral=np.isin(np.arange(500), few))
    assert not sparse.centre.any()


def test_readings_leave_out_what_they_contradict() -> None:
    points = disc(2000)
    readings = 0.4 * points + 0.1
    readings[:300] = 0.1 - 0.4 * points[:300]
    chosen = choose_expressive(points, ExpressiveConfig(quantile=0.2), readings=readings)
    assert chosen.counts["reading disagrees"] == (np.hypot(*points[:300].T) > 0.15).sum()
    assert chosen.rows.min() >= 300
    # a face that reads as neutral is not among the first, whatever its label says
    flat = 0.4 * points
    flat[1000:] *= 0.01
    chosen = choose_expressive(
        points,
        ExpressiveConfig(quantile=0.8, sectors=1),
        readings=flat,
        neutral=np.hypot(*points.T) < 0.2,
    )
    assert chosen.rows.max() < 1000


def test_faces_without_labels_and_shapes_that_differ() -> None:
    with pytest.raises(CircumplexError, match="none of 5 faces"):
        choose_expressive(np.full((5, 2), np.nan))
    with pytest.raises(CircumplexError, match="no expressive face"):
        choose_expressive(np.full((5, 2), 0.01))
    with pytest.raises(ValueError, match="4 rows"):
        choose_expressive(disc(5), rows=np.arange(4))
    for wrong in ({"count": 0}, {"quantile": 1.0}, {"sectors": 0}, {"disagreement": 0}):
        with pytest.raises(CircumplexError, match=next(iter(wrong))):
            ExpressiveConfig(**wrong)


def test_the_expressive_faces_of_a_set(tiny_faceset: Path, probed_run: Path) -> None:
    faceset = load_faceset(tiny_faceset)
    chosen = expressive_faces(faceset, ExpressiveConfig(count=40))
    assert len(chosen.rows) == 40
    assert np.isin(chosen.rows, faceset.rows("train")).all()
    away = faceset.labels(chosen.rows) - chosen.centre
    np.testing.assert_allclose(chosen.radius, np.hypot(*away.T), atol=1e-6)

    run, directions = load_run(probed_run), Directions.load(probed_run)
    read = expressive_faces(faceset, run=run, directions=directions, split=None)
    assert sum(read.counts.values()) == len(faceset)
    assert read.counts["reading disagrees"] > 0  # the run is random
    with pytest.raises(CircumplexError, match="no faces in its split 'test'"):
        expressive_faces(faceset, split="test")
