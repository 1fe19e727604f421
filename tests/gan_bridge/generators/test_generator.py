"""The generator's promises: one seed, one picture, whatever the batch."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from faces.ground.errors import CircumplexError
from gan_bridge import VAEGenerator, load_generator
from gan_bridge.generators.protocol import Encoder


@pytest.fixture(scope="module")
def generator(tiny_run: Path) -> VAEGenerator:
    return load_generator(tiny_run)


def test_meets_the_protocol(generator: VAEGenerator) -> None:
    assert (generator.resolution, generator.num_layers, generator.w_dim) == (64, 1, 8)
    assert generator.name.endswith(generator.digest[:8])
    assert isinstance(generator, Encoder)


def test_a_seed_does_not_depend_on_its_neighbours(generator: VAEGenerator) -> None:
    seeds = [5, 0, 2**62, 17, 5]
    together = generator.sample_w(seeds, 0.7)
    assert together.shape == (5, 1, 8) and together.dtype == np.float32
    for row, seed in zip(together, seeds, strict=True):
        assert np.array_equal(row, generator.sample_w([seed], 0.7)[0])
    assert np.array_equal(together[0], together[4])
    assert not np.array_equal(together[0], together[1])


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(order=st.lists(st.integers(0, 8), min_size=1, max_size=9))
def test_a_picture_does_not_depend_on_its_batch(generator: VAEGenerator, order: list[int]) -> None:
    w = generator.sample_w(range(9), 1.0)
    alone = generator.synthesize(w)
    batch = generator.synthesize(w[order])
    assert batch.dtype == np.uint8 and batch.shape == (len(order), 64, 64, 3)
    assert np.array_equal(batch, alone[order])


def test_a_code_does_not_depend_on_its_batch(generator: VAEGenerator) -> None:
    images = generator.synthesize(generator.sample_w(range(4), 1.0))
    codes = generator.encode(images)
    assert codes.shape == (4, 1, 8) and codes.dtype == np.float32
    assert np.array_equal(codes[2:3], generator.encode(images[2:3]))


def test_no_seeds_give_no_pictures(generator: VAEGenerator) -> None:
    w = generator.sample_w([], 1.0)
    assert w.shape == (0, 1, 8)
    assert generator.synthesize(w).shape == (0, 64, 64, 3)


def test_truncation_shrinks_to_the_mean_face(generator: VAEGenerator) -> None:
    mean = generator.sample_w([3], 0.0)[0, 0]
    assert np.allclose(mean, generator.mean)
    half, whole = (generator.sample_w([3], amount)[0, 0] - mean for amount in (0.5, 1.0))
    assert np.allclose(2 * half, whole, atol=1e-6)


def test_samples_follow_the_aggregate_posterior(tiny_run: Path) -> None:
    generator = load_generator(tiny_run)
    rng = np.random.default_rng(0)
    generator.mean = rng.normal(size=8)
    generator.factor = np.tril(rng.normal(size=(8, 8)))
    w = generator.sample_w(range(6000), 1.0)[:, 0]
    spread = np.sqrt(np.diag(generator.factor @ generator.factor.T))
    assert np.abs((w.mean(0) - generator.mean) / spread).max() < 0.06
    wanted = generator.factor @ generator.factor.T
    assert np.abs(np.cov(w.T) - wanted).max() < 0.08 * np.abs(wanted).max()


def test_grey_models_give_equal_channels(generator: VAEGenerator) -> None:
    image = generator.synthesize(generator.sample_w([1], 1.0))[0]
    assert np.array_equal(image[..., 0], image[..., 1])
    assert np.array_equal(image[..., 0], image[..., 2])


def test_grey_models_see_the_luminance_of_colours(generator: VAEGenerator) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), np.uint8)
    grey = np.asarray(Image.fromarray(colours[0]).convert("L"))
    repeated = np.repeat(grey[None, ..., None], 3, axis=3)
    assert np.array_equal(generator.encode(colours), generator.encode(repeated))


def test_a_weights_file_names_its_run(generator: VAEGenerator, tiny_run: Path) -> None:
    assert load_generator(tiny_run / "vae.safetensors").digest == generator.digest


@pytest.mark.parametrize("shape", [(8,), (2, 8), (2, 2, 8), (2, 1, 9)])
def test_latents_of_another_shape_are_refused(
    generator: VAEGenerator, shape: tuple[int, ...]
) -> None:
    with pytest.raises(CircumplexError, match="takes latents of shape"):
        generator.synthesize(np.zeros(shape, np.float32))


@pytest.mark.parametrize(
    "images", [np.zeros((1, 32, 32, 3), np.uint8), np.zeros((1, 64, 64, 3), np.float32)]
)
def test_pictures_of_another_kind_are_refused(generator: VAEGenerator, images: np.ndarray) -> None:
    with pytest.raises(CircumplexError, match="encodes uint8 pictures of 64"):
        generator.encode(images)


def test_a_missing_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(CircumplexError, match="nothing-here"):
        load_generator(tmp_path / "nothing-here")


def test_the_bundled_generator_opens() -> None:
    generator = load_generator("bundled")
    images = generator.synthesize(generator.sample_w([0, 1], 0.7))
    assert images.shape == (2, generator.resolution, generator.resolution, 3)
    assert not np.array_equal(images[0], images[1])
