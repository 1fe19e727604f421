"""Readers of faces: landmarks, geometry, head pose, action units, expression, affect."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faces.readers.geometry import FEATURE_NAMES, geometric_features
    from faces.readers.head_pose import HeadPose, PoseConfig, head_angles
    from faces.readers.landmarker import Landmarker
    from faces.readers.landmarker_config import LandmarkerConfig
    from faces.readers.landmarks import Landmarks, Missing
    from faces.readers.model_file import landmarker_file
    from faces.readers.pixels import PixelReader, PixelReadings
    from faces.readers.reading import FaceReader, FaceReading

__all__ = [
    "FEATURE_NAMES",
    "FaceReader",
    "FaceReading",
    "HeadPose",
    "Landmarker",
    "LandmarkerConfig",
    "Landmarks",
    "Missing",
    "PixelReader",
    "PixelReadings",
    "PoseConfig",
    "geometric_features",
    "head_angles",
    "landmarker_file",
]

# mediapipe, torch and pandas load when the first name that needs them is asked for
_HOME = {
    "FEATURE_NAMES": "geometry",
    "FaceReader": "reading",
    "FaceReading": "reading",
    "HeadPose": "head_pose",
    "Landmarker": "landmarker",
    "LandmarkerConfig": "landmarker_config",
    "Landmarks": "landmarks",
    "Missing": "landmarks",
    "PixelReader": "pixels",
    "PixelReadings": "pixels",
    "PoseConfig": "head_pose",
    "geometric_features": "geometry",
    "head_angles": "head_pose",
    "landmarker_file": "model_file",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
