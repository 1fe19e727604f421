"""Who is who from frame to frame: faces followed through a clip by where they are and who they are.

As in SORT (Bewley et al. 2016) faces and tracks are paired by the best assignment over all of a
frame; here the cost is the identity network's distance beside the overlap of boxes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, TypeVar

import numpy as np

from faces.readers.identity.config import SAME_PERSON
from faces.sets.boxes import intersection_over_union

#: A `FaceReading`, of which this module asks path, frame, time_s, landmarks and embedding.
Reading = TypeVar("Reading", bound=Any)
# a face goes on where its box covers this much (IoU) of what it covered this many seconds ago
_OVERLAP, _RECENT_S = 0.3, 1.0
_NEVER = 1e6  # cost of a pair that cannot be


@dataclass
class _Track:
    """One person of a clip: last box and embedding, mean of all embeddings, seconds last seen."""

    box: np.ndarray
    seen_s: float
    last: np.ndarray | None = None
    mean: np.ndarray | None = None
    count: int = 0

    def add(self, box: np.ndarray, embedding: np.ndarray | None, time_s: float) -> None:
        self.box, self.seen_s = box, time_s
        if embedding is None:
            return
        self.last = embedding.astype(np.float64)
        self.count += 1
        self.mean = (
            self.last if self.mean is None else self.mean + (self.last - self.mean) / self.count
        )


class FaceTracks:
    """Numbers the people of one clip, from 1, in the order in which they first appear.

    A face is the person whose box it overlaps and whose last picture it resembles: from frame to
    frame a turning head changes little, a cut to somebody else much. Where no box overlaps, or
    after a gap, it is the person whose mean embedding is nearest, if near enough; else somebody
    new. Without embeddings boxes alone decide.

    Args:
        threshold: Euclidean distance of embeddings up to which two faces are one person's.
    """

    def __init__(self, threshold: float = SAME_PERSON) -> None:
        self.threshold = threshold
        self._tracks: list[_Track] = []

    def follow(
        self, faces: Sequence[tuple[np.ndarray, np.ndarray | None]], time_s: float
    ) -> list[int]:
        """The numbers of one frame's faces, each person once.

        Args:
            faces: box (left, top, right, bottom) of each, and its embedding (D,) or None.
            time_s: of the frame, later than that of the frame before.
        """
        from scipy.optimize import linear_sum_assignment

        costs = np.full((len(faces), len(self._tracks)), _NEVER)
        for row, face in enumerate(faces):
            for column, track in enumerate(self._tracks):
                costs[row, column] = self._cost(track, *face, time_s)
        pairs = zip(*linear_sum_assignment(costs), strict=True)
        found = {int(row): int(column) for row, column in pairs if costs[row, column] < _NEVER}
        return [self._enter(found.get(row), *face, time_s) for row, face in enumerate(faces)]

    def _enter(
        self, at: int | None, box: np.ndarray, embedding: np.ndarray | None, time_s: float
    ) -> int:
        if at is None:
            self._tracks.append(_Track(box, time_s))
            at = len(self._tracks) - 1
        self._tracks[at].add(box, embedding, time_s)
        return at + 1

    def _cost(
        self, track: _Track, box: np.ndarray, embedding: np.ndarray | None, time_s: float
    ) -> float:
        """How ill a face fits a track: lower is better, below 0 where boxes overlap."""
        recent = time_s - track.seen_s <= _RECENT_S
        overlap = intersection_over_union(track.box, box) if recent else 0.0
        if embedding is None or track.last is None or track.mean is None:
            return -overlap if overlap >= _OVERLAP else _NEVER
        near = float(np.linalg.norm(embedding - track.last))
        if overlap >= _OVERLAP and near <= self.threshold:
            return near - 1 - overlap
        far = float(np.linalg.norm(embedding - track.mean))
        return far if far <= self.threshold else _NEVER


class ClipPeople:
    """Numbers the people of videos, each video for itself, in readings that come in their order.

    Args:
        threshold: distance of embeddings up to which two faces are one person's.
        embedded: whether readings keep the embedding.
    """

    def __init__(self, threshold: float, embedded: bool) -> None:
        self._threshold, self._embedded = threshold, embedded
        self._clip: tuple[str, int] | None = None  # video and frame of the latest reading
        self._tracks = FaceTracks(threshold)

    def number(self, batch: Sequence[Reading]) -> Iterator[Reading]:
        """The same readings (`FaceReading`), those of videos with `person`.

        A picture's faces stand in one batch.
        """
        for (path, frame, time_s), group in groupby(batch, lambda r: (r.path, r.frame, r.time_s)):
            if time_s is None:
                yield from group
                continue
            if self._clip is None or path != self._clip[0] or frame <= self._clip[1]:
                self._tracks = FaceTracks(self._threshold)
            self._clip = path, frame
            yield from self._frame(list(group), time_s)

    def _frame(self, faces: list[Reading], time_s: float) -> Iterator[Reading]:
        found = [(face.landmarks.box, face.embedding) for face in faces if face.landmarks]
        people = iter(self._tracks.follow(found, time_s))
        for face in faces:
            embedding = face.embedding if self._embedded else None
            person = None if face.landmarks is None else next(people)
            yield replace(face, person=person, embedding=embedding)
