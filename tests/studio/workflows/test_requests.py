"""Requests refuse what makes no sense, each with its own words."""

from pathlib import Path
from typing import Any

import pytest

from studio.validation import RequestError
from studio.workflows.edit import EditRequest
from studio.workflows.export import ExportRequest
from studio.workflows.grid import GridRequest
from studio.workflows.open_app import StudioRequest
from studio.workflows.prepare import PrepareRequest
from studio.workflows.probe import ProbeRequest
from studio.workflows.train import TrainRequest

EXPORT: dict[str, Any] = {"folder": Path("f"), "seeds": (0,), "points": ((0.0, 0.0),)}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "one of seed, photo and latent"),
        ({"seed": 1, "photo": Path("a.jpg")}, "one of seed, photo and latent"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 2**63}, "seed is"),
        ({"seed": 0, "n": 1}, "n is 1"),
        ({"seed": 0, "reach": 0.0}, "reach is 0"),
        ({"seed": 0, "reach": 1.2}, "reach is 1.2"),
        ({"seed": 0, "reach": float("nan")}, "reach is nan"),
        ({"seed": 0, "truncation": -0.1}, "truncation"),
        ({"seed": 0, "out": Path("grid.jpg")}, "grid.jpg ends in none of"),
        ({"seed": 0, "out": Path("grid.pdf"), "plain": True}, "grid.pdf"),
        ({"seed": 0, "format": "gif"}, "format is 'gif'"),
        ({"seed": 0, "words": "plutchik"}, "words is 'plutchik'; it must be one of russell, sch"),
        ({"seed": 0, "format": "svg", "plain": True}, "format is 'svg'"),
        ({"seed": 0, "out": Path("grid.pdf"), "format": "svg"}, "grid.pdf is not svg"),
    ],
)
def test_grid_refuses(values: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        GridRequest(**values)


def test_formats_follow_the_file_or_stand_alone() -> None:
    assert GridRequest(seed=0).format == "png"
    assert GridRequest(seed=0, out=Path("a.PDF")).format == "pdf"
    assert GridRequest(seed=0, format="svg").format == "svg"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "one of seed, photo, latent and recipe"),
        ({"seed": 0, "recipe": Path("a.png")}, "one of seed, photo, latent and recipe"),
        ({"seed": 0, "valence": 1.01}, "valence is 1.01"),
        ({"seed": 0, "arousal": float("nan")}, "arousal is nan"),
        ({"seed": 0, "out": Path("face.jpg")}, "does not end in .png"),
        ({"recipe": Path("a.png"), "valence": 0.7}, "the recipe decides valence"),
        ({"recipe": Path("a.png"), "arousal": 0.0}, "the recipe decides arousal"),
        ({"recipe": Path("a.png"), "truncation": 0.7}, "the recipe decides truncation"),
    ],
)
def test_edit_refuses(values: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        EditRequest(**values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"seeds": ()}, "seeds is empty"),
        ({"points": ()}, "points is empty"),
        ({"seeds": (1, 1)}, "given twice"),
        ({"match_luminance": True, "shine": "both"}, "left out beside match_luminance"),
        ({"background": "no colour"}, "a colour such as"),
        ({"format": "bmp"}, "format is 'bmp'"),
        ({"unread": True, "max_identity": 0.4}, "max_identity needs"),
        ({"points": ((0.0, -1.5),)}, "arousal is -1.5"),
        ({"seeds": tuple(range(2000)), "points": ((0.0, 0.0),) * 501}, "1002000 pictures"),
    ],
)
def test_export_refuses(values: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        ExportRequest(**(EXPORT | values))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"host": "0.0.0.0"}, "0.0.0.0 can be reached by others"),
        ({"host": "192.168.1.5", "user": "a"}, "both user and password"),
        ({"port": 70000}, "port is 70000"),
        ({"password": "p"}, "both user and password"),
    ],
)
def test_studio_refuses(values: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        StudioRequest(**values)


def test_a_login_opens_other_addresses_and_stays_out_of_the_log() -> None:
    request = StudioRequest(host="0.0.0.0", user="ada", password="geheim")
    assert not request.is_local
    assert "geheim" not in repr(request)


def test_prepare_wants_a_folder_unless_it_only_checks() -> None:
    with pytest.raises(RequestError, match="name the folder"):
        PrepareRequest(Path("source"), None)
    assert PrepareRequest(Path("source"), None, check=True).faceset is None


def test_probe_results_never_go_into_the_package() -> None:
    assert ProbeRequest("bundled", Path("set")).folder == Path("bundled-probe")
    assert ProbeRequest("runs/a", Path("set")).folder == Path("runs/a")
    assert ProbeRequest("bundled", Path("set"), out=Path("here")).folder == Path("here")
    with pytest.raises(RequestError, match="basis is 'none'"):
        ProbeRequest("runs/a", Path("set"), basis="none")


def test_a_resumed_training_keeps_its_settings(tmp_path: Path) -> None:
    from faces.ground.files import write_json

    first = TrainRequest.from_options(Path("set"), tmp_path, {"guide": 0.0, "latent_dim": 12})
    assert first.training.guide == 0.0 and first.network(64, 3).latent_dim == 12
    write_json(tmp_path / "request.json", first.settings())
    again = TrainRequest.from_options(Path("set"), tmp_path, {"epochs": 3}, resume=True)
    assert again.training.guide == 0.0 and again.latent_dim == 12
    assert again.training.epochs == 3
