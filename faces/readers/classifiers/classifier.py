"""A trained classifier: what it answers, how it is fitted, and its file."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from faces.ground.artefacts import check_tensors, read_artefact, write_artefact
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema
from faces.ground.progress import Progress, silent
from faces.readers.classifiers.config import (
    FEATURES,
    LANDMARKS,
    PIXELS,
    ClassifierConfig,
    settled,
)
from faces.readers.classifiers.networks import build_network, transfer
from faces.readers.classifiers.samples import Samples
from faces.readers.classifiers.training import fit_network, network_probabilities
from faces.readers.classifiers.trees import Trees, fit_adaboost, fit_boosting
from faces.readers.landmarks.geometry import FEATURE_NAMES
from faces.sets.training_faces import TrainingFaces

SCHEMA, VERSION = "circumplex/classifier", 2
#: Version 1 did not say which faces it was trained on.
_OLDER = (1,)
_TRAINED_ON = "training_faces"
WEIGHTS = "classifier.safetensors"
_NODE_ARRAYS = ("feature", "threshold", "left", "right")
_FACES_AT_ONCE = 4096  # faces in memory while many are read


@dataclass(frozen=True, eq=False)
class Classifier:
    """A fitted network or sum of trees.

    Attributes:
        config: model and training.
        classes: the K names that it tells apart.
        model: what answers.
        provenance: on what it was trained.
        trained_on: the faces of its training; None where the file does not say.
    """

    config: ClassifierConfig
    classes: tuple[str, ...]
    model: nn.Module | Trees
    provenance: dict[str, Any]
    trained_on: TrainingFaces | None = None

    def probabilities(self, inputs: np.ndarray) -> np.ndarray:
        """(N, K) float32 of inputs as `Samples.take` gives them."""
        if isinstance(self.model, Trees):
            return self.model.probabilities(inputs)
        return network_probabilities(self.model, inputs)

    def of_samples(
        self, samples: Samples, rows: np.ndarray, progress: Progress = silent
    ) -> np.ndarray:
        """(n, K) float32 probabilities of some rows, read some at a time.

        Raises:
            CircumplexError: the samples are of another kind.
        """
        if samples.kind != self.config.kind:
            raise CircumplexError(
                f"{samples.name} holds {samples.kind}; this classifier looks at {self.config.kind}"
            )
        self._require_width(samples, rows)
        starts = range(0, len(rows), _FACES_AT_ONCE)
        return np.concatenate(
            [
                self.probabilities(samples.take(rows[start : start + _FACES_AT_ONCE]))
                for start in progress(starts, "reading", len(starts))
            ]
        )

    def _require_width(self, samples: Samples, rows: np.ndarray) -> None:
        """Refuse landmarks of another mesh, with irises or without.

        Raises:
            CircumplexError: the classifier looks at another number of coordinates.
        """
        if self.config.kind != LANDMARKS or isinstance(self.model, Trees):
            return
        wanted, given = len(self.model.get_buffer("mean")), samples.take(rows[:1]).shape[1]
        if wanted != given:
            raise CircumplexError(
                f"{samples.name} has {given // 3} landmarks a face, this classifier looks at "
                f"{wanted // 3}; measure the faces anew, or train one on such tables"
            )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it with its settings and where it comes from, whole or not at all."""
        header = {
            "schema": SCHEMA,
            "version": str(VERSION),
            "config": self.config.to_json(),
            "classes": json.dumps(self.classes),
            "provenance": json.dumps(self.provenance, sort_keys=True),
        }
        arrays = _arrays(self.model)
        if self.trained_on is not None:
            arrays |= {_TRAINED_ON: self.trained_on.hashes}
        write_artefact(path, arrays, header)

    @classmethod
    def load(cls, path: str | os.PathLike[str], device: str = "cpu") -> "Classifier":
        """Open a classifier's file or the folder it lies in.

        Raises:
            CircumplexError: missing, damaged, of another kind or version, or not finite.
        """
        file = Path(path) / WEIGHTS if Path(path).is_dir() else Path(path)
        arrays, header = read_artefact(file)
        check_schema(header, SCHEMA, VERSION, file, _OLDER)
        hashes = arrays.pop(_TRAINED_ON, None)
        trained_on = None if hashes is None else TrainingFaces.of_hashes(hashes, file)
        try:
            config = ClassifierConfig.from_dict(json.loads(header["config"]))
            classes = tuple(json.loads(header["classes"]))
            provenance = json.loads(header["provenance"])
        except (KeyError, json.JSONDecodeError) as error:
            raise CircumplexError(f"{file} has no readable header; train it anew") from error
        if config.kind == FEATURES:
            trees = _trees(arrays, len(classes), file)
            return cls(config, classes, trees, provenance, trained_on)
        inputs = len(arrays["mean"]) if "mean" in arrays else 0
        network = build_network(config, inputs, len(classes))
        check_tensors(arrays, network.state_dict(), file)
        network.load_state_dict({n: torch.from_numpy(np.array(v)) for n, v in arrays.items()})
        network = network.to(device).eval().requires_grad_(False)
        return cls(config, classes, network, provenance, trained_on)


def fit_classifier(
    samples: Samples,
    rows: np.ndarray,
    config: ClassifierConfig,
    *,
    weights: str | os.PathLike[str] | None = None,
    provenance: dict[str, Any] | None = None,
    device: str = "cpu",
    progress: Progress = silent,
) -> Classifier:
    """Train on some rows of the samples.

    Args:
        rows: of the faces to train on.
        weights: file of trained weights that a network of pixels starts from; its last layer is
            new in any case.
        provenance: what to note about the data; counts and losses are added.

    Raises:
        CircumplexError: samples of another kind, one class only, weights unfit, or a loss that is
            not finite.
    """
    present, labels = np.unique(samples.labels[rows], return_inverse=True)
    _check_fit(samples, config, len(present), weights is not None)
    of_present = class_weights(labels, config.balance)
    notes = (provenance or {}) | {"faces": len(rows), "counts": np.bincount(labels).tolist()}
    classes = samples.classes
    model: nn.Module | Trees
    if config.kind == FEATURES:
        model = _fit_trees(samples.take(rows), labels, of_present, config)
        classes = tuple(classes[k] for k in present)
    else:
        of_classes = np.zeros(len(classes), np.float32)
        of_classes[present] = of_present
        # dropout and first weights draw from torch's own generator: leave it as it was
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            model = _initial_network(samples, rows, config, weights).to(device)
            notes["loss"] = fit_network(model, samples, rows, of_classes, config, progress)
        model.requires_grad_(False)
    return Classifier(config, classes, model, notes, samples.training_faces(rows))


def class_weights(labels: np.ndarray, balance: float) -> np.ndarray:
    """Weight of each class, (K,) float32: its inverse frequency to the power `balance`, scaled so
    that the faces' weights are 1 on average."""
    count = np.bincount(labels).astype(np.float64)
    weights = np.where(count > 0, count.clip(1) ** -balance, 0.0)
    return (weights * count.sum() / (weights * count).sum()).astype(np.float32)


def _check_fit(samples: Samples, config: ClassifierConfig, classes: int, starts: bool) -> None:
    """Refuse what cannot be fitted; `starts`: from a file of weights."""
    if samples.kind != config.kind:
        raise CircumplexError(f"{config.model} looks at {config.kind}, not at {samples.kind}")
    if classes < 2:
        raise CircumplexError(f"{samples.name} has one class to train on; give at least two")
    if starts and config.kind == FEATURES:
        raise CircumplexError("weights to start from are for classifiers of pixels")


def _initial_network(
    samples: Samples,
    rows: np.ndarray,
    config: ClassifierConfig,
    weights: str | os.PathLike[str] | None,
) -> nn.Module:
    """The network before its training: of random weights, or of those in a file."""
    inputs = 0 if samples.kind == PIXELS else samples.take(rows[:1]).shape[1]
    network = build_network(config, inputs, len(samples.classes))
    if weights is not None:
        transfer(network, weights)
    return network


def _fit_trees(
    features: np.ndarray, labels: np.ndarray, weights: np.ndarray, config: ClassifierConfig
) -> Trees:
    """Trees fitted to labels that all occur, with a weight for each class."""
    fit = fit_adaboost if config.model == "adaboost" else fit_boosting
    of_rows = weights[labels].astype(np.float64)
    rounds, rate = settled(config.rounds), settled(config.learning_rate)
    return fit(features, labels, of_rows, rounds, rate, config.seed)


def _arrays(model: nn.Module | Trees) -> dict[str, np.ndarray]:
    if isinstance(model, Trees):
        return model.arrays()
    return {name: value.detach().cpu().numpy() for name, value in model.state_dict().items()}


def _trees(arrays: dict[str, np.ndarray], classes: int, file: Path) -> Trees:
    nodes, trees = len(arrays.get("feature", ())), len(arrays.get("roots", ()))
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(_NODE_ARRAYS, (nodes,))
    shapes |= {"values": (nodes, classes), "roots": (trees,), "base": (classes,)}
    check_tensors(arrays, {name: np.empty(shape) for name, shape in shapes.items()}, file)
    if not np.isin(arrays["feature"], np.arange(len(FEATURE_NAMES))).all():
        raise CircumplexError(f"{file}: feature names one that there is not; train it anew")
    for name in ("left", "right", "roots"):
        inside = (arrays[name] >= 0).all() and (arrays[name] < nodes).all()
        if not inside or (name != "roots" and (arrays[name] < np.arange(nodes)).any()):
            raise CircumplexError(f"{file}: {name} points outside its trees; train it anew")
    return Trees.of(arrays)
