"""TensorFlow's StyleGAN2 pickles: three networks, whose variables become the official names."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import official_form
import pytest
import tensorflow_form
import torch

from faces.ground.errors import CircumplexError
from gan_bridge.networks.config import DiscriminatorConfig, StyleGAN2Config
from gan_bridge.networks.files import build_network
from gan_bridge.pickles.network import read_network_pickle

SMALL = {"img_resolution": 16, "channel_base": 512, "channel_max": 12}
CONFIG = StyleGAN2Config(z_dim=12, w_dim=16, mapping_layers=3, **SMALL)
CRITIC = DiscriminatorConfig(num_fp16_res=0, conv_clamp=None, **SMALL)


def network(config: Any) -> Any:
    """A network whose every tensor is random; of multiples of 1/256, so that styles may be
    stored as their distance from one and come back exactly."""
    torch.manual_seed(3)
    made = build_network(config).eval().requires_grad_(False)
    for name, tensor in made.state_dict().items():
        if "resample_filter" not in name:
            tensor.copy_((torch.randn(tensor.shape) * 256).round() / 256)
    return made


def written(path: Path, generator: Any, critic: Any = None, protocol: int = 4) -> Path:
    critic = critic or tensorflow_form.discriminator(network(CRITIC))
    return official_form.dump(path, (generator, critic, generator), protocol)


def assert_same(found: Any, wanted: Any) -> None:
    state = wanted.state_dict()
    assert found.config == wanted.config
    assert all(torch.equal(value, state[name]) for name, value in found.state_dict().items())


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_three_networks_come_back_as_they_were(protocol: int, tmp_path: Path) -> None:
    made, critic = network(CONFIG), network(CRITIC)
    stored = tensorflow_form.generator(made), tensorflow_form.discriminator(critic)
    path = written(tmp_path / "net.pkl", *stored, protocol=protocol)
    found = read_network_pickle(path, ("G_ema", "G", "D"))
    assert_same(found.generator, made)
    assert_same(found.networks["G"], made)
    assert_same(found.networks["D"], critic)
    assert found.provenance["form"] == "tensorflow"


@pytest.mark.parametrize(
    "change",
    [
        {"c_dim": 3, "architecture": "resnet"},
        {"architecture": "orig", "img_channels": 1},
        {"img_resolution": 32, "channel_base": 256, "channel_max": 16},
    ],
)
def test_architectures_and_classes(change: dict[str, Any], tmp_path: Path) -> None:
    made = network(replace(CONFIG, **change))
    path = written(tmp_path / "net.pkl", tensorflow_form.generator(made))
    assert_same(read_network_pickle(path).generator, made)


@pytest.mark.parametrize(
    "change",
    [
        {"architecture": "skip"},
        {"architecture": "orig", "mbstd_group_size": None},
        {"c_dim": 2, "cmap_dim": 7, "mapping_layers": 2},
    ],
)
def test_discriminators(change: dict[str, Any], tmp_path: Path) -> None:
    made = network(replace(CRITIC, **change))
    generator = tensorflow_form.generator(network(CONFIG))
    path = written(tmp_path / "net.pkl", generator, tensorflow_form.discriminator(made))
    assert_same(read_network_pickle(path, ("D",)).networks["D"], made)


def test_layers_named_by_level_of_detail(tmp_path: Path) -> None:
    made = network(replace(CONFIG, architecture="orig"))
    stored = tensorflow_form.generator(made, architecture="skip", structure="fixed")
    synthesis = stored.state["components"]["synthesis"].state
    synthesis["variables"] = [
        (name.replace("16x16/ToRGB", "ToRGB_lod0"), value) for name, value in synthesis["variables"]
    ]
    path = written(tmp_path / "net.pkl", stored)
    assert_same(read_network_pickle(path).generator, made)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"nonlinearity": "relu"}, "nonlinearity 'relu' where lrelu"),
        ({"resample_kernel": [1, 1]}, "resample_kernel a list where"),
        ({"use_noise": False}, "use_noise False"),
        ({"mapping_lrmul": 0.1}, "mapping_lrmul 0.1 where 0.01"),
        ({"mapping_fmaps": 20}, "mapping_fmaps 20 where 16"),
        ({"fmap_base": 0.5}, "fmap_base 0.5"),
        ({"fmap_decay": 2.0}, "unknown setting 'fmap_decay'"),
        ({"resolution": "16"}, "img_resolution is '16'"),
        ({"architecture": "unet"}, "architecture is 'unet'"),
        ({"fmap_max": 10}, "its config says"),
    ],
)
def test_settings_that_our_networks_lack(
    settings: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    path = written(tmp_path / "net.pkl", tensorflow_form.generator(network(CONFIG), **settings))
    with pytest.raises(CircumplexError, match=reason) as caught:
        read_network_pickle(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (np.zeros((3, 3), np.float32), "8x8/Conv1/weight has 2 axes"),
        (np.zeros((3, 3, 12, 12), np.int64), "8x8/Conv1/weight is of kind int64"),
        (np.zeros((1, 1, 12, 12), np.float32), "its config says"),
        (np.full((3, 3, 12, 12), np.nan, np.float32), "NaN or infinity"),
        (np.full((3, 3, 12, 12), 1e300), "NaN or infinity"),
        (None, "lacks the variable synthesis/8x8/Conv1/weight"),
    ],
)
def test_variables_that_do_not_fit(value: Any, reason: str, tmp_path: Path) -> None:
    stored = tensorflow_form.generator(network(CONFIG))
    synthesis = stored.state["components"]["synthesis"].state
    kept = [pair for pair in synthesis["variables"] if pair[0] != "8x8/Conv1/weight"]
    synthesis["variables"] = kept if value is None else [*kept, ("8x8/Conv1/weight", value)]
    path = written(tmp_path / "net.pkl", stored)
    with pytest.raises(CircumplexError, match=reason):
        read_network_pickle(path)


def test_arrays_of_the_other_byte_order_and_of_columns_first(tmp_path: Path) -> None:
    made = network(CONFIG)
    stored = tensorflow_form.generator(made)
    synthesis = stored.state["components"]["synthesis"].state
    synthesis["variables"] = [
        (name, np.asfortranarray(value.astype(">f8")) if np.ndim(value) else value)
        for name, value in synthesis["variables"]
    ]
    path = written(tmp_path / "net.pkl", stored)
    assert_same(read_network_pickle(path).generator, made)
