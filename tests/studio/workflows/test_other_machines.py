"""What the package carries opens alike on other processors: BLAS kernels round differently."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_bridge.bridging.artefact import EVIDENCE, FILE
from gan_bridge.generators.opening import network_path
from vae.packaged import run_folder
from vae.probing.directions import Directions

#: Kernels of a processor without, and of one with fused multiplication.
CORES = ("Prescott", "Haswell")
BRIDGE = network_path("stylegan3").parent

_OPEN = """
import hashlib, json, sys
from pathlib import Path
import numpy as np
from studio.engine import Engine
from vae.probing.directions import Directions

explorers = {name: Engine("cpu").explorer(name) for name in ("bundled", "stylegan3")}
bridged = explorers["stylegan3"]
assert bridged.is_calibrated() and bridged.can_read
steps = {}
for name, each in explorers.items():
    held = each.directions
    each.directions.save(Path(sys.argv[1]) / f"{name}.safetensors")
    steps[name] = (1 / np.diag(held.weights @ np.stack([held.valence, held.arousal], 1))).tolist()
print(json.dumps({
    "generators": {name: each.generator.digest for name, each in explorers.items()},
    "directions": {name: each.directions.digest for name, each in explorers.items()},
    "calibration": bridged.calibration.digest,
    "steps": steps,
}))
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, dict[str, Any]]]:
    """What each kind of processor said, and the folder where it saved the directions again."""
    found = {}
    for core in CORES:
        folder = tmp_path_factory.mktemp(core)
        ran = subprocess.run(
            [sys.executable, "-c", _OPEN, str(folder)],
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[3],
            env=os.environ | {"OPENBLAS_CORETYPE": core},
        )
        if ran.returncode == -getattr(signal, "SIGILL", 4):
            pytest.skip(f"this processor cannot run the kernels of {core}")
        assert ran.returncode == 0, ran.stderr
        found[core] = folder, json.loads(ran.stdout)
    return found


def test_everything_opens_under_the_same_names(
    opened: dict[str, tuple[Path, dict[str, Any]]],
) -> None:
    names = [{**said, "steps": None} for _, said in opened.values()]
    assert all(each == names[0] for each in names)


def test_directions_are_saved_again_byte_for_byte(
    opened: dict[str, tuple[Path, dict[str, Any]]],
) -> None:
    for folder, _ in opened.values():
        for name, carried in (("bundled", run_folder("bundled")), ("stylegan3", BRIDGE)):
            again = (folder / f"{name}.safetensors").read_bytes()
            assert again == (carried / FILE).read_bytes()


def test_names_that_version_0_1_0_gave_on_other_processors_are_known(
    opened: dict[str, tuple[Path, dict[str, Any]]],
) -> None:
    for name, folder in (("bundled", run_folder("bundled")), ("stylegan3", BRIDGE)):
        held = Directions.load(folder)
        for _, said in opened.values():
            digest = hashlib.sha256()
            for array in (held.centre, held.weights, held.intercept, held.valence, held.arousal):
                digest.update(array.tobytes())
            digest.update(np.array(said["steps"][name]).tobytes())
            assert held.matches(digest.hexdigest())
    given = json.loads((BRIDGE / EVIDENCE).read_text())["directions"]["digest"]
    assert Directions.load(BRIDGE).matches(given)
