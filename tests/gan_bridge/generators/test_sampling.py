"""Drawing and reading many faces: in any batches, and again after a kill."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from plain_generator import PlainGenerator

from faces.ground.errors import CircumplexError
from gan_bridge.generators.sampling import CHUNK, PictureReader, ResumableCache, draw_samples


class _Constant(PlainGenerator):
    """A generator whose pictures show their latent."""

    name, digest, resolution, num_layers, w_dim = "constant", "0" * 64, 4, 2, 3
    uneven = False

    def __init__(self) -> None:
        self.made = 0

    def sample_w(self, seeds: Sequence[int], truncation: float = 1.0) -> np.ndarray:
        rows = [np.random.default_rng(seed).uniform(0, 200, 3) for seed in seeds]
        w = np.repeat(np.float32(rows)[:, None] * truncation, 2, axis=1)
        w[:, 1] += self.uneven
        return w

    def synthesize(self, w: np.ndarray) -> np.ndarray:
        self.made += len(w)
        return np.tile(w[:, :1, None].astype(np.uint8), (1, 4, 4, 1))


def _mean(images: np.ndarray) -> np.ndarray:
    return images.mean((1, 2, 3))


def _colour(images: np.ndarray) -> np.ndarray:
    return images[:, 0, 0].astype(float)


READINGS = {"mean": _mean, "colour": _colour}


def test_what_is_read_belongs_to_its_seed() -> None:
    pictures = PictureReader(_Constant())
    seeds = range(7, 7 + CHUNK + 5)
    samples = draw_samples(pictures, seeds, 0.5, READINGS)
    assert samples.w.shape == (CHUNK + 5, 3)
    assert np.array_equal(samples.readings["colour"], samples.w.astype(np.uint8))
    assert np.allclose(samples.readings["mean"][:, 0], samples.readings["colour"].mean(1))
    assert pictures.generator.made == len(seeds) and pictures.seconds > 0


def test_a_kill_costs_a_chunk_at_most(tmp_path: Path) -> None:
    cache = ResumableCache(tmp_path / "kept", {"seed": 0})
    first, seeds = _Constant(), range(3 * CHUNK)
    calls = []

    def killed(images: np.ndarray) -> np.ndarray:
        calls.append(len(images))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return _mean(images)

    with pytest.raises(KeyboardInterrupt):
        draw_samples(PictureReader(first), seeds, 1.0, {"mean": killed}, cache=cache)
    second = _Constant()
    resumed = draw_samples(PictureReader(second), seeds, 1.0, {"mean": _mean}, cache=cache)
    assert second.made == CHUNK
    whole = draw_samples(PictureReader(_Constant()), seeds, 1.0, {"mean": _mean})
    assert np.array_equal(resumed.readings["mean"], whole.readings["mean"])
    assert np.array_equal(resumed.w, whole.w)


def test_another_plan_begins_anew(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    assert ResumableCache(folder, {"seed": 0})("a", lambda: np.zeros(2)).sum() == 0
    assert ResumableCache(folder, {"seed": 0})("a", lambda: np.ones(2)).sum() == 0
    other = ResumableCache(folder, {"seed": 1})
    assert other("a", lambda: np.ones(2)).sum() == 2
    other.clear()
    assert not folder.exists()


def test_another_device_or_version_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "kept"
    assert ResumableCache(folder, {"seed": 0}, "cuda:0")("a", lambda: np.zeros(2)).sum() == 0
    assert ResumableCache(folder, {"seed": 0}, "cuda:1")("a", lambda: np.ones(2)).sum() == 0
    assert ResumableCache(folder, {"seed": 0}, "cpu")("a", lambda: np.ones(2)).sum() == 2
    monkeypatch.setattr(
        "gan_bridge.generators.sampling.software", lambda: "circumplex-studio 0.0.9"
    )
    assert ResumableCache(folder, {"seed": 0}, "cpu")("a", lambda: np.zeros(2)).sum() == 0


def test_where_it_is_kept_decides_over_nothing(tmp_path: Path) -> None:
    first = ResumableCache(tmp_path / "first", {"seed": 0})
    first("a", lambda: np.zeros(2))
    (tmp_path / "first").rename(tmp_path / "second")
    assert ResumableCache(tmp_path / "second", {"seed": 0})("a", lambda: np.ones(2)).sum() == 0


def test_a_generator_without_a_single_w_is_refused() -> None:
    constant = _Constant()
    constant.uneven = True
    with pytest.raises(CircumplexError, match="no single w"):
        draw_samples(PictureReader(constant), range(3), 1.0, READINGS)
