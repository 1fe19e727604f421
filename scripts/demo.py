"""The main job on the weights in the package: a grid, a report, an export of edited images.

python scripts/demo.py [FOLDER]
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import shutil
import sys
from pathlib import Path

from faces.ground.errors import CircumplexError
from gan_bridge.generators.opening import network_path
from studio.cli.terminal import complain, show_progress
from studio.engine import Engine
from studio.validation import STYLEGAN
from studio.workflows import export, grid
from studio.workflows.export import ExportRequest
from studio.workflows.grid import GridRequest
from vae.packaged import run_folder

SEED = 14
SEEDS = (14, 18, 211)


def demo(folder: Path) -> None:
    """Write grid.png, the reports and export/ into `folder`."""
    engine = Engine()
    grid.run(GridRequest(out=folder / "grid.png", seed=SEED, overwrite=True), engine, show_progress)
    print(f"{folder}/grid.png       one face on 7 x 7 points of the circumplex")
    shutil.copyfile(network_path(STYLEGAN).with_name("bridge.html"), folder / "bridge.html")
    print(f"{folder}/bridge.html    what was measured about the directions in the StyleGAN3")
    shutil.copyfile(run_folder("bundled") / "report.html", folder / "report.html")
    print(f"{folder}/report.html    and in the VAE that they come from")
    request = ExportRequest(folder=folder / "export", seeds=SEEDS)
    result = export.run(request, engine, show_progress)
    print(f"{folder}/export/        {result.pictures} edited faces with a table of values")


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "demo")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        demo(folder)
    except CircumplexError as error:
        complain(str(error))
        return 1
    print(f"\nOpen the studio with:\n\n    {Path(sys.executable).parent}/circumplex studio")
    return 0


if __name__ == "__main__":
    sys.exit(main())
