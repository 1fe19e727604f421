"""What one face shows: a row of every table of faces."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from faces.circumplex import EXPRESSIONS
from faces.readers.action_units import units as action_units
from faces.readers.affect.registry import AFFECT_READERS
from faces.readers.face_columns import PLACE
from faces.readers.landmarks.framing import Crop
from faces.readers.landmarks.table import Landmarks, Missing
from faces.readers.pose.head_pose import HeadPose
from faces.sets.visibility.config import REGIONS


@dataclass(frozen=True, eq=False)
class FaceReading:
    """What one face shows, or why it could not be read.

    Attributes:
        path: of the picture or video; "" of a picture that never was a file.
        frame: number of the frame in its video; 0 of a picture.
        time_s: time stamp of the frame in its video, in seconds; None of a picture.
        face: 0 for the largest face of the picture, 1 for the next, ...
        face_count: faces found in the picture; with `faces="all"` alone small ones are looked for
            beside a large one.
        label: the expression that the source claims, or None.
        split: of the source, or None.
        landmarks: points, blendshapes, matrix, box and confidence, or None.
        missing: why there are no landmarks, or None.
        pose: yaw, pitch and roll in degrees.
        action_units: (K,) intensities in [0, 1], in the order of `action_units.NAMES`; NaN of parts
            that are hidden.
        probabilities: (8,) of EXPRESSIONS, by the pixel reader.
        affect: (valence, arousal) in [-1, 1] by each reader.
        embedding: (128,) float32 of the identity network, where that was asked for.
        person: number of who it is, from 1: in a video among the people of that clip; where all
            faces of a call were compared, among those of the call.
        unread: why a reader gave nothing, by its name: its file is missing, or too little of the
            face is to be seen.
        crop: the face cut out of its picture, where that was asked for.
        digest: SHA-256 of the picture's file (`training_faces.frame_digest` of a video's frame).
        relative: whether affect and action units are told relative to the person's neutral face
            (`baseline.Baseline`).
    """

    path: str = ""
    frame: int = 0
    time_s: float | None = None
    face: int = 0
    face_count: int = 0
    label: str | None = None
    split: str | None = None
    landmarks: Landmarks | None = None
    missing: Missing | None = None
    pose: HeadPose | None = None
    action_units: np.ndarray | None = None
    probabilities: np.ndarray | None = None
    affect: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    embedding: np.ndarray | None = None
    person: int | None = None
    unread: Mapping[str, str] = field(default_factory=dict)
    crop: Crop | None = None
    digest: str | None = None
    relative: bool = False

    @property
    def found(self) -> bool:
        """Whether there is a face to speak of."""
        return self.landmarks is not None

    @property
    def expression(self) -> str | None:
        """The most probable expression, by the pixel reader."""
        if self.probabilities is None:
            return None
        return EXPRESSIONS[int(self.probabilities.argmax())]

    @property
    def obstacle(self) -> str | None:
        """What keeps valence and arousal of a face that was found from being read, or None."""
        return None if self.landmarks is None else self.landmarks.obstacle

    @property
    def place(self) -> dict[str, float | int]:
        """Where the face is, by the names of PLACE; empty where there is none."""
        if self.landmarks is None:
            return {}
        edges = [round(float(edge), 2) for edge in self.landmarks.box]
        return dict(zip(PLACE, [*edges, self.landmarks.turned], strict=True))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; what was not read is null."""
        face, units, probabilities = self.landmarks, self.action_units, self.probabilities
        seen = None if face is None else face.visibility
        return {
            "path": self.path,
            "frame": self.frame,
            "time_s": self.time_s,
            "face": self.face,
            "faces": self.face_count,
            "found": self.found,
            "reason": None if self.missing is None else str(self.missing),
            "label": self.label,
            "box": None if face is None else [round(float(edge), 2) for edge in face.box],
            "turned": None if face is None else face.turned,
            "hidden": None if seen is None else {name: name in seen.hidden for name in REGIONS},
            "exposure": None if seen is None else seen.exposure,
            "expression": self.expression,
            "probabilities": (
                None if probabilities is None else _named(EXPRESSIONS, probabilities)
            ),
            "readers": None if face is None else self._readers(),
            "action_units": None if units is None else _named(action_units.NAMES, units),
            "pose": self.pose and _named(("yaw", "pitch", "roll"), _angles(self.pose), 2),
            "confidence": None if face is None else _number(face.confidence),
            "relative": self.relative,
            "identity": None
            if self.embedding is None
            else [*map(_number, self.embedding.tolist())],
            "person": self.person,
            "unread": dict(self.unread),
        }

    def _readers(self) -> dict[str, dict[str, Any] | None]:
        read = {name: _named(("valence", "arousal"), pair) for name, pair in self.affect.items()}
        return {
            name: read.get(name) for name in AFFECT_READERS if name in read or name in self.unread
        }


def _named(names: Sequence[str], values: Iterable[float], digits: int = 5) -> dict[str, Any]:
    return {name: _number(float(value), digits) for name, value in zip(names, values, strict=True)}


def _angles(pose: HeadPose) -> tuple[float, float, float]:
    return pose.yaw, pose.pitch, pose.roll


def _number(value: float, digits: int = 5) -> float | None:
    return round(value, digits) if math.isfinite(value) else None
