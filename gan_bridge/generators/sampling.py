"""Many faces of a generator, drawn, pictured and read; nothing but w and the readings is kept."""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from faces.ground.digests import json_digest
from faces.ground.errors import CircumplexError
from faces.ground.files import read_json, replacing, write_json
from faces.ground.progress import Progress, silent
from faces.ground.provenance import software
from gan_bridge.generators.backend import device_class
from gan_bridge.generators.batching import fitting_batch, spare_gigabytes
from gan_bridge.generators.protocol import BatchRenderer, Generator

#: Pictures uint8 (N, H, W, 3) to numbers (N,) or (N, K), NaN where there is nothing to read.
Reading = Callable[[np.ndarray], np.ndarray]
#: Gives the array of that name, making it where it is not kept yet.
ArrayCache = Callable[[str, Callable[[], np.ndarray]], np.ndarray]

#: Seeds to latents (N, L, W), the layers of a face alike.
Draw = Callable[[Sequence[int]], np.ndarray]

CHUNK = 64  #: samples kept together: what a killed call loses at most
_PIXELS = 2**24  # of pictures held at a time


@dataclass(frozen=True, eq=False)
class Samples:
    """Faces by seed: w (N, W) float32, and for each name what was read in them, (N, K)."""

    w: np.ndarray
    readings: dict[str, np.ndarray]


class PictureReader:
    """Makes pictures and reads them, in batches that memory holds, and knows what time it took.

    Args:
        generator: makes the pictures; one at a time on a CPU, where many at once gain
            nothing, else as many as the GPU holds.

    Attributes:
        seconds: spent in the generator.
    """

    def __init__(self, generator: Generator) -> None:
        self.generator = generator
        self.seconds = 0.0
        self._batch: int | None = None

    def read(self, w: np.ndarray, readings: Mapping[str, Reading]) -> dict[str, np.ndarray]:
        """Readings (N, K) of the pictures of latents (N, L, W), by name."""
        most = max(1, _PIXELS // self.generator.resolution**2)
        parts: dict[str, list[np.ndarray]] = {name: [] for name in readings}
        for start in range(0, len(w), most):
            images = self._picture(w[start : start + most])
            for name, reading in readings.items():
                values = np.asarray(reading(images), np.float64)
                parts[name].append(values.reshape(len(images), -1))
        return {name: np.concatenate(each) for name, each in parts.items()}

    def _picture(self, w: np.ndarray) -> np.ndarray:
        begun = time.perf_counter()
        if self._batch is None:
            self._batch = fitting_batch(self.generator, spare_gigabytes(self.generator))
        if self._batch > 1 and isinstance(self.generator, BatchRenderer):
            images = self.generator.render(w, self._batch)
        else:
            images = self.generator.synthesize(w)
        self.seconds += time.perf_counter() - begun
        return images


class ResumableCache:
    """Keeps arrays in a folder, so that work that was killed goes on where it was.

    Args:
        folder: made by the first array; whatever another plan left there goes.
        plan: everything that decides over the arrays, as plain JSON values, and nothing else; the
            version of the program and the kind of device decide too, and are added here.
        device: where the arrays are computed.
    """

    def __init__(self, folder: Path, plan: Mapping[str, Any], device: object = "cpu") -> None:
        whole = {**plan, "software": software(), "device": device_class(device)}
        self.folder, self.plan = folder, {"plan": json_digest(whole)}

    def __call__(self, name: str, make: Callable[[], np.ndarray]) -> np.ndarray:
        self._claim()
        path = self.folder / f"{name}.npy"
        if path.is_file():
            return np.load(path, allow_pickle=False)
        array = make()
        with replacing(path) as unfinished:
            np.save(unfinished, array)
        return array

    def clear(self) -> None:
        """Remove the folder: the work is done."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _claim(self) -> None:
        note = self.folder / "plan.json"
        if note.is_file() and read_json(note) == self.plan:
            return
        self.clear()
        write_json(note, self.plan)


def uncached(name: str, make: Callable[[], np.ndarray]) -> np.ndarray:
    """The `ArrayCache` that makes every array anew."""
    return make()


def draw_samples(
    pictures: PictureReader,
    seeds: Sequence[int],
    truncation: float,
    readings: Mapping[str, Reading],
    progress: Progress = silent,
    cache: ArrayCache = uncached,
    draw: Draw | None = None,
) -> Samples:
    """Draw a face for each seed and read its picture.

    Args:
        draw: what a seed stands for; None for the generator's own random latents.
        readings: by name.
        cache: see `ResumableCache`.

    Raises:
        CircumplexError: the generator gives its layers different w for one seed, or no numbers.
    """
    generator = pictures.generator
    draw = draw or partial(generator.sample_w, truncation=truncation)
    w = np.empty((len(seeds), generator.w_dim), np.float32)
    found: list[dict[str, np.ndarray]] = []
    starts = range(0, len(seeds), CHUNK)
    for start in progress(starts, "sample and read faces", len(starts)):
        layered = draw(seeds[start : start + CHUNK])
        if not np.isfinite(layered).all() or (layered != layered[:, :1]).any():
            raise CircumplexError(
                f"{generator.name} draws no single w for a seed; give a generator whose "
                "mapping does"
            )
        w[start : start + CHUNK] = layered[:, 0]
        found.append(read_cached(pictures, layered, readings, f"samples-{start:08d}", cache))
    return Samples(w, {name: np.concatenate([part[name] for part in found]) for name in readings})


def read_cached(
    pictures: PictureReader,
    w: np.ndarray,
    readings: Mapping[str, Reading],
    name: str,
    cache: ArrayCache = uncached,
) -> dict[str, np.ndarray]:
    """As `PictureReader.read`, each reading kept as `name`-`reading`."""
    values: dict[str, np.ndarray] = {}

    def read(reading: str) -> np.ndarray:
        if not values:  # all at once: the pictures are made a single time
            values.update(pictures.read(w, readings))
        return values[reading]

    return {each: cache(f"{name}-{each}", partial(read, each)) for each in readings}
