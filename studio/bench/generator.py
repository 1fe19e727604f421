"""Synthesis on the CPU beside the official code, and beside what the machine's matrix rate allows.

Every case runs in a process of its own. The official code runs twice: with the allocator as the
system has it, and with its thresholds raised, which keeps freed memory at hand. Ours raises them
itself.
"""

import json
import subprocess
import sys
import time
from dataclasses import asdict
from typing import Any

from faces.ground.errors import CircumplexError
from faces.ground.memory import peak_memory
from faces.ground.process import configure
from faces.ground.progress import Progress, silent
from gan_bridge.networks.config import (
    GeneratorConfig,
    StyleGAN2Config,
    StyleGAN3Config,
    config_from_dict,
    kind_of,
)

_RADIAL: dict[str, Any] = {"conv_kernel": 1, "use_radial_filters": True, "channel_max": 1024}
#: The sizes that the authors trained at these resolutions.
CASES: dict[str, GeneratorConfig] = {
    "T-256": StyleGAN3Config(256, channel_base=16384),
    "T-512": StyleGAN3Config(512),
    "T-1024": StyleGAN3Config(1024),
    "R-256": StyleGAN3Config(256, channel_base=32768, **_RADIAL),
    "StyleGAN2-256": StyleGAN2Config(256, channel_base=16384, conv_clamp=256.0),
}
_REPEATS = 3


def generator(names: tuple[str, ...] = (), progress: Progress = silent) -> dict[str, Any]:
    """Seconds a picture of each case, one at a time, float32 and bf16, and the ratios.

    Args:
        names: of CASES; all where there are none.

    Raises:
        CircumplexError: an unknown case, or a measured process failed.
    """
    if unknown := [name for name in names if name not in CASES]:
        raise CircumplexError(f"{unknown[0]!r} is no case; known: {', '.join(CASES)}")
    rate = matrix_rate()
    table: dict[str, Any] = {"matrix rate, GFLOP/s": round(rate / 1e9)}
    for name in progress(names or tuple(CASES), "cases", None):
        table |= {f"{name} {key}": value for key, value in _case(name, rate, progress).items()}
    return table


def _case(name: str, rate: float, progress: Progress) -> dict[str, Any]:
    config = CASES[name]
    floor = 2 * convolution_products(config) / rate
    ours = _run_child(config)
    found: dict[str, Any] = {
        "floor, s": round(floor, 3),
        "s": round(ours["float32"], 3),
        "of the floor": round(ours["float32"] / floor, 2),
        "bf16, s": round(ours["bfloat16"], 3),
        "share in convolutions": round(ours["share"], 2),
        "peak MiB": round(ours["peak"]),
    }
    for tuned in (False, True):
        theirs = _official(config, tuned, progress)
        label = "official, raised thresholds" if tuned else "official, default allocator"
        if isinstance(theirs, str):
            return found | {"official": theirs}
        found |= {
            f"{label}, s": round(theirs["seconds"], 3),
            f"{label}, peak MiB": round(theirs["peak"]),
            f"{label}, ratio": round(theirs["seconds"] / ours["float32"], 2),
            f"{label}, ratio of bf16": round(theirs["seconds"] / ours["bfloat16"], 2),
        }
    return found


def matrix_rate(side: int = 2048, repeats: int = 8) -> float:
    """Floating-point operations a second of a large float32 matrix product, the best of some."""
    import torch

    a, b, out = torch.rand(side, side), torch.rand(side, side), torch.empty(side, side)
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        torch.mm(a, b, out=out)
        seconds.append(time.perf_counter() - start)
    return 2 * side**3 / min(seconds)


def convolution_products(config: GeneratorConfig) -> int:
    """Multiplications of all convolutions of one synthesis, done plainly."""
    if isinstance(config, StyleGAN3Config):
        return _alias_free_products(config)
    total = 0
    for side in config.resolutions:
        width = config.channels(side)
        total += side**2 * width * (9 * width + config.img_channels)
        if side > 4:
            total += (side // 2) ** 2 * 9 * config.channels(side // 2) * width
    return total


def _alias_free_products(config: StyleGAN3Config) -> int:
    from gan_bridge.networks.signals import plan_signals

    signals = plan_signals(config)
    total = signals[0].size ** 2 * signals[0].channels ** 2
    for index, after in enumerate(signals):
        before = signals[max(index - 1, 0)]
        kernel = 1 if index == config.num_layers else config.conv_kernel
        side = before.size + kernel - 1
        total += side**2 * kernel**2 * before.channels * after.channels
    return total


def _official(config: GeneratorConfig, tuned: bool, progress: Progress) -> dict[str, float] | str:
    from gan_bridge.official import submodule_folder, time_official

    try:
        submodule_folder()
    except CircumplexError as error:
        return f"not measured: {error}"
    timing = time_official(config, repeats=_REPEATS - 1, tuned=tuned, progress=progress)
    return {"seconds": timing.best, "peak": timing.peak}


def _run_child(config: GeneratorConfig) -> dict[str, float]:
    """`measure_here` in a fresh process."""
    request = json.dumps({"kind": kind_of(config), "config": asdict(config)})
    code = "import sys; from studio.bench.generator import measure_here; measure_here(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", code, request],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:]
        raise CircumplexError(f"a measured process failed: {' '.join(last)}")
    return json.loads(done.stdout.splitlines()[-1])


def measure_here(request: str) -> None:
    """Print, as JSON, the best seconds of this process, its peak memory, and where time goes.

    The peak is that of float32, which runs first.
    """
    configure()  # as the command line does, before torch is loaded
    import torch

    from gan_bridge.networks.files import build_network

    wanted = json.loads(request)
    torch.manual_seed(0)
    network = build_network(config_from_dict(wanted["kind"], wanted["config"])).eval()
    found: dict[str, float] = {}
    with torch.inference_mode():
        ws = network.mapping(torch.randn(1, network.config.z_dim))
        for dtype in (torch.float32, torch.bfloat16):
            seconds = []
            for _ in range(_REPEATS):
                start = time.perf_counter()
                network.synthesis(ws, dtype=dtype)
                seconds.append(time.perf_counter() - start)
            found[str(dtype).removeprefix("torch.")] = min(seconds[1:])
            found.setdefault("peak", peak_memory())
        found["share"] = _convolution_share(network, ws)
    print(json.dumps(found))


def _convolution_share(network: Any, ws: Any) -> float:
    """Share of a synthesis's time on the wall that its convolutions take."""
    from torch.profiler import ProfilerActivity, profile

    from gan_bridge.networks.layers import CONVOLUTION

    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        start = time.perf_counter()
        network.synthesis(ws)
        whole = time.perf_counter() - start
    spent = sum(each.cpu_time_total for each in profiler.key_averages() if each.key == CONVOLUTION)
    return spent / 1e6 / whole
