"""Draw README's picture: four faces on 7 × 7 points, as calibrated and, below, as without.

python scripts/draw_grids.py [OUT]
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from studio.cli.terminal import show_progress
from studio.engine import Engine
from studio.model_choice import ModelChoice
from studio.stimuli.grid import tile_sheet
from studio.validation import STYLEGAN

SEEDS = (18, 46, 211, 14)
_GAP = 12


def draw(out: Path) -> None:
    engine, rows = Engine(), []
    for raw in (False, True):
        explorer = engine.explorer(ModelChoice(generator=STYLEGAN, raw=raw))
        seeds = show_progress(SEEDS, "raw" if raw else "calibrated", len(SEEDS))
        grids = [tile_sheet(explorer.grid(seed), gap=1) for seed in seeds]
        rows.append(_joined([np.asarray(grid) for grid in grids], 1))
    sheet = Image.fromarray(_joined(rows, 0)).convert("L")
    sheet.save(out, optimize=True)


def _joined(parts: list[np.ndarray], axis: int) -> np.ndarray:
    """Pictures side by side or one below the other, with white between them."""
    shape = list(parts[0].shape)
    shape[axis] = _GAP
    white = np.full(shape, 255, np.uint8)
    whole = [piece for part in parts for piece in (part, white)][:-1]
    return np.concatenate(whole, axis)


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/images/grids.png"))
