"""Fine-tuning with the official train.py, on CUDA."""

import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from faces.ground.errors import CircumplexError
from gan_bridge.datasets.official_zip import DatasetInfo
from gan_bridge.datasets.zip_reader import read_info
from gan_bridge.generators.opening import open_networks
from gan_bridge.networks.config import GeneratorConfig, StyleGAN2Config, StyleGAN3Config
from gan_bridge.official.config import Cfg, OfficialConfig
from gan_bridge.official.door import submodule_folder, task_command, task_lines

#: What train.py prints before the folder that it will write to.
_FOLDER = "Output directory:"
#: Numbers in which a network to start from may differ: they change neither tensors nor pictures.
_FREE = ("w_avg_beta", "num_fp16_res", "conv_clamp", "magnitude_ema_beta")
#: What mends a difference, by the number that differs.
_REMEDIES = {
    "img_resolution": "prepare the faces with --size {found}",
    "img_channels": "prepare the faces with --channels {found}",
    "c_dim": "train with as many classes, or from another network",
    "mapping_layers": "give map_depth {found}",
}


@dataclass(frozen=True)
class OfficialRun:
    """What came of an official training.

    Attributes:
        command: what was run.
        folder: where the results lie; of a dry run where they would.
        snapshot: the last network pickle, None where there is none.
    """

    command: tuple[str, ...]
    folder: Path | None
    snapshot: Path | None


def finetune_command(
    config: OfficialConfig,
    data: str | os.PathLike[str],
    outdir: str | os.PathLike[str],
    resume: str | os.PathLike[str] | None = None,
    dry_run: bool = False,
) -> list[str]:
    """The command line that trains, `python -m gan_bridge.official train …`, checked.

    Args:
        config: settings.
        data: a data set zip.
        outdir: folder in which the run gets its own.
        resume: a network to start from, official pickle or native file, of the data's size;
            one with G_ema alone lets D start anew.
        dry_run: only print what would be done.

    Raises:
        CircumplexError: zip or network missing, damaged, or not of one size and capacity.
    """
    info = read_info(data)
    wanted = network_config(config, info)
    arguments = [f"--outdir={Path(outdir).absolute()}", f"--data={Path(data).absolute()}"]
    if resume is not None:
        _check_network(open_networks(resume).generator.config, wanted, resume)
        arguments.append(f"--resume={Path(resume).absolute()}")
    dry = ["--dry-run"] if dry_run else []
    return task_command("train", [*arguments, *config.options(), *dry])


def run_finetune(
    config: OfficialConfig,
    data: str | os.PathLike[str],
    outdir: str | os.PathLike[str],
    resume: str | os.PathLike[str] | None = None,
    *,
    dry_run: bool = False,
    folder: str | os.PathLike[str] | None = None,
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr),
    device: str = "cuda",
) -> OfficialRun:
    """Say the command, run it, and pass on every line that it prints.

    Args:
        config, data, outdir, resume, dry_run: as `finetune_command`.
        folder: of the official code; None looks for it.
        say: gets the command and the lines.
        device: "cuda"; "cpu" lets a machine without a card train, at a snail's pace.

    Raises:
        CircumplexError: no official code, no CUDA (a dry run does without), or it failed.
    """
    place = submodule_folder(folder)
    command = finetune_command(config, data, outdir, resume, dry_run)
    if not (dry_run or device == "cpu" or torch.cuda.is_available()):
        raise CircumplexError(
            "the official engine trains on CUDA, and this machine has none; add --dry-run to see "
            "what it would do, or train with --engine own"
        )
    say(shlex.join(command))
    target = None
    for line in task_lines("train", command[4:], place):
        say(line)
        if line.startswith(_FOLDER):
            target = Path(line.removeprefix(_FOLDER).strip())
    found = sorted(target.glob("network-snapshot-*.pkl")) if target and not dry_run else []
    return OfficialRun(tuple(command), target, found[-1] if found else None)


def network_config(config: OfficialConfig, info: DatasetInfo) -> GeneratorConfig:
    """The generator that train.py builds for these settings and this data set.

    Raises:
        CircumplexError: labels asked for that the data set lacks.
    """
    if config.cond and not info.labels:
        raise CircumplexError(
            "cond asks for labels, the zip has none; label every face, or drop it"
        )
    shared: dict[str, Any] = {
        "img_resolution": info.size,
        "img_channels": info.channels,
        "c_dim": (info.classes or info.labels) if config.cond else 0,
        "w_avg_beta": 0.998,
        "num_fp16_res": 0 if config.fp32 else 4,
        "conv_clamp": None if config.fp32 else 256.0,
    }
    if config.cfg == "stylegan2":
        return StyleGAN2Config(
            **shared,
            mapping_layers=config.map_depth or 8,
            channel_base=config.cbase,
            channel_max=config.cmax,
        )
    radial = config.cfg == "stylegan3-r"
    # config R has 1 × 1 convolutions, and twice the channels for them
    return StyleGAN3Config(
        **shared,
        mapping_layers=config.map_depth or 2,
        channel_base=config.cbase * (1 + radial),
        channel_max=config.cmax * (1 + radial),
        conv_kernel=1 if radial else 3,
        use_radial_filters=radial,
        magnitude_ema_beta=0.5 ** (config.batch / 20_000),
    )


def config_like(config: OfficialConfig, network: GeneratorConfig) -> OfficialConfig:
    """`config` with the base configuration and the capacity of a network to start from."""
    cfg: Cfg
    if isinstance(network, StyleGAN2Config):
        cfg, times = "stylegan2", 1
    elif network.use_radial_filters:
        cfg, times = "stylegan3-r", 2
    else:
        cfg, times = "stylegan3-t", 1
    return replace(
        config,
        cfg=cfg,
        cbase=network.channel_base // times,
        cmax=network.channel_max // times,
        map_depth=network.mapping_layers,
    )


def _check_network(found: GeneratorConfig, wanted: GeneratorConfig, where: Any) -> None:
    """Refuse a network whose tensors would not fit; train.py would stop late, or skip them."""
    if type(found) is not type(wanted):
        raise CircumplexError(
            f"{where} is a {type(found).__name__[:9]}, cfg asks for a {type(wanted).__name__[:9]}"
        )
    have, need = asdict(found), asdict(wanted)
    for name in have:
        if name in _FREE or have[name] == need[name]:
            continue
        remedy = _REMEDIES.get(name, "give the cfg, cbase and cmax that it was trained with")
        raise CircumplexError(
            f"{where} has {name} {have[name]}, the training would have {need[name]}; "
            + remedy.format(found=have[name])
        )
