"""Artefacts of another kind, version or machine, or damaged: one line that names the file."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import faces.readers.affect.from_action_units as affect
import faces.readers.pixels.reader as pixels
import gan_bridge.generators.opening as generators
import vae.checkpoint as checkpoint
from faces.ground.errors import CircumplexError
from faces.readers.affect.from_action_units import AffectReader
from faces.readers.pixels.reader import PixelReader
from gan_bridge.editing.calibration import Calibration
from gan_bridge.editing.editor import Editor
from gan_bridge.generators.code_decoder import CodeLatents
from gan_bridge.generators.opening import load_generator, network_path
from vae.checkpoint import load_run
from vae.packaged import run_folder
from vae.probing.directions import Directions

BRIDGE, RUN = network_path("stylegan3").parent, run_folder("bundled")
GREY = network_path("grey").parent
ARTEFACTS: dict[Path, Callable[[Path], Any]] = {
    RUN / "vae.safetensors": load_run,
    RUN / "directions.safetensors": Directions.load,
    GREY / "calibration.safetensors": Calibration.load,
    BRIDGE / "editor.safetensors": Editor.load,
    BRIDGE / "codes.safetensors": CodeLatents.load,
    BRIDGE / "generator.safetensors": load_generator,
    pixels.BUNDLED: PixelReader.load,
    affect.BUNDLED: AffectReader.load,
}
#: In place of any text of a header: of another type, no JSON, or JSON of another form.
WRONG = ("", "9", "null", "[]", "{", '{"a": 1}', '"x"')
#: Text that is only shown, or only compared with another file's; any will do.
#: What would be right there: a number, or null for what was not measured.
FITTING = {"effort": ("9",), "reach": ("9",), "hull": ("null", "[]")}
FITTING |= dict.fromkeys(("r2", "r2_interval", "r2_alone"), ("null",))
FREE = ("faceset", "space", "model", "run", "generator", "training", "provenance", "cosine")


def _split(stored: bytes) -> tuple[dict[str, Any], bytes]:
    length = int.from_bytes(stored[:8], "little")
    return json.loads(stored[8 : 8 + length]), stored[8 + length :]


def _joined(header: dict[str, Any], data: bytes) -> bytes:
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data


def _damaged(stored: bytes) -> Iterator[tuple[str, bytes]]:
    yield "empty", b""
    yield "cut", stored[: len(stored) // 2]
    yield "a page instead", b"<!DOCTYPE html><html>404</html>"
    yield "a pointer instead", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n"
    header, data = _split(stored)
    told = header.pop("__metadata__")
    yield "no header", _joined(header, data)
    for name in told:
        if name.startswith(FREE):
            continue
        rest = {key: value for key, value in told.items() if key != name}
        yield f"no {name}", _joined(header | {"__metadata__": rest}, data)
        for text in WRONG:
            if text in FITTING.get(name, ()):
                continue
            changed = {"__metadata__": {**told, name: text}}
            yield f"{name} is {text}", _joined(header | changed, data)


@pytest.mark.parametrize("artefact", ARTEFACTS, ids=lambda path: path.stem)
def test_damaged_files_are_named_in_one_line(artefact: Path, tmp_path: Path) -> None:
    copy, load = tmp_path / artefact.name, ARTEFACTS[artefact]
    for what, stored in _damaged(artefact.read_bytes()):
        copy.write_bytes(stored)
        with pytest.raises(CircumplexError) as caught:
            load(copy)
            pytest.fail(f"{artefact.name} opens: {what}")
        assert artefact.name in str(caught.value) and "\n" not in str(caught.value), what


@pytest.mark.parametrize("artefact", ARTEFACTS, ids=lambda path: path.stem)
def test_another_version_names_both_and_the_remedy(artefact: Path, tmp_path: Path) -> None:
    header, data = _split(artefact.read_bytes())
    header["__metadata__"]["version"] = "99"
    copy = tmp_path / artefact.name
    copy.write_bytes(_joined(header, data))
    with pytest.raises(CircumplexError, match=r"version 99, this program reads version \d; make"):
        ARTEFACTS[artefact](copy)


def test_a_word_where_a_number_belongs(tmp_path: Path) -> None:
    header, data = _split((RUN / checkpoint.WEIGHTS).read_bytes())
    settings = json.loads(header["__metadata__"]["config"])
    for wrong in ("big", None, [64], {}):
        told = header["__metadata__"] | {"config": json.dumps(settings | {"latent_dim": wrong})}
        (tmp_path / checkpoint.WEIGHTS).write_bytes(_joined({**header, "__metadata__": told}, data))
        with pytest.raises(CircumplexError, match=checkpoint.WEIGHTS):
            load_run(tmp_path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gone.safetensors", "gone.safetensors is missing; check its name"),
        ("gone", "gone is missing; check its name"),
        ("net.pt", "net.pt is refused: it is a zip archive"),
        ("net.h5", "net.h5 is no model of a kind that is read here"),
        ("directions.safetensors", "holds circumplex/directions, not a model"),
        ("mine.safetensors", "holds a run under another name; call it vae.safetensors"),
        ("begun", "is a training that has not ended"),
        ("folder", "is not a finished run: vae.safetensors is missing"),
        ("gone.pkl", "gone.pkl is missing"),
    ],
)
def test_what_is_no_model_is_told_by_what_it_is(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "begun" / checkpoint.STATE_FOLDER).mkdir(parents=True)
    (tmp_path / "folder").mkdir()
    (tmp_path / "net.pt").write_bytes(b"PK")
    (tmp_path / "net.h5").write_bytes(b"\x89HDF")
    for source, target in (("directions", "directions"), ("vae", "mine")):
        stored = (RUN / f"{source}.safetensors").read_bytes()
        (tmp_path / f"{target}.safetensors").write_bytes(stored)
    with pytest.raises(CircumplexError) as caught:
        generators.load_generator(tmp_path / name)
    assert said in str(caught.value)
