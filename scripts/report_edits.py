"""Measure edits: what readers find of requests, who the person is, how smoothly a face moves.

    python scripts/report_edits.py OUT [--generator stylegan3] [--raw] [--first 5000] [--faces 64]
                                   [--gallery 512] [--circles 16]
                                   [--judges HUMAN_MODELS FACE_API_MODEL]

OUT gets report.json and circle/, the first face once around the 0.8 circle as a GIF.
Faces are the seeds from the first on at truncation 0.7, moved to 28 directions × 4 intensities, and
judged by the definitions of `studio.evaluation`; a gallery of more seeds stands behind the
recognition. No circles leave the smoothness out. Readers that train editors (`pixel`, and the
identity network) are named as such; those of landmarks took no part, nor did the judges of
docs/judges.md, whose folders are `models` and `model`. Figures have 95 % intervals by a bootstrap
of whole seeds.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from faces.circumplex import ANCHORS, EXPRESSIONS, QUADRANTS
from faces.ground.files import write_json
from faces.readers.identity import distances
from faces.readers.pixels.reader import PixelReader
from faces.sets.config import cut_of
from gan_bridge.editing.explorer import EmotionExplorer
from gan_bridge.generators.sampling import PictureReader
from studio.cli.terminal import show_progress
from studio.engine import Engine
from studio.evaluation.agreement import mean_figure, subsets
from studio.evaluation.config import Budget, EvaluateConfig
from studio.evaluation.edits import EditReadings, expected_readings, read_edits
from studio.evaluation.panel import Panel, open_panel
from studio.evaluation.reach import Reach, reach_of
from studio.evaluation.readers import own_run, parts_of_readers
from studio.evaluation.scores import score
from studio.evaluation.seeds import check_seeds, fitted_seeds
from studio.evaluation.side_effects import identity_distance, side_effects
from studio.model_choice import ModelChoice
from studio.stimuli.points import ring_points
from studio.workflows import animate
from studio.workflows.animate import AnimateRequest
from vae.config import DEFAULT_TRUNCATION

DIRECTIONS, INTENSITIES = 28, (0.2, 0.4, 0.6, 0.8)
_STEPS, _RADIUS, _GIF_FRAMES = 360, 0.8, 90
_NEUTRAL = 0.15  # distance from (0, 0) that counts as neutral
#: Readers that had a part in training, as a report names them.
_TRAINERS = {"pixel": "pixel (trains editors)"}
Figure = dict[str, Any]


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


def read(panel: Panel, explorer: EmotionExplorer, config: EvaluateConfig) -> EditReadings:
    """What every reader finds in the config's faces, neutral and moved."""
    points = ring_points(config.directions, config.intensities)
    found = read_edits(
        explorer,
        PictureReader(explorer.generator),
        panel.readings,
        config.seeds,
        points,
        config.truncation,
        show_progress,
    )
    return panel.assemble(config, found, expected_readings(explorer, points))


def gallery_of(
    panel: Panel, explorer: EmotionExplorer, seeds: range, config: EvaluateConfig
) -> np.ndarray:
    """Embeddings (N, 128) of neutral faces."""
    pictures = PictureReader(explorer.generator)
    readings = {"faces": panel.readings["faces"]}
    found = read_edits(explorer, pictures, readings, seeds, (), config.truncation, show_progress)
    return found["faces"][:, 0, -panel.width :]


def requests(readings: EditReadings, reach: Reach, independent: list[str]) -> Figure:
    """By reader: all requests, those that faces can show, and each quadrant."""
    found = score(readings, Budget(), 0, reach.covered, independent)["readers"]
    rows = subsets(readings.points, readings.intensities, reach.covered)
    wanted = [name for name in ("all", "reachable", *QUADRANTS) if name in rows]
    return {
        "share_reachable": reach.describe()["share"],
        "readers": {
            _TRAINERS.get(reader, reader): {
                name: _agreement(figures["agreement"][name], readings, reader, rows[name])
                for name in wanted
            }
            for reader, figures in found.items()
        },
    }


def _agreement(scores: Figure, readings: EditReadings, reader: str, rows: np.ndarray) -> Figure:
    """Concordance and slope of both axes, and the mean distance from the request."""
    keys = {"": "ccc", "_slope": "slope"}
    missed = np.linalg.norm(readings.affect[reader][:, 1:] - readings.points, axis=2)[:, rows]
    return {
        **{
            target + suffix: {
                "value": scores[target][key],
                "interval": scores[target][f"{key}_interval"],
            }
            for target in ("valence", "arousal")
            for suffix, key in keys.items()
        },
        "error": mean_figure(missed),
        "read": float(np.isfinite(missed).mean()),  # pictures in which a face was found
    }


def same_person(readings: EditReadings, gallery: np.ndarray) -> Figure:
    """How far edits are from the neutral face, by intensity, whether it is the nearest of a
    gallery's, the S first of which are the edits' own, and what else changes."""
    apart, effects = identity_distance(readings), side_effects(readings, Budget())
    width = readings.directions
    far = readings.identity[:, -width:]
    nearest = np.stack([distances(each, gallery).argmin(1) for each in far])
    own = nearest == np.arange(len(nearest))[:, None]
    return {
        "identity_distance": {
            f"{each:g}": mean_figure(apart[:, k * width : (k + 1) * width])
            for k, each in enumerate(readings.intensities)
        },
        "rank_1": mean_figure(np.where(np.isfinite(far).all(-1), own, np.nan)),
        "sex_changed": effects["sex_changed"]["mean"],
        "years": effects["age"]["mean"],
        "pitch_per_arousal": effects["pitch"]["per_unit"]["arousal"],
        "light_per_arousal": effects["light"]["per_unit"]["arousal"],
    }


def neutral_within(readings: EditReadings) -> Figure:
    """By reader, in how many faces neutral is read near (0, 0)."""
    return {
        name: mean_figure(
            np.where(np.isfinite(each[:, :1, 0]), np.hypot(*each[:, :1].T).T <= _NEUTRAL, np.nan)
        )
        for name, each in readings.affect.items()
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
            "within_4": mean_figure((ratio <= 4).astype(float)[:, None]),
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
            expression: mean_figure(hits[:, k : k + 1].astype(float))
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

    return {
        "cosine": mean_figure(cosine),
        "cosine_of_two_seeds": float(strangers[np.triu_indices(count, 1)].mean()),
        f"rank_1_of_{count}": mean_figure(own.astype(float)),
        "sex_changed": mean_figure((male != (was["male"] > 0.5)[:, None]).astype(float)),
        "years": mean_figure(np.abs(years)),
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


def measure(engine: Engine, choice: ModelChoice, given: argparse.Namespace) -> Figure:
    explorer = engine.explorer(choice)
    seeds = range(given.first, given.first + given.faces)
    gallery_seeds = range(given.first, given.first + given.gallery)
    check_seeds(gallery_seeds, fitted_seeds(engine, choice, explorer), allowed=False)
    config = EvaluateConfig(seeds=tuple(seeds))
    with open_panel(explorer, None, os.cpu_count() or 1) as panel:
        readings = read(panel, explorer, config)
        gallery = gallery_of(panel, explorer, gallery_seeds, config)
        parts = parts_of_readers(panel.names, explorer, own_run(explorer, engine))
    # the editor's region, also for edits without it: the same requests are compared
    reach = reach_of(engine.explorer(given.generator), readings.points)
    independent = [name for name, part in parts.items() if part.independent]
    report: Figure = {
        "settings": {k: str(v) for k, v in vars(given).items()},
        "requests": requests(readings, reach, independent),
        "neutral_within": neutral_within(readings),
        "same_person": same_person(readings, gallery),
        **judged(explorer, given, seeds),
    }
    if given.circles:
        report["circle"] = circle(explorer, given)
    return report


def judged(explorer: EmotionExplorer, given: argparse.Namespace, seeds: range) -> Figure:
    """Which expression is named where it is asked for, and what a recogniser that took no part
    says of the farthest edits."""
    margin, judges = cut_of(explorer.generator.provenance).margin, open_judges(given.judges)
    angles = np.radians(list(ANCHORS.values()))
    anchors = _RADIUS * np.stack([np.cos(angles), np.sin(angles)], 1)
    asked = draw(explorer, seeds, anchors, "expressions")
    names = {name: judge for name, judge in judges.items() if name != "Faceres"}
    report: Figure = {"expressions": expressions(asked, names, margin)}
    if "Faceres" in judges:
        points = [(0.0, 0.0), *ring_points(DIRECTIONS // 4, (max(INTENSITIES),))]
        pictures = draw(explorer, seeds, np.array(points), "farthest edits")
        report["faceres"] = by_faceres(judges["Faceres"], margin, pictures[:, 0], pictures[:, 1:])
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
    choice = ModelChoice(generator=given.generator, raw=given.raw)
    report = measure(Engine(), choice, given)
    write_json(given.out / "report.json", report)
    print((given.out / "report.json").read_text())


if __name__ == "__main__":
    main()
