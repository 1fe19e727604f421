"""Draw tests/data/drawn.png: faces of nobody, by the bundled generator, and their table of labels.

python scripts/draw_test_faces.py [FOLDER]

Each face is asked to show what ten made-up votes on it say: the mean of the circumplex anchors,
weighted by the votes. Valence and arousal are what was *requested*: no person rated these faces.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from faces.circumplex import EXPRESSIONS
from faces.readers.pixels.network import anchors
from studio.cli.terminal import show_progress
from studio.engine import Engine

EDGE, COLUMNS = 48, 20  # pixels of a face, faces in a row of the sheet
TRAIN, VAL = dict.fromkeys(EXPRESSIONS, 30) | {"happiness": 100, "surprise": 80}, 15
VOTES, AGREEMENT = (6, 7, 8, 9, 10), (0.1, 0.1, 0.1, 0.3, 0.4)  # for the majority; how often
FIRST_SEED, TRUNCATION = 10_000, 0.85


def draw(folder: Path) -> None:
    table = label(np.random.default_rng(20))
    explorer = Engine("cpu").explorer("grey")
    faces = []
    for k in show_progress(range(len(table)), "drawing", len(table)):
        w = explorer.latent(FIRST_SEED + k, TRUNCATION)
        face = explorer.edit(w, table["valence"][k], table["arousal"][k])[0]
        grey = Image.fromarray(face).convert("L")
        faces.append(np.asarray(grey.resize((EDGE, EDGE), Image.Resampling.LANCZOS)))
    rows = np.stack(faces).reshape(-1, COLUMNS, EDGE, EDGE).swapaxes(1, 2)
    sheet = Image.fromarray(rows.reshape(-1, COLUMNS * EDGE))
    sheet.save(folder / "drawn.png", optimize=True)
    table.to_csv(folder / "drawn.csv", index=False)


def label(rng: np.random.Generator) -> pd.DataFrame:
    """A row a face, in the columns of FER+'s manifest; minorities vote for what lies near."""
    places = anchors().numpy().astype(float)
    plan = [(name, "train") for name in EXPRESSIONS for _ in range(TRAIN[name])]
    plan += [(name, "val") for name in EXPRESSIONS for _ in range(VAL)]
    rows = []
    for number, which in enumerate(rng.permutation(len(plan))):
        (name, split), votes = plan[which], np.zeros(len(EXPRESSIONS), int)
        majority = EXPRESSIONS.index(name)
        near = np.exp(-3 * np.linalg.norm(places - places[majority], axis=1))
        near[majority] = 0
        most = rng.choice(VOTES, p=AGREEMENT)
        votes += rng.multinomial(10 - most, near / near.sum())
        votes[majority] = most
        valence, arousal = (votes / 10 @ places).round(4)
        rows.append(
            {
                "path": f"images/{split}/drawn{number:03}.png",
                "split": split,
                "expression": name,
                "valence": valence,
                "arousal": arousal,
                **{f"votes_{other}": votes[k] for k, other in enumerate(EXPRESSIONS)},
            }
        )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("tests/data"))
