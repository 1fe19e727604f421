"""What the floors promise each other: who imports whom, and what stays unloaded."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = ("torch", "torchvision", "gradio", "sklearn", "matplotlib", "facenet_pytorch", "pandas")


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_imports_only_go_down() -> None:
    from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

    assert lint_imports(str(ROOT / "pyproject.toml")) == EXIT_STATUS_SUCCESS


@pytest.mark.parametrize(
    "statement",
    [
        "import studio",
        "import gan_bridge",
        "import vae",
        "import faces, faces.sets",
        "import contextlib\nwith contextlib.suppress(SystemExit):\n"
        " from studio.cli import main; main(['--help'])",
    ],
)
def test_heavy_imports_wait(statement: str) -> None:
    loaded = run(f"{statement}\nimport sys\nprint('\\n', *sys.modules)").split()
    assert not set(HEAVY) & set(loaded)


def test_networks_and_bridge_do_without_app_and_detectors() -> None:
    run(
        """
import sys
for name in ("gradio", "facenet_pytorch", "mediapipe", "cv2"):
    sys.modules[name] = None  # importing it raises ImportError
import vae.training.train, vae.probing.run
import gan_bridge.editing.explorer, gan_bridge.generators.opening
from vae import BetaVAE, Directions, fit_probes, load_run, mutual_information_gap
from gan_bridge import EmotionExplorer, load_generator
"""
    )


def test_the_surface_that_others_script_against() -> None:
    run("from studio import Engine, build_app")
