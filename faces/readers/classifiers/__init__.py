"""Classifiers of expression: on pixels, on landmarks, on geometric features, on head pose."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faces.readers.classifiers.classifier import Classifier, fit_classifier
    from faces.readers.classifiers.config import MODELS, ClassifierConfig
    from faces.readers.classifiers.opening import open_samples
    from faces.readers.classifiers.samples import Samples
    from faces.readers.classifiers.splits import Split, split_samples

__all__ = [
    "MODELS",
    "Classifier",
    "ClassifierConfig",
    "Samples",
    "Split",
    "fit_classifier",
    "open_samples",
    "split_samples",
]

# torch, sklearn and pandas load when the first name that needs them is asked for
_HOME = {
    "MODELS": "config",
    "Classifier": "classifier",
    "ClassifierConfig": "config",
    "Samples": "samples",
    "Split": "splits",
    "fit_classifier": "classifier",
    "open_samples": "opening",
    "split_samples": "splits",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
