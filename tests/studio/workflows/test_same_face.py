"""A seed is one face, whether it is asked for in Python or on the command line."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.cli import main
from studio.engine import Engine
from studio.stimuli.grid import tile_sheet

SEED = 6


@pytest.mark.parametrize("generator", ["stylegan3", "bundled"])
def test_python_and_the_command_line_draw_the_same_grid(
    generator: str, engine: Engine, tmp_path: Path
) -> None:
    tiles = engine.explorer(generator).grid(SEED)
    sheet = tmp_path / "tiles.png"
    assert main(["grid", str(sheet), "-g", generator, "--seed", str(SEED), "--plain"]) == 0
    assert np.array_equal(np.asarray(Image.open(sheet)), np.asarray(tile_sheet(tiles)))


def test_python_and_the_command_line_make_the_same_edit(engine: Engine, tmp_path: Path) -> None:
    explorer = engine.explorer("stylegan3")
    smile = explorer.edit(explorer.latent(SEED), valence=0.7, arousal=0.2)[0]
    file = tmp_path / "smile.png"
    asked = ["--seed", str(SEED), "--valence", "0.7", "--arousal", "0.2"]
    assert main(["edit", str(file), *asked]) == 0
    assert np.array_equal(np.asarray(Image.open(file).convert("RGB")), smile)
    assert len(explorer.path(SEED, [(0.7, 0.2)])) == 1
    assert np.array_equal(explorer.path(SEED, [(0.7, 0.2)])[0], smile)
