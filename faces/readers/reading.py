"""Reads faces with every reader that is at hand; what is missing says why."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice, repeat
from pathlib import Path
from typing import Self, TypeVar

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from faces.readers.action_units import units as action_units
from faces.readers.action_units.measures import unit_signals
from faces.readers.affect.from_action_units import TableReader
from faces.readers.affect.protocol import FoundFaces, ReadAffect, ReaderFiles
from faces.readers.affect.registry import AFFECT_READERS
from faces.readers.face_reading import FaceReading
from faces.readers.frame_selection import FrameSelection
from faces.readers.identity.config import SAME_PERSON
from faces.readers.identity.embedding import Embed, open_identity
from faces.readers.landmarks.config import LandmarkerConfig
from faces.readers.landmarks.framing import Crop
from faces.readers.landmarks.pool import Cuts, LandmarkerPool, Task, TaskResult
from faces.readers.landmarks.table import Landmarks, Missing
from faces.readers.pose.head_pose import HeadPose, head_angles
from faces.readers.tracks import ClipPeople

Opened = TypeVar("Opened")
#: Pictures that are read at once.
BATCH = 64
NO_LANDMARKER = "landmarker file missing"


class FaceReader:
    """Opens the readers that are there, once, and reads faces with all of them.

    A reader whose file is missing costs only what it would have read: `missing` says which and why.
    Without the landmarker no face is found, and every reading says so.

    Args:
        config: how faces are looked for.
        landmarker: the landmarker's file; None looks where `landmarker_file` says.
        pixel: the pixel reader's file, "bundled", or None to leave it out.
        affect: the fitted reader of action units' file, "bundled", or None to leave it out.
        units: an edited table of how action units are read, or None for the package's own.
        units_affect: an edited table of action units to affect, or None for the package's own.
        identity: a file of the identity network, "bundled", or None to leave it out.
        tracks: whether the faces of a video are followed: `person`.
        same_person: distance up to which two faces of a video are one person's.
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
        tracks: bool = True,
        same_person: float = SAME_PERSON,
    ) -> None:
        self.config = config or LandmarkerConfig()
        self.missing: dict[str, str] = {}
        self._crops = crops
        self._units = action_units.load_units(units)
        TableReader(units_affect)  # an edited table that cannot be read is refused at once
        files = ReaderFiles(pixel, affect, units_affect, units, device)
        self._affect: dict[str, ReadAffect] = {}
        for name, kind in AFFECT_READERS.items():
            if reader := self._try(name, partial(kind.open, files)):
                self._affect[name] = reader
        self._opening = partial(open_identity, identity or "bundled", device)
        self._embed: Embed | None = None
        if identity is not None:
            self._embed = self._try("identity", self._opening)
        self._people = ClipPeople(same_person, identity is not None) if tracks else None
        wants_crops = crops or any(AFFECT_READERS[name].wants_crops for name in self._affect)
        self._cuts = Cuts(wants_crops, heads=self._embed is not None, video_heads=tracks)
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
        self,
        paths: Iterable[str | Path],
        progress: Progress = silent,
        frames: FrameSelection | None = None,
    ) -> Iterator[FaceReading]:
        """Read pictures, videos, folders and tables of pictures, one face after the other.

        Args:
            frames: which frames of videos; None takes all.
        """
        from faces.readers.inputs import find_inputs

        found = find_inputs(paths)
        return self.read_tasks(progress(found.tasks(frames), "reading faces", found.count))

    def read_tasks(self, tasks: Iterable[Task]) -> Iterator[FaceReading]:
        """Read one picture after the other, in memory that does not grow with their number."""
        for batch in self.read_batches(tasks):
            yield from self.follow(batch)

    def follow(self, batch: Sequence[FaceReading]) -> Iterator[FaceReading]:
        """Number the people of videos, in batches that come in their order."""
        return iter(batch) if self._people is None else self._people.number(batch)

    def read_batches(self, tasks: Iterable[Task]) -> Iterator[list[FaceReading]]:
        """`read_tasks` before people are numbered, some pictures at a time.

        What networks read depends a little on what stands beside a face in its batch: tasks that
        begin with those after a batch give the same batches as all tasks do.
        """
        if self._pool is None:
            reason = Missing(NO_LANDMARKER, self.missing["landmarks"])
            results: Iterator[TaskResult] = (
                TaskResult.without_face(task, reason) for task in tasks
            )
        else:
            results = self._pool.read(tasks, self._cuts)
        while batch := list(islice(results, BATCH)):
            yield list(self._read_batch(batch))

    def _read_batch(self, batch: list[TaskResult]) -> Iterator[FaceReading]:
        """The readings of some pictures, each reader asked once."""
        landmarks = [face for each in batch for face in each.faces if isinstance(face, Landmarks)]
        crops = [crop for each in batch for crop in each.crops if crop is not None]
        read = iter(self._read_faces(landmarks, crops))
        embeddings = iter(self._embeddings(batch))
        for result in batch:
            task = result.task
            cuts = zip(result.faces, result.crops, result.heads, strict=True)
            for k, (face, crop, head) in enumerate(cuts):
                reading = FaceReading(missing=face) if isinstance(face, Missing) else next(read)
                yield replace(
                    reading,
                    path=task.path,
                    frame=task.frame,
                    time_s=task.time_s,
                    face=k,
                    face_count=face.face_count,
                    label=task.emotion,
                    split=task.split,
                    digest=task.digest,
                    embedding=None if head is None else next(embeddings),
                    crop=crop if self._crops else None,
                )

    def _embeddings(self, batch: Iterable[TaskResult]) -> Iterable[np.ndarray | None]:
        """Of each face whose head was cut out; None where the network cannot be opened."""
        cut = [
            (face, head)
            for each in batch
            for face, head in zip(each.faces, each.heads, strict=True)
            if isinstance(face, Landmarks) and head is not None
        ]
        if cut and self._embed is None and "identity" not in self.missing:
            self._embed = self._try("identity", self._opening)
        if not cut or self._embed is None:
            return repeat(None)
        return self._embed(*zip(*cut, strict=True))

    def _read_faces(
        self, faces: Sequence[Landmarks], crops: Sequence[Crop]
    ) -> Iterator[FaceReading]:
        """What all readers say of each face that was found."""
        if not faces:
            return
        angles = head_angles(np.stack([face.matrix for face in faces]))
        hidden = [() if f.visibility is None else f.visibility.hidden for f in faces]
        units = action_units.read_units(unit_signals(faces), self._units)
        units = action_units.without_hidden(units, hidden)
        found = FoundFaces(faces, units, [crop.pixels for crop in crops])
        values = {name: read(found) for name, read in self._affect.items()}
        probabilities = next(
            (each.probabilities for each in values.values() if each.probabilities is not None), None
        )
        unread = {name: why for name, why in self.missing.items() if name != "landmarks"}
        for k, face in enumerate(faces):
            obstacle = face.obstacle
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
                unread=unread if obstacle is None else unread | dict.fromkeys(values, obstacle),
            )
