"""The frames of an animation: drawn, read while the next are drawn, and put into files."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import numpy as np

from faces.ground.progress import Progress, silent
from gan_bridge.editing.paths import AffectPath, even_pace, sample, speed_variation
from gan_bridge.generators.batching import fitting_batch
from studio.stimuli.animation import AnimatedFace, Animation
from studio.stimuli.frame_files import WriteFrame
from studio.stimuli.frame_readings import FrameReaders, FrameReadings, independent

#: Holds the models for the length of a block: some frames, for whoever shares them.
Working = Callable[[], AbstractContextManager[object]]

_AT_ONCE = 16  #: frames that are drawn, read and written together
#: A run of a path is measured that often, in ms, and no less than so many times, to know at what
#: speed its readings move.
_MEASURED_EVERY, _LEAST_MEASURED = 50, 33


@dataclass(frozen=True, eq=False)
class DrawnFrames:
    """What is known of frames that were drawn.

    Attributes:
        digests: of their pictures; readings: None where they were left unread.
    """

    digests: list[str]
    readings: FrameReadings | None


def along(
    path: AffectPath, fps: float, times: np.ndarray, people: tuple[AnimatedFace, ...]
) -> Animation:
    """One or two people along a path of (valence, arousal) or (valence, arousal, share)."""
    moments = sample(path, times)
    points = path.place(moments)
    shares = points[:, 2] if points.shape[1] > 2 else np.zeros(len(times))
    return Animation(fps, times, np.round(points[:, :2], 6) + 0.0, moments, shares, people)


def draw_frames(
    animation: Animation,
    write: WriteFrame,
    readers: FrameReaders | None,
    working: Working,
    memory: float | None = None,
    progress: Progress = silent,
) -> DrawnFrames:
    """Draw the frames, read them, and write them in their order.

    Args:
        memory: GiB of a GPU that frames made at once may take.
    """
    with working():
        batch = fitting_batch(animation.explorer.generator, memory)
    digests: list[str] = []
    found: list[Future[FrameReadings]] = []
    groups = list(_groups(animation, max(_AT_ONCE, batch)))
    with ThreadPoolExecutor(1) as reading:
        for rows in progress(groups, "animate", len(groups)):
            latents, images = _draw(animation, rows, working, batch)
            if readers is not None:
                wait(found[-1:])  # one group ahead, so that memory stays flat
                found.append(reading.submit(readers.read, images))
            for k, (w, image) in enumerate(zip(latents, images, strict=True)):
                recipe = animation.recipe(rows.start + k, w[None], image)
                digests.append(str(recipe.picture))
                write(image, recipe.to_dict())
        parts = [each.result() for each in found]
    return DrawnFrames(digests, FrameReadings.joined(parts) if parts else None)


def _groups(animation: Animation, size: int) -> Iterator[slice]:
    """The frames, some at a time."""
    for first in range(0, len(animation), size):
        yield slice(first, min(first + size, len(animation)))


def _draw(
    animation: Animation, rows: slice, working: Working, batch: int
) -> tuple[np.ndarray, np.ndarray]:
    """Latents (n, L, W) of some frames and their pictures, uint8 (n, H, W, 3)."""
    from gan_bridge.generators.protocol import BatchRenderer  # torch: not for `--help`

    generator = animation.explorer.generator
    with working():
        w = animation.latents(rows)
        if batch > 1 and isinstance(generator, BatchRenderer):
            return w, generator.render(w, batch)
        return w, generator.synthesize(w)


def hold_speed(
    animation: Animation,
    path: AffectPath,
    readers: FrameReaders,
    working: Working,
    progress: Progress = silent,
) -> tuple[Animation, AffectPath, float]:
    """The animation and its path at such a pace that the mean of independent readers moves at
    constant speed, and how much that varied before (see `speed_variation`).

    Raises:
        CircumplexError: see `even_pace`.
    """
    judges = independent(readers.names, animation.explorer)
    measured = []
    for first, last in path.runs():
        count = max(_LEAST_MEASURED, round((last - first) / _MEASURED_EVERY) + 1)
        moments = np.linspace(first, last, count)
        still = replace(
            animation,
            times=moments,
            targets=path.place(moments),
            moments=moments,
            shares=np.zeros(count),
        )
        groups = list(_groups(still, _AT_ONCE))
        parts = [
            readers.read(_draw(still, rows, working, 1)[1])
            for rows in progress(groups, "measure speed", len(groups))
        ]
        measured.append((moments, FrameReadings.joined(parts).mean_affect(judges)))
    paced = even_pace(path, measured)
    before = float(np.mean([speed_variation(read, path.closed) for _, read in measured]))
    return along(paced, animation.fps, animation.times, animation.people), paced, before


def final_speed(animation: Animation, path: AffectPath, readings: FrameReadings) -> float:
    """How much the speed of the same readings varies in the frames."""
    read = readings.mean_affect(independent(list(readings.affect), animation.explorer))
    if path.closed:
        return speed_variation(np.concatenate([read, read[:1]]), closed=True)
    runs = [(animation.times >= first) & (animation.times <= last) for first, last in path.runs()]
    return float(np.mean([speed_variation(read[run]) for run in runs if run.sum() > 2]))
