"""Make the bundled generator out of a trained one: fp16 weights, codes, directions, calibration.

    python scripts/bundle_generator.py NETWORK FACESET CURATED [FOLDER]

NETWORK is the network.safetensors of `train_generator.py`, CURATED the curated.json beside it.
Directions and calibration are found on what is shipped, because they name its digest.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import json
import sys
from pathlib import Path

import numpy as np
import torch

from faces.ground.files import read_json
from faces.sets import load_faceset
from gan_bridge.bridging.config import BridgeConfig
from gan_bridge.generators.code_decoder import CODES, CodeLatents
from gan_bridge.generators.opening import network_path
from gan_bridge.networks.files import load_networks, save_networks
from gan_bridge.training.guide import Guide, GuideConfig
from gan_bridge.training.state import read_measured
from studio.cli.terminal import show_progress
from studio.engine import Engine
from studio.workflows import bridge, calibrate
from studio.workflows.bridge import BridgeRequest
from studio.workflows.calibrate import CalibrateRequest
from vae import load_run


def bundle(network: Path, faceset: Path, curated: Path, folder: Path) -> None:
    """Write generator, codes, directions with their evidence, and calibration into `folder`."""
    trained = load_networks(network)
    target = folder / network_path("stylegan3").name
    averaged = {"G_ema": trained.generator}
    save_networks(target, averaged, trained.provenance, dtype=torch.float16)
    faces, run = load_faceset(faceset), load_run("bundled")
    moments = read_measured(network.parent)
    if not moments:  # a training of version 0.1.0
        settings = GuideConfig(**trained.provenance["guide"]["settings"])
        guide = Guide.measure(run, faces, np.array(read_json(curated)["rows"]), settings)
        moments = {"mean": guide.mean, "whitening": guide.whitening}
    mean, whitening = (moments[name].numpy() for name in ("mean", "whitening"))
    CodeLatents(mean, whitening, run.digest, load_networks(target).digest).save(folder / CODES)
    engine = Engine()
    asked = BridgeRequest(
        generator=str(target), run="bundled", out=folder, config=BridgeConfig(faces=16)
    )
    found = bridge.run(asked, engine, show_progress).evidence
    r2 = {name: found["held_out"][name]["r2"] for name in ("valence", "arousal")}
    calibrated = calibrate.run(
        CalibrateRequest(generator=str(target)), engine, show_progress
    ).evidence
    print(json.dumps({"held_out_r2": r2, "check": calibrated["check"]}))
    size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    print(f"{folder}: {size / 2**20:.1f} MiB")


if __name__ == "__main__":
    place = Path(sys.argv[4]) if len(sys.argv) > 4 else network_path("stylegan3").parent
    bundle(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), place)
