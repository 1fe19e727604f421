"""MediaPipe's face landmarker and the detector inside it: one look at one frame."""

import atexit
import weakref
import zipfile
from dataclasses import replace
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.process import discard_stderr, suppress_stderr
from faces.readers.landmarks.config import LandmarkerConfig
from faces.readers.landmarks.framing import Frame
from faces.readers.landmarks.model_file import NO_MODEL
from faces.readers.landmarks.table import POINTS, Landmarks

if TYPE_CHECKING:
    from mediapipe.tasks.python.vision import FaceDetector, FaceLandmarker


_XYZ = attrgetter("x", "y", "z")


class LandmarkModels:
    """The landmarker twice, with the thresholds of the first look and of the second, and the
    detector whose scores it keeps to itself.

    Raises:
        CircumplexError: the file is no such model.
    """

    def __init__(self, config: LandmarkerConfig, file: Path) -> None:
        with suppress_stderr():
            self._strict = _open(file, config.detection, config.presence, config.most)
            self._lenient = _open(file, config.second_detection, config.second_presence, 1)
            self._scorer = _open_scorer(file) if config.confidence else None
        models = [m for m in (self._strict, self._lenient, self._scorer) if m is not None]
        self._finish = weakref.finalize(self, _close, *models)
        # too late to close when the program ends: the library's threads are gone by then
        self._finish.atexit = False
        atexit.register(_discard_last_words, self._finish)

    def close(self) -> None:
        """Give the models' memory back."""
        self._finish()

    def detect(self, frame: Frame, lenient: bool = False) -> list[Landmarks]:
        """Every face of a frame, in the coordinates of its picture."""
        result = (self._lenient if lenient else self._strict).detect(_image(frame.pixels))
        faces = zip(
            result.face_landmarks,
            result.face_blendshapes,
            result.facial_transformation_matrixes,
            strict=True,
        )
        return [_face(*parts, frame) for parts in faces]

    def scored(self, face: Landmarks, frame: Frame) -> Landmarks:
        """The face with the detector's score of it; 0 where the detector alone sees none there."""
        if self._scorer is None:
            return face
        corners = frame.from_picture(face.box.reshape(2, 2))
        centre = corners.mean(0)
        scores = [0.0]
        for detection in self._scorer.detect(_image(frame.pixels)).detections:
            box = detection.bounding_box
            low = np.array([box.origin_x, box.origin_y])
            if (low <= centre).all() and (centre <= low + np.array([box.width, box.height])).all():
                scores.append(float(detection.categories[0].score))
        return replace(face, confidence=max(scores))


def _open(file: Path, detection: float, presence: float, max_faces: int) -> "FaceLandmarker":
    from mediapipe.tasks.python import BaseOptions
    from mediapipe.tasks.python.vision import FaceLandmarker, FaceLandmarkerOptions

    options = FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(file)),
        num_faces=max_faces,
        min_face_detection_confidence=detection,
        min_face_presence_confidence=presence,
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    try:
        return FaceLandmarker.create_from_options(options)
    except (RuntimeError, ValueError, OSError) as error:
        raise CircumplexError(NO_MODEL.format(file)) from error


def _open_scorer(file: Path) -> "FaceDetector":
    from mediapipe.tasks.python import BaseOptions
    from mediapipe.tasks.python.vision import FaceDetector, FaceDetectorOptions

    with zipfile.ZipFile(file) as bundle:
        model = bundle.read("face_detector.tflite")
    options = FaceDetectorOptions(
        base_options=BaseOptions(model_asset_buffer=model), min_detection_confidence=0.05
    )
    return FaceDetector.create_from_options(options)


def _discard_last_words(finish: "weakref.finalize[Any, Any]") -> None:
    """At the program's end: what was never closed says goodbye on stderr, to nobody."""
    if finish.alive:
        discard_stderr()


def _close(*models: Any) -> None:
    with suppress_stderr():
        for model in models:
            model.close()


def _image(pixels: np.ndarray) -> Any:
    import mediapipe

    return mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=pixels)


def _face(points: Any, shapes: Any, matrix: np.ndarray, frame: Frame) -> Landmarks:
    flat = chain.from_iterable(map(_XYZ, points[:POINTS]))
    coordinates = np.fromiter(flat, np.float32, 3 * POINTS).reshape(POINTS, 3)
    placed = frame.normalised(coordinates)
    corners = np.stack([placed[:, :2].min(0), placed[:, :2].max(0)]) * frame.size
    blendshapes = np.array([shape.score for shape in shapes], np.float32)
    box = corners.ravel().astype(np.float32)
    return Landmarks(placed, blendshapes, frame.upright(matrix), box)
