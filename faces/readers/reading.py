"""What one face shows, by every reader that is at hand; what is missing says why."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np

from faces.circumplex import EXPRESSIONS
from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from faces.readers.action_units import units as action_units
from faces.readers.affect.from_action_units import TableReader
from faces.readers.affect.protocol import FoundFaces, ReadAffect, ReaderFiles
from faces.readers.affect.registry import AFFECT_READERS
from faces.readers.landmarks.config import LandmarkerConfig
from faces.readers.landmarks.framing import Crop, five_points
from faces.readers.landmarks.pool import Cuts, LandmarkerPool, Task, TaskResult
from faces.readers.landmarks.table import Landmarks, Missing
from faces.readers.pose.head_pose import HeadPose, head_angles
from faces.sets.visibility.config import REGIONS

Opened = TypeVar("Opened")
Embed = Callable[[Sequence[Landmarks], Sequence[Crop]], np.ndarray]
_BATCH = 64
#: Columns of every table of faces that say where one is: its box in pixels of the picture once that
#: was turned clockwise by so many degrees.
PLACE = ("left", "top", "right", "bottom", "turned")
NO_LANDMARKER = "landmarker file missing"


@dataclass(frozen=True, eq=False)
class FaceReading:
    """What one face shows, or why it could not be read.

    Attributes:
        path: of the picture or video; "" of a picture that never was a file.
        frame: number of the frame in its video; 0 of a picture.
        face: 0 for the largest face of the picture, 1 for the next, ...
        face_count: faces found in the picture.
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
        person: number of who it is among the faces of one call, from 1, once all were compared.
        unread: why a reader gave nothing, by its name: its file is missing, or too little of the
            face is to be seen.
        crop: the face cut out of its picture, where that was asked for.
        digest: SHA-256 of the picture's file (`training_faces.frame_digest` of a video's frame).
        relative: whether affect and action units are told relative to the person's neutral face
            (`baseline.Baseline`).
    """

    path: str = ""
    frame: int = 0
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
        return None if self.landmarks is None else _obstacle(self.landmarks)

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


class FaceReader:
    """Opens the readers that are there, once, and reads faces with all of them.

    A reader whose file is missing costs only what it would have read: `missing` says which and why.
    Without the landmarker no face is found, and every reading says so.

    Args:
        config: how faces are looked for.
        landmarker: the landmarker's file; None looks where `landmarker_file` says.
        pixel: the pixel reader's file, "bundled", or None to leave it out.
        affect: the fitted reader of action units' file, "bundled", or None to leave it out.
        units: an edited table of blendshapes to action units, or None for the package's own.
        units_affect: an edited table of action units to affect, or None for the package's own.
        identity: a file of the identity network, "bundled", or None to leave it out.
        device: where networks run; None takes CUDA where there is one.
        processes: 1 finds landmarks in this process; more in as many workers, whose caller must
            keep its own work under `if __name__ == "__main__"`.
        crops: whether readings keep the face's cut-out.
    """

    def __init__(
        self,
        config: LandmarkerConfig | None = None,
        *,
        landmarker: str | Path | None = None,
        pixel: str | Path | None = "bundled",
        affect: str | Path | None = "bundled",
        units: str | Path | None = None,
        units_affect: str | Path | None = None,
        identity: str | Path | None = None,
        device: str | None = None,
        processes: int = 1,
        crops: bool = False,
    ) -> None:
        self.config = config or LandmarkerConfig()
        self.missing: dict[str, str] = {}
        self._crops = crops
        self._units = action_units.load_units(units)
        TableReader(units_affect)  # an edited table that cannot be read is refused at once
        files = ReaderFiles(pixel, affect, units_affect, device)
        self._affect: dict[str, ReadAffect] = {}
        for name, kind in AFFECT_READERS.items():
            if reader := self._try(name, partial(kind.open, files)):
                self._affect[name] = reader
        self._embed: Embed | None = None
        if identity is not None:
            self._embed = self._try("identity", lambda: _open_identity(identity, device))
        wants_crops = crops or any(AFFECT_READERS[name].wants_crops for name in self._affect)
        self._cuts = Cuts(faces=wants_crops, heads=self._embed is not None)
        self._pool = self._try(
            "landmarks", lambda: LandmarkerPool(self.config, landmarker, processes)
        )

    def _try(self, name: str, opening: Callable[[], Opened | None]) -> Opened | None:
        """What `opening` opens, or None with the reason noted in `missing`."""
        try:
            return opening()
        except CircumplexError as error:
            self.missing[name] = str(error)
            return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the workers and give the models' memory back."""
        if self._pool is not None:
            self._pool.close()

    def read(self, pictures: Sequence[np.ndarray]) -> list[FaceReading]:
        """Read pictures that are in memory.

        Args:
            pictures: uint8 (H, W, 3) RGB, of any sizes.

        Returns:
            With `faces="largest"` one reading a picture, in their order; with "all" one or more.
        """
        return list(self.read_tasks(Task("", pixels=np.asarray(pixels)) for pixels in pictures))

    def read_files(
        self, paths: Iterable[str | Path], progress: Progress = silent
    ) -> Iterator[FaceReading]:
        """Read pictures, videos, folders and tables of pictures, one face after the other."""
        from faces.readers.inputs import find_tasks

        return self.read_tasks(progress(find_tasks(paths), "reading faces", None))

    def read_tasks(self, tasks: Iterable[Task]) -> Iterator[FaceReading]:
        """Read one picture after the other, in memory that does not grow with their number."""
        if self._pool is None:
            reason = Missing(NO_LANDMARKER, self.missing["landmarks"])
            results: Iterator[TaskResult] = (
                TaskResult.without_face(task, reason) for task in tasks
            )
        else:
            results = self._pool.read(tasks, self._cuts)
        while batch := list(islice(results, _BATCH)):
            yield from self._read_batch(batch)

    def _read_batch(self, batch: list[TaskResult]) -> Iterator[FaceReading]:
        """The readings of some pictures, each reader asked once."""
        landmarks = [face for each in batch for face in each.faces if isinstance(face, Landmarks)]
        crops = [crop for each in batch for crop in each.crops if crop is not None]
        heads = [head for each in batch for head in each.heads if head is not None]
        read = iter(self._read_faces(landmarks, crops, heads))
        for result in batch:
            task = result.task
            for k, (face, crop) in enumerate(zip(result.faces, result.crops, strict=True)):
                reading = FaceReading(missing=face) if isinstance(face, Missing) else next(read)
                yield replace(
                    reading,
                    path=task.path,
                    frame=task.frame,
                    face=k,
                    face_count=face.face_count,
                    label=task.emotion,
                    split=task.split,
                    digest=task.digest,
                    crop=crop if self._crops else None,
                )

    def _read_faces(
        self, faces: Sequence[Landmarks], crops: Sequence[Crop], heads: Sequence[Crop]
    ) -> Iterator[FaceReading]:
        """What all readers say of each face that was found."""
        if not faces:
            return
        angles = head_angles(np.stack([face.matrix for face in faces]))
        shapes = np.stack([face.blendshapes for face in faces])
        hidden = [() if f.visibility is None else f.visibility.hidden for f in faces]
        units = action_units.from_blendshapes(shapes, self._units)
        units = action_units.without_hidden(units, hidden)
        found = FoundFaces(faces, units, [crop.pixels for crop in crops])
        values = {name: read(found) for name, read in self._affect.items()}
        probabilities = next(
            (each.probabilities for each in values.values() if each.probabilities is not None), None
        )
        embeddings = None if self._embed is None else self._embed(faces, heads)
        unread = {name: why for name, why in self.missing.items() if name != "landmarks"}
        for k, face in enumerate(faces):
            obstacle = _obstacle(face)
            readable = values if obstacle is None else {}
            yield FaceReading(
                landmarks=face,
                pose=HeadPose(*angles[k].tolist()),
                action_units=units[k],
                probabilities=None if probabilities is None or obstacle else probabilities[k],
                affect={
                    name: (float(each.affect[k, 0]), float(each.affect[k, 1]))
                    for name, each in readable.items()
                },
                embedding=None if embeddings is None else embeddings[k],
                unread=unread if obstacle is None else unread | dict.fromkeys(values, obstacle),
            )


def _open_identity(weights: str | Path, device: str | None) -> Embed:
    """Embeddings (N, 128) of faces, each with the part of its picture that shows the head.

    Raises:
        CircumplexError: the file cannot be read.
    """
    from faces.readers.identity.reader import IdentityReader  # torch: only where it is used

    reader = IdentityReader(weights, device)

    def embed(faces: Sequence[Landmarks], heads: Sequence[Crop]) -> np.ndarray:
        points = [
            head.within(five_points(face.points)) * head.pixels.shape[1::-1]
            for face, head in zip(faces, heads, strict=True)
        ]
        return reader.read([head.pixels for head in heads], np.stack(points))

    return embed


def _obstacle(face: Landmarks) -> str | None:
    return None if face.visibility is None else face.visibility.obstacle


def _named(names: Sequence[str], values: Iterable[float], digits: int = 5) -> dict[str, Any]:
    return {name: _number(float(value), digits) for name, value in zip(names, values, strict=True)}


def _angles(pose: HeadPose) -> tuple[float, float, float]:
    return pose.yaw, pose.pitch, pose.roll


def _number(value: float, digits: int = 5) -> float | None:
    return round(value, digits) if math.isfinite(value) else None
