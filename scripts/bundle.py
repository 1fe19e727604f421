"""Make the bundled run out of a trained one: fp16 weights, and directions fitted on those.

    python scripts/bundle.py RUN FACESET PLAIN_RUN [FOLDER]

The directions are fitted after the weights were rounded, because they name the digest of what is
shipped. PLAIN_RUN is the β-VAE without guidance; its figures stand in the report beside the others.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import shutil
import sys
from pathlib import Path

import torch

from faces.sets import training_faces
from studio.cli.terminal import show_progress
from studio.engine import Engine
from studio.workflows import probe
from studio.workflows.probe import ProbeRequest
from vae.checkpoint import load_run, save_run
from vae.packaged import run_folder


def bundle(run: str, faceset: Path, plain: str, folder: Path) -> None:
    """Write vae.safetensors, directions.safetensors, report.json and report.html."""
    trained = load_run(run)
    save_run(folder, trained.model, trained.training, trained.provenance, dtype=torch.float16)
    shutil.copyfile(trained.folder / training_faces.FILE, folder / training_faces.FILE)
    # the name "bundled" never writes into the package, so the folder is named twice
    request = ProbeRequest(str(folder), faceset, compare=plain, out=folder)
    probe.run(request, Engine(), show_progress)
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{folder}: {size / 2**20:.1f} MiB")


if __name__ == "__main__":
    target = Path(sys.argv[4]) if len(sys.argv) > 4 else run_folder("bundled")
    bundle(sys.argv[1], Path(sys.argv[2]), sys.argv[3], target)
