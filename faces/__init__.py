"""Real faces: sets of them, readers of them, and the circumplex on which their affect lies."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faces.readers import FEATURE_NAMES, FaceReader, FaceReading, geometric_features

__all__ = ["FEATURE_NAMES", "FaceReader", "FaceReading", "geometric_features"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("faces.readers"), name)
