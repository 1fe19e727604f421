"""Pictures through landmarkers, in this process or in several, in their order, in flat memory."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Self

import numpy as np

from faces.ground.digests import bytes_digest
from faces.ground.errors import CircumplexError
from faces.ground.process import configure, discard_stderr
from faces.readers.landmarks.config import LandmarkerConfig
from faces.readers.landmarks.framing import Crop, crop_face, crop_head
from faces.readers.landmarks.landmarker import Landmarker
from faces.readers.landmarks.model_file import landmarker_file
from faces.readers.landmarks.table import LandmarkResult, Landmarks, Missing
from faces.readers.landmarks.workers import WorkerDied, Workers
from faces.sets.pictures import DETAIL, Rejected, decode, suppress_pillow_warnings
from faces.sets.turning import turned_picture

_BATCH = 16  # pictures that travel to a worker at once,
_BATCH_BYTES = 2**24  # or as many as are this large where they travel decoded
#: Pixels to which larger pictures are reduced: four times the model's own look.
LONGER = 1024
_LEAST_CUT = 0.2  # a face of a smaller share of its picture is cut from that in detail


@dataclass(frozen=True, eq=False)
class Task:
    """One picture to be read.

    Attributes:
        path: of the picture's file or of the video; "" for a picture that never was a file.
        frame: its number in the video; 0 for a picture.
        time_s: its time stamp in the video, in seconds; None for a picture.
        begins_clip: whether it is the first frame of its video that is read.
        clip_turned: degrees by which that was turned clockwise to show a face, in those after it.
        emotion, split: what the source says of it, or None.
        pixels: uint8 (H, W, 3) RGB; None to open `path`.
        size: width and height of the picture before `pixels` were reduced; None where they were
            not.
        missing: why there is nothing to read, where that is known already.
        digest: SHA-256 that names the picture; None to take that of the file's bytes, if any.
    """

    path: str
    frame: int = 0
    emotion: str | None = None
    split: str | None = None
    pixels: np.ndarray | None = None
    size: tuple[int, int] | None = None
    time_s: float | None = None
    begins_clip: bool = False
    clip_turned: int = 0
    missing: Missing | None = None
    digest: str | None = None

    @property
    def turns(self) -> tuple[int, ...] | None:
        """How the picture is turned where it shows no face: a clip stands as its first frame does,
        and long stretches of it may show nobody. None for every way."""
        if self.time_s is None or self.begins_clip:
            return None
        return (self.clip_turned,) if self.clip_turned else ()


@dataclass(frozen=True, eq=False)
class TaskResult:
    """The faces of one picture.

    Attributes:
        task: what was asked, without the pixels.
        faces: landmarks of each face, or why there are none; boxes are in pixels of the picture as
            it is stored, upright.
        crops: each face cut out, or None where that was not asked for or there is no face.
        heads: the same with all that the identity network looks at.
    """

    task: Task
    faces: list[LandmarkResult]
    crops: list[Crop | None]
    heads: list[Crop | None]

    @property
    def turned(self) -> int:
        """Degrees by which the picture was turned clockwise to show its first face."""
        return self.faces[0].turned if isinstance(self.faces[0], Landmarks) else 0

    @classmethod
    def without_face(cls, task: Task, missing: Missing) -> Self:
        """The result of a picture in which there is nothing to read."""
        return cls(task, [missing], [None], [None])


@dataclass(frozen=True)
class Cuts:
    """What is cut out of a picture beside its landmarks: faces for readers of expression, heads for
    the reader of identity, of all pictures or of a video's frames alone."""

    faces: bool = False
    heads: bool = False
    video_heads: bool = False

    def heads_of(self, task: Task) -> bool:
        """Whether a picture's heads are cut out."""
        return self.heads or (self.video_heads and task.time_s is not None)


class LandmarkerPool:
    """One landmarker here, or one in each of several worker processes.

    Workers are started afresh ("spawn"), open the model once, and stay until the pool is closed. A
    script that asks for them must keep its own work under `if __name__ == "__main__"`.

    Args:
        config, file: as Landmarker has them.
        processes: 1 reads in this process.

    Raises:
        CircumplexError: the model's file is missing or no such model.
    """

    def __init__(
        self, config: LandmarkerConfig, file: str | Path | None = None, processes: int = 1
    ) -> None:
        self.config, self.processes = config, processes
        self.file = landmarker_file(file)  # missed here rather than in each worker
        self._resources = ExitStack()
        self._landmarker: Landmarker | None = None
        if processes == 1:
            self._landmarker = self._resources.enter_context(Landmarker(config, self.file))
            return
        self._workers = Workers(processes, _start_worker, _read_batch)
        self._resources.callback(self._workers.close)

    def close(self) -> None:
        """End the workers and give the models' memory back."""
        self._resources.close()

    def read(self, tasks: Iterable[Task], cuts: Cuts) -> Iterator[TaskResult]:
        """What is in each picture, in the order of the tasks.

        Args:
            tasks: consumed a few batches ahead of what is yielded.
            cuts: what is cut out too.

        Raises:
            CircumplexError: a worker died.
        """
        turned = 0
        # the first frame of a clip is read before those behind it are sent
        for _, group in groupby(tasks, attrgetter("begins_clip")):
            for result in self._read(_of_clip(group, turned), cuts):
                if result.task.begins_clip:
                    turned = result.turned
                yield result

    def _read(self, tasks: Iterable[Task], cuts: Cuts) -> Iterator[TaskResult]:
        if self._landmarker is not None:
            for task in tasks:
                yield _read_task(self._landmarker, task, cuts)
            return
        batches = ((self.config, self.file, batch, cuts) for batch in _batches(tasks))
        try:
            for results in self._workers.map(batches):
                yield from results
        except WorkerDied as error:
            raise CircumplexError(
                "a reading process ended abruptly, perhaps for want of memory; try fewer processes"
            ) from error


def _of_clip(tasks: Iterable[Task], turned: int) -> Iterator[Task]:
    """Tasks, those that follow upon a clip's first frame with how that was turned."""
    for task in tasks:
        follows = turned and not task.begins_clip and task.time_s is not None
        yield replace(task, clip_turned=turned) if follows else task


def _batches(tasks: Iterable[Task]) -> Iterator[list[Task]]:
    """Tasks as they travel: few large pictures or many small ones."""
    batch: list[Task] = []
    size = 0
    for task in tasks:
        batch.append(task)
        size += 0 if task.pixels is None else task.pixels.nbytes
        if len(batch) == _BATCH or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _start_worker() -> None:
    configure()
    discard_stderr()  # what goes wrong travels back as an exception


@lru_cache(maxsize=1)
def _worker_landmarker(config: LandmarkerConfig, file: Path) -> Landmarker:
    """The landmarker of this worker process, opened for its first batch."""
    return Landmarker(config, file)


def _read_batch(
    work: tuple[LandmarkerConfig, Path, list[Task], Cuts],
) -> list[TaskResult]:
    config, file, batch, cuts = work
    landmarker = _worker_landmarker(config, file)
    return [_read_task(landmarker, task, cuts) for task in batch]


def _read_task(landmarker: Landmarker, task: Task, cuts: Cuts) -> TaskResult:
    """Open one picture, find its faces, and cut out what is asked for."""
    bare = replace(task, pixels=None)
    if task.missing is not None:
        return TaskResult.without_face(bare, task.missing)
    try:
        opened = _open(task)
    except Rejected as rejection:
        return TaskResult.without_face(bare, Missing(rejection.reason, rejection.detail))
    faces = landmarker.read_picture(opened.pixels, opened.detail, task.turns)
    bare = replace(bare, digest=opened.digest)
    found = [face if isinstance(face, Landmarks) else None for face in faces]
    crops = [crop_face(opened.cut_from(f), f) if cuts.faces and f else None for f in found]
    wanted = cuts.heads_of(task)
    heads = [crop_head(opened.cut_from(f), f) if wanted and f else None for f in found]
    return TaskResult(bare, [_scaled(face, opened.scale) for face in faces], crops, heads)


@dataclass(eq=False)
class _Opened:
    """A task's picture.

    Attributes:
        pixels: uint8 (H, W, 3), perhaps reduced; scale: its file's pixels for one of them, across
            and down; digest: of the picture; data: the file's bytes where there is more in them.
    """

    pixels: np.ndarray
    scale: np.ndarray
    digest: str | None
    data: bytes | None = None

    def detail(self) -> np.ndarray:
        """The same in as many pixels as small faces are looked for in."""
        return self.pixels if self.data is None else self._decoded

    @cached_property
    def _decoded(self) -> np.ndarray:
        assert self.data is not None
        with suppress_pillow_warnings():
            return decode(self.data, DETAIL).pixels

    def cut_from(self, face: Landmarks) -> np.ndarray:
        """The pixels that a face is cut from: turned as it was found, and not too few of them."""
        least = _LEAST_CUT * max(self.pixels.shape)
        small = max(face.box[2:] - face.box[:2]) < least
        return turned_picture(self.detail() if small else self.pixels, face.turned)


def _open(task: Task) -> _Opened:
    """Open a task's picture.

    Raises:
        Rejected: it cannot be opened.
    """
    if task.pixels is not None:
        size = np.array(task.pixels.shape[1::-1], np.float64)
        return _Opened(task.pixels, np.array(task.size or size) / size, task.digest)
    try:
        data = Path(task.path).read_bytes()
    except OSError as error:
        raise Rejected("cannot be opened", error.strerror or "") from error
    with suppress_pillow_warnings():
        picture = decode(data, LONGER)
    more = data if picture.scale.min() < 1 else None
    return _Opened(picture.pixels, 1 / picture.scale, bytes_digest(data), more)


def _scaled(face: LandmarkResult, scale: np.ndarray) -> LandmarkResult:
    """A face with its box in pixels of its picture's file."""
    if isinstance(face, Missing):
        return face
    across_down = scale[::-1] if face.turned in (90, 270) else scale
    return replace(face, box=(face.box * np.tile(across_down, 2)).astype(np.float32))
