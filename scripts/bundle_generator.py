"""Make the bundled generator out of a trained one: fp16 weights, codes, directions, editor.

    python scripts/bundle_generator.py NETWORK FACESET [FOLDER] [--samples M] [--steps N]

NETWORK is the network.safetensors of `train_generator.py`, whose β-VAE is the package's own,
FACESET what it learned from. Directions and editor are found on what is shipped, because they name
its digest; M are the faces that the
directions are found in, N the editor's updates.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
import json
from pathlib import Path

import torch

from gan_bridge.bridging.config import BridgeConfig
from gan_bridge.editing.editor_config import EditorConfig
from gan_bridge.generators.code_decoder import CODES, CodeLatents
from gan_bridge.generators.opening import network_path
from gan_bridge.networks.files import load_networks, save_networks
from gan_bridge.training.state import STATE, read_measured
from studio.cli.terminal import show_progress
from studio.engine import Engine
from studio.workflows import bridge, calibrate
from studio.workflows.bridge import BridgeRequest
from studio.workflows.calibrate import CalibrateRequest
from vae import load_run


def codes_of(network: Path, guided_by: str, generator: str) -> CodeLatents:
    """How the latents of a trained network stand for codes, under the shipped one's digest.

    Args:
        guided_by: digest of the β-VAE of its training; generator: of what is shipped.
    """
    run = load_run("bundled")
    if guided_by != run.digest:
        raise SystemExit(
            f"{network} decodes codes of the β-VAE {guided_by[:12]}, the package's is "
            f"{run.digest[:12]}; bundle that β-VAE first"
        )
    if (network.parent / STATE).is_file():
        moments = read_measured(network.parent)
        mean, whitening = (moments[name].numpy() for name in ("mean", "whitening"))
    else:
        found = CodeLatents.load(network.with_name(CODES))
        mean, whitening = found.mean, found.whitening
    return CodeLatents(mean, whitening, run.digest, generator)


def bundle(network: Path, faceset: Path, folder: Path, samples: int, steps: int) -> None:
    """Write generator, codes, directions with their evidence, and editor into `folder`."""
    trained = load_networks(network)
    target = folder / network_path("stylegan3").name
    averaged = {"G_ema": trained.generator}
    save_networks(target, averaged, trained.provenance, dtype=torch.float16)
    guided_by = trained.provenance["guide"]["run"]
    codes_of(network, guided_by, load_networks(target).digest).save(folder / CODES)
    engine = Engine()
    asked = BridgeRequest(
        generator=str(target),
        run="bundled",
        out=folder,
        faceset=faceset,
        config=BridgeConfig(samples=samples, faces=16),
    )
    found = bridge.run(asked, engine, show_progress).evidence
    r2 = {name: found["held_out"][name]["r2"] for name in ("valence", "arousal")}
    asked_editor = CalibrateRequest(generator=str(target), config=EditorConfig(steps=steps))
    edited = calibrate.run(asked_editor, engine, show_progress).evidence
    print(json.dumps({"held_out_r2": r2, "check": edited["check"]}))
    size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    print(f"{folder}: {size / 2**20:.1f} MiB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network", type=Path)
    parser.add_argument("faceset", type=Path)
    parser.add_argument("folder", type=Path, nargs="?", default=network_path("stylegan3").parent)
    parser.add_argument("--samples", type=int, default=BridgeConfig().samples)
    parser.add_argument("--steps", type=int, default=EditorConfig().steps)
    given = parser.parse_args()
    bundle(given.network, given.faceset, given.folder, given.samples, given.steps)
