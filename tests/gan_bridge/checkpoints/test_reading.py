"""Checkpoints of torch.save: what other programs wrote opens, or is named as what it is."""

import argparse
import os
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from faces.ground.errors import CircumplexError
from gan_bridge.checkpoints.reading import read_checkpoint
from gan_bridge.generators.opening import load_generator, open_networks
from gan_bridge.networks.config import StyleGAN2Config, StyleGAN3Config
from gan_bridge.networks.files import build_network

GOLDEN = Path(__file__).parents[2] / "golden"
SMALL = {"img_resolution": 16, "z_dim": 12, "w_dim": 16, "channel_base": 512, "channel_max": 12}
OFFICIAL = {
    "StyleGAN2-ADA": StyleGAN2Config(num_fp16_res=4, conv_clamp=256.0, **SMALL),
    "with classes": StyleGAN2Config(num_fp16_res=4, conv_clamp=256.0, c_dim=2, **SMALL),
    "resnet": StyleGAN2Config(num_fp16_res=4, conv_clamp=256.0, architecture="resnet", **SMALL),
    "StyleGAN3-T": StyleGAN3Config(num_layers=6, **SMALL),
    "StyleGAN3-R": StyleGAN3Config(
        num_layers=6, conv_kernel=1, use_radial_filters=True, **SMALL | {"channel_max": 24}
    ),
}


@pytest.fixture(scope="module")
def theirs() -> dict[str, Any]:
    """What rosinality's code stored of a training of a small network."""
    with torch.serialization.safe_globals([argparse.Namespace]):
        return torch.load(GOLDEN / "rosinality-16.pt", weights_only=True)


@pytest.fixture(scope="module")
def computed() -> dict[str, np.ndarray]:
    """What rosinality's code computed with it: w and pictures of z, and the mean of w."""
    return dict(np.load(GOLDEN / "rosinality-16.npz"))


def pictures(network: Any, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    with torch.no_grad():
        w = network.mapping(torch.from_numpy(z))
        return w[:, 0].numpy(), network.synthesis(w).numpy()


def saved(path: Path, value: Any, **how: Any) -> Path:
    torch.save(value, path, **how)
    return path


def test_a_training_of_rosinality_shows_what_its_own_code_shows(computed) -> None:
    opened = open_networks(GOLDEN / "rosinality-16.pt", ("G_ema", "G"))
    for network in opened.networks.values():
        w, images = pictures(network, computed["z"])
        assert np.abs(w - computed["w"]).max() < 1e-5
        assert np.abs(images - computed["pictures"]).max() < 1e-4
    # no mean is stored: it is sampled, as theirs is, of other z
    near = np.abs(opened.generator.mapping.w_avg.numpy() - computed["mean"]).max()
    assert 0 < near < 0.15 * computed["w"].std()


@pytest.mark.parametrize("layers", [None, 6])
def test_an_encoder_s_decoder_opens_with_its_mean(tmp_path, theirs, computed, layers) -> None:
    state = OrderedDict((f"decoder.{name}", value) for name, value in theirs["g_ema"].items())
    state["encoder.input_layer.0.weight"] = torch.zeros(4, 3, 3, 3)
    mean = torch.arange(10.0)
    stored = {
        "state_dict": state,
        "latent_avg": mean if layers is None else mean.repeat(layers, 1),
        "opts": {"exp_dir": Path("somewhere"), "device": torch.device("cpu")},
    }
    generator = read_checkpoint(saved(tmp_path / "e4e.pt", stored)).generator
    assert np.allclose(pictures(generator, computed["z"])[1], computed["pictures"], atol=1e-4)
    assert generator.mapping.w_avg.tolist() == mean.tolist()


def test_the_older_form_of_torch_save_and_a_bare_state_dict_open(
    tmp_path, theirs, computed
) -> None:
    path = saved(tmp_path / "older.pth", theirs["g_ema"], _use_new_zipfile_serialization=False)
    generator = load_generator(path)
    assert (generator.resolution, generator.num_layers, generator.w_dim) == (16, 6, 10)
    assert generator.digest == read_checkpoint(GOLDEN / "rosinality-16.pt").digest
    shown = generator.synthesize(generator.sample_w([0, 1], 0.7))
    assert shown.shape == (2, 16, 16, 3) and shown.std() > 10


@pytest.mark.parametrize("channels", [1, 4])
def test_networks_of_grey_and_of_transparent_pictures_show_rgb(tmp_path, channels) -> None:
    torch.manual_seed(3)
    network = build_network(StyleGAN2Config(**SMALL, img_channels=channels)).eval()
    state = {f"module.{name}": value for name, value in network.state_dict().items()}  # in parallel
    generator = load_generator(saved(tmp_path / "state.pt", {"G_ema": state}))
    shown = generator.synthesize(generator.sample_w([0], 1.0))
    assert shown.shape == (1, 16, 16, 3) and shown.dtype == np.uint8
    assert (shown == shown[..., :1]).all() == (channels == 1)


@pytest.mark.parametrize("kind", OFFICIAL)
@pytest.mark.parametrize("prefix", ["", "G_ema.", "decoder."])
def test_a_state_dict_of_the_official_code_gives_its_settings_back(tmp_path, kind, prefix) -> None:
    torch.manual_seed(3)
    network = build_network(OFFICIAL[kind]).eval()
    state = {prefix + name: value for name, value in network.state_dict().items()}
    opened = read_checkpoint(saved(tmp_path / "state.ckpt", {"state_dict": state}))
    found, wanted = opened.generator.config, OFFICIAL[kind]
    assert type(found) is type(wanted)
    passing = {"w_avg_beta", "channel_base"}  # of no effect; several bases may give one network
    for name, value in vars(wanted).items():
        assert name in passing or getattr(found, name) == value, name
    stored, read = network.state_dict(), opened.generator.state_dict()
    assert stored.keys() == read.keys()
    assert [name for name in stored if not torch.equal(stored[name], read[name])] == []


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (("backbone.synthesis.b4.const", "decoder.net.0.weight"), "EG3D"),
        (("mapping.embed_proj.weight", "synthesis.input.freqs"), "StyleGAN-XL"),
        (("synthesis.b8.convs1.0.weight", "synthesis.b8.input.freqs"), "StyleGAN-T"),
        (("g_mapping.dense0.weight", "g_synthesis.torgb.weight"), "StyleGAN1"),
        (("layer.weight",), "no generator of a form that is known"),
    ],
)
def test_other_generators_are_named_and_refused(tmp_path, names, kind) -> None:
    path = saved(tmp_path / "other.pt", {name: torch.zeros(2) for name in names})
    with pytest.raises(CircumplexError, match=rf"{kind}.*StyleGAN2-ADA and StyleGAN3 open here"):
        load_generator(path)


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [
        ("training.triplane TriPlaneGenerator", "EG3D"),
        ("training.networks_stylegan3_resetting SuperresGenerator", "StyleGAN-XL"),
        ("networks.generator Generator", "StyleGAN-T"),
    ],
)
def test_pickles_of_other_generators_are_named_too(tmp_path, wanted, kind) -> None:
    path = tmp_path / "net.pkl"
    path.write_bytes(b"\x80\x02c" + wanted.replace(" ", "\n").encode() + b"\n.")
    with pytest.raises(CircumplexError, match=rf"it holds a.? {kind}.*StyleGAN3 open here"):
        load_generator(path)


class Hostile:
    def __reduce__(self) -> Any:
        return os.mkdir, ("hostile",)


def test_nothing_in_a_checkpoint_is_executed(tmp_path, monkeypatch, theirs) -> None:
    monkeypatch.chdir(tmp_path)
    path = saved(tmp_path / "bad.pt", {"g_ema": theirs["g_ema"], "args": Hostile()})
    with pytest.raises(CircumplexError, match=r"bad\.pt is refused: it wants \w+\.mkdir"):
        load_generator(path)
    assert list(tmp_path.iterdir()) == [path]


def test_what_does_not_fit_is_named(tmp_path, theirs) -> None:
    short = {
        name: value for name, value in theirs["g_ema"].items() if name != "convs.0.noise.weight"
    }
    with pytest.raises(CircumplexError, match=r"lacks the tensor convs\.0\.noise\.weight"):
        read_checkpoint(saved(tmp_path / "short.pt", {"g_ema": short}))
    more = theirs["g_ema"] | {"attention.weight": torch.zeros(2)}
    with pytest.raises(CircumplexError, match=r"no known use, attention\.weight"):
        read_checkpoint(saved(tmp_path / "more.pt", {"g_ema": more}))
    with pytest.raises(CircumplexError, match="holds G_ema, G but not D"):
        open_networks(GOLDEN / "rosinality-16.pt", ("G_ema", "D"))
    whole = (GOLDEN / "rosinality-16.pt").read_bytes()
    (tmp_path / "torn.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CircumplexError, match=r"torn\.pt is damaged"):
        load_generator(tmp_path / "torn.pt")


@pytest.mark.parametrize("suffix", [".pkl", ".pt", ".safetensors"])
def test_what_a_failed_download_leaves_is_named(tmp_path, suffix) -> None:
    path = tmp_path / f"ffhq{suffix}"
    path.write_text("<!DOCTYPE html><html>Google Drive - Quota exceeded</html>")
    with pytest.raises(CircumplexError, match=r"is a web page saved under that name"):
        load_generator(path)
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 3\n")
    with pytest.raises(CircumplexError, match=r"pointer of Git LFS.*git lfs pull"):
        load_generator(path)
    path.write_bytes(b"")
    with pytest.raises(CircumplexError, match=r"is empty; copy or download it again"):
        load_generator(path)


def test_an_address_is_no_file() -> None:
    with pytest.raises(CircumplexError, match=r"https://.*is an address and is not fetched"):
        load_generator("https://example.org/stylegan3-r-ffhq-1024x1024.pkl")
