"""What `circumplex measure` has read: pictures and frames are not files where pictures move."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faces.readers.face_reading import FaceReading


@dataclass(frozen=True)
class FrameCounts:
    """Files, the pictures and frames of them, and how many of these show a face."""

    files: int
    frames: int
    with_face: int


class FrameTally:
    """Counts readings, a row a face, by their frames and files; a frame begins with its face 0."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._frames = self._with_face = 0
        self._moving = False
        self._seen = False  # a face in the latest frame

    def add(self, reading: "FaceReading") -> None:
        """Take note of one face, or of a frame without one."""
        if reading.face == 0:
            self._seen = False
            self._frames += 1
            self._files.add(reading.path)
        if reading.found and not self._seen:
            self._seen = True
            self._with_face += 1
        self._moving |= reading.time_s is not None

    @property
    def counts(self) -> FrameCounts | None:
        """What was read; None where nothing in it moves, and each row is of a picture."""
        if not self._moving:
            return None
        return FrameCounts(len(self._files), self._frames, self._with_face)
