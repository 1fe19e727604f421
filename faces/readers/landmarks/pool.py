"""Pictures through landmarkers, in this process or in several, in their order, in flat memory."""

import hashlib
import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.process import configure
from faces.readers.landmarks.config import LandmarkerConfig
from faces.readers.landmarks.framing import Crop, crop_face
from faces.readers.landmarks.landmarker import Landmarker
from faces.readers.landmarks.model_file import landmarker_file
from faces.readers.landmarks.silence import silence_stderr
from faces.readers.landmarks.table import Found, Landmarks, Missing
from faces.sets.pictures import Rejected, decode, quiet_pillow

_BATCH = 16  # pictures that travel to a worker at once
_AHEAD = 3  # batches in flight for each worker
_LONGER = 1024  # pixels to which larger pictures are reduced: four times the model's own look


@dataclass(frozen=True, eq=False)
class Task:
    """One picture to be read.

    Attributes:
        path: of the picture's file or of the video; "" for a picture that never was a file.
        frame: its number in the video; 0 for a picture.
        emotion, split: what the source says of it, or None.
        pixels: uint8 (H, W, 3) RGB; None to open `path`.
        missing: why there is nothing to read, where that is known already.
        digest: SHA-256 that names the picture; None to take that of the file's bytes, if any.
    """

    path: str
    frame: int = 0
    emotion: str | None = None
    split: str | None = None
    pixels: np.ndarray | None = None
    missing: Missing | None = None
    digest: str | None = None


@dataclass(frozen=True, eq=False)
class Seen:
    """What was found in the picture of `task`, whose pixels are not kept: each face and its crop.

    Boxes are in pixels of the picture as it is stored, upright.
    """

    task: Task
    faces: list[Found]
    crops: list[Crop | None]


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
        self.processes = processes
        self._open = ExitStack()
        self._here: _Worker | None = None
        if processes == 1:
            self._here = _Worker(Landmarker(config, file))
            self._open.callback(self._here.landmarker.close)
            return
        model = landmarker_file(file)  # missed here rather than in each worker
        self._workers = ProcessPoolExecutor(
            processes,
            multiprocessing.get_context("spawn"),
            initializer=_start,
            initargs=(config, model),
        )
        self._open.callback(self._workers.shutdown, cancel_futures=True)

    def close(self) -> None:
        """End the workers and give the models' memory back."""
        self._open.close()

    def read(self, tasks: Iterable[Task], crops: bool) -> Iterator[Seen]:
        """What is in each picture, in the order of the tasks.

        Args:
            tasks: consumed a few batches ahead of what is yielded.
            crops: whether faces are cut out too.

        Raises:
            CircumplexError: a worker died.
        """
        if self._here is not None:
            for task in tasks:
                yield self._here.read(task, crops)
            return
        source = iter(tasks)
        waiting: deque[Future[list[Seen]]] = deque()
        try:
            while True:
                while len(waiting) < _AHEAD * self.processes:
                    batch = list(islice(source, _BATCH))
                    if not batch:
                        break
                    waiting.append(self._workers.submit(_read, batch, crops))
                if not waiting:
                    return
                yield from waiting.popleft().result()
        except BrokenProcessPool as error:
            raise CircumplexError(
                "a reading process ended abruptly, perhaps for want of memory; try fewer processes"
            ) from error


class _Worker:
    """Opens pictures and reads them with one landmarker."""

    def __init__(self, landmarker: Landmarker) -> None:
        self.landmarker = landmarker

    def read(self, task: Task, crops: bool) -> Seen:
        bare = replace(task, pixels=None)
        if task.missing is not None:
            return Seen(bare, [task.missing], [None])
        try:
            pixels, size, digest = _pixels(task)
        except Rejected as rejection:
            return Seen(bare, [Missing(rejection.reason, rejection.detail)], [None])
        faces = self.landmarker.read([pixels])[0]
        cut = [
            crop_face(pixels, face) if crops and isinstance(face, Landmarks) else None
            for face in faces
        ]
        times = np.tile(size / np.array(pixels.shape[1::-1]), 2).astype(np.float32)
        bare = replace(bare, digest=digest)
        return Seen(bare, [_scaled(face, times) for face in faces], cut)


#: The worker of a worker process, or why there is none; set once, when it starts.
_worker: _Worker | CircumplexError | None = None


def _start(config: LandmarkerConfig, file: Path) -> None:
    global _worker
    configure()
    silence_stderr()  # what goes wrong travels back as an exception
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that shares out
    try:
        _worker = _Worker(Landmarker(config, file))
    except CircumplexError as error:
        _worker = error


def _read(batch: list[Task], crops: bool) -> list[Seen]:
    if not isinstance(_worker, _Worker):
        raise _worker or RuntimeError("the worker was not started")
    return [_worker.read(task, crops) for task in batch]


def _pixels(task: Task) -> tuple[np.ndarray, np.ndarray, str | None]:
    """The picture, perhaps reduced, the width and height that it has in its file, its digest.

    Raises:
        Rejected: it cannot be opened.
    """
    if task.pixels is not None:
        return task.pixels, np.array(task.pixels.shape[1::-1], np.float64), task.digest
    try:
        data = Path(task.path).read_bytes()
    except OSError as error:
        raise Rejected("cannot be opened", error.strerror or "") from error
    with quiet_pillow():
        picture = decode(data, _LONGER)
    size = np.array(picture.pixels.shape[1::-1]) / picture.scale
    return picture.pixels, size, hashlib.sha256(data).hexdigest()


def _scaled(face: Found, times: np.ndarray) -> Found:
    return replace(face, box=face.box * times) if isinstance(face, Landmarks) else face
