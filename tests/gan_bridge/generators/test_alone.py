"""What a method makes of one item, whatever stands beside it in the batch."""

import numpy as np
import pytest

from gan_bridge.bridging.artefact import Bridge
from gan_bridge.bridging.scoring import CLOSE, Scorer
from gan_bridge.editing.calibration import FILE, Calibration
from gan_bridge.editing.editor import Editor
from gan_bridge.editing.explorer import EmotionExplorer
from gan_bridge.generators.opening import load_generator, network_path
from gan_bridge.generators.protocol import Encoder, Generator
from gan_bridge.networks.files import load_networks
from vae.checkpoint import load_run
from vae.probing.directions import Directions


@pytest.fixture(scope="module", params=["bundled", "stylegan3", "grey"])
def generator(request: pytest.FixtureRequest) -> Generator:
    return load_generator(request.param)


@pytest.fixture(scope="module")
def explorer(generator: Generator) -> EmotionExplorer:
    if generator.num_layers == 1:
        return EmotionExplorer(generator, Directions.load("bundled"))
    names = ("stylegan3", "grey")
    folder = next(network_path(name).parent for name in names if holds(name, generator))
    editor = folder / "editor.safetensors"
    calibration = Editor.load(editor) if editor.is_file() else Calibration.load(folder / FILE)
    return EmotionExplorer(generator, Bridge.load(folder), calibration=calibration)


def holds(name: str, generator: Generator) -> bool:
    return load_networks(network_path(name)).digest == generator.digest


@pytest.fixture(scope="module")
def w(generator: Generator) -> np.ndarray:
    return generator.sample_w(range(5), 0.8)


def test_latents_pictures_and_codes_are_those_of_each_alone(
    generator: Generator, w: np.ndarray
) -> None:
    assert isinstance(generator, Encoder)
    images = generator.synthesize(w)
    codes = generator.encode(images)
    for k in range(len(w)):
        one = slice(k, k + 1)
        assert np.array_equal(generator.sample_w([k], 0.8), w[one])
        assert np.array_equal(generator.synthesize(w[one]), images[one])
        assert np.array_equal(generator.encode(images[one]), codes[one])


def test_moves_and_readings_are_those_of_each_alone(
    explorer: EmotionExplorer, w: np.ndarray
) -> None:
    valence, arousal = np.linspace(-0.7, 0.6, len(w)), np.linspace(0.5, -0.5, len(w))
    moved, read = explorer.move(w, valence, arousal), explorer.predict(w)
    for k in range(len(w)):
        one = slice(k, k + 1)
        assert np.array_equal(explorer.move(w[one], valence[k], arousal[k]), moved[one])
        assert np.array_equal(explorer.predict(w[one]), read[one])
        assert np.array_equal(explorer.neutral_mean(w[one]), explorer.neutral_mean(w)[one])


def test_codes_that_are_encoded_at_once_are_close(generator: Generator, w: np.ndarray) -> None:
    scorer = Scorer(load_run("bundled"), Directions.load("bundled"))
    images = generator.synthesize(w)
    codes = scorer.encode(images)
    for code, image in zip(codes, images, strict=True):
        assert np.abs(scorer.encode(image[None])[0] - code).max() < CLOSE
