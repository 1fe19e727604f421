"""Inversion: a generated face comes back, its edits agree, and what is poor is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from faces.ground.errors import CircumplexError
from gan_bridge import EmotionExplorer, VAEGenerator, load_generator
from gan_bridge.generators.stylegan import StyleGANGenerator
from gan_bridge.inversion import (
    EncoderConfig,
    Features,
    Inversion,
    InvertConfig,
    Inverter,
    PivotConfig,
    WEncoder,
    edit,
    load_inverted,
    save_inverted,
    train_encoder,
)
from gan_bridge.inversion.config import MOST_TRAININGS
from gan_bridge.inversion.losses import MOST_PSNR, bands, psnr
from gan_bridge.inversion.space import (
    HELD_OUT_SEEDS,
    SHAPE_SEEDS,
    measure_space,
    mix_styles,
    training_seeds,
)
from gan_bridge.networks.alias_free import StyleGAN3
from gan_bridge.networks.config import StyleGAN2Config, StyleGAN3Config
from gan_bridge.networks.stylegan2 import StyleGAN2
from vae.probing.bases import make_directions
from vae.probing.probes import Probes

SAMPLES = 256
TRAINING = EncoderConfig(width=8, steps=60, batch_size=4, space_samples=SAMPLES, held_out=6)
CONFIG = InvertConfig(steps=90, space_samples=SAMPLES)
SEED = 6


@pytest.fixture(scope="module")
def generator() -> StyleGANGenerator:
    """A StyleGAN3 of random weights: 64 pixels, grey."""
    torch.manual_seed(0)
    config = StyleGAN3Config(
        img_resolution=64,
        img_channels=1,
        z_dim=8,
        w_dim=8,
        channel_base=512,
        channel_max=16,
        num_layers=6,
        margin_size=4,
    )
    return StyleGANGenerator(StyleGAN3(config).eval().requires_grad_(False))


@pytest.fixture(scope="module")
def quick() -> StyleGANGenerator:
    """A StyleGAN2 of random weights, where any network will do: 16 pixels, grey."""
    torch.manual_seed(0)
    config = StyleGAN2Config(
        16, 1, z_dim=8, w_dim=8, mapping_layers=2, channel_base=128, channel_max=8
    )
    return StyleGANGenerator(StyleGAN2(config).eval().requires_grad_(False))


@pytest.fixture(scope="module")
def encoder(generator: StyleGANGenerator) -> WEncoder:
    return train_encoder(generator, TRAINING)


@pytest.fixture(scope="module")
def inverter(generator: StyleGANGenerator, encoder: WEncoder) -> Inverter:
    return Inverter(generator, CONFIG, encoder, features=Features())


@pytest.fixture(scope="module")
def found(generator: StyleGANGenerator, inverter: Inverter) -> Inversion:
    """A generated face, inverted."""
    return inverter(generator.synthesize(generator.sample_w([SEED], 1.0))[0])


def explore(generator: StyleGANGenerator) -> EmotionExplorer:
    """With directions in which a unit of affect is about the spread of w."""
    rng = np.random.default_rng(1)
    mean = generator.sample_w(range(64), 1.0)[:, 0].mean(0).astype(np.float64)
    probes = Probes(rng.normal(size=(2, 8)) / 2, np.zeros(2), np.ones(2), mean, 5, 64)
    directions = make_directions(
        probes, model=generator.digest, faceset="0" * 64, space="stylegan3/w"
    )
    return EmotionExplorer(generator, directions)


def test_an_encoder_beats_the_mean(encoder: WEncoder) -> None:
    report = encoder.report
    assert report["w_error"] < 0.8 * report["w_error_of_mean"]
    assert report["psnr"] > report["psnr_of_mean"] + 3


def test_a_generated_face_comes_back_and_its_edits_agree(
    generator: StyleGANGenerator, inverter: Inverter, found: Inversion
) -> None:
    w = generator.sample_w([SEED], 1.0)
    image = generator.synthesize(w)[0]
    explorer = explore(generator)
    assert found.w.shape == w.shape and found.w.dtype == np.float32
    assert found.before.psnr < 35 and found.psnr > 45
    assert found.psnr == psnr(generator.synthesize(found.w)[0][..., 0], image[..., 0])
    space = inverter.space
    truth, mean = torch.from_numpy(w), space.mean.expand_as(torch.from_numpy(w))
    off = space.whiten(torch.from_numpy(found.w)) - space.whiten(truth)
    start = space.whiten(mean) - space.whiten(truth)
    assert off.norm() < 0.1 * start.norm()
    assert found.verdict.passed, found.verdict
    for valence, arousal in ((0.8, 0.3), (-0.6, -0.6)):
        wanted = explorer.edit(w, valence, arousal)[0]
        got = edit(found, explorer, valence, arousal)[0]
        assert psnr(wanted, image) < 35  # the edit does something
        assert psnr(got, wanted) > 40


def test_what_was_found_survives_its_file(
    generator: StyleGANGenerator, quick: StyleGANGenerator, found: Inversion, tmp_path: Path
) -> None:
    paths = [tmp_path / name for name in ("a.safetensors", "b.safetensors")]
    for path in paths:
        save_inverted(path, found, CONFIG, about={"face": 1})
    assert paths[0].read_bytes() == paths[1].read_bytes()
    read = load_inverted(paths[0], generator)
    assert np.array_equal(read.w, found.w)
    assert (read.figures, read.gate, read.verdict) == (found.figures, found.gate, found.verdict)
    assert read.generator == read.pivot_of == generator.digest
    assert read.about["steps"] == found.steps and read.about["face"] == 1
    with pytest.raises(CircumplexError, match=f"belongs to the generator {generator.digest[:12]}"):
        load_inverted(paths[0], quick)
    with pytest.raises(CircumplexError, match="is circumplex/inverted, not circumplex/encoder"):
        WEncoder.load(paths[0], generator)


def test_another_person_is_refused_unless_forced(
    generator: StyleGANGenerator, quick: StyleGANGenerator, people: dict[str, list[np.ndarray]]
) -> None:
    face = np.ascontiguousarray(people["neutral"][0][::3, ::3])
    poor = Inverter(quick, replace(CONFIG, steps=2))(face)
    assert not poor.verdict.passed
    assert "from the photo's in identity" in poor.verdict.reasons[0]
    # where no network tells people apart, nothing is refused
    assert Inverter(quick, replace(CONFIG, steps=0), features=Features())(face).verdict.passed
    explorer = explore(quick)
    with pytest.raises(CircumplexError, match="too poor to edit"):
        edit(poor, explorer, 0.5, 0.5)
    forced = edit(poor, explorer, 0.5, 0.5, force=True)
    assert not np.array_equal(forced, poor.image[None])
    shown = explorer.shown(poor.w, poor.image)  # what it shows is no move
    assert np.array_equal(edit(poor, explorer, *shown, force=True), poor.image[None])
    with pytest.raises(CircumplexError, match="this face was inverted with stylegan2"):
        edit(poor, explore(generator), 0.5, 0.5, force=True)


def test_an_encoder_survives_its_file_and_serves_one_generator(
    generator: StyleGANGenerator, quick: StyleGANGenerator, encoder: WEncoder, tmp_path: Path
) -> None:
    path = tmp_path / "encoder.safetensors"
    encoder.save(path)
    read = WEncoder.load(path, generator)
    images = torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    assert torch.equal(read.encode(images), encoder.encode(images))
    assert torch.equal(read.encode(images[1:]), read.encode(images)[1:])
    assert read.report == encoder.report and read.config == encoder.config
    with pytest.raises(CircumplexError, match="this encoder belongs to the generator"):
        WEncoder.load(path, quick)
    with pytest.raises(CircumplexError, match="this encoder belongs to the generator"):
        Inverter(quick, CONFIG, encoder, features=Features())


@pytest.mark.parametrize("space", ["w", "w+"])
def test_the_same_call_gives_the_same_bytes(quick: StyleGANGenerator, space: str) -> None:
    training = EncoderConfig(space, 8, 12, 4, pixel=0.5, space_samples=64, held_out=2)
    config = InvertConfig(space, steps=20, noise=0.2, space_samples=64)
    image = quick.synthesize(quick.sample_w([3], 1.0))[0]
    results = []
    for _ in range(2):
        encoder = train_encoder(quick, training)
        results.append((encoder, Inverter(quick, config, encoder, features=Features())(image)))
    (first, found), (second, again) = results
    for name, value in first.network.state_dict().items():
        assert torch.equal(value, second.network.state_dict()[name])
    assert np.array_equal(found.w, again.w) and found.history == again.history
    layers_agree = np.allclose(found.w, found.w[:, :1])
    assert layers_agree == (space == "w")
    other = Inverter(quick, replace(config, seed=1), first, features=Features())(image)
    assert not np.array_equal(other.w, found.w)


def test_a_plateau_brings_the_end_nearer(quick: StyleGANGenerator) -> None:
    config = InvertConfig("w", steps=400, patience=10, space_samples=64)
    blank = np.full((16, 16, 3), 255, np.uint8)
    found = Inverter(quick, config, features=Features())(blank)
    assert found.start == "mean"
    assert 20 <= found.steps < 400


def test_no_steps_leave_the_start(quick: StyleGANGenerator) -> None:
    found = Inverter(quick, InvertConfig(steps=0, space_samples=64), features=Features())(
        np.zeros((16, 16, 3), np.uint8)
    )
    assert found.steps == 0 and found.start == "mean"
    assert found.psnr == pytest.approx(found.before.psnr, abs=0.1)


def test_a_vae_is_inverted_from_its_own_code(tiny_run: Path) -> None:
    generator = load_generator(tiny_run)
    assert isinstance(generator, VAEGenerator)
    image = generator.synthesize(generator.sample_w([5], 1.0))[0]
    found = Inverter(generator, InvertConfig(steps=60, space_samples=SAMPLES), features=Features())(
        image
    )
    assert found.start in ("encoder", "mean")
    assert found.psnr > found.before.psnr + 3
    assert found.w.shape == (1, 1, 8)


def test_pictures_of_another_size_are_refused(inverter: Inverter) -> None:
    with pytest.raises(CircumplexError, match="makes uint8 pictures of 64 × 64"):
        inverter(np.zeros((32, 32, 3), np.uint8))


def test_a_space_whitens_what_it_was_measured_on(quick: StyleGANGenerator) -> None:
    space = measure_space(quick, 1024)
    w = torch.from_numpy(quick.sample_w(range(1024), 1.0))
    v = space.whiten(w[:, 0])
    assert torch.allclose(space.colour(v), w[:, 0], atol=1e-4)
    assert v.mean(0).abs().max() < 0.15
    assert (v.T.cov() - torch.eye(8)).abs().max() < 0.3
    assert 0.5 < space.distance(w).mean() < 1.5
    assert space.spread(w).max() < 1e-5
    mean = space.mean.expand(1, quick.num_layers, -1)
    assert space.distance(mean) < 1e-5


def test_styles_mix_from_a_layer_on() -> None:
    w = np.arange(6, dtype=np.float32)[:, None, None] * np.ones((1, 5, 2), np.float32)
    mixed = mix_styles(w, 0)
    assert mixed.shape == (3, 5, 2)
    for row, (first, second) in zip(mixed[..., 0], [(0, 1), (2, 3), (4, 5)], strict=True):
        assert row[0] == first and row[-1] == second
        assert (np.diff(row) >= 0).all()


def test_bands_add_up_and_equal_pictures_are_equal() -> None:
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    found = bands(images)
    assert [band.shape[-1] for band in found] == [32, 16, 8]
    whole = found[-1]
    for band in reversed(found[:-1]):
        larger = torch.nn.functional.interpolate(
            whole, scale_factor=2, mode="bilinear", align_corners=False
        )
        whole = larger + band
    assert torch.allclose(whole, images, atol=1e-6)
    black = np.zeros((4, 4, 3), np.uint8)
    assert psnr(black, black) == MOST_PSNR
    assert psnr(black, black + 255) == 0
    assert psnr(black, black + 1) == pytest.approx(48.13, abs=0.01)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"space": "z"}, "space is 'z'"),
        ({"steps": -1}, "steps is -1"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"pixel": 0.0, "pyramid": 0.0}, "pixel is 0"),
        ({"noise_ramp": 1.0}, "noise_ramp is 1"),
        ({"together": 1.5}, "together is 1.5"),
    ],
)
def test_settings_out_of_range_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(CircumplexError, match=message):
        InvertConfig(**values)


@pytest.mark.parametrize("record", [InvertConfig, PivotConfig, EncoderConfig])
@pytest.mark.parametrize("seed", [-1, MOST_TRAININGS, True, 0.5])
def test_a_seed_without_samples_of_its_own_is_refused(record: type, seed: object) -> None:
    with pytest.raises(CircumplexError, match="seed is"):
        record(seed=seed)


def test_no_two_trainings_share_a_sample() -> None:
    last = training_seeds(MOST_TRAININGS - 1)
    apart = training_seeds(1) - training_seeds(0)
    longest = 2 * 2**20 * 2**16  # mixed styles take two samples a face
    assert apart > longest and last + apart <= HELD_OUT_SEEDS and training_seeds(0) > SHAPE_SEEDS
