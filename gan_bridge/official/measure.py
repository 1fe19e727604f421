"""The official generators beside ours: timed on the CPU, and saved as official pickles."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from faces.ground.errors import CircumplexError
from faces.ground.files import replacing
from faces.ground.progress import Progress, silent
from gan_bridge.networks.config import (
    DiscriminatorConfig,
    GeneratorConfig,
    StyleGAN2Config,
    StyleGAN3Config,
)
from gan_bridge.official.door import submodule_folder, task_lines

_CLASSES = {
    StyleGAN3Config: "training.networks_stylegan3.Generator",
    StyleGAN2Config: "training.networks_stylegan2.Generator",
    DiscriminatorConfig: "training.networks_stylegan2.Discriminator",
}


@dataclass(frozen=True)
class OfficialTiming:
    """How long the official code takes for one picture from one w, on the CPU in float32.

    Attributes:
        seconds: of each repeat, after one that does not count.
        peak: resident memory of the whole process at its highest, MiB.
        tuned: whether the allocator's thresholds were raised.
        torch: version.
    """

    seconds: tuple[float, ...]
    peak: float
    tuned: bool
    torch: str

    @property
    def best(self) -> float:
        """The quickest repeat: what the work takes where nothing else disturbs it."""
        return min(self.seconds)


def time_official(
    config: GeneratorConfig,
    *,
    repeats: int = 3,
    tuned: bool = False,
    threads: int | None = None,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
    progress: Progress = silent,
) -> OfficialTiming:
    """Time the official generator of a config, with random weights, in a process of its own.

    Args:
        config: which generator.
        repeats: syntheses that count.
        tuned: raise MALLOC_MMAP_THRESHOLD_ and MALLOC_TRIM_THRESHOLD_; else the system's own hold.
        threads: of torch; None leaves it to torch.
        folder: of the official code; None looks for it.

    Raises:
        CircumplexError: no official code, or it failed.
        ValueError: repeats below 1.
    """
    if repeats < 1:
        raise ValueError("at least one repeat must count")
    request = {
        "generator": official_arguments(config),
        "repeats": repeats,
        "threads": threads,
        "seed": seed,
    }
    lines = task_lines("time", [json.dumps(request)], submodule_folder(folder), tuned=tuned)
    label = f"official {config.img_resolution} px"
    seconds: list[float] = []
    fields: dict[str, Any] = {}
    for line in progress(lines, label, repeats + 2):
        message = _parse_line(line)
        seconds += [message.pop("seconds")] if "seconds" in message else []
        fields |= message
    return OfficialTiming(tuple(seconds[1:]), fields["peak"], tuned, fields["torch"])


def save_official_network(
    path: str | os.PathLike[str],
    config: GeneratorConfig,
    discriminator: DiscriminatorConfig | None = None,
    *,
    seed: int = 0,
    pictures: str | os.PathLike[str] | None = None,
    count: int = 2,
    folder: str | os.PathLike[str] | None = None,
) -> None:
    """Let the official code save a pickle of random networks, as its training saves snapshots.

    Args:
        path: of the pickle; it holds G_ema, and with a `discriminator` also G and D.
        config: of G and G_ema, whose weights differ.
        seed: of the weights.
        pictures: where to write, as safetensors, what G_ema makes of `count` random latents: z, c
            (of a conditional network: the first class), ws, and images (N, C, H, W) about [-1, 1].

    Raises:
        CircumplexError: no official code, a folder that cannot be written, or it failed.
    """
    request: dict[str, Any] = {
        "generator": official_arguments(config),
        "discriminator": None if discriminator is None else official_arguments(discriminator),
        "seed": seed,
        "count": count,
        "pictures": None if pictures is None else str(Path(pictures).absolute()),
    }
    place = submodule_folder(folder)
    with replacing(Path(path).absolute()) as partial:
        for _ in task_lines("save", [json.dumps(request | {"path": str(partial)})], place):
            pass


def official_arguments(config: GeneratorConfig | DiscriminatorConfig) -> dict[str, Any]:
    """A config as the official class and what its constructor takes."""
    values = asdict(config)
    mapping = {"num_layers": values.pop("mapping_layers")}
    if isinstance(config, DiscriminatorConfig):
        names = ("mbstd_group_size", "mbstd_num_channels")
        values["epilogue_kwargs"] = {name: values.pop(name) for name in names}
    else:
        mapping["w_avg_beta"] = values.pop("w_avg_beta")
    return {"class_name": _CLASSES[type(config)], "mapping_kwargs": mapping} | values


def _parse_line(line: str) -> dict[str, Any]:
    """A line of JSON; what else the process prints is not for us."""
    if not line.startswith("{"):
        return {}
    try:
        return json.loads(line)
    except ValueError as error:
        raise CircumplexError(f"the official code answered {line[:80]!r}, no JSON") from error
