"""Pivotal tuning: a real face comes nearer, the rest of w stays, the parent's directions hold."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from faces.ground.errors import CircumplexError
from faces.sets import load_faceset
from gan_bridge import EmotionExplorer, load_generator
from gan_bridge.generators.stylegan import StyleGANGenerator
from gan_bridge.inversion import Inversion, InvertConfig, Inverter, PivotConfig
from gan_bridge.inversion.features import Features
from gan_bridge.inversion.losses import PictureLoss, psnr
from gan_bridge.inversion.pivot import save_tuned, tune
from gan_bridge.inversion.space import to_picture
from gan_bridge.networks.config import StyleGAN2Config
from gan_bridge.networks.files import save_networks
from gan_bridge.networks.stylegan2 import StyleGAN2
from vae.probing.bases import make_directions
from vae.probing.directions import Directions
from vae.probing.probes import Probes

CONFIG = InvertConfig("w", steps=30, space_samples=128)
PIVOT = PivotConfig(steps=30, learning_rate=3e-3)


@pytest.fixture(scope="module")
def parent() -> StyleGANGenerator:
    """A StyleGAN2 of random weights: 64 pixels, grey."""
    torch.manual_seed(0)
    config = StyleGAN2Config(
        64, 1, z_dim=8, w_dim=8, mapping_layers=2, channel_base=512, channel_max=8
    )
    network = StyleGAN2(config).eval().requires_grad_(False)
    return StyleGANGenerator(network, provenance={"faces_settings": {"margin": 0.25}})


@pytest.fixture(scope="module")
def directions(parent: StyleGANGenerator) -> Directions:
    weights = np.random.default_rng(0).normal(size=(2, 8))
    probes = Probes(weights, np.zeros(2), np.ones(2), np.zeros(8), 5, 64)
    return make_directions(probes, model=parent.digest, faceset="0" * 64, space="stylegan2/w")


@pytest.fixture(scope="module")
def face(tiny_faceset: Path) -> np.ndarray:
    """A real face, uint8 (64, 64, 3)."""
    return np.repeat(load_faceset(tiny_faceset).read(np.array([4]))[0, 0, :, :, None], 3, axis=2)


@pytest.fixture(scope="module")
def inverter(parent: StyleGANGenerator) -> Inverter:
    return Inverter(parent, CONFIG, pivot=PIVOT, features=Features())


@pytest.fixture(scope="module")
def tuned(inverter: Inverter, face: np.ndarray) -> Inversion:
    return inverter(face)


def test_tuning_brings_a_real_face_nearer_and_leaves_the_parent(
    parent: StyleGANGenerator, tuned: Inversion, face: np.ndarray
) -> None:
    without = psnr(parent.synthesize(tuned.w)[0], face)
    assert tuned.psnr > without + 1  # dB
    assert tuned.pivot_steps == PIVOT.steps
    assert np.array_equal(tuned.image, tuned.generator.synthesize(tuned.w)[0])
    assert tuned.generator.digest != parent.digest
    assert StyleGANGenerator(parent.network).digest == parent.digest  # untouched
    assert tuned.pivot_of == parent.digest


def test_locality_holds_what_lies_around(
    inverter: Inverter, tuned: Inversion, face: np.ndarray
) -> None:
    parent, space = inverter.generator, inverter.space
    loss = PictureLoss(to_picture(face[None], parent), CONFIG, Features())
    pivot = torch.from_numpy(tuned.w)
    push = torch.randn(4, 1, 8, generator=torch.Generator().manual_seed(0))
    around = space.colour(space.whiten(pivot) + PIVOT.reach * push)
    before = inverter.renderer.without_gradients(around)
    changed = {}
    for locality in (0.0, 1.0):
        config = replace(PIVOT, steps=50, learning_rate=1e-3, locality=locality)
        network, history = tune(inverter.renderer, space, loss, pivot, config)
        assert history[-1] < 0.8 * history[0]
        with torch.no_grad():
            changed[locality] = float((network.synthesis(around) - before).square().mean())
    assert changed[1.0] < 0.5 * changed[0.0]


def test_tuning_is_deterministic(inverter: Inverter, tuned: Inversion, face: np.ndarray) -> None:
    again = inverter(face)
    assert again.generator.digest == tuned.generator.digest
    assert np.array_equal(again.w, tuned.w)


def test_directions_of_the_parent_serve_the_tuned_child_alone(
    parent: StyleGANGenerator, tuned: Inversion, directions: Directions, tmp_path: Path
) -> None:
    path = tmp_path / "tuned.safetensors"
    child = tuned.generator
    assert isinstance(child, StyleGANGenerator)
    save_tuned(path, child, PIVOT)
    opened = load_generator(path)
    assert opened.digest == child.digest and opened.tuned_from == parent.digest
    assert opened.provenance["faces_settings"] == {"margin": 0.25}
    assert opened.provenance["pivot"]["steps"] == PIVOT.steps
    w = opened.sample_w([1], 1.0)
    assert np.array_equal(w, parent.sample_w([1], 1.0))  # the mapping is the parent's
    moved = EmotionExplorer(opened, directions).move(w, 0.5, 0.5)
    assert np.array_equal(moved, EmotionExplorer(parent, directions).move(w, 0.5, 0.5))

    save_networks(path, {"G_ema": child.network}, {"base": {"pivot_of": parent.digest}})
    with pytest.raises(CircumplexError, match="belong to the model"):
        EmotionExplorer(load_generator(path), directions)
    of_child = replace(directions, model=child.digest)
    with pytest.raises(CircumplexError, match="belong to the model"):
        EmotionExplorer(parent, of_child)


def test_a_child_of_a_child_names_the_first_parent(
    parent: StyleGANGenerator, tuned: Inversion, face: np.ndarray
) -> None:
    config = replace(CONFIG, steps=2)
    again = Inverter(tuned.generator, config, pivot=PivotConfig(steps=2), features=Features())(face)
    assert again.pivot_of == parent.digest
    assert again.generator.tuned_from == parent.digest


def test_a_good_picture_is_not_tuned_further(parent: StyleGANGenerator) -> None:
    image = parent.synthesize(parent.sample_w([2], 0.0))[0]
    config = replace(CONFIG, steps=0)
    found = Inverter(parent, config, pivot=PivotConfig(steps=50, target=10.0), features=Features())(
        image
    )
    assert found.pivot_steps == 1


def test_a_vae_is_not_tuned(tiny_run: Path) -> None:
    generator = load_generator(tiny_run)
    with pytest.raises(CircumplexError, match="is no StyleGAN"):
        Inverter(generator, replace(CONFIG, steps=1), pivot=PIVOT, features=Features())(
            np.zeros((64, 64, 3), np.uint8)
        )
