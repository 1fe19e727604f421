"""`circumplex invert`, and what `edit` and `grid` make of its latent."""

import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gan_bridge.networks.config import StyleGAN2Config
from gan_bridge.networks.files import network_digest, save_networks
from gan_bridge.networks.stylegan2 import StyleGAN2
from studio.cli import main
from vae.probing.bases import make_directions
from vae.probing.probes import Probes

QUICK = ("--steps", "2", "--encoder-steps", "2", "--pivot", "2")


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A StyleGAN2 of random weights, 16 pixels, grey, with directions beside it."""
    torch.manual_seed(0)
    config = StyleGAN2Config(
        16, 1, z_dim=8, w_dim=8, mapping_layers=2, channel_base=128, channel_max=8
    )
    made = StyleGAN2(config)
    folder = tmp_path_factory.mktemp("network")
    save_networks(folder / "gan.safetensors", {"G_ema": made})
    weights = np.random.default_rng(0).normal(size=(2, 8))
    probes = Probes(weights, np.zeros(2), np.ones(2), np.zeros(8), 5, 64)
    digest = network_digest(made)
    make_directions(probes, model=digest, faceset="0" * 64, space="stylegan2/w").save(
        folder / "directions.safetensors"
    )
    return folder / "gan.safetensors"


@pytest.fixture(scope="module")
def inverted(network: Path, portraits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a photo inverted with a tuned copy of `network`."""
    folder = tmp_path_factory.mktemp("inverted") / "a"
    models = ["-g", str(network), "--encoder", str(folder.parent / "encoder.safetensors")]
    call = ["invert", str(portraits / "a.jpg"), str(folder), *models, *QUICK, "-q"]
    assert main(call) == 0
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """What a call prints with --json."""
    assert main([*map(str, arguments), "--json", "--quiet"]) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys: pytest.CaptureFixture[str], code: int, *arguments: object) -> str:
    """The one line of a call that fails."""
    assert main([*map(str, arguments), "--quiet"]) == code
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1
    return shown.err


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["invert", "--help"]) == 0
    assert "Example: circumplex invert" in capsys.readouterr().out


def test_a_photo_gives_latent_sheet_network_and_figures(
    network: Path,
    inverted: Path,
    portraits: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    encoder = inverted.parent / "encoder.safetensors"  # found there, not trained again
    models = ("-g", network, "--encoder", encoder, *QUICK)
    found = run(capsys, "invert", portraits / "a.jpg", tmp_path / "b", *models)
    names = {"inverted.safetensors", "inverted.png", "network.safetensors"}
    for name in names:
        assert (tmp_path / "b" / name).read_bytes() == (inverted / name).read_bytes()
    assert names == {path.name for path in inverted.iterdir()} - {".lock"}
    assert (found["faces"], found["face"], found["start"]) == (1, 1, "encoder")
    assert found["steps"] == 2 and found["pivot_steps"] == 2
    assert found["figures"]["psnr"] > found["before"]["psnr"]
    assert found["generator"] != found["pivot_of"]
    assert any("does not say how its faces were cut" in note for note in found["notes"])
    assert any("--perceptual" in note for note in found["notes"])
    with Image.open(inverted / "inverted.png") as sheet:
        assert sheet.width > 3 * sheet.height / 2


def test_a_poor_latent_is_edited_by_force_and_made_again_from_its_recipe(
    network: Path, inverted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    latent, tuned = inverted / "inverted.safetensors", inverted / "network.safetensors"
    models = ("-g", tuned, "--directions", network.parent)
    edit = ("edit", tmp_path / "edited.png", "--latent", latent, "--valence", "0.5", *models)
    assert "is too poor to edit: the face found is 0." in refused(capsys, 1, *edit)
    assert not (tmp_path / "edited.png").exists()
    made = run(capsys, *edit, "--force")
    assert made["recipe"]["seed"] is None and made["recipe"]["valence"] == 0.5
    again = tmp_path / "again.png"
    run(capsys, "edit", again, "--recipe", tmp_path / "edited.png", *models)
    assert again.read_bytes() == (tmp_path / "edited.png").read_bytes()
    grid = ("grid", tmp_path / "grid.png", "--latent", latent, "--force", "-n", "2", "--plain")
    run(capsys, *grid, *models)
    with Image.open(tmp_path / "grid.png") as sheet:
        assert sheet.size == (32, 32)


def test_the_commands_that_it_prints_work_as_printed(
    network: Path, portraits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = tmp_path / "no directions here" / "gan.safetensors"
    alone.parent.mkdir()
    shutil.copy(network, alone)
    for model, pivot, commands in ((network, "2", 1), (network, "0", 1), (alone, "0", 2)):
        out = tmp_path / f"of {model.parent.name} {pivot}"
        call = ["invert", portraits / "a.jpg", out, "-g", model, "--steps", "2", "--pivot", pivot]
        assert main([*map(str, call), "--quiet"]) == 0
        printed = [
            shlex.split(line.removeprefix("next: "))
            for line in capsys.readouterr().out.splitlines()
            if line.startswith("next: ")
        ]
        assert [words[:2] for words in printed][-1] == ["circumplex", "edit"]
        assert len(printed) == commands
        if commands == 1:  # a bridge takes its time; the edit after it names its folder
            assert main([*printed[0][1:], "--quiet"]) == 0
            assert (out / "edited.png").is_file()
        else:
            bridge, edit = printed
            assert bridge[1:4] == ["bridge", str(alone), "bundled"]
            assert edit[edit.index("--directions") + 1] == bridge[4]
        capsys.readouterr()


def test_a_latent_serves_the_network_it_was_found_in(
    network: Path, inverted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    latent = inverted / "inverted.safetensors"
    edit = ("edit", tmp_path / "a.png", "--force", "-g", network)
    assert "belongs to the generator" in refused(capsys, 1, *edit, "--latent", latent)
    assert "give one of seed" in refused(capsys, 2, *edit, "--latent", latent, "--seed", "1")
    other = network.parent / "directions.safetensors"
    assert "is circumplex/directions" in refused(capsys, 1, *edit, "--latent", other)
    assert "is missing" in refused(capsys, 1, *edit, "--latent", tmp_path / "gone.safetensors")
    assert not list(tmp_path.iterdir())


def test_a_vae_starts_at_its_own_code_and_is_not_tuned(
    probed_run: Path, portraits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ("invert", portraits / "b.jpg", tmp_path / "b", "-g", probed_run, "--steps", "3")
    found = run(capsys, *call)
    assert found["network"] is None and found["generator"] == found["pivot_of"]
    assert not (tmp_path / "b" / "network.safetensors").exists()
    assert "is no StyleGAN" in refused(capsys, 2, *call, "--pivot", "5")
    edit = ("edit", tmp_path / "c.png", "--latent", tmp_path / "b" / "inverted.safetensors")
    made = run(capsys, *edit, "--force", "-g", probed_run, "--arousal", "0.4")
    assert set(made["predicted"]) == {"valence", "arousal"}


def test_of_several_faces_the_largest_is_taken_and_said(
    network: Path, portraits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = Image.new("RGB", (1200, 800), "grey")
    for name, side, place in (("a.jpg", 800, (0, 0)), ("b.jpg", 400, (800, 200))):
        with Image.open(portraits / name) as face:
            face.thumbnail((side, side))
            sheet.paste(face, place)
    photo = tmp_path / "two.png"
    sheet.save(photo)
    call = ("invert", photo, tmp_path / "out", "-g", network, "--steps", "0")
    assert main([*map(str, call), "--quiet"]) == 0
    shown = capsys.readouterr().out
    assert "shows 2 faces, taken was the largest; choose another with --face N" in shown
    assert "start (mean)" in shown and "too poor to edit" in shown and "wrote" in shown
    second = run(capsys, *call, "--face", "2")
    assert (second["faces"], second["face"]) == (2, 2)
    assert any("number 2 by size" in note for note in second["notes"])
    assert "there is no face 3" in refused(capsys, 1, *call, "--face", "3")


def test_what_cannot_be_inverted_is_named(
    network: Path, portraits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wall = tmp_path / "wall.png"
    Image.new("RGB", (200, 200), "white").save(wall)
    out = tmp_path / "out"
    assert "wall.png: no face" in refused(capsys, 1, "invert", wall, out, "-g", network)
    gone = tmp_path / "gone.jpg"
    assert "gone.jpg is missing" in refused(capsys, 1, "invert", gone, out, "-g", network)
    for options, said in (
        (("--space", "z"), "space is 'z'"),
        (("--steps", "-1"), "steps is -1"),
        (("--face", "0"), "face is 0"),
        (("--margin", "9"), "margin is 9"),
        (("--encoder", "x.pt"), "does not end in .safetensors"),
    ):
        assert said in refused(capsys, 2, "invert", wall, out, *options)
    photo = portraits / "a.jpg"
    weights = ("--perceptual", tmp_path / "no.pth")
    assert "no.pth is missing" in refused(capsys, 1, "invert", photo, out, "-g", network, *weights)
    assert not out.exists()
