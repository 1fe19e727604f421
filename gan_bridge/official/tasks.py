"""What the process of the official code can be asked to do. The official modules are at hand here.

train, dataset_tool     the official scripts, with their own arguments
time, save              JSON → lines of JSON; see `gan_bridge.official.measure`
"""

import importlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from faces.ground.errors import CircumplexError
from faces.ground.memory import peak_memory

#: Official script → its command.
_SCRIPTS = {"train": "main", "dataset_tool": "convert_dataset"}


def run_task(name: str, arguments: Sequence[str]) -> None:
    """Run a task of this process, to its end or the process's."""
    try:
        if name in _SCRIPTS:
            _run_script(name, list(arguments))
        else:
            _OWN[name](json.loads(arguments[0]))
    except CircumplexError as error:
        sys.exit(f"Error: {error}")


def _run_script(name: str, arguments: list[str]) -> None:
    script = importlib.import_module(name)
    if name == "train" and not torch.cuda.is_available():
        from gan_bridge.official.without_cuda import train_on_cpu

        train_on_cpu()
    getattr(script, _SCRIPTS[name])(args=arguments, prog_name=f"{name}.py")


def _time(request: dict[str, Any]) -> None:
    """Print seconds a synthesis, one JSON line each, then the peak memory in MiB."""
    if request["threads"] is not None:
        torch.set_num_threads(request["threads"])
    generator = _build(request["generator"], request["seed"])
    z = torch.randn(1, generator.z_dim, generator=torch.Generator().manual_seed(request["seed"]))
    with torch.inference_mode():
        ws = generator.mapping(z, _labels(generator, 1))
        for _ in range(request["repeats"] + 1):
            start = time.perf_counter()
            generator.synthesis(ws, **_noise(generator))
            print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)
    print(json.dumps({"peak": peak_memory(), "torch": torch.__version__}))


def _save(request: dict[str, Any]) -> None:
    """Write a network pickle, and latents with the pictures that it makes of them."""
    import pickle

    import dnnlib

    networks: dict[str, Any] = {"G": None, "D": None, "G_ema": None}
    networks["G_ema"] = _randomised(_build(request["generator"], request["seed"]), request["seed"])
    if request["discriminator"] is not None:
        networks["G"] = _randomised(
            _build(request["generator"], request["seed"] + 1), request["seed"] + 1
        )
        networks["D"] = _randomised(
            _build(request["discriminator"], request["seed"]), request["seed"]
        )
    content = networks | {"augment_pipe": None, "training_set_kwargs": dnnlib.EasyDict(path="made")}
    with Path(request["path"]).open("wb") as stream:
        pickle.dump(content, stream)
    if request["pictures"] is not None:
        _save_pictures(networks["G_ema"], request)


@torch.inference_mode()
def _save_pictures(generator: Any, request: dict[str, Any]) -> None:
    from safetensors.torch import save_file

    stream = torch.Generator().manual_seed(request["seed"])
    z = torch.randn(request["count"], generator.z_dim, generator=stream)
    c = _labels(generator, len(z))
    ws = generator.mapping(z, c)
    images = generator.synthesis(ws, **_noise(generator))
    tensors = {"z": z, "c": c, "ws": ws, "images": images}
    filled = {name: value.contiguous() for name, value in tensors.items() if value.numel()}
    save_file(filled, request["pictures"])


def _build(request: dict[str, Any], seed: int) -> Any:
    import dnnlib

    torch.manual_seed(seed)
    return dnnlib.util.construct_class_by_name(**request).eval().requires_grad_(False)


def _randomised(network: Any, seed: int) -> Any:
    """A fresh network is zero in many places; here every one of them has its say."""
    stream = torch.Generator().manual_seed(seed)
    for parameter in network.parameters():
        parameter.add_(torch.randn(parameter.shape, generator=stream), alpha=0.1)
    for name, buffer in network.named_buffers():
        if name.endswith("w_avg"):
            buffer.copy_(torch.randn(buffer.shape, generator=stream))
        if name.endswith("magnitude_ema"):
            buffer.copy_(torch.rand(buffer.shape, generator=stream) + 0.5)
    return network


def _labels(generator: Any, count: int) -> torch.Tensor:
    """The first class for all, or no class."""
    labels = torch.zeros(count, generator.c_dim)
    labels[:, :1] = 1
    return labels


def _noise(generator: Any) -> dict[str, Any]:
    """StyleGAN2 adds noise of its own unless told which; StyleGAN3 has none."""
    fixed = hasattr(generator.synthesis, "block_resolutions")
    return {"force_fp32": True} | ({"noise_mode": "const"} if fixed else {})


_OWN: dict[str, Callable[[dict[str, Any]], None]] = {"time": _time, "save": _save}
