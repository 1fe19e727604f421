"""The generators against seeded outputs of the official code, and against themselves."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from gan_bridge.networks.alias_free import StyleGAN3
from gan_bridge.networks.config import (
    DiscriminatorConfig,
    StyleGAN2Config,
    StyleGAN3Config,
)
from gan_bridge.networks.discriminator import Discriminator
from gan_bridge.networks.stylegan2 import StyleGAN2

CASES = ("stylegan3-t-32", "stylegan3-t-32-c3", "stylegan3-r-32", "stylegan2-32")
TOLERANCE = {"stylegan2-32": 2e-5}
#: How the stored StyleGAN2 was built beyond its constructor's arguments.
STYLEGAN2 = {"num_fp16_res": 4, "conv_clamp": 256.0}


def open_case(folder: Path, name: str) -> tuple[StyleGAN3 | StyleGAN2, dict[str, Tensor]]:
    """The network with the stored state, and all stored tensors."""
    settings = json.loads((folder / f"{name}.json").read_text())["init_kwargs"]
    settings["mapping_layers"] = settings.pop("mapping_kwargs")["num_layers"]
    if settings.pop("fused_modconv_default", None):
        network = StyleGAN2(StyleGAN2Config(**settings, **STYLEGAN2))
    else:
        network = StyleGAN3(StyleGAN3Config(**settings))
    tensors = load_file(folder / f"{name}.safetensors")
    state = {key[6:]: value for key, value in tensors.items() if key.startswith("state/")}
    if isinstance(network, StyleGAN3):  # filters are designed, not learned: ours must be theirs
        own = network.state_dict()
        designed = [key for key in state if key.endswith("_filter")]
        assert designed and all((own[key] - state[key]).abs().max() < 1e-7 for key in designed)
    network.load_state_dict(state)
    return network.eval().requires_grad_(False), tensors


def worst(made: Tensor, expected: Tensor) -> float:
    assert made.shape == expected.shape
    return (made - expected).abs().max().item()


@pytest.mark.parametrize("name", CASES)
def test_mapping_and_truncation(golden: Path, name: str) -> None:
    network, tensors = open_case(golden, name)
    z, c = tensors["in/z"], tensors.get("in/c")
    assert worst(network.mapping(z, c), tensors["out/w"]) < 1e-6
    truncated = network.mapping(z, c, truncation_psi=0.7)
    assert worst(truncated, tensors["out/w_trunc"]) < 1e-6
    cut = network.mapping(z, c, truncation_psi=0.5, truncation_cutoff=4)
    assert worst(cut, tensors["out/w_trunc_cut4"]) < 1e-6


@pytest.mark.parametrize("learning", [False, True], ids=["tiles", "differentiable"])
@pytest.mark.parametrize("name", CASES)
def test_pictures(golden: Path, name: str, learning: bool) -> None:
    network, tensors = open_case(golden, name)
    tolerance = TOLERANCE.get(name, 1e-5)
    with torch.set_grad_enabled(learning):
        assert worst(network.synthesis(tensors["out/w"]), tensors["out/img"]) < tolerance
        assert worst(network.synthesis(tensors["in/ws_plus"]), tensors["out/img_wplus"]) < tolerance


@pytest.mark.parametrize("name", [case for case in CASES if "stylegan3" in case])
def test_the_input_moves_with_its_transform(golden: Path, name: str) -> None:
    network, tensors = open_case(golden, name)
    network.synthesis.input.transform.copy_(tensors["in/transform"])
    with torch.inference_mode():
        image = network.synthesis(tensors["out/w"])
    assert worst(image, tensors["out/img_translated"]) < 1e-5


def test_noise_can_be_left_out(golden: Path) -> None:
    network, tensors = open_case(golden, "stylegan2-32")
    with torch.inference_mode():
        silent = network.synthesis(tensors["out/w"], noise_mode="none")
    assert worst(silent, tensors["out/img_nonoise"]) < 2e-5
    assert worst(silent, tensors["out/img"]) > 1e-2


@pytest.mark.parametrize("name", CASES)
def test_every_layer_has_the_official_statistics(golden: Path, name: str) -> None:
    network, tensors = open_case(golden, name)
    seen = {}

    def note(key: str):
        def hook(_module: torch.nn.Module, _inputs: object, output: object) -> None:
            x = output[0] if isinstance(output, tuple) else output
            flat = x.float().flatten(1, 2)  # N, H W, C
            seen[key] = torch.stack([flat.mean(1), flat.std(1)], dim=2)

        return hook

    names = [key[4:] for key in tensors if key.startswith("act/")]
    assert len(names) >= 4
    for key in names:
        getattr(network.synthesis, key).register_forward_hook(note(key))
    with torch.inference_mode():
        network.synthesis(tensors["out/w"])
    for key in names:
        expected = tensors[f"act/{key}"]
        scale = expected.abs().max()
        assert worst(seen[key], expected) < 1e-5 * scale, key


@pytest.mark.parametrize("name", CASES)
def test_half_precision_keeps_the_picture(golden: Path, name: str) -> None:
    network, tensors = open_case(golden, name)
    with torch.inference_mode():
        image = network.synthesis(tensors["out/w"], dtype=torch.bfloat16)
    assert image.dtype == torch.float32
    levels = (image.clamp(-1, 1) - tensors["out/img"].clamp(-1, 1)).abs().mean() * 127.5
    assert levels < 2


def test_a_picture_does_not_look_at_its_batch() -> None:
    torch.manual_seed(0)
    config = StyleGAN3Config(32, 1, 16, 0, 16, channel_base=512, channel_max=16)
    network = StyleGAN3(config).eval()
    with torch.inference_mode():
        ws = network.mapping(torch.randn(3, 16))
        together = network.synthesis(ws)
        alone = torch.cat([network.synthesis(w[None]) for w in ws])
    assert worst(together, alone) < 1e-6


@pytest.mark.parametrize("architecture", ["orig", "skip", "resnet"])
def test_all_architectures_of_stylegan2(architecture: str) -> None:
    torch.manual_seed(0)
    sizes = {"channel_base": 128, "channel_max": 16}
    config = StyleGAN2Config(16, 1, 8, 3, 8, 2, architecture=architecture, **sizes)
    generator = StyleGAN2(config)
    classes = torch.eye(3)[[0, 2, 1, 1]]
    images = generator(torch.randn(4, 8), classes)
    assert images.shape == (4, 1, 16, 16) and images.std() > 0
    judge = Discriminator(DiscriminatorConfig(16, 1, 3, architecture, **sizes))
    scores = judge(images, classes)
    assert scores.shape == (4, 1) and scores.std() > 0
    scores.sum().backward()
    unused = [name for name, each in generator.named_parameters() if each.grad is None]
    assert not unused


def test_the_spread_of_a_batch_reaches_the_score() -> None:
    torch.manual_seed(0)
    judge = Discriminator(DiscriminatorConfig(16, 1, channel_base=128, channel_max=16))
    one, other = torch.randn(2, 1, 16, 16)
    with torch.inference_mode():
        same = judge(torch.stack([one] * 4))
        mixed = judge(torch.stack([one, other, one, other]))
    assert torch.allclose(same, same[:1].expand(4, 1), atol=1e-5)
    assert (mixed[0] - same[0]).abs() > 1e-4


SMALL = {"img_channels": 1, "z_dim": 8, "w_dim": 8, "mapping_layers": 1, "channel_base": 1024}
UNUSUAL = {
    "radial": {"num_layers": 5, "use_radial_filters": True, "conv_kernel": 1},
    "a clamp that is met": {"num_layers": 4, "conv_clamp": 0.5},
}


@pytest.mark.parametrize("settings", UNUSUAL.values(), ids=UNUSUAL)
def test_tiles_make_the_picture_of_the_differentiable_path(settings: dict[str, Any]) -> None:
    torch.manual_seed(0)
    network = StyleGAN3(StyleGAN3Config(64, channel_max=8, **SMALL, **settings)).eval()
    ws = network.mapping(torch.randn(1, 8)).detach()
    with torch.inference_mode():
        tiled = network.synthesis(ws)
    plain = network.synthesis(ws).detach()
    assert plain.std() > 0.01 and worst(tiled, plain) < 1e-5 * plain.abs().max().clamp(min=1)


def test_the_quick_way_follows_the_weights() -> None:
    """Of every kind of layer: what is kept of a weight goes when it changes or another comes."""
    networks = [
        StyleGAN3(StyleGAN3Config(32, channel_max=64, num_layers=4, **SMALL)),
        StyleGAN3(StyleGAN3Config(32, channel_max=64, num_layers=4, conv_kernel=1, **SMALL)),
        StyleGAN2(StyleGAN2Config(64, channel_max=64, **(SMALL | {"channel_base": 8192}))),
    ]
    for network in networks:
        torch.manual_seed(0)
        ws = network.mapping(torch.randn(1, 8)).detach()
        other = {name: value.clone() for name, value in network.state_dict().items()}

        def check(network: StyleGAN3 | StyleGAN2 = network, ws: Tensor = ws) -> Tensor:
            with torch.inference_mode():
                quick = network.synthesis(ws).clone()
            assert worst(quick, network.synthesis(ws).detach()) < 1e-5 * quick.abs().max()
            return quick

        first = check()
        with torch.no_grad():
            for name, value in network.synthesis.named_parameters():
                if name.endswith("weight") and value.ndim == 4:
                    value.mul_(torch.rand_like(value) + 0.5)
        assert worst(first, check()) > 1e-3
        network.load_state_dict(other, assign=True)
        assert worst(first, check()) < 1e-6


def test_looking_at_a_network_does_not_spoil_it_for_learning() -> None:
    torch.manual_seed(0)
    sizes = {"channel_base": 4096, "channel_max": 128, "num_layers": 6}
    networks = (
        StyleGAN3(StyleGAN3Config(16, 1, 8, 0, 8, **sizes)),
        StyleGAN2(StyleGAN2Config(32, 1, 8, 0, 8, 2, channel_base=4096, channel_max=128)),
    )
    for network in networks:
        z = torch.randn(2, 8)
        with torch.inference_mode():
            network(z)
        with torch.no_grad():
            seen = network(z)
        learnt = network(z)
        learnt.square().mean().backward()
        assert worst(seen, learnt.detach()) < 1e-5
        assert all(each.grad is not None for each in network.synthesis.parameters())
