"""Real faces in the place of random latents: even over affect, the last of them held out."""

from pathlib import Path

import numpy as np
import pytest
from plain_generator import PlainGenerator

from faces.ground.errors import CircumplexError
from faces.sets import FaceSet, load_faceset
from gan_bridge.bridging.config import BridgeConfig
from gan_bridge.bridging.encoded_faces import EncodedFaces
from gan_bridge.generators.opening import load_generator
from gan_bridge.generators.protocol import Encoder, Generator

CONFIG = BridgeConfig(samples=60, seed=5)


class Blind(PlainGenerator):
    """A generator without an encoder."""

    name = "blind"


@pytest.fixture(scope="module")
def generator() -> Generator:
    return load_generator("grey")


def test_they_are_even_over_affect_and_the_last_fifth_is_held_out(
    generator: Generator, tiny_faceset: Path
) -> None:
    faces = load_faceset(tiny_faceset)
    rows = EncodedFaces(generator, faces, CONFIG).rows
    assert len(rows) == 60
    assert set(rows[:48]) <= set(faces.rows("train")) and set(rows[48:]) <= set(faces.rows("val"))
    cells = np.floor(faces.labels(faces.rows("train")) / 0.2)
    there = len(np.unique(cells, axis=0))
    first = np.floor(faces.labels(rows[:there]) / 0.2)
    assert len(np.unique(first, axis=0)) == there  # one of each before a second of any
    assert len(set(rows)) == len(rows)
    assert np.array_equal(rows, EncodedFaces(generator, faces, CONFIG).rows)


def test_who_they_are_is_known_where_the_set_says_so(
    generator: Generator, tiny_faceset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = load_faceset(tiny_faceset)
    whole = faces.manifest().assign(identity=[f"person {k % 7}" for k in range(len(faces))])
    monkeypatch.setattr(FaceSet, "manifest", lambda self, columns=None: whole[columns])
    drawn = EncodedFaces(generator, faces, CONFIG)
    _, told = np.unique(drawn.rows % 7, return_inverse=True)
    assert drawn.groups is not None
    pairs = set(zip(drawn.groups.tolist(), told.tolist(), strict=True))
    assert len(pairs) == len(np.unique(told))


def test_a_seed_stands_for_the_code_of_a_face(generator: Generator, tiny_faceset: Path) -> None:
    faces = load_faceset(tiny_faceset)
    drawn = EncodedFaces(generator, faces, CONFIG)
    w = drawn(range(7, 9))
    pictures = faces.read(drawn.rows[2:4]).transpose(0, 2, 3, 1).repeat(3, axis=3)
    assert isinstance(generator, Encoder)
    assert np.array_equal(w, generator.encode(pictures))


def test_what_does_not_fit_is_told(generator: Generator, tiny_faceset: Path) -> None:
    faces = load_faceset(tiny_faceset)
    with pytest.raises(CircumplexError, match="cannot encode pictures"):
        EncodedFaces(Blind(), faces, CONFIG)  # type: ignore[arg-type]
    with pytest.raises(CircumplexError, match="the faces have 64 pixels and 1 channels"):
        EncodedFaces(load_generator("stylegan3"), faces, CONFIG)
