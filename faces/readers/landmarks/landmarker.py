"""MediaPipe's face landmarker behind one door: pictures in, landmarks or the reason of none out.

Kartynnik et al., "Real-time facial surface geometry from monocular video on mobile GPUs" (2019);
Bazarevsky et al., "BlazeFace" (2019).
"""

import atexit
import weakref
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.process import discard_stderr, suppress_stderr
from faces.readers.landmarks.config import LandmarkerConfig
from faces.readers.landmarks.framing import Frame, frame_picture
from faces.readers.landmarks.geometry import EYE_RINGS
from faces.readers.landmarks.model_file import NO_MODEL, landmarker_file
from faces.readers.landmarks.table import POINTS, LandmarkResult, Landmarks, Missing
from faces.readers.pose.head_pose import head_angles

if TYPE_CHECKING:
    from mediapipe.tasks.python.vision import FaceDetector, FaceLandmarker

# what an expression is read from: eyes, nose tip, corners of the mouth
_CORE = np.array([*EYE_RINGS["left"], *EYE_RINGS["right"], 1, 61, 291])
# forehead, nose, lips and chin: the line that tells where a face is and how it stands
_MIDDLE = np.array([10, 168, 1, 13, 14, 152])
_FOREHEAD, _CHIN = 10, 152


class Landmarker:
    """Opens the model once; reads pictures until it is closed.

    Args:
        config: how faces are looked for.
        file: the model; None looks where `landmarker_file` says.

    Raises:
        CircumplexError: the file is missing or no such model.
    """

    def __init__(
        self, config: LandmarkerConfig | None = None, file: str | Path | None = None
    ) -> None:
        self.config = config or LandmarkerConfig()
        self.file = landmarker_file(file)
        c = self.config
        with suppress_stderr():
            self._strict = _open(self.file, c.detection, c.presence, c.most)
            self._lenient = _open(self.file, c.second_detection, c.second_presence, 1)
            self._scorer = _scorer(self.file) if c.confidence else None
        models = [m for m in (self._strict, self._lenient, self._scorer) if m is not None]
        self._finish = weakref.finalize(self, _close, *models)
        # too late to close when the program ends: the library's threads are gone by then
        self._finish.atexit = False
        atexit.register(_discard_last_words, self._finish)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the models' memory back."""
        self._finish()

    def read(self, pictures: Sequence[np.ndarray]) -> list[list[LandmarkResult]]:
        """Find the faces of each picture.

        Args:
            pictures: uint8 (H, W, 3) RGB, of any sizes.

        Returns:
            For each picture its faces, the largest first; with `faces="largest"` exactly one.
            Where nothing can be read, one Missing: "blank picture", "no face", "face at the
            border" or "profile".
        """
        with suppress_stderr():
            return [self._read(np.asarray(picture)) for picture in pictures]

    def _read(self, picture: np.ndarray) -> list[LandmarkResult]:
        if (blank := _blank(picture)) is not None:
            return [blank]
        detected = self._detect_first(picture) or self._detect_again(picture)
        if not detected:
            return [Missing("no face")]
        faces = _without_duplicates(detected)
        judged = [self._judge(replace(face, face_count=len(faces))) for face in faces]
        if self.config.faces == "all":
            return judged
        return [next((face for face in judged if isinstance(face, Landmarks)), judged[0])]

    def _detect_first(self, picture: np.ndarray) -> list[Landmarks]:
        """The first look: without a border, then with one; small pictures with one at once."""
        c = self.config
        borders = (0.0, c.border) if max(picture.shape) > c.small else (c.border,)
        for border in borders:
            frame = frame_picture(picture, border, c.enlarged)
            if faces := _detect(self._strict, frame):
                return [self._scored(face, frame) for face in faces]
        return []

    def _detect_again(self, picture: np.ndarray) -> list[Landmarks]:
        """A second look with lower thresholds, whose finding another framing must confirm."""
        c = self.config
        earlier: list[Landmarks] = []
        for border, turn in c.second_looks:
            frame = frame_picture(picture, border, c.enlarged, turn)
            for face in _detect(self._lenient, frame):
                if any(_disagreement(face, other) <= c.agreement for other in earlier):
                    return [self._scored(face, frame)]
                earlier.append(face)
        return []

    def _scored(self, face: Landmarks, frame: Frame) -> Landmarks:
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

    def _judge(self, face: Landmarks) -> LandmarkResult:
        """The face, or why it cannot be read."""
        outside = np.maximum(-face.points[_CORE, :2], face.points[_CORE, :2] - 1).max()
        if outside > self.config.beyond:
            return Missing(
                "face at the border", f"features lie {outside:.0%} outside", face.face_count
            )
        yaw = float(head_angles(face.matrix[None])[0, 0])
        if abs(yaw) > self.config.max_yaw:
            return Missing("profile", f"yaw of {yaw:.0f} degrees", face.face_count)
        return face


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


def _scorer(file: Path) -> "FaceDetector":
    """The detector inside the landmarker's file, whose scores the landmarker keeps to itself."""
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


def _detect(model: "FaceLandmarker", frame: Frame) -> list[Landmarks]:
    """Every face of a frame, in the coordinates of its picture."""
    result = model.detect(_image(frame.pixels))
    faces = zip(
        result.face_landmarks,
        result.face_blendshapes,
        result.facial_transformation_matrixes,
        strict=True,
    )
    return [_face(*parts, frame) for parts in faces]


def _face(points: Any, shapes: Any, matrix: np.ndarray, frame: Frame) -> Landmarks:
    coordinates = np.array([(p.x, p.y, p.z) for p in points], np.float32)[:POINTS]
    placed = frame.normalised(coordinates)
    corners = np.stack([placed[:, :2].min(0), placed[:, :2].max(0)]) * frame.size
    blendshapes = np.array([shape.score for shape in shapes], np.float32)
    box = corners.ravel().astype(np.float32)
    return Landmarks(placed, blendshapes, frame.upright(matrix), box)


def _blank(picture: np.ndarray) -> Missing | None:
    low, high = int(picture.min()), int(picture.max())
    if high - low >= 8:
        return None
    return Missing("blank picture", "all black" if high < 16 else "all of one colour")


def _without_duplicates(faces: list[Landmarks]) -> list[Landmarks]:
    """Faces by size, the largest first, without those that lie on a larger one."""
    distinct: list[Landmarks] = []
    for face in sorted(faces, key=lambda face: -_area(face.box)):
        if all(_overlap(face.box, other.box) < 0.5 for other in distinct):
            distinct.append(face)
    return distinct


def _area(box: np.ndarray) -> float:
    return float(np.prod(np.maximum(box[2:] - box[:2], 0)))


def _overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Share of the smaller box that both cover."""
    both = np.concatenate([np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])])
    return _area(both) / max(min(_area(a), _area(b)), 1e-9)


def _disagreement(face: Landmarks, other: Landmarks) -> float:
    """Mean distance between two findings of one face, as a share of its height."""
    one, two = face.points[_MIDDLE, :2], other.points[_MIDDLE, :2]
    height = np.linalg.norm(face.points[_FOREHEAD, :2] - face.points[_CHIN, :2])
    return float(np.linalg.norm(one - two, axis=1).mean() / height)
