"""TensorFlow's StyleGAN2 networks: their variables as tensors of ours.

A table says, for each kind of tensor of ours, which variable holds it and how its axes lie. Those
of TensorFlow are (rows, columns, in, out) for convolutions and (in, out) for linear layers;
convolutions that also upsample are stored turned by 180 degrees there.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan_bridge.networks.convolutions import binomial_kernel
from gan_bridge.pickles.arrays import SavedArray
from gan_bridge.pickles.refusal import PickleRefusal, require, shown

Turn = Callable[[np.ndarray], np.ndarray]
Table = list[tuple[str, str, Turn]]
_FIRST_VERSION = 4  # of the pickled form: StyleGAN2's
_MOST_NETWORKS, _MOST_VARIABLES, _MOST_NAME = 16, 10_000, 100
_LOD = re.compile(r"(synthesis/)?(ToRGB|FromRGB)_lod(\d{1,2})/(\w+)")


class SavedNetwork:
    """What `dnnlib.tflib.network.Network` stands for: a state, looked at when it is wanted."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}

    def set_state(self, state: Any) -> None:
        """Keep what BUILD gives."""
        require(isinstance(state, dict), "a TensorFlow network in it has no proper state")
        self.state = state

    @property
    def settings(self) -> dict[str, Any]:
        """What the network was built with.

        Raises:
            PickleRefusal: there are none, or it is older than StyleGAN2.
        """
        version, settings = self.state.get("version"), self.state.get("static_kwargs")
        if type(version) is not int or version < _FIRST_VERSION:
            raise PickleRefusal(
                f"its TensorFlow network is of version {shown(version)}; StyleGAN2's are of "
                f"version {_FIRST_VERSION}, older ones, such as StyleGAN1's, cannot be converted"
            )
        if not isinstance(settings, dict):
            raise PickleRefusal("a TensorFlow network in it has no static_kwargs")
        return settings

    def variables(self) -> dict[str, np.ndarray]:
        """All variables, those of components under the components' names.

        Raises:
            PickleRefusal: something else stands among them, or they are too many, as where a
                network holds itself.
        """
        found: dict[str, np.ndarray] = {}
        waiting = [("", self)]
        for _ in range(_MOST_NETWORKS):
            if not waiting:
                return found
            prefix, network = waiting.pop()
            found |= {prefix + name: value for name, value in _own(network.state)}
            for name, part in _components(network.state):
                waiting.append((f"{prefix}{name}/", part))
        raise PickleRefusal(f"its TensorFlow network has more than {_MOST_NETWORKS} parts")


def _components(state: dict[str, Any]) -> Iterator[tuple[str, SavedNetwork]]:
    components = state.get("components", {})
    if not isinstance(components, dict):
        raise PickleRefusal("a TensorFlow network in it has no components")
    for name, part in components.items():
        require(isinstance(part, SavedNetwork), f"its component {shown(name)} is no network")
        require(len(name) <= _MOST_NAME, f"its component {shown(name)} has too long a name")
        yield name, part


def _own(state: dict[str, Any]) -> Iterator[tuple[str, np.ndarray]]:
    pairs = state.get("variables")
    if not (isinstance(pairs, list) and len(pairs) <= _MOST_VARIABLES):
        raise PickleRefusal("a TensorFlow network in it has no variables, or too many")
    for pair in pairs:
        require(isinstance(pair, tuple) and len(pair) == 2, "a variable in it is malformed")
        name, value = pair
        number = type(value) in (int, float)  # variables without axes are pickled as numbers
        require(type(name) is str, "a variable in it has no name")
        require(number or isinstance(value, SavedArray), f"its {shown(name)} is {shown(value)}")
        yield name, np.asarray(value, np.float64) if number else value.value


def _as_is(value: np.ndarray) -> np.ndarray:
    return value


def _first(value: np.ndarray) -> np.ndarray:
    return value[0]


def _plane(value: np.ndarray) -> np.ndarray:
    return value[0, 0]


def _linear(value: np.ndarray) -> np.ndarray:
    return value.transpose(1, 0)


def _above_one(value: np.ndarray) -> np.ndarray:
    return value + 1  # there, styles are kept as their distance from one


def _conv(value: np.ndarray) -> np.ndarray:
    return value.transpose(3, 2, 0, 1)


def _conv_up(value: np.ndarray) -> np.ndarray:
    return _conv(value[::-1, ::-1])


def _styled(ours: str, theirs: str, turn: Turn) -> Table:
    """A modulated convolution: weight, bias, the affine map of its styles, noise."""
    return [
        (rf"{ours}\.weight", f"{theirs}/weight", turn),
        (rf"{ours}\.bias", f"{theirs}/bias", _as_is),
        (rf"{ours}\.noise_strength", f"{theirs}/noise_strength", _as_is),
        (rf"{ours}\.affine\.weight", f"{theirs}/mod_weight", _linear),
        (rf"{ours}\.affine\.bias", f"{theirs}/mod_bias", _above_one),
    ]


def _plain(ours: str, theirs: str, turn: Turn) -> Table:
    """A layer without styles: weight, bias."""
    return [
        (rf"{ours}\.weight", f"{theirs}/weight", turn),
        (rf"{ours}\.bias", f"{theirs}/bias", _as_is),
    ]


# our tensor; the variable, with {0} for the first group; the turn of its axes
GENERATOR: Table = [
    (r"mapping\.w_avg", "dlatent_avg", _as_is),
    *_plain(r"mapping\.embed", "mapping/LabelEmbed", _linear),
    *_plain(r"mapping\.fc(\d+)", "mapping/Dense{0}", _linear),
    (r"synthesis\.b4\.const", "synthesis/4x4/Const/const", _first),
    (r"synthesis\.b(4)\.conv1\.noise_const", "synthesis/noise{noise1}", _plane),
    *_styled(r"synthesis\.b(4)\.conv1", "synthesis/4x4/Conv", _conv),
    (r"synthesis\.b(\d+)\.conv0\.noise_const", "synthesis/noise{noise0}", _plane),
    (r"synthesis\.b(\d+)\.conv1\.noise_const", "synthesis/noise{noise1}", _plane),
    *_styled(r"synthesis\.b(\d+)\.conv0", "synthesis/{0}x{0}/Conv0_up", _conv_up),
    *_styled(r"synthesis\.b(\d+)\.conv1", "synthesis/{0}x{0}/Conv1", _conv),
    *_styled(r"synthesis\.b(\d+)\.torgb", "synthesis/{0}x{0}/ToRGB", _conv),
    *_plain(r"synthesis\.b(\d+)\.skip", "synthesis/{0}x{0}/Skip", _conv_up),
]
DISCRIMINATOR: Table = [
    *_plain(r"mapping\.embed", "LabelEmbed", _linear),
    *_plain(r"mapping\.fc(\d+)", "Mapping{0}", _linear),
    *_plain(r"b(\d+)\.fromrgb", "{0}x{0}/FromRGB", _conv),
    *_plain(r"b(\d+)\.conv0", "{0}x{0}/Conv0", _conv),
    *_plain(r"b(\d+)\.conv1", "{0}x{0}/Conv1_down", _conv),
    *_plain(r"b(\d+)\.skip", "{0}x{0}/Skip", _conv),
    *_plain(r"b4\.conv", "4x4/Conv", _conv),
    *_plain(r"b4\.fc", "4x4/Dense0", _linear),
    *_plain(r"b4\.out", "Output", _linear),
]


def convert_variables(
    network: SavedNetwork, names: Iterable[str], table: Table, resolution: int, most: int
) -> dict[str, Tensor]:
    """The tensors of our names, float32.

    Args:
        network: the saved network.
        names: those of our network's state dict.
        table: GENERATOR or DISCRIMINATOR.
        resolution: side of its pictures.
        most: bytes that all of them together may have, as a file cannot hold more.

    Raises:
        PickleRefusal: a variable is missing, of other axes, no real, or they are too many.
    """
    variables = with_resolutions(network.variables(), resolution)
    found = {}
    for name in names:
        if name.endswith("resample_filter"):
            found[name] = binomial_kernel()
            continue
        variable, turn = _source(name, table)
        require(variable in variables, f"its TensorFlow network lacks the variable {variable}")
        value = variables[variable]
        require(value.dtype.kind == "f", f"its variable {variable} is of kind {value.dtype}")
        most -= value.nbytes
        require(most >= 0, "its variables are larger than the file")
        try:
            turned = np.array(turn(value), value.dtype.newbyteorder("="), order="C")
        except (ValueError, IndexError) as error:
            raise PickleRefusal(f"its variable {variable} has {value.ndim} axes") from error
        found[name] = torch.from_numpy(turned).float()
    return found


def with_resolutions(variables: dict[str, np.ndarray], side: int) -> dict[str, np.ndarray]:
    """Layers that progressive growing named by level of detail, named by resolution."""
    renamed = {}
    for name, value in variables.items():
        if found := _LOD.fullmatch(name):
            prefix, layer, level, rest = found.groups("")
            size = side >> int(level)
            name = f"{prefix}{size}x{size}/{layer}/{rest}"
        renamed[name] = value
    return renamed


def has_levels(network: SavedNetwork) -> bool:
    """Whether it was made for progressive growing, which is the architecture "orig"."""
    return any(_LOD.fullmatch(name) for name in network.variables())


def _source(name: str, table: Table) -> tuple[str, Turn]:
    for pattern, variable, turn in table:
        if found := re.fullmatch(pattern, name):
            groups = found.groups()
            length = int(groups[0]).bit_length() if groups else 0  # of the resolution
            return variable.format(*groups, noise0=2 * length - 7, noise1=2 * length - 6), turn
    raise PickleRefusal(f"TensorFlow's networks have no {name}")
