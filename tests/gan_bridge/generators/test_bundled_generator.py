"""The generator in the package: that it opens like any other, and that it makes faces."""

from pathlib import Path

import numpy as np
import pytest

from faces.ground.errors import CircumplexError
from faces.sets import load_faceset
from gan_bridge.bridging.artefact import Bridge
from gan_bridge.editing.editor import Editor
from gan_bridge.editing.explorer import EmotionExplorer
from gan_bridge.generators.code_decoder import CODES, CodeDecoder, CodeLatents
from gan_bridge.generators.opening import is_network, load_generator, network_path
from gan_bridge.generators.protocol import Encoder, Generator
from gan_bridge.inversion.photos import cut_photo
from gan_bridge.networks.alias_free import StyleGAN3
from gan_bridge.networks.files import load_networks

PEOPLE = Path(__file__).parents[2] / "data" / "people"
FOLDER = network_path("stylegan3").parent


@pytest.fixture(scope="module")
def generator() -> CodeDecoder:
    opened = load_generator("stylegan3")
    assert isinstance(opened, CodeDecoder)
    return opened


@pytest.fixture(scope="module")
def explorer(generator: CodeDecoder) -> EmotionExplorer:
    editor = Editor.load(FOLDER / "editor.safetensors")
    return EmotionExplorer(generator, Bridge.load(FOLDER), calibration=editor)


def test_it_is_a_stylegan3_of_twelve_megabytes_at_most() -> None:
    assert is_network("stylegan3")
    stored = load_networks(network_path("stylegan3"))
    assert isinstance(stored.generator, StyleGAN3) and stored.provenance["faces"]
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 12 * 2**20


def test_landmarks_are_found_in_its_faces(generator: CodeDecoder) -> None:
    from faces import FaceReader

    pictures = np.concatenate(
        [generator.synthesize(generator.sample_w([s], 0.7)) for s in range(24)]
    )
    with FaceReader(pixel=None, affect=None) as reader:
        found = [each.found for each in reader.read(list(pictures))]
    assert np.mean(found) >= 0.8


def test_the_grey_one_restores_real_faces(tiny_faceset: Path) -> None:
    faces = load_faceset(tiny_faceset)
    real = faces.read(faces.rows("val")[:24]).transpose(0, 2, 3, 1).repeat(3, axis=3)
    check_restored(load_generator("grey"), real)


def test_it_restores_real_people(generator: CodeDecoder) -> None:
    photos = sorted(PEOPLE.glob("*_neutral.jpg"))
    check_restored(generator, np.stack([cut_photo(path, generator).coloured for path in photos]))


def check_restored(generator: Generator, real: np.ndarray) -> None:
    """Each comes back nearer to itself than to another."""
    assert isinstance(generator, Encoder)
    restored = generator.synthesize(generator.encode(real)).astype(float)
    own = np.abs(restored - real).mean((1, 2, 3))
    others = np.abs(restored - np.roll(real, 1, axis=0)).mean((1, 2, 3))
    assert (own < others).mean() > 0.9


def test_codes_of_another_run_are_refused(generator: CodeDecoder, tmp_path: Path) -> None:
    held = CodeLatents.load(FOLDER / CODES)
    held.save(tmp_path / CODES)
    again = CodeLatents.load(tmp_path / CODES)
    assert again.run == held.run and np.array_equal(again.whitening, held.whitening)
    with pytest.raises(CircumplexError, match="decodes codes of the β-VAE 000000000000"):
        CodeDecoder(
            generator.network, CodeLatents(held.mean, held.whitening, "0" * 64, held.generator)
        )
    CodeLatents(held.mean[1:], held.whitening, held.run, held.generator).save(tmp_path / CODES)
    with pytest.raises(CircumplexError, match="damaged"):
        CodeLatents.load(tmp_path / CODES)


def test_requests_are_what_a_reader_finds(explorer: EmotionExplorer) -> None:
    """Faces that no training drew; the reader is one that trained the editor."""
    from faces.readers.pixels.reader import PixelReader
    from vae.probing.metrics import ccc

    targets = [(v, a) for v in (-0.5, 0.0, 0.5) for a in (0.0, 0.3, 0.6)]
    pictures = np.concatenate([explorer.path(seed, targets, 0.7) for seed in range(4)])
    read = PixelReader.load("bundled", "cpu").read(list(pictures))
    requested = np.tile(targets, (4, 1))
    found = ccc(requested, np.stack([read.valence, read.arousal], 1))
    assert found.min() > 0.6
    assert explorer.is_calibrated() and explorer.can_read
