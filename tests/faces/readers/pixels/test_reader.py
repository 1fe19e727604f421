"""The pixel reader: its network, its file, and how it treats pictures."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from faces.circumplex import EXPRESSIONS, QUADRANTS, quadrant
from faces.ground.artefacts import read_artefact, write_artefact
from faces.ground.errors import CircumplexError
from faces.readers.pixels.config import PixelConfig
from faces.readers.pixels.network import PixelNetwork, anchors
from faces.readers.pixels.reader import BUNDLED, PixelReader, save_reader
from faces.readers.pixels.votes import COLUMNS, VotedFaces, read_voted
from vae.probing.metrics import ccc

TINY = PixelConfig(size=24, stem=4, widths=(8, 16), depths=(1, 2), squeeze=4)


@pytest.fixture(scope="module")
def faces(drawn: Path) -> VotedFaces:
    """360 drawn faces, labelled by what was asked of them."""
    return read_voted(drawn, "train")


@pytest.fixture(scope="module")
def bundled() -> PixelReader:
    return PixelReader.load("bundled", "cpu")


@pytest.fixture
def tiny_file(tmp_path: Path) -> Path:
    torch.manual_seed(3)
    file = tmp_path / "reader.safetensors"
    save_reader(file, PixelNetwork(TINY).eval(), "{}", {"faces": "none"})
    return file


def test_the_anchors_give_the_stored_labels(drawn: Path) -> None:
    table = pd.read_csv(drawn / "manifest.csv")
    votes = table[list(COLUMNS)].to_numpy()
    expected = votes / votes.sum(1, keepdims=True) @ anchors().numpy()
    assert np.abs(expected - table[["valence", "arousal"]]).to_numpy().max() < 1e-4


def test_the_bundled_reader_is_compact(bundled: PixelReader) -> None:
    assert sum(value.numel() for value in bundled.network.parameters()) <= 3_000_000
    arrays, _ = read_artefact(BUNDLED)
    assert all(value.dtype == np.int8 for value in arrays.values() if value.ndim > 1)


def test_the_bundled_reader_sees_who_smiles(
    bundled: PixelReader, people: dict[str, list[np.ndarray]]
) -> None:
    """Of a dozen people whom it was not trained on; some of the smiles are slight."""
    neutral, smiling = bundled.read(people["neutral"]), bundled.read(people["smiling"])
    assert neutral.expressions().count("neutral") >= 10
    gain = smiling.valence - neutral.valence
    assert gain.mean() > 0.15
    assert (gain > -0.1).all()


def test_the_bundled_reader_finds_what_was_drawn(bundled: PixelReader, faces: VotedFaces) -> None:
    """Figures on real faces are scripts/report_reader.py's, in faces/weights/CARD.md."""
    readings = bundled.read(faces.images)
    truth = faces.shares() @ anchors().numpy()
    assert ccc(truth, np.stack([readings.valence, readings.arousal], 1)).min() > 0.7
    for name in ("happiness", "neutral", "surprise"):
        asked = faces.labels == EXPRESSIONS.index(name)
        found = readings.probabilities.argmax(1)[asked]
        assert (found == EXPRESSIONS.index(name)).mean() > 0.65, name
    for name in ("happiness", "sadness", "surprise", "anger"):
        asked = faces.labels == EXPRESSIONS.index(name)
        found = quadrant(readings.valence[asked].mean(), readings.arousal[asked].mean())
        wanted = quadrant(*anchors()[EXPRESSIONS.index(name)].tolist())
        assert QUADRANTS[found] == QUADRANTS[wanted], name


def test_readings_have_their_ranges(bundled: PixelReader, faces: VotedFaces) -> None:
    readings = bundled.read(faces.images[:20])
    assert readings.probabilities.shape == (20, 8)
    assert readings.probabilities.dtype == readings.valence.dtype == np.float32
    assert np.allclose(readings.probabilities.sum(1), 1, atol=1e-5)
    assert (np.abs([readings.valence, readings.arousal]) <= 1).all()
    assert readings.expressions()[0] == EXPRESSIONS[readings.probabilities[0].argmax()]


def test_a_mirrored_face_reads_the_same(bundled: PixelReader, faces: VotedFaces) -> None:
    there = bundled.read(faces.images[:20])
    mirrored = bundled.read(faces.images[:20, :, ::-1])
    assert np.allclose(there.probabilities, mirrored.probabilities, atol=1e-5)
    assert np.allclose(there.valence, mirrored.valence, atol=1e-5)


def test_brightness_and_contrast_change_little(bundled: PixelReader, faces: VotedFaces) -> None:
    bright = faces.images[:50]
    dimmed = (40 + 0.5 * bright).round().astype(np.uint8)
    change = bundled.read(bright).valence - bundled.read(dimmed).valence
    assert np.abs(change).mean() < 0.03


def test_a_face_reads_alone_as_among_others(bundled: PixelReader, faces: VotedFaces) -> None:
    together = bundled.read(faces.images[:150])
    alone = bundled.read([faces.images[140]])
    assert np.allclose(together.probabilities[140], alone.probabilities[0], atol=1e-5)


def test_colour_and_size_do_not_matter(bundled: PixelReader, faces: VotedFaces) -> None:
    grey = faces.images[:50]
    colour = np.repeat(grey[..., None], 3, axis=3)
    assert np.allclose(bundled.read(grey).valence, bundled.read(colour).valence, atol=1e-5)
    larger = grey.repeat(2, axis=1).repeat(2, axis=2)
    assert np.abs(bundled.read(grey).valence - bundled.read(larger).valence).mean() < 0.05


def test_nothing_is_read_of_nothing(bundled: PixelReader) -> None:
    assert bundled.read([]).probabilities.shape == (0, 8)
    assert bundled.features([]).shape == (0, bundled.network.config.widths[-1])


def test_features_and_maps(tiny_file: Path, faces: VotedFaces) -> None:
    reader = PixelReader.load(tiny_file, "cpu")
    assert reader.features(faces.images[:5]).shape == (5, 16)
    x = torch.rand(2, 1, 24, 24).mul(2).sub(1).requires_grad_()
    shapes = [tuple(activations.shape) for activations in reader.network.maps(x)]
    assert shapes == [(2, 4, 24, 24), (2, 8, 12, 12), (2, 16, 6, 6)]


def test_gradients_reach_the_pixels_and_not_the_weights(bundled: PixelReader) -> None:
    x = torch.rand(2, 1, 48, 48, generator=torch.Generator().manual_seed(1)).requires_grad_()
    logits, affect = bundled.network(x)
    (logits.sum() + affect.sum()).backward()
    assert logits.shape == (2, 8)
    assert affect.shape == (2, 2)
    assert x.grad is not None
    assert x.grad.abs().sum() > 0
    assert all(value.grad is None for value in bundled.network.parameters())


@pytest.mark.parametrize("value", [0, 128, 255])
def test_an_even_picture_gives_numbers(bundled: PixelReader, value: int) -> None:
    readings = bundled.read([np.full((48, 48), value, np.uint8)])
    assert np.isfinite(readings.probabilities).all()
    assert np.isfinite(readings.valence).all()


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((48, 48), np.float32),
        np.zeros((48, 48, 4), np.uint8),
        np.zeros((3, 48, 48, 3), np.uint8),
        np.zeros((0, 48), np.uint8),
    ],
)
def test_other_pictures_are_refused_by_position(bundled: PixelReader, picture: np.ndarray) -> None:
    with pytest.raises(CircumplexError, match="picture 1 is"):
        bundled.read([np.zeros((48, 48), np.uint8), picture])


def test_the_file_is_the_same_twice(tiny_file: Path, tmp_path: Path) -> None:
    reader = PixelReader.load(tiny_file, "cpu")
    save_reader(tmp_path / "again.safetensors", reader.network, "{}", reader.provenance)
    assert (tmp_path / "again.safetensors").read_bytes() == tiny_file.read_bytes()


def test_damaged_and_foreign_files_are_refused(tiny_file: Path, tmp_path: Path) -> None:
    with pytest.raises(CircumplexError, match="is missing"):
        PixelReader.load(tmp_path / "none.safetensors")
    short = tmp_path / "short.safetensors"
    short.write_bytes(tiny_file.read_bytes()[:-100])
    with pytest.raises(CircumplexError, match="cannot be read"):
        PixelReader.load(short)
    arrays, header = read_artefact(tiny_file)
    for broken, message in (
        (header | {"schema": "circumplex/vae"}, "is circumplex/vae, not"),
        (header | {"version": "2"}, "version 2"),
        (header | {"config": "{"}, "header of .* is damaged"),
        (header | {"config": '{"size": 48, "colour": 1}'}, "no setting 'colour'"),
        (header | {"config": '{"size": 48}'}, "lacks the tensor"),
    ):
        write_artefact(short, arrays, broken)
        with pytest.raises(CircumplexError, match=message):
            PixelReader.load(short)


def test_weights_that_are_no_numbers_are_refused(tiny_file: Path) -> None:
    arrays, header = read_artefact(tiny_file)
    arrays["stem.weight.scale"] = np.full_like(arrays["stem.weight.scale"], np.nan)
    write_artefact(tiny_file, arrays, header)
    with pytest.raises(CircumplexError, match=r"stem\.weight holds NaN"):
        PixelReader.load(tiny_file)


@pytest.mark.parametrize(
    "values",
    [
        {"widths": ()},
        {"widths": (8, 0, 8)},
        {"depths": (1, 1)},
        {"squeeze": 100},
        {"size": 4},
        {"dropout": 1.0},
    ],
)
def test_networks_that_cannot_be_are_refused(values: dict) -> None:
    with pytest.raises(CircumplexError, match=next(iter(values))):
        PixelConfig(**values)
