"""What the official code needs of its surroundings and no longer finds, put back from outside.

Written for commit c233a919 of NVlabs/stylegan3 under torch 2.15, NumPy 2, SciPy 1.17 and Python
3.11 to 3.13. Only for the process of `gan_bridge.official.__main__`: it changes libraries in place.
"""

import importlib
import sys
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np

from faces.ground.errors import CircumplexError
from gan_bridge.official.door import submodule_folder

_TRUE = ("1", "true", "t", "yes", "y", "on")
_FALSE = ("0", "false", "f", "no", "n", "off")
#: Modules whose compiled kernels have a plain form to fall back on.
_COMPILED = ("bias_act", "upfirdn2d", "filtered_lrelu")


def repair() -> None:
    """Make the official code importable and its training able to run.

    Raises:
        CircumplexError: there is no official code.
    """
    sys.path.insert(0, str(submodule_folder()))
    _stand_in_for_removed_modules()
    _take_integer_betas()
    _take_a_dataset_as_sampler_argument()
    _take_sqrtm_disp()
    _do_without_a_compiler()
    _read_networks_as_data()


def _stand_in_for_removed_modules() -> None:
    """pkg_resources left setuptools with version 81, distutils left Python with 3.12."""
    from packaging.version import parse

    if find_spec("pkg_resources") is None:
        _add_module("pkg_resources", parse_version=parse)
    if find_spec("distutils") is None:
        util = _add_module("distutils.util", strtobool=_strtobool)
        _add_module("distutils", util=util)


def _add_module(name: str, **content: Any) -> ModuleType:
    module = ModuleType(name)
    module.__dict__.update(content)
    sys.modules[name] = module
    return module


def _strtobool(text: str) -> int:
    """1 or 0, as distutils told them apart."""
    if text.lower() in _TRUE:
        return 1
    if text.lower() in _FALSE:
        return 0
    raise ValueError(f"{text!r} is neither true nor false")


def _take_integer_betas() -> None:
    """Adam wants both betas as floats; the training gives a whole 0."""
    import torch

    class Adam(torch.optim.Adam):
        def __init__(
            self, params: Any, lr: float = 1e-3, betas: Iterable[float] = (0.9, 0.999), **more: Any
        ) -> None:
            first, second = betas
            super().__init__(params, lr, (float(first), float(second)), **more)

    vars(torch.optim)["Adam"] = Adam


def _take_a_dataset_as_sampler_argument() -> None:
    """Samplers no longer take the data set that the official one passes on."""
    from torch.utils.data import Sampler

    def begin(self: Any, data_source: Any = None) -> None:
        pass

    Sampler.__init__ = begin  # type: ignore[method-assign]  # a patch: no stub allows one


def _take_sqrtm_disp() -> None:
    """SciPy 1.18 drops sqrtm's `disp`; the metrics ask for disp=False and an error estimate."""
    import scipy.linalg

    own = scipy.linalg.sqrtm

    def sqrtm(a: np.ndarray, disp: bool = True) -> Any:
        root = own(a)
        if disp:
            return root
        return root, np.linalg.norm(root @ root - a) / max(float(np.linalg.norm(a)), 1e-300)

    scipy.linalg.sqrtm = sqrtm


def _do_without_a_compiler() -> None:
    """Where the CUDA kernels cannot be compiled, go on with the plain ones, and say so."""
    for name in _COMPILED:
        module = vars(importlib.import_module(f"torch_utils.ops.{name}"))
        module["_init"] = _or_plain(name, module["_init"])


def _or_plain(name: str, compile_kernels: Callable[[], bool]) -> Callable[[], bool]:
    compiled: list[bool] = []

    def init() -> bool:
        if not compiled:
            try:
                compiled.append(compile_kernels())
            except (RuntimeError, OSError, ImportError, AssertionError) as error:
                first = str(error).strip().partition("\n")[0]
                print(f"{name}: its CUDA kernels cannot be compiled ({first}); plain ones are used")
                compiled.append(False)
        return compiled[0]

    return init


def _read_networks_as_data() -> None:
    """The official reader of network pickles runs code from the file; ours takes its place."""
    import legacy

    legacy.load_network_pkl = load_networks


def load_networks(stream: Any, force_fp16: bool = False) -> dict[str, Any]:
    """Networks to start a training from, out of an opened official pickle or native file.

    Raises:
        CircumplexError: the file is damaged or refused.
    """
    from torch import nn

    from gan_bridge.generators.opening import open_networks

    try:
        return dict(open_networks(stream.name, ("G_ema", "G", "D")).networks)
    except CircumplexError:
        generator = open_networks(stream.name).generator
        print(f"{stream.name} holds no G and D: G starts from G_ema, D anew")
        return {"G_ema": generator, "G": generator, "D": nn.Module()}
