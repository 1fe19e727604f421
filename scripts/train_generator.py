"""Train the bundled generator, a StyleGAN3-T of 128 pixels in colour, on a set of faces.

    python scripts/train_generator.py FACESET FOLDER [--part 1] [--vae RUN]
                                      [--checkpoint NETWORK] [--SETTING VALUE …]
    torchrun --nproc-per-node 2 scripts/train_generator.py FACESET FOLDER …

The package's generator was made in the five parts of PARTS, each with settings of its own, each
from the network of the one before:

    torchrun --nproc-per-node 2 scripts/train_generator.py FACESET runs/1
    torchrun --nproc-per-node 2 scripts/train_generator.py FACESET runs/2 --part 2 \\
        --checkpoint runs/1/network.safetensors

and so on to `--part 5`. A part's settings are the defaults; a SETTING changes one.

FACESET is what `circumplex prepare` leaves, in colour and of 128 pixels, with the grey faces whose
expressions are to come along (`scripts/list_faces.py`); FOLDER keeps curation, state, sheets and
scores, so that the same line goes on where it was stopped. On a CPU one process a core is quickest.
It needs the packages of `pip install -e '.[critic]'`.
RUN is the β-VAE whose codes become latents, the package's own if not given. NETWORK is a checkpoint
to go on from, of this script or the package's own, with the codes.safetensors that lies beside it;
without it the networks begin as random ones, but for what lets codes through. A SETTING is any of
GANTrainConfig's or of GuideConfig's, such as --steps 3000 or --regress-steps 500.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch

from faces.ground.errors import CircumplexError
from faces.ground.files import read_json, write_json
from faces.sets import FaceSet, load_faceset
from gan_bridge.datasets.curation import CurationConfig, curate
from gan_bridge.generators.code_decoder import CODES, CodeLatents
from gan_bridge.networks.config import DiscriminatorConfig, StyleGAN3Config
from gan_bridge.networks.files import load_networks
from gan_bridge.training.config import GANTrainConfig
from gan_bridge.training.guide import Guide, GuideConfig, linearize_styles
from gan_bridge.training.loop import train_gan
from gan_bridge.training.score import run_features
from gan_bridge.training.start import Start, random_networks, start_from
from gan_bridge.training.state import STATE, read_measured
from studio.cli.terminal import show_progress
from vae import load_run
from vae.checkpoint import Run

#: Two CPU cores show it some ten faces a second. The first cutoff is twice the usual: below it the
#: network begins with waves of the right size, and learns three times as fast.
GENERATOR = StyleGAN3Config(
    img_resolution=128,
    img_channels=3,
    z_dim=192,
    w_dim=384,
    mapping_layers=1,
    channel_base=4096,
    channel_max=256,
    num_layers=6,
    first_cutoff=4.0,
    first_stopband=8.0,
    margin_size=2,
    filter_size=4,
    lrelu_upsampling=1,
)
DISCRIMINATOR = DiscriminatorConfig(
    img_resolution=128, img_channels=3, channel_base=2048, channel_max=256
)
TRAINING = GANTrainConfig(
    batch_size=16, r1_gamma=1.0, ada_target=0.0, ema_kimg=5.0,
    snapshot_steps=500, checkpoint_steps=100, log_steps=50,
)  # fmt: skip
GUIDE = GuideConfig(regress_steps=0, likeness=0.25)
#: What each part of the shipped network's training differs in, as its file says, too. Beside so few
#: faces StyleGAN's own discriminator stays at chance; a critic on the encoder alone sharpens faces
#: and curls hair, one on ImageNet's features alone mends that and loses the codes.
PARTS: tuple[dict[str, Any], ...] = (
    {"steps": 3000, "g_rate": 0.003, "regress_steps": 2500},
    {"steps": 2000, "g_rate": 0.003},
    {"steps": 750, "g_rate": 0.002, "snapshot_steps": 250, "adversary": 1.0, "critic": 0.2},
    {
        **{"steps": 2500, "g_rate": 0.002, "adversary": 0.0},
        **{"critic": 0.3, "critic_rate": 0.0003, "critic_on": "imagenet"},
    },
    {
        **{"steps": 1500, "g_rate": 0.002, "adversary": 0.0},
        **{"critic": 0.4, "critic_rate": 0.0004, "critic_on": "both"},
    },
)
#: Masks and hands before the mouth are what the β-VAE restores worst.
CURATION = CurationConfig(unlike=0.05, landmarks=False)
_CURATED = "curated.json"


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """What the words of the command line ask for, with the part's settings where it names none."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("faceset", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--vae", default="bundled")
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--part", type=int, default=1, choices=range(1, len(PARTS) + 1))
    for settings in (TRAINING, GUIDE):
        for setting in fields(settings):
            value = getattr(settings, setting.name)
            name = f"--{setting.name.replace('_', '-')}"
            if isinstance(value, bool):
                parser.add_argument(name, action=argparse.BooleanOptionalAction, default=value)
                continue
            kind = type(value) if isinstance(value, int | float | str) else float
            parser.add_argument(name, type=kind, default=value)
    part = parser.parse_known_args(words)[0].part
    parser.set_defaults(**PARTS[part - 1])
    given = parser.parse_args(words)
    if part > 1 and given.checkpoint is None:
        parser.error(f"part {part} goes on from another network; name it with --checkpoint")
    return given


def settings_of(given: argparse.Namespace, kind: Any) -> Any:
    return kind(**{each.name: getattr(given, each.name) for each in fields(kind)})


def choose_rows(faces: FaceSet, run: Run, folder: Path) -> np.ndarray:
    """The curated faces, chosen once and kept; other processes wait for the first."""
    file = folder / _CURATED
    while os.environ.get("RANK", "0") != "0" and not file.is_file():
        time.sleep(1)
    if not file.is_file():
        chosen = curate(faces, run, CURATION, progress=show_progress)
        write_json(file, chosen.summary() | {"faces": faces.identity, "rows": chosen.rows.tolist()})
    found = read_json(file)
    if not faces.is_known_as(found["faces"]):
        raise CircumplexError(f"{file} was made of another face set; train into a new folder")
    return np.array(found["rows"])


def measure_guide(faces: FaceSet, run: Run, rows: np.ndarray, given: argparse.Namespace) -> Guide:
    """The guide, with the latents of the network that is gone on from, or measured anew: two
    machines may give a principal component two signs."""
    config = settings_of(given, GuideConfig)
    if given.checkpoint:
        file = given.checkpoint.with_name(CODES)
        codes = CodeLatents.load(file)
        if codes.run != run.digest:
            raise CircumplexError(
                f"{file} is of the β-VAE {codes.run[:12]}, {given.vae} is {run.digest[:12]}; "
                "name the right one with --vae"
            )
        moments = torch.from_numpy(codes.mean), torch.from_numpy(codes.whitening)
        return Guide(run, *moments, config, faces.margin)
    return Guide.measure(run, faces, rows, config)


def begin(faces: FaceSet, given: argparse.Namespace, codes: int) -> Start:
    if given.checkpoint:
        return start_from(given.checkpoint, faces, given.seed)
    start = random_networks(GENERATOR, DISCRIMINATOR, given.seed)
    for network in (start.generator, start.average):
        linearize_styles(network, codes)
    return start


def main() -> None:
    given = arguments()
    faces, run = load_faceset(given.faceset), load_run(given.vae)
    rows = choose_rows(faces, run, given.folder)
    guide = measure_guide(faces, run, rows, given)
    done = train_gan(
        faces,
        given.folder,
        begin(faces, given, guide.width),
        settings_of(given, GANTrainConfig),
        rows=rows,
        resume=(given.folder / STATE).is_file(),
        guide=guide,
        features=run_features(run),
        progress=show_progress,
        report=lambda row: print(json.dumps(row), flush=True),
    )
    moments = read_measured(given.folder)
    mean, whitening = (moments[name].numpy() for name in ("mean", "whitening"))
    digest = load_networks(done.network).digest
    CodeLatents(mean, whitening, run.digest, digest).save(given.folder / CODES)
    print(done.network)


if __name__ == "__main__":
    main()
