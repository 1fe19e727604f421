"""Train the bundled pixel reader on FER+; its `val` split is not looked at.

    python scripts/train_reader.py FERPLUS FOLDER [--weights FILE] [--start READER]
                                   [--SETTING VALUE …]

FERPLUS holds manifest.csv and the pictures; FOLDER keeps the state, so that the same line goes on
where it was stopped. Written at the end: FILE, or FOLDER/pixel_reader.safetensors.
READER is a reader whose weights are trained on; without it they begin as random ones.
A SETTING is any of PixelTrainConfig's, such as --epochs 5.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from faces.ground.digests import file_digest
from faces.ground.files import only_writer
from faces.ground.provenance import software
from faces.readers.pixels.config import PixelConfig, PixelTrainConfig
from faces.readers.pixels.reader import PixelReader, save_reader
from faces.readers.pixels.training import PixelTraining
from faces.readers.pixels.votes import read_voted
from studio.cli.terminal import show_progress


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ferplus", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--start", type=Path)
    for setting in fields(PixelTrainConfig):
        name = f"--{setting.name.replace('_', '-')}"
        parser.add_argument(name, type=type(setting.default), default=setting.default)
    return parser.parse_args()


def train(given: argparse.Namespace) -> Path:
    """Train to the end and write the reader's file."""
    values = {setting.name: getattr(given, setting.name) for setting in fields(PixelTrainConfig)}
    config = PixelTrainConfig(**values)
    faces = read_voted(given.ferplus, "train", show_progress)
    start = PixelReader.load(given.start, "cpu") if given.start else None
    shape = start.network.config if start else PixelConfig()
    training = PixelTraining(faces, given.folder, shape, config, start and start.network)
    network = training.run(show_progress, lambda figures: print(json.dumps(figures), flush=True))
    provenance: dict[str, Any] = {
        "software": software(),
        "faces": "FER+ train",
        "manifest": file_digest(given.ferplus / "manifest.csv"),
        "training_faces": len(training.faces),
        "held_out_faces": len(training.dev or ()),
        "last_epoch": training.history[-1],
    }
    if start:
        before = {"training": start.training, "provenance": start.provenance}
        provenance["start"] = {"digest": file_digest(given.start), **before}
    target = given.weights or given.folder / "pixel_reader.safetensors"
    save_reader(target, network, config.to_json(), provenance)
    return target


def main() -> None:
    given = arguments()
    with only_writer(given.folder):
        print(train(given))


if __name__ == "__main__":
    main()
