"""Train the bundled network that sees hidden parts of faces and turned faces.

    python scripts/train_occlusion.py FACESET [FILE] [--faces N] [--steps N]

FACESET is a colour set that `circumplex prepare --margin -0.1` left. Things are drawn by rule over
its training faces; figures are of its `val` split with things of another seed over it. Written:
FILE, or the package's own.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from faces.ground.provenance import software
from faces.sets import FaceSet, load_faceset
from faces.sets.visibility.config import HIDDEN, MARGIN, REGIONS, SIDE
from faces.sets.visibility.network import BUNDLED, OcclusionNetwork, write_network
from faces.sets.visibility.training import OcclusionConfig, draw_samples, train
from studio.cli.terminal import show_progress

#: Side in pixels at which things are drawn over faces.
_DRAWN = 64
_HELD_OUT = 2000


def small_faces(faces: FaceSet, rows: np.ndarray) -> np.ndarray:
    """Faces of a set as uint8 (N, 64, 64, 3)."""
    small = np.empty((len(rows), _DRAWN, _DRAWN, 3), np.uint8)
    for k, row in enumerate(rows):
        face = faces.read(np.array([row]))[0].transpose(1, 2, 0)
        small[k] = cv2.resize(face, (_DRAWN, _DRAWN), interpolation=cv2.INTER_AREA)
    return small


def held_out(network: OcclusionNetwork, faces: np.ndarray) -> dict[str, Any]:
    """Of faces with things over them: hits and false alarms of each part; of bare ones, the
    share with a flag; of turned ones, the share that is seen to be."""
    rng, config = np.random.default_rng(1), OcclusionConfig(views=1)
    samples = [draw_samples(faces, rng, config)[0] for _ in range(_HELD_OUT)]
    seen = network(np.stack([each.pixels for each in samples]))
    turn, hidden = (
        np.stack([getattr(each, name) for each in samples]) for name in ("turn", "hidden")
    )
    upright, flags = turn == 0, seen.hidden >= HIDDEN
    figures: dict[str, Any] = {"faces": len(samples)}
    for k, name in enumerate(REGIONS):
        truth, flag = hidden[upright, k], flags[upright, k]
        figures[name] = {
            "hits": round(float(flag[truth].mean()), 4),
            "false_alarms": round(float(flag[~truth].mean()), 4),
        }
    small = [cv2.resize(face, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for face in faces]
    bare = network(np.stack(small))
    figures["bare_faces_flagged"] = round(float((bare.hidden >= HIDDEN).any(1).mean()), 4)
    figures["bare_faces_turned"] = round(float((bare.turned.argmax(1) != 0).mean()), 4)
    figures["turned_seen"] = round(float((seen.turned.argmax(1) == turn)[~upright].mean()), 4)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("faceset", type=Path)
    parser.add_argument("file", type=Path, nargs="?", default=BUNDLED)
    parser.add_argument("--faces", type=int, default=5000)
    parser.add_argument("--steps", type=int, default=OcclusionConfig().steps)
    given = parser.parse_args()
    faces, rng = load_faceset(given.faceset), np.random.default_rng(0)
    assert faces.margin == MARGIN, f"prepare the set with --margin {MARGIN}"
    config = OcclusionConfig(steps=given.steps)
    chosen = np.sort(rng.permutation(faces.rows("train"))[: given.faces])
    arrays = train(small_faces(faces, chosen), config, show_progress)
    held = np.sort(rng.permutation(faces.rows("val"))[:1000])
    figures = held_out(OcclusionNetwork(arrays), small_faces(faces, held))
    provenance = {
        "software": software(),
        "faces": faces.identity,
        "trained_faces": len(chosen),
        "config": json.loads(config.to_json()),
        "held_out": figures,
    }
    write_network(given.file, arrays, provenance)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
