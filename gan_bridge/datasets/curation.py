"""Which faces of a set a generator is to learn from: whole, turned to the viewer, and faces."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from faces.ground.records import Record, setting
from faces.sets import FaceSet
from vae.checkpoint import Run
from vae.codes import check_shape, to_tensor
from vae.training.greyness import shown_like

if TYPE_CHECKING:
    import pandas as pd

_READ_AT_ONCE = 256


@dataclass(frozen=True)
class CurationConfig(Record):
    """What is left out.

    Attributes:
        max_yaw, max_pitch: degrees that a head may be turned, by the set's detector.
        min_confidence: of that detector.
        unlike: share of the remaining faces that is left out as unlike the others: those that a
            β-VAE of faces restores worst. Drawings, writing over the face and hands before it
            gather there.
        landmarks: leave out faces whose landmarks are not found.
    """

    max_yaw: float = setting(35.0, above=0, at_most=90)
    max_pitch: float = setting(30.0, above=0, at_most=90)
    min_confidence: float = setting(0.95, at_least=0, below=1)
    unlike: float = setting(0.03, at_least=0, below=1)
    landmarks: bool = True


@dataclass(frozen=True)
class Curated:
    """The chosen faces, and how many were left out for which reason.

    Attributes:
        rows: row numbers of the set; reasons: counts, in the order in which they were looked for.
    """

    rows: np.ndarray
    reasons: dict[str, int]

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"kept": len(self.rows), "left_out": self.reasons}


def curate(
    faces: FaceSet,
    run: Run,
    config: CurationConfig | None = None,
    split: str = "train",
    progress: Progress = silent,
    processes: int = 1,
) -> Curated:
    """Choose the faces of a split that a generator can learn from.

    Args:
        run: the β-VAE that tells what is unlike a face.
        processes: that look for landmarks; the caller of more than 1 keeps its own work under
            `if __name__ == "__main__"`.

    Raises:
        CircumplexError: no face is left, the run is of another size, or there is no landmarker.
    """
    config = config or CurationConfig()
    check_shape(run.model, faces)
    rows = faces.rows(split)
    table = faces.manifest(["yaw", "pitch", "confidence"]).iloc[rows]
    reasons: dict[str, int] = {}

    def keep(good: np.ndarray, reason: str) -> None:
        nonlocal rows, table
        reasons[reason] = int((~good).sum())
        rows, table = rows[good], table[good]

    keep(_is_forward(table, config), "turned away")
    keep((table["confidence"] >= config.min_confidence).to_numpy(), "detected with doubt")
    if config.landmarks:
        keep(_has_landmarks(faces, rows, progress, processes), "no landmarks")
    if config.unlike and len(rows):
        error = _restoring_error(faces, run, rows, progress)
        keep(error <= np.quantile(error, 1 - config.unlike), "unlike the others")
    if not len(rows):
        raise CircumplexError(f"{faces.folder}: no face of {split!r} is left; {reasons}")
    return Curated(rows, reasons)


def _is_forward(table: "pd.DataFrame", config: CurationConfig) -> np.ndarray:
    ahead = table["yaw"].abs() <= config.max_yaw
    return (ahead & (table["pitch"].abs() <= config.max_pitch)).to_numpy()


def _has_landmarks(
    faces: FaceSet, rows: np.ndarray, progress: Progress, processes: int
) -> np.ndarray:
    from faces.readers.reading import FaceReader

    found: list[bool] = []
    with FaceReader(pixel=None, affect=None, processes=processes) as reader:
        if "landmarks" in reader.missing:
            raise CircumplexError(reader.missing["landmarks"])
        parts = _parts(rows)
        for part in progress(parts, "look for landmarks", len(parts)):
            pictures = _colour(faces.read(part))
            found += [reading.found for reading in reader.read(pictures)]
    return np.array(found, bool)


def _parts(rows: np.ndarray) -> list[np.ndarray]:
    return [rows[i : i + _READ_AT_ONCE] for i in range(0, len(rows), _READ_AT_ONCE)]


def _colour(images: np.ndarray) -> list[np.ndarray]:
    """Faces (N, C, S, S) as RGB pictures (S, S, 3)."""
    three = np.broadcast_to(images, (len(images), 3, *images.shape[2:]))
    return list(np.ascontiguousarray(three.transpose(0, 2, 3, 1)))


@torch.inference_mode()
def _restoring_error(faces: FaceSet, run: Run, rows: np.ndarray, progress: Progress) -> np.ndarray:
    """Root of the mean square between each face and what the run restores, over its contrast."""
    model, errors = run.model, []
    device = model.posterior_mean.device
    parts = _parts(rows)
    for part in progress(parts, "compare faces", len(parts)):
        images = to_tensor(faces.read(part)).to(device)
        restored = shown_like(model.decode(model.encode(images)[0]), images)
        off = (restored - images).square().mean((1, 2, 3)).sqrt()
        errors.append((off / (images.std((1, 2, 3)) + 0.1)).cpu().numpy())
    return np.concatenate(errors)
