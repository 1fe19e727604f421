"""Draw README's picture: eight people, neutral and at seven places of the circumplex.

python scripts/draw_grids.py [OUT]

Nobody is chosen by hand: of the seeds from 5000 on, the first that the classifier of appearance
puts into each of eight groups of sex, age and skin tone.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import sys
from itertools import count
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from faces.circumplex import ANCHORS
from faces.ground.pixels import to_tensor
from faces.readers.appearance.reader import ETHNICITIES, AppearanceReader
from faces.readers.identity.alignment import chips_of_crops
from faces.sets.config import cut_of
from gan_bridge.editing.explorer import EmotionExplorer
from gan_bridge.editing.reachable import spread_points
from studio.cli.terminal import show_progress
from studio.engine import Engine
from studio.stimuli.grid import tile_sheet
from studio.validation import STYLEGAN

FIRST, _GROUPS = 5000, 8
#: Degrees of the places beside neutral: the expressions' own, excitement and displeasure.
_PLACES = sorted((*ANCHORS.values(), 45.0, 180.0))
_OLDER = 35.0  # years
_DARKER = ("Black", "Indian")


@torch.inference_mode()
def group_of(reader: AppearanceReader, picture: np.ndarray, margin: float) -> tuple[bool, ...]:
    """Apparent sex, age and skin tone of a face, uint8 (H, W, 3), each one of two."""
    image = to_tensor(np.ascontiguousarray(picture.transpose(2, 0, 1)[None]))
    seen = reader(chips_of_crops(image, margin))
    origin = ETHNICITIES[int(seen.ethnicity[0].argmax())]
    return bool(seen.female[0] > 0.5), bool(seen.age[0] >= _OLDER), origin in _DARKER


def eight_people(explorer: EmotionExplorer) -> list[int]:
    """The first seed of each group, in the order in which they come."""
    reader, margin = AppearanceReader.load(), cut_of(explorer.generator.provenance).margin
    found: dict[tuple[bool, ...], int] = {}
    for seed in count(FIRST):
        picture = explorer.generator.synthesize(explorer.latent(seed))[0]
        found.setdefault(group_of(reader, picture, margin), seed)
        if len(found) == _GROUPS:
            return list(found.values())
    raise AssertionError


def draw(out: Path) -> None:
    explorer = Engine().explorer(STYLEGAN)
    region = explorer.region
    assert region is not None  # the package's own has an editor
    angles = np.radians(_PLACES)
    ways = np.stack([np.cos(angles), np.sin(angles)], 1)
    square = ways / np.abs(ways).max(1, keepdims=True)  # on the square's border
    points = [(0.0, 0.0), *map(tuple, spread_points(region, square).tolist())]
    seeds = eight_people(explorer)
    rows = [explorer.path(seed, points) for seed in show_progress(seeds, "people", len(seeds))]
    Image.fromarray(tile_sheet(np.stack(rows), gap=2)).save(out, optimize=True)
    print(f"{out}: seeds {', '.join(map(str, seeds))}")


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/images/grids.png"))
