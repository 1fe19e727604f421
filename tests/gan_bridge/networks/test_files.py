"""Networks on disk: what goes in comes out; what is damaged is refused in one line."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from other_process import said_elsewhere
from safetensors.torch import load_file, save_file

from faces.ground.errors import CircumplexError
from gan_bridge import StyleGANGenerator, load_generator
from gan_bridge.generators.opening import is_network, open_networks
from gan_bridge.networks.config import (
    DiscriminatorConfig,
    StyleGAN2Config,
    StyleGAN3Config,
    config_from_dict,
    kind_of,
)
from gan_bridge.networks.files import (
    build_network,
    copy_network,
    load_networks,
    network_digest,
    on_device,
    save_networks,
)

SMALL = {"z_dim": 8, "w_dim": 8, "channel_base": 256, "channel_max": 8}
CONFIGS = (
    StyleGAN3Config(16, 1, num_layers=4, **SMALL),
    StyleGAN3Config(16, 3, num_layers=4, conv_kernel=1, use_radial_filters=True, **SMALL),
    StyleGAN2Config(16, 3, c_dim=3, architecture="resnet", mapping_layers=2, **SMALL),
)


@pytest.fixture(params=CONFIGS, ids=["t", "r", "stylegan2"])
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, torch.nn.Module]:
    torch.manual_seed(5)
    network = build_network(request.param).eval()
    path = tmp_path / "net.safetensors"
    save_networks(path, {"G_ema": network}, {"made": "here"})
    return path, network


def test_a_network_comes_back(stored: tuple[Path, torch.nn.Module]) -> None:
    path, network = stored
    found = load_networks(path)
    assert found.generator.config == network.config
    assert found.provenance == {"made": "here"}
    assert found.digest == network_digest(network)
    own = network.state_dict()
    assert all(torch.equal(value, own[key]) for key, value in found.generator.state_dict().items())
    assert is_network(path)
    assert not any(each.requires_grad for each in found.generator.parameters())


def test_opening_networks_does_not_load_torchs_compiler(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.safetensors" for number, _ in enumerate(CONFIGS)]
    for path, config in zip(paths, CONFIGS, strict=True):
        critic = DiscriminatorConfig(16, config.img_channels, config.c_dim, channel_base=256)
        save_networks(path, {"G_ema": build_network(config), "D": build_network(critic)})
    code = (
        "for path in sys.argv[1:]: open_networks(path, optional=('D',))\n"
        "load_generator('stylegan3')\n"
        "print('torch._dynamo' in sys.modules)"
    )
    assert said_elsewhere(__file__, code, *paths) == "False\n"


def test_the_same_network_gives_the_same_bytes(
    stored: tuple[Path, torch.nn.Module], tmp_path: Path
) -> None:
    path, network = stored
    save_networks(tmp_path / "again.safetensors", {"G_ema": network}, {"made": "here"})
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


def test_half_precision_halves_the_file_and_stays_close(
    stored: tuple[Path, torch.nn.Module], tmp_path: Path
) -> None:
    path, network = stored
    half = tmp_path / "half.safetensors"
    save_networks(half, {"G_ema": network}, dtype=torch.float16)
    assert half.stat().st_size < 0.75 * path.stat().st_size
    kept = load_networks(half).generator.state_dict()
    for name, value in network.state_dict().items():
        assert torch.allclose(kept[name], value, atol=2e-3, rtol=2e-3)


def test_a_training_checkpoint_holds_three(tmp_path: Path) -> None:
    generator = build_network(CONFIGS[0])
    judge = build_network(DiscriminatorConfig(16, 1, channel_base=64, channel_max=8))
    path = tmp_path / "net.safetensors"
    save_networks(path, {"G_ema": generator, "G": generator, "D": judge})
    found = open_networks(path, ("G_ema", "G", "D"))
    assert set(found.networks) == {"G_ema", "G", "D"}
    save_networks(path, {"G_ema": generator})
    with pytest.raises(CircumplexError, match="not D"):
        load_networks(path, ("G_ema", "D"))


def spoil_nan(tensors: dict, header: dict) -> None:
    next(value for value in tensors.values() if value.ndim == 2)[0, 0] = float("nan")


def spoil_missing(tensors: dict, header: dict) -> None:
    del tensors["G_ema/mapping.w_avg"]


def spoil_extra(tensors: dict, header: dict) -> None:
    tensors["G_ema/mapping.more"] = torch.zeros(2)


def spoil_stray(tensors: dict, header: dict) -> None:
    tensors["other"] = torch.zeros(2)


def spoil_shape(tensors: dict, header: dict) -> None:
    tensors["G_ema/mapping.w_avg"] = torch.zeros(3)


def spoil_version(tensors: dict, header: dict) -> None:
    header["version"] = "99"


def spoil_header(tensors: dict, header: dict) -> None:
    header["networks"] = "{"


def spoil_config(tensors: dict, header: dict) -> None:
    networks = json.loads(header["networks"])
    networks["G_ema"]["config"]["img_resolution"] = 48
    header["networks"] = json.dumps(networks)


def spoil_kind(tensors: dict, header: dict) -> None:
    header["networks"] = header["networks"].replace("stylegan", "gizmo")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_nan, "NaN"),
        (spoil_missing, "lacks the tensor mapping.w_avg"),
        (spoil_extra, "mapping.more"),
        (spoil_stray, "other"),
        (spoil_shape, "mapping.w_avg is"),
        (spoil_version, "99"),
        (spoil_header, "header is damaged"),
        (spoil_config, "img_resolution is 48"),
        (spoil_kind, "gizmo"),
    ],
)
def test_a_spoilt_file_is_refused(
    stored: tuple[Path, torch.nn.Module],
    spoil: Callable[[dict, dict], None],
    said: str,
) -> None:
    from safetensors import safe_open

    path, _ = stored
    tensors = load_file(path)
    with safe_open(path, framework="pt") as opened:
        header = dict(opened.metadata())
    spoil(tensors, header)
    save_file(tensors, path, metadata=header)
    with pytest.raises(CircumplexError, match=said) as refusal:
        load_networks(path)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("config", CONFIGS)
def test_configs_travel_as_json(config: StyleGAN3Config | StyleGAN2Config) -> None:
    assert config_from_dict(kind_of(config), json.loads(config.to_json())) == config


def test_seeds_pictures_and_the_mean_face(stored: tuple[Path, torch.nn.Module]) -> None:
    path, network = stored
    label = 1 if network.config.c_dim else None
    generator = load_generator(path, label=label)
    assert isinstance(generator, StyleGANGenerator)
    w = generator.sample_w([3, 0, 3, 2**40], 0.7)
    assert w.shape == (4, generator.num_layers, 8) and w.dtype == np.float32
    assert np.array_equal(w[0], w[2]) and not np.array_equal(w[0], w[3])
    assert np.array_equal(w[1], generator.sample_w([0], 0.7)[0])
    mean = network.mapping.w_avg.numpy()
    assert np.allclose(generator.sample_w([7], 0.0)[0], mean, atol=1e-6)
    images = generator.synthesize(w)
    assert images.shape == (4, 16, 16, 3) and images.dtype == np.uint8
    assert np.array_equal(images[1], generator.synthesize(w[1:2])[0])
    together = generator.render(w, batch=4)
    assert np.abs(together.astype(int) - images).max() <= 1


def test_seeds_are_the_official_ones(stored: tuple[Path, torch.nn.Module]) -> None:
    path, network = stored
    label = 0 if network.config.c_dim else None
    z = torch.from_numpy(np.random.RandomState(42).randn(1, 8)).float()
    classes = torch.eye(3)[:1] if network.config.c_dim else None
    with torch.no_grad():
        expected = network.mapping(z, classes).numpy()
    assert np.allclose(load_generator(path, label=label).sample_w([42], 1.0), expected, atol=1e-6)


def test_classes(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_networks(path, {"G_ema": build_network(CONFIGS[2]).eval()})
    with pytest.raises(CircumplexError, match="conditional; name a class from 0 to 2"):
        load_generator(path)
    with pytest.raises(CircumplexError, match="no class 3"):
        load_generator(path, label=3)
    save_networks(path, {"G_ema": build_network(CONFIGS[0]).eval()})
    with pytest.raises(CircumplexError, match="no classes"):
        load_generator(path, label=0)


def test_a_copy_shares_nothing_with_its_network(stored: tuple[Path, torch.nn.Module]) -> None:
    _, network = stored
    assert on_device(network, "cpu") is network
    copied, before = copy_network(network), network_digest(network)
    assert network_digest(copied) == before
    with torch.no_grad():
        for value in copied.state_dict().values():
            value.add_(1)
    assert network_digest(network) == before
