"""`circumplex calibrate`: what pictures show against what was asked, measured and turned round."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.files import only_writer
from faces.ground.progress import Progress, silent
from faces.ground.records import setting
from gan_bridge.editing.calibration_config import CalibrationConfig
from studio.engine import CALIBRATION, Engine
from studio.model_choice import DirectionsChoice, ModelChoice
from studio.validation import BUNDLED, RequestError

if TYPE_CHECKING:
    from gan_bridge.editing.explorer import EmotionExplorer
    from gan_bridge.generators.sampling import Reading


@dataclass(frozen=True, kw_only=True)
class CalibrateRequest(DirectionsChoice):
    """Measure how a generator's pictures respond to moves along its directions.

    Attributes:
        out: edits find calibration.safetensors beside the directions by themselves.
        config: how.
    """

    out: Path | None = setting(
        None, "File to write.", shown="calibration.safetensors beside the directions"
    )
    pixel: str = setting(BUNDLED, "File of a pixel reader, or bundled.")
    config: CalibrationConfig = field(default_factory=CalibrationConfig)


#: What was read so far, beside the calibration; gone when it is there.
PARTS = ".calibrating"


@dataclass(frozen=True)
class CalibrateResult:
    """The calibration's file, and what it says of itself."""

    file: Path
    evidence: dict[str, Any]
    hull: list[list[float]]

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"file": str(self.file), "reachable": self.hull, **self.evidence}


def run(request: CalibrateRequest, engine: Engine, progress: Progress = silent) -> CalibrateResult:
    """Move faces, read them, fit, check and write; a call that was killed goes on where it was.

    Raises:
        CircumplexError: models missing or not fitting each other, no face in the pictures, or a
            folder in use.
    """
    from faces.ground.digests import file_digest
    from faces.readers.landmarks.model_file import landmarker_file
    from faces.readers.pixels.reader import BUNDLED as BUNDLED_READER
    from gan_bridge.editing.calibration_fitting import calibrate as measure
    from gan_bridge.generators.sampling import ResumableCache

    beside = engine.directions_path(request).parent
    target = request.out or beside / CALIBRATION
    if target.suffix != ".safetensors":
        raise RequestError(f"{target} does not end in .safetensors; rename it")
    reader_file = BUNDLED_READER if request.pixel == BUNDLED else Path(request.pixel)
    device = engine.device_of(request)
    with engine.working():
        explorer = engine.explorer(ModelChoice(**request.models(), raw=True))
        whole = _fills_the_picture(explorer, beside)
        reader_digest = file_digest(reader_file)
        name = f"pixel reader {reader_digest[:12]}, {'whole' if whole else 'found'} face"
        plan = {
            **moves_plan(explorer, request),
            "reader": reader_digest,
            "landmarker": None if whole else file_digest(landmarker_file()),
        }
        folder = target.parent / PARTS
        with only_writer(target.parent), _open_reader(request.pixel, whole, device) as reader:
            cache = ResumableCache(folder, plan, device)
            found = measure(explorer, reader, name, request.config, progress=progress, cache=cache)
            found.save(target)
            cache.clear()
    return CalibrateResult(target, found.evidence, found.hull.tolist())


def moves_plan(explorer: "EmotionExplorer", request: CalibrateRequest) -> dict[str, Any]:
    """What decides over the pictures of a face, whose seed names them."""
    config = request.config
    return {
        "generator": explorer.generator.digest,
        "label": request.label,
        "directions": explorer.directions.digest,
        "strengths": explorer.default_strengths.tolist(),
        **{name: getattr(config, name) for name in ("moves", "reach", "truncation")},
    }


def _fills_the_picture(explorer: "EmotionExplorer", folder: Path) -> bool:
    """Whether the generator's pictures are faces cut as the reader's."""
    from gan_bridge.bridging.artefact import EVIDENCE, Bridge
    from gan_bridge.generators.protocol import StyleBased

    if not isinstance(explorer.generator, StyleBased) or not (folder / EVIDENCE).is_file():
        return True
    return Bridge.load(folder).evidence["config"]["crop"] != "detect"


@contextmanager
def _open_reader(pixel: str, whole: bool, device: str) -> "Iterator[Reading]":
    """Valence and arousal (N, 2) of pictures uint8 (N, H, W, 3), NaN without a face."""
    from faces.readers.affect.registry import PIXEL
    from faces.readers.pixels.reader import PixelReader
    from faces.readers.reading import FaceReader

    if whole:
        network = PixelReader.load(pixel, device)

        def read(images: np.ndarray) -> np.ndarray:
            found = network.read(list(images))
            return np.stack([found.valence, found.arousal], 1)

        yield read
        return
    with FaceReader(pixel=pixel, affect=None, device=device) as faces:

        def find(images: np.ndarray) -> np.ndarray:
            missing = (np.nan, np.nan)
            return np.array([each.affect.get(PIXEL, missing) for each in faces.read(list(images))])

        yield find
