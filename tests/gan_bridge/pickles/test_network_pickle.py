"""Official network pickles: what is read is what was saved, and nothing else happens."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import official_form
import pytest
import torch

from faces.ground.errors import CircumplexError
from gan_bridge.generators.opening import load_generator, open_networks
from gan_bridge.networks.config import DiscriminatorConfig, StyleGAN2Config, StyleGAN3Config
from gan_bridge.networks.files import build_network, load_networks, network_digest, save_networks
from gan_bridge.pickles.network import read_network_pickle

SMALL = {"z_dim": 12, "w_dim": 16, "channel_base": 512, "channel_max": 12}
T = StyleGAN3Config(img_resolution=16, num_layers=6, **SMALL)
R = StyleGAN3Config(
    img_resolution=16,
    num_layers=6,
    conv_kernel=1,
    use_radial_filters=True,
    conv_clamp=None,
    magnitude_ema_beta=0.99,
    first_cutoff=1.5,
    first_stopband=4.0,
    last_stopband_rel=1.4,
    margin_size=6,
    output_scale=1.0,
    num_critical=1,
    filter_size=4,
    num_fp16_res=2,
    w_avg_beta=0.9,
    **SMALL,
)
CLASSES = StyleGAN3Config(img_resolution=16, num_layers=6, c_dim=3, img_channels=1, **SMALL)
SKIP = StyleGAN2Config(img_resolution=16, num_fp16_res=2, conv_clamp=256.0, **SMALL)
RESNET = StyleGAN2Config(img_resolution=16, architecture="resnet", c_dim=2, **SMALL)
ORIG = StyleGAN2Config(img_resolution=16, architecture="orig", mapping_layers=2, **SMALL)
CRITIC = DiscriminatorConfig(
    img_resolution=16, channel_base=512, channel_max=12, num_fp16_res=2, conv_clamp=64.0
)
CRITIC_OF_CLASSES = DiscriminatorConfig(
    img_resolution=16,
    channel_base=512,
    channel_max=12,
    c_dim=3,
    architecture="skip",
    cmap_dim=5,
    mapping_layers=2,
    mbstd_group_size=None,
    mbstd_num_channels=2,
    num_fp16_res=0,
    conv_clamp=None,
)
GENERATORS = {"T": T, "R": R, "classes": CLASSES, "skip": SKIP, "resnet": RESNET, "orig": ORIG}


def network(config: Any, seed: int = 0) -> Any:
    """A network whose every tensor is random: nothing official is left at its start."""
    torch.manual_seed(seed)
    made = build_network(config).eval().requires_grad_(False)
    for name, tensor in made.state_dict().items():
        if "filter" not in name:
            tensor.copy_(torch.randn(tensor.shape) * 0.3 + 1.0)
    return made


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder: whatever executes the source in a pickle writes to it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def assert_same(found: Any, wanted: Any) -> None:
    assert found.config == wanted.config
    state, tensors = wanted.state_dict(), found.state_dict()
    assert list(tensors) == list(state)
    assert all(torch.equal(tensors[name], state[name]) for name in state)
    assert network_digest(found) == network_digest(wanted)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("name", GENERATORS)
def test_generators_come_back_as_they_were(name: str, protocol: int, inside: Path) -> None:
    made, other = network(GENERATORS[name]), network(GENERATORS[name], seed=1)
    critic = network(CRITIC)
    networks = {"G": other, "D": critic, "G_ema": made}
    content = official_form.snapshot({k: official_form.saved(v) for k, v in networks.items()})
    path = official_form.dump(inside / "net.pkl", content, protocol)
    before = set(sys.modules)
    found = read_network_pickle(path, ("G_ema", "G", "D"))
    new = {module.split(".")[0] for module in set(sys.modules) - before}
    assert not new & {"torch_utils", "dnnlib", "training", "_imported_module_"}
    assert list(inside.iterdir()) == [path]
    for key, each in networks.items():
        assert_same(found.networks[key], each)
    z = torch.randn(2, made.config.z_dim)
    c = torch.eye(made.config.c_dim)[:2] if made.config.c_dim else None
    with torch.no_grad():
        assert torch.equal(found.generator(z, c), made(z, c))
    assert found.provenance["form"] == "pytorch"


@pytest.mark.parametrize("config", [CRITIC, CRITIC_OF_CLASSES])
def test_discriminators_come_back_as_they_were(config: DiscriminatorConfig, inside: Path) -> None:
    made = network(config)
    content = official_form.snapshot({"D": official_form.saved(made)})
    path = official_form.dump(inside / "net.pkl", content)
    assert_same(read_network_pickle(path, ("D",)).networks["D"], made)


@pytest.mark.parametrize("config", [SKIP, RESNET, ORIG])
def test_ada_stores_less_and_is_read_from_what_it_stores(
    config: StyleGAN2Config, inside: Path
) -> None:
    made = network(config)
    content = official_form.snapshot({"G_ema": official_form.saved(made, ada=True)})
    path = official_form.dump(inside / "net.pkl", content, protocol=3)
    assert_same(read_network_pickle(path).generator, made)


def test_a_network_that_the_training_loop_froze_is_read(inside: Path) -> None:
    made = network(CRITIC)
    content = official_form.saved(made)
    layer = content.part("b16.conv0").state  # frozen layers keep their weights as buffers
    for name in ("weight", "bias"):
        layer["_buffers"][name] = layer["_parameters"].pop(name).data
    path = official_form.dump(inside / "net.pkl", official_form.snapshot({"D": content}))
    found = read_network_pickle(path, ("D",)).networks["D"]
    assert network_digest(found) == network_digest(made)


def test_weights_of_half_precision_and_of_other_strides_are_read(inside: Path) -> None:
    made = network(SKIP)
    content = official_form.saved(made)
    layer = content.part("synthesis.b8.conv1").state["_parameters"]
    weight = layer["weight"].half()
    layer["weight"] = torch.nn.Parameter(weight.to(memory_format=torch.channels_last))
    path = official_form.dump(inside / "net.pkl", official_form.snapshot({"G_ema": content}))
    found = read_network_pickle(path).generator.synthesis.b8.conv1.weight
    assert torch.equal(found, weight.float())
    assert found.is_contiguous() and found.dtype == torch.float32


def test_pickle_and_native_file_are_one_generator(inside: Path) -> None:
    content = official_form.snapshot({"G_ema": official_form.saved(network(CLASSES))})
    path = official_form.dump(inside / "net.pkl", content)
    read = open_networks(path)
    save_networks(inside / "net.safetensors", read.networks, read.provenance)
    assert load_networks(inside / "net.safetensors").digest == read.digest
    pickled, native = (load_generator(inside / f"net.{s}", label=2) for s in ("pkl", "safetensors"))
    assert pickled.digest == native.digest and pickled.name == native.name
    w = pickled.sample_w([5], 1.0)
    assert np.array_equal(pickled.synthesize(w), native.synthesize(native.sample_w([5], 1.0)))
    with pytest.raises(CircumplexError, match="name a class from 0 to 2"):
        load_generator(path)


def _set(path: str, name: str, value: Any) -> Callable[[Any], None]:
    return lambda content: content.part(path).state.__setitem__(name, value)


def _argue(path: str, name: str, value: Any) -> Callable[[Any], None]:
    return lambda content: content.part(path).state["_init_kwargs"].__setitem__(name, value)


def _recast(path: str, kind: str) -> Callable[[Any], None]:
    return lambda content: setattr(content.part(path), "kind", kind)


def _drop(path: str, name: str) -> Callable[[Any], None]:
    return lambda content: content.part(path).state.pop(name)


def _filter(content: Any) -> None:
    taps = torch.ones(12, 12) / 144
    content.part("synthesis.b8").state["_buffers"]["resample_filter"] = taps


def _not_finite(content: Any) -> None:
    bias = content.part("mapping.fc1").state["_parameters"]["bias"]
    content.part("mapping.fc1").state["_parameters"]["bias"] = torch.nn.Parameter(bias * np.nan)


UNSUPPORTED = {
    "activation": (T, _set("mapping.fc0", "activation", "relu"), "mapping.fc0 has activation"),
    "mapping rate": (T, _set("mapping.fc0", "bias_gain", 0.1), "bias_gain 0.1 where 0.01"),
    "affine": (T, _set("synthesis.L2_36_12.affine", "activation", "lrelu"), "affine has activ"),
    "clamp of one layer": (T, _set("synthesis.L2_36_12", "conv_clamp", 8), "conv_clamp 8 where"),
    "cutoff of a layer": (T, _set("synthesis.L2_36_12", "out_cutoff", 3.0), "L2 has out_cutoff 3"),
    "stopband": (T, _argue("synthesis", "first_stopband", 5.0), "L3 has out_half_width"),
    "stopband of no kind": (T, _argue("synthesis", "first_stopband", "5"), "first_stopband is"),
    "radial in one layer": (T, _set("synthesis.L2_36_12", "down_radial", True), "down_radial"),
    "layers": (T, _set("synthesis", "num_layers", 7), "another number of layers"),
    "no layers": (T, _set("synthesis", "layer_names", []), "no layers"),
    "a layer missing": (T, _set("synthesis", "layer_names", ["a", "b"]), "no part 'a'"),
    "resolution": (T, _set("", "img_resolution", 24), "img_resolution is 24"),
    "resolution of no kind": (T, _set("", "img_resolution", "16"), "img_resolution is '16'"),
    "scale of no kind": (T, _set("synthesis", "output_scale", float("nan")), "output_scale is nan"),
    "no mean": (T, _set("mapping", "w_avg_beta", None), "w_avg_beta is None"),
    "channels": (T, _argue("synthesis", "channel_max", 10), "no known use|lacks the tensor"),
    "class": (T, _recast("synthesis.L2_36_12", "NoisyLayer"), "of the class 'NoisyLayer'"),
    "generator": (T, _recast("", "TriPlaneGenerator"), "TriPlaneGenerator"),
    "unsaid": (T, _drop("mapping", "num_layers"), "does not say its num_layers"),
    "no tables": (T, _drop("mapping", "_buffers"), "has no _buffers"),
    "not finite": (T, _not_finite, "NaN or infinity"),
    "noise": (SKIP, _set("synthesis.b8.conv0", "use_noise", False), "use_noise False where True"),
    "filter": (SKIP, _filter, r"resample_filter of shape \(12, 12\)"),
    "widths of the mapping": (SKIP, _argue("mapping", "layer_features", 20), "layer_features 20"),
    "width of the class": (RESNET, _argue("mapping", "embed_features", 4), "embed_features 4"),
    "architecture of one block": (
        SKIP,
        _set("synthesis.b8", "architecture", "orig"),
        "b8 has arch",
    ),
    "unknown architecture": (SKIP, _set("synthesis.b4", "architecture", "unet"), "architecture is"),
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_settings_that_our_networks_lack_are_refused_by_name(name: str, inside: Path) -> None:
    config, change, reason = UNSUPPORTED[name]
    content = official_form.saved(network(config))
    change(content)
    path = official_form.dump(inside / "net.pkl", official_form.snapshot({"G_ema": content}))
    with pytest.raises(CircumplexError, match=reason) as caught:
        read_network_pickle(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "attribute", "value", "reason"),
    [
        ("b16.conv0", "activation", "linear", "b16.conv0 has activation"),
        ("b16.skip", "conv_clamp", 64, "b16.skip has conv_clamp"),
        ("b4.fc", "bias_gain", 0.5, "b4.fc has bias_gain"),
        ("b4.mbstd", "group_size", "all", "mbstd_group_size is 'all'"),
        ("b8", "architecture", "orig", "b8 has architecture"),
    ],
)
def test_a_discriminator_of_another_form_is_refused_by_name(
    path: str, attribute: str, value: Any, reason: str, inside: Path
) -> None:
    content = official_form.saved(network(CRITIC))
    content.part(path).state[attribute] = value
    file = official_form.dump(inside / "net.pkl", official_form.snapshot({"D": content}))
    with pytest.raises(CircumplexError, match=reason):
        read_network_pickle(file, ("D",))


def test_what_a_pickle_lacks_is_named(inside: Path) -> None:
    content = official_form.snapshot({"G_ema": official_form.saved(network(ORIG)), "D": None})
    path = official_form.dump(inside / "net.pkl", content)
    with pytest.raises(CircumplexError, match="holds G_ema but not D"):
        read_network_pickle(path, ("G_ema", "D"))
    assert list(read_network_pickle(path, optional=("G", "D")).networks) == ["G_ema"]
    with pytest.raises(CircumplexError, match=r"gone\.pkl is missing"):
        read_network_pickle(inside / "gone.pkl")
    with pytest.raises(CircumplexError, match="cannot be read"):
        read_network_pickle(inside)
