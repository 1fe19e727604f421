"""`circumplex convert`: pickles and native files to native files, whole or not at all."""

import json
from pathlib import Path
from typing import Any

import official_form
import pytest
import torch
from pickle_codes import call, text, whole

from gan_bridge.generators.opening import open_networks
from gan_bridge.networks.config import DiscriminatorConfig, StyleGAN2Config
from gan_bridge.networks.files import build_network, load_networks, save_networks
from studio.cli import main

CONFIG = StyleGAN2Config(
    img_resolution=8, z_dim=8, w_dim=8, c_dim=2, channel_base=64, channel_max=8, mapping_layers=2
)
CRITIC = DiscriminatorConfig(img_resolution=8, channel_base=64, channel_max=8, num_fp16_res=1)


@pytest.fixture
def pickled(tmp_path: Path) -> Path:
    """A pickle of G, D and G_ema."""
    torch.manual_seed(0)
    networks = {"G": CONFIG, "D": CRITIC, "G_ema": CONFIG}
    saved = {name: official_form.saved(build_network(each)) for name, each in networks.items()}
    return official_form.dump(tmp_path / "net.pkl", official_form.snapshot(saved))


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    assert main(["convert", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "--help"]) == 0
    assert "Example: circumplex convert" in capsys.readouterr().out


def test_a_pickle_and_its_conversion_have_one_digest(
    pickled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new/net.safetensors"
    result = run(capsys, pickled, out)
    opened = open_networks(pickled)
    written = load_networks(out)
    parameters = sum(each.numel() for each in opened.generator.parameters())
    assert result == {
        "file": str(out),
        "kind": "stylegan2",
        "resolution": 8,
        "channels": 3,
        "classes": 2,
        "parameters": parameters,
        "networks": ["G_ema"],
        "stored": "float32",
        "digest": opened.digest,
    }
    assert written.digest == opened.digest and written.provenance == opened.provenance
    first = out.read_bytes()
    run(capsys, pickled, out, "--overwrite")
    assert out.read_bytes() == first


def test_everything_is_kept_on_request(
    pickled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "all.safetensors"
    names = run(capsys, pickled, out, "--all")["networks"]
    assert sorted(names) == ["D", "G", "G_ema"]
    found, wanted = load_networks(out, ("D", "G")), open_networks(pickled, ("D", "G"))
    for name in ("D", "G"):
        state = wanted.networks[name].state_dict()
        for key, value in found.networks[name].state_dict().items():
            assert torch.equal(value, state[key])


def test_half_is_half_as_large_and_says_what_it_is(
    pickled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    full, half, again = (tmp_path / f"{name}.safetensors" for name in ("full", "half", "again"))
    digest = run(capsys, pickled, full)["digest"]
    result = run(capsys, full, half, "--half")  # from a native file
    assert result["stored"] == "float16" and result["digest"] != digest
    written = load_networks(half)
    assert written.digest == result["digest"]
    assert written.provenance["rounded_from"] == digest
    assert half.stat().st_size < 0.7 * full.stat().st_size
    assert run(capsys, half, again)["digest"] == result["digest"]


def test_what_float16_cannot_hold_is_not_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = build_network(CONFIG)
    with torch.no_grad():
        made.mapping.fc0.bias[0] = 1e5
    save_networks(tmp_path / "net.safetensors", {"G_ema": made})
    out = tmp_path / "half.safetensors"
    assert main(["convert", str(tmp_path / "net.safetensors"), str(out), "--half"]) == 1
    assert "G_ema/mapping.fc0.bias holds numbers beyond float16" in capsys.readouterr().err
    assert not out.exists()


def test_lines_for_people(
    pickled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "net.safetensors"
    assert main(["convert", str(pickled), str(out)]) == 0
    shown = capsys.readouterr().out
    assert f"wrote {out}: G_ema as float32" in shown
    assert "stylegan2, 8 pixels, 3 channels, 2 classes" in shown


@pytest.mark.parametrize(
    ("source", "out", "code", "reason"),
    [
        ("net.pkl", "net.pt", 2, "ends in .safetensors"),
        ("a.safetensors", "a.safetensors", 2, "is the source itself"),
        ("gone.pkl", "net.safetensors", 1, "gone.pkl is missing"),
        ("gone.safetensors", "net.safetensors", 1, "gone.safetensors is missing"),
        ("net.pkl", "there.safetensors", 1, "there.safetensors exists; add --overwrite"),
        ("evil.pkl", "net.safetensors", 1, "it wants 'os.system'"),
        ("cut.pkl", "net.safetensors", 1, "it ends too early"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(
    source: str,
    out: str,
    code: int,
    reason: str,
    pickled: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.safetensors").write_bytes(b"kept")
    Path("evil.pkl").write_bytes(whole(call("os", "system", text("touch executed"))))
    Path("cut.pkl").write_bytes(pickled.read_bytes()[:-100])
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert main(["convert", source, out]) == code
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1 and reason in shown.err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_pickle_without_a_discriminator_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = official_form.snapshot({"G_ema": official_form.saved(build_network(CONFIG))})
    path = official_form.dump(tmp_path / "net.pkl", content)
    out = tmp_path / "net.safetensors"
    assert main(["convert", str(path), str(out), "--all"]) == 1
    assert "holds G_ema but not G" in capsys.readouterr().err and not out.exists()
