"""Measure a generator of aligned faces beside real ones that it has not seen.

    python scripts/report_generator.py NETWORK FACESET OUT [--samples 512] [--truncation 0.7]

OUT gets report.json, samples.png and neighbours.png. Reference are the curated faces of the set's
`val` split, less as many as there are samples; those stand beside the samples as real faces, as
blurred ones and as the bundled β-VAE restores them, and so do faces drawn from that β-VAE.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from faces.circumplex import EXPRESSIONS
from faces.ground.files import write_json
from faces.ground.training.journal import write_sheet
from faces.readers.pixels.reader import PixelReader
from faces.readers.reading import FaceReader
from faces.sets import FaceSet, load_faceset
from gan_bridge.bridging.scoring import DetectedFace
from gan_bridge.datasets.curation import curate
from gan_bridge.generators.opening import load_generator
from gan_bridge.generators.protocol import Generator
from gan_bridge.generators.vae_decoder import VAEGenerator
from gan_bridge.training.distances import frechet_distance, precision_recall, spread
from gan_bridge.training.score import kid
from studio.cli.terminal import show_progress
from vae import load_run
from vae.checkpoint import Run
from vae.config import DEFAULT_TRUNCATION

_NEIGHBOURS = 3
_SHOWN = 64
_BLUR = 1.5  # pixels of 64: about what the β-VAE loses


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network")
    parser.add_argument("faceset", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--samples", type=int, default=512)
    parser.add_argument("--truncation", type=float, default=DEFAULT_TRUNCATION)
    return parser.parse_args()


def draw(generator: Generator, count: int, truncation: float) -> np.ndarray:
    """Pictures (N, S, S, 3) of the seeds 0, 1, …"""
    seeds = show_progress(range(count), f"draw from {generator.name}", count)
    each = [generator.synthesize(generator.sample_w([seed], truncation)) for seed in seeds]
    return np.concatenate(each)


def blurred(pictures: np.ndarray) -> np.ndarray:
    soft = ImageFilter.GaussianBlur(_BLUR)
    return np.stack([np.asarray(Image.fromarray(each).filter(soft)) for each in pictures])


def colour(faces: np.ndarray) -> np.ndarray:
    """Faces (N, 1, S, S) as pictures (N, S, S, 3)."""
    return np.repeat(faces.transpose(0, 2, 3, 1), 3, axis=3)


def detected(pictures: np.ndarray, run: Run) -> float:
    """Share in which MTCNN finds a face."""
    return float(np.isfinite(DetectedFace(run).pose(pictures)[:, 0]).mean())


def expressions(reader: PixelReader, pictures: np.ndarray) -> dict[str, float]:
    """Share of each expression, as the reader names it."""
    read = reader.read(list(pictures)).expressions()
    return {name: read.count(name) / len(read) for name in EXPRESSIONS}


def compare(name: str, features: dict[str, np.ndarray], real: np.ndarray) -> dict[str, Any]:
    """Distances of one set's features from the reference's."""
    generated = features[name]
    precision, recall = precision_recall(real, generated, _NEIGHBOURS)
    found = kid(real, generated)
    return {
        "frechet": frechet_distance(real, generated),
        "kernel": found.value,
        "kernel_error": found.error,
        "precision": precision,
        "recall": recall,
        "spread": spread(generated) / spread(real),
    }


def read_landmarks(sets: dict[str, np.ndarray]) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Share of each set with landmarks, and the blendshapes of those."""
    shares, blendshapes = {}, {}
    with FaceReader(pixel=None, affect=None, processes=os.cpu_count() or 1) as reader:
        for name in show_progress(list(sets), "look for landmarks", len(sets)):
            found = [each.landmarks for each in reader.read(list(sets[name]))]
            shapes = [each.blendshapes for each in found if each is not None]
            shares[name], blendshapes[name] = len(shapes) / len(found), np.stack(shapes)
    return shares, blendshapes


def neighbours(
    samples: np.ndarray, seen: np.ndarray, near: np.ndarray, far: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For each row of `samples` the nearest row of `seen` and its distance, over the median
    distance of a row of `far` to its nearest of `near`."""
    nearest = _cross(samples, seen)
    usual = np.median(_cross(far, near).min(1))
    return nearest.argmin(1), nearest.min(1) / usual


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
    return np.sqrt(np.maximum(squares, 0))


def curated(faces: FaceSet, run: Run, split: str) -> np.ndarray:
    """Rows of a split's faces that a generator is trained on, or would be."""
    cores = os.cpu_count() or 1
    return curate(faces, run, split=split, progress=show_progress, processes=cores).rows


def collect(
    network: str, run: Run, real: np.ndarray, count: int, truncation: float
) -> dict[str, np.ndarray]:
    """Sets of pictures (N, S, S, 3) by name: `count` of each kind, the other real ones as
    reference."""
    held_out, vae, generator = real[:count], VAEGenerator(run), load_generator(network)
    return {
        "generator": draw(generator, count, truncation),
        "generator, no truncation": draw(generator, count, 1.0),
        "real": held_out,
        "real, blurred": blurred(held_out),
        "real, restored by the β-VAE": vae.synthesize(vae.encode(held_out)),
        "β-VAE": draw(vae, count, truncation),
        "β-VAE, no truncation": draw(vae, count, 1.0),
        "reference": real[count:],
    }


def distances(
    reader: PixelReader, run: Run, sets: dict[str, np.ndarray], features: dict[str, np.ndarray]
) -> dict[str, Any]:
    """What the report says of the sets, by the pixel reader, the landmarker and the detector."""
    shares, blendshapes = read_landmarks(sets)
    compared = [name for name in sets if name != "reference"]
    return {
        "reference": len(sets["reference"]),
        "detected": {name: detected(sets[name], run) for name in ("generator", "real")},
        "landmarks": shares,
        "expressions": {name: expressions(reader, sets[name]) for name in ("generator", "real")},
        "pixel reader": {name: compare(name, features, features["reference"]) for name in compared},
        "blendshapes": {
            name: {"frechet": frechet_distance(blendshapes["reference"], blendshapes[name])}
            for name in compared
        },
    }


def main() -> None:
    given = arguments()
    faces, run = load_faceset(given.faceset), load_run("bundled")
    rows = {split: curated(faces, run, split) for split in ("val", "train")}
    real = colour(faces.read(np.random.default_rng(0).permutation(rows["val"])))
    sets = collect(given.network, run, real, given.samples, given.truncation)
    reader = PixelReader.load("bundled", "cpu")
    features = {name: reader.features(list(each)).astype(float) for name, each in sets.items()}
    report = distances(reader, run, sets, features)
    train = colour(faces.read(rows["train"]))
    trained = reader.features(list(train)).astype(float)
    nearest, ratio = neighbours(features["generator"][:_SHOWN], trained, trained, features["real"])
    nearest_report = {
        "what": "distance to the nearest training face over the median of held-out faces'",
        "least": float(ratio.min()),
        "median": float(np.median(ratio)),
    }
    settings = {"samples": given.samples, "truncation": given.truncation}
    write_json(given.out / "report.json", settings | report | {"nearest": nearest_report})
    write_sheet(given.out / "samples.png", sets["generator"], 16, 16)
    pairs = np.stack([sets["generator"][:_SHOWN], train[nearest]], 1)
    write_sheet(given.out / "neighbours.png", pairs.reshape(-1, *train.shape[1:]), 12, 12)
    print((given.out / "report.json").read_text())


if __name__ == "__main__":
    main()
