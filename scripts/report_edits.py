"""Measure edits: what readers find of requests, who the person is, how smoothly a face moves.

    python scripts/report_edits.py OUT [--generator stylegan3] [--raw] [--first 5000] [--faces 64]
                                   [--gallery 512] [--circles 16]
                                   [--judges HUMAN_MODELS FACE_API_MODEL]

OUT gets report.json and circle/, the first face once around the 0.8 circle as a GIF.
Faces are the seeds from the first on at truncation 0.7, moved to 28 directions × 4 intensities; a
gallery of more seeds stands behind the recognition. No circles leave the smoothness out. Readers
that train editors (`pixel`, and the identity network) are named as such; those of landmarks took no
part, nor did the judges of docs/judges.md, whose folders are `models` and `model`. Figures have
95 % intervals by a bootstrap of whole seeds.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from faces.circumplex import ANCHORS, EXPRESSIONS, QUADRANTS, quadrant
from faces.ground.files import write_json
from faces.ground.pixels import to_tensor
from faces.readers.appearance.reader import AppearanceReader
from faces.readers.identity import distances
from faces.readers.identity.alignment import chips_of_crops
from faces.readers.pixels.reader import PixelReader
from faces.readers.reading import FaceReader
from faces.sets.alignment import LUMINANCE
from faces.sets.config import cut_of
from gan_bridge.editing.explorer import EmotionExplorer
from studio.cli.terminal import show_progress
from studio.engine import Engine
from studio.model_choice import ModelChoice
from studio.stimuli.points import ring_points
from studio.workflows import animate
from studio.workflows.animate import AnimateRequest
from vae.config import DEFAULT_TRUNCATION
from vae.probing.metrics import ccc

DIRECTIONS, INTENSITIES = 28, (0.2, 0.4, 0.6, 0.8)
_STEPS, _RADIUS, _GIF_FRAMES = 360, 0.8, 90
_NEUTRAL = 0.15  # distance from (0, 0) that counts as neutral
_AT_ONCE, _DRAWS = 64, 1000
#: Readers that had a part in training, as a report names them.
_TRAINERS = {"pixel": "pixel (trains editors)"}
Figure = dict[str, Any]
Score = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True)
class Seen:
    """What is read in N pictures: affect (N, 2) by reader, NaN without a face; appearance (N, 4):
    probability of female, years, yaw and pitch in degrees; luminance (N,), in levels."""

    affect: Mapping[str, np.ndarray]
    embedding: np.ndarray
    appearance: np.ndarray
    light: np.ndarray


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--generator", default="stylegan3")
    parser.add_argument("--raw", action="store_true")
    parser.add_argument("--first", type=int, default=5000)
    parser.add_argument("--faces", type=int, default=64, help="no more than the gallery")
    parser.add_argument("--gallery", type=int, default=512)
    parser.add_argument("--circles", type=int, default=16)
    parser.add_argument("--judges", type=Path, nargs=2)
    given = parser.parse_args()
    if given.faces > given.gallery:
        parser.error("--faces are the first of --gallery; ask for as many there")
    return given


def draw(explorer: EmotionExplorer, seeds: range, points: np.ndarray, label: str) -> np.ndarray:
    """Pictures uint8 (S, P, H, W, 3) of seeds moved to points."""
    return np.stack(
        [
            explorer.path(seed, [tuple(point) for point in points], DEFAULT_TRUNCATION, batch=8)
            for seed in show_progress(seeds, label, len(seeds))
        ]
    )


class Readers:
    """All that reads a picture, in parts.

    Args:
        margin: of the crops that the generator learned from.
    """

    def __init__(self, margin: float, faces: FaceReader) -> None:
        self.margin, self.faces, self.appearance = margin, faces, AppearanceReader.load()

    @torch.inference_mode()
    def __call__(self, pictures: np.ndarray, landmarks: bool = True) -> Seen:
        """Of uint8 (N, H, W, 3)."""
        looks = []
        for part in np.array_split(pictures, max(1, len(pictures) // _AT_ONCE)):
            images = to_tensor(np.ascontiguousarray(part.transpose(0, 3, 1, 2)))
            seen = self.appearance(chips_of_crops(images, self.margin))
            columns = torch.stack([seen.female, seen.age, seen.yaw, seen.pitch], 1)
            looks.append((seen.embedding.numpy(), columns.numpy()))
        affect = self._affect(pictures) if landmarks else {}
        light = pictures.astype(np.float32) @ np.array(LUMINANCE, np.float32)
        return Seen(
            affect,
            np.concatenate([embedding for embedding, _ in looks]).astype(np.float64),
            np.concatenate([columns for _, columns in looks]).astype(np.float64),
            light.mean((1, 2)),
        )

    def _affect(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        found = self.faces.read(list(pictures))
        names = sorted({name for each in found for name in each.affect})
        missing = (np.nan, np.nan)
        return {
            name: np.array([each.affect.get(name, missing) for each in found]) for name in names
        }


def bootstrap(values: Callable[[np.ndarray], float], count: int) -> Figure:
    """A figure over all of `count` seeds, with its interval over draws of them."""
    rng = np.random.default_rng(0)
    drawn = [values(rng.integers(count, size=count)) for _ in range(_DRAWS)]
    bounds = np.nanquantile(drawn, (0.025, 0.975)).tolist()
    return {"value": values(np.arange(count)), "interval": bounds}


def agreement(requested: np.ndarray, read: np.ndarray, rows: np.ndarray) -> Figure:
    """Concordance, slope and error of requests (P, 2) with readings (S, P, 2), over some of the
    points; the slope is by how much the reading rises for a request raised by 1."""

    def of(
        score: Callable[[np.ndarray, np.ndarray], float], seeds: np.ndarray, which: int
    ) -> float:
        truth = np.tile(requested[rows, which], len(seeds))
        found = read[seeds][:, rows, which].ravel()
        there = np.isfinite(found)
        return score(truth[there], found[there])

    scores = {
        "": lambda t, p: float(ccc(t, p)),
        "_slope": lambda t, p: float(np.polyfit(t, p, 1)[0]),
    }
    figures: Figure = {
        name + suffix: bootstrap(lambda seeds, s=score, k=k: of(s, seeds, k), len(read))
        for k, name in enumerate(("valence", "arousal"))
        for suffix, score in scores.items()
    }
    missed = np.linalg.norm(read[:, rows] - requested[rows], axis=2)
    figures["error"] = bootstrap(lambda seeds: float(np.nanmean(missed[seeds])), len(read))
    figures["read"] = float(np.isfinite(missed).mean())  # pictures in which a face was found
    return figures


def requests(reached: np.ndarray, points: np.ndarray, read: Mapping[str, np.ndarray]) -> Figure:
    """By reader: all requests, those that faces can show, and each quadrant.

    Args:
        reached: (P,) bool, of points (P, 2).
    """
    inside = np.array([quadrant(*point) for point in points])
    groups = {"all": np.ones(len(points), bool), "reachable": reached}
    groups |= {name: inside == k for k, name in enumerate(QUADRANTS)}
    return {
        "share_reachable": float(reached.mean()),
        "readers": {
            _TRAINERS.get(reader, reader): {
                name: agreement(points, found, np.flatnonzero(rows))
                for name, rows in groups.items()
                if rows.any()
            }
            for reader, found in read.items()
        },
    }


def same_person(neutral: Seen, edits: Seen, points: np.ndarray, gallery: np.ndarray) -> Figure:
    """How far edits are from the neutral face, by intensity, and what else changes.

    Args:
        neutral: of S seeds; edits: of S · P pictures; gallery: embeddings of all seeds, the S
            first.
    """
    count = len(neutral.light)
    embedding = edits.embedding.reshape(count, len(points), -1)
    apart = np.linalg.norm(embedding - neutral.embedding[:, None], axis=2)
    intensity = np.hypot(*points.T).round(2)
    looks = edits.appearance.reshape(count, len(points), 4) - neutral.appearance[:, None]
    changed = (edits.appearance.reshape(count, len(points), 4)[..., 0] > 0.5) != (
        neutral.appearance[:, None, 0] > 0.5
    )
    light = edits.light.reshape(count, len(points)) - neutral.light[:, None]
    far = np.flatnonzero(intensity == max(INTENSITIES))
    nearest = np.stack([distances(embedding[k][far], gallery).argmin(1) for k in range(count)])
    own = nearest == np.arange(count)[:, None]

    def mean(values: np.ndarray) -> Figure:
        return bootstrap(lambda seeds: float(values[seeds].mean()), count)

    def slope(values: np.ndarray) -> Figure:
        arousal = points[:, 1] - points[:, 1].mean()
        each = (values * arousal).sum(1) / (arousal**2).sum()
        return bootstrap(lambda seeds: float(each[seeds].mean()), count)

    return {
        "identity_distance": {str(i): mean(apart[:, intensity == i]) for i in INTENSITIES},
        "rank_1": mean(own),
        "sex_changed": mean(changed),
        "years": mean(np.abs(looks[..., 1])),
        "pitch_per_arousal": slope(looks[..., 3]),
        "light_per_arousal": slope(light),
    }


def smoothness(pictures: np.ndarray, read: np.ndarray) -> Figure:
    """The largest of 360 steps as a multiple of the median, in pixels and in readings, by face.

    Args:
        pictures: (S, 360, H, W, 3); read: (S, 360, 2).
    """
    ahead = np.roll(pictures, -1, axis=1)
    steps = np.stack(
        [
            np.abs(a.astype(np.int16) - b).mean((1, 2, 3))
            for a, b in zip(ahead, pictures, strict=True)
        ]
    )
    moved = np.linalg.norm(np.roll(read, -1, axis=1) - read, axis=2)
    report: Figure = {}
    for name, values in {"pixels": steps, "readings": moved}.items():
        ratio = values.max(1) / np.maximum(np.median(values, axis=1), 1e-9)
        report[name] = {
            "worst": float(ratio.max()),
            "within_4": bootstrap(lambda seeds, r=ratio: float((r[seeds] <= 4).mean()), len(ratio)),
            "median_face": float(np.median(ratio)),
        }
    return report


def expressions(pictures: np.ndarray, judges: Mapping[str, Any], margin: float) -> Figure:
    """In how many faces each expression is named where it is asked for, by each judge.

    Args:
        pictures: (S, 5, H, W, 3), in the order of ANCHORS.
    """
    flat = pictures.reshape(-1, *pictures.shape[2:])
    pixel = PixelReader.load("bundled").read(list(flat)).expressions()
    named: dict[str, np.ndarray] = {_TRAINERS["pixel"]: np.array(pixel)}
    for name, judge in judges.items():
        found = judge.of_crops(flat, margin)["expression"].argmax(1)
        named[name] = np.array([EXPRESSIONS[k] for k in found])
    count = len(pictures)
    report = {}
    for judge_name, each in named.items():
        hits = each.reshape(count, len(ANCHORS)) == np.array(list(ANCHORS))
        report[judge_name] = {
            expression: bootstrap(lambda seeds, h=hits[:, k]: float(h[seeds].mean()), count)
            for k, expression in enumerate(ANCHORS)
        }
    return report


def by_faceres(judge: Any, margin: float, neutral: np.ndarray, edits: np.ndarray) -> Figure:
    """Cosine of edits with the own neutral face, change of sex and age, by a recogniser that took
    no part; `edits` (S, P, H, W, 3) of the farthest intensity."""
    was = judge.of_crops(neutral, margin)
    now = judge.of_crops(edits.reshape(-1, *edits.shape[2:]), margin)
    count, width = edits.shape[:2]
    before, after = was["embedding"], now["embedding"].reshape(count, width, -1)
    cosine = (after * before[:, None]).sum(2)
    own = (after @ before.T).argmax(2) == np.arange(count)[:, None]
    male = now["male"].reshape(count, width) > 0.5
    years = now["age"].reshape(count, width) - was["age"][:, None]
    strangers = before @ before.T

    def mean(values: np.ndarray) -> Figure:
        return bootstrap(lambda seeds: float(values[seeds].mean()), count)

    return {
        "cosine": mean(cosine),
        "cosine_of_two_seeds": float(strangers[np.triu_indices(count, 1)].mean()),
        f"rank_1_of_{count}": mean(own),
        "sex_changed": mean(male != (was["male"] > 0.5)[:, None]),
        "years": mean(np.abs(years)),
    }


def open_judges(folders: list[Path] | None) -> dict[str, Any]:
    if not folders:
        return {}
    from judges import Emotion, FaceExpression, Faceres

    models, model = folders
    return {
        "Emotion": Emotion(models),
        "FaceExpression": FaceExpression(model),
        "Faceres": Faceres(models),
    }


def measure(explorer: EmotionExplorer, given: argparse.Namespace, faces: FaceReader) -> Figure:
    margin, judges = cut_of(explorer.generator.provenance).margin, open_judges(given.judges)
    readers, seeds = Readers(margin, faces), range(given.first, given.first + given.faces)
    points = np.array(ring_points(DIRECTIONS, INTENSITIES))
    origin = np.zeros((1, 2))
    gallery = draw(explorer, range(given.first, given.first + given.gallery), origin, "neutral")[
        :, 0
    ]
    edits = draw(explorer, seeds, points, "edits")
    flat = edits.reshape(-1, *edits.shape[2:])
    neutral, seen = readers(gallery[: given.faces]), readers(flat)
    embeddings = readers(gallery, landmarks=False).embedding
    read = {name: each.reshape(given.faces, len(points), 2) for name, each in seen.affect.items()}
    report: Figure = {"settings": {k: str(v) for k, v in vars(given).items()}}
    # the editor's region, also for edits without it: the same requests are compared
    edited = Engine().explorer(given.generator)
    report["requests"] = requests(edited.covers(points), points, read)
    report["neutral_within"] = {
        name: bootstrap(
            lambda rows, each=each: float((np.hypot(*each[rows].T) <= _NEUTRAL).mean()),
            len(each),
        )
        for name, each in neutral.affect.items()
    }
    report["same_person"] = same_person(neutral, seen, points, embeddings)
    angles = np.radians(list(ANCHORS.values()))
    anchors = _RADIUS * np.stack([np.cos(angles), np.sin(angles)], 1)
    asked = draw(explorer, seeds, anchors, "expressions")
    names = {name: judge for name, judge in judges.items() if name != "Faceres"}
    report["expressions"] = expressions(asked, names, margin)
    if "Faceres" in judges:
        far = edits[:, np.hypot(*points.T).round(2) == max(INTENSITIES)][:, ::4]
        report["faceres"] = by_faceres(judges["Faceres"], margin, gallery[: given.faces], far)
    if given.circles:
        report["circle"] = circle(explorer, given)
    return report


def circle(explorer: EmotionExplorer, given: argparse.Namespace) -> Figure:
    """Faces on 360 steps of the circle; the first becomes a GIF."""
    steps = np.array(ring_points(_STEPS, (_RADIUS,)))
    seeds = range(given.first, given.first + given.circles)
    pictures = draw(explorer, seeds, steps, "circles")
    reader = PixelReader.load("bundled")
    read = np.stack(
        [
            np.stack([found.valence, found.arousal], 1)
            for found in (reader.read(list(each)) for each in pictures)
        ]
    )
    animate.run(
        AnimateRequest(
            folder=given.out / "circle",
            seed=given.first,
            circle=_RADIUS,
            duration=60.0 * _GIF_FRAMES,
            fps=1000 / 60,
            formats=("gif",),
            unread=True,
            overwrite=True,
            generator=given.generator,
            raw=given.raw,
        ),
        Engine(),
    )
    return smoothness(pictures, read)


def main() -> None:
    given = arguments()
    given.out.mkdir(parents=True, exist_ok=True)
    explorer = Engine().explorer(ModelChoice(generator=given.generator, raw=given.raw))
    with FaceReader(processes=os.cpu_count() or 1) as faces:
        report = measure(explorer, given, faces)
    write_json(given.out / "report.json", report)
    print((given.out / "report.json").read_text())


if __name__ == "__main__":
    main()
