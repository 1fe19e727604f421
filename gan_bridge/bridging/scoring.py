"""What a β-VAE and its probes see in the pictures of another generator."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch.nn import functional

from faces.readers.identity.alignment import points_of_crops
from faces.sets.alignment import luminance
from faces.sets.config import PrepareConfig, cut_of, faces_settings
from faces.sets.sources.rows import POINTS
from vae.checkpoint import Run
from vae.codes import to_tensor
from vae.probing.directions import Directions

_BATCH = 64  # pictures encoded at once
#: How far a code may lie from that of the same picture encoded alone: float32 rounds by the batch.
CLOSE = 1e-4
#: What must agree between two face sets for their faces to stand alike in their pictures.
ALIGNMENT = ("detector", "align", "margin")


class Cutter(Protocol):
    """Cuts the face out of each picture as the face set was cut."""

    def __call__(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pictures uint8 (N, H, W, 3) to faces uint8 (N, C, S, S) and whether each is one, (N,)."""
        ...


class Scorer:
    """Reads valence and arousal in pictures of any size, through a run and its probes.

    Args:
        run: the β-VAE; directions: of its own latent space, fitted on labelled faces.
        cut: finds the face; the whole picture by default.

    Raises:
        CircumplexError: the directions belong to another run.
    """

    def __init__(self, run: Run, directions: Directions, cut: Cutter | None = None) -> None:
        directions.check_model(run.digest)
        self.run, self.directions = run, directions
        self.cut = cut or WholePicture(run)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Pictures uint8 (N, H, W, 3) to valence and arousal (N, 2); NaN where there is no face."""
        return self.directions.predict(self.encode(images))

    def read_factors(self, images: np.ndarray) -> np.ndarray:
        """As the call, all factors of the directions in their order: (N, 2 + M)."""
        codes = self.encode(images)
        readings = self.directions.predict(codes), self.directions.predict_others(codes)
        return np.concatenate(readings, axis=1)

    @torch.inference_mode()
    def encode(self, images: np.ndarray) -> np.ndarray:
        """Pictures uint8 (N, H, W, 3) to mean codes (N, D) float64; NaN where there is no face.

        Many are encoded at once, so a code depends on what stands beside it, within `CLOSE`.
        """
        codes = np.full((len(images), self.run.config.latent_dim), np.nan)
        faces, found = self.cut(images)
        device = self.run.model.posterior_mean.device
        for rows in np.array_split(np.flatnonzero(found), -(-int(found.sum()) // _BATCH) or 1):
            if len(rows):
                batch = to_tensor(faces[rows]).to(device)
                codes[rows] = self.run.model.encode(batch)[0].double().cpu().numpy()
        return codes


class WholePicture:
    """The whole picture is the face: it is resized, and made grey where the run's faces are."""

    def __init__(self, run: Run) -> None:
        self.settings = crop_settings(run)

    def __call__(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        settings = self.settings
        faces = resize(images, settings.size)
        if settings.clahe:
            from faces.sets.contrast import clahe

            faces = np.stack([clahe(face) for face in faces])
        faces = luminance(faces)[:, None] if settings.channels == 1 else faces.transpose(0, 3, 1, 2)
        return np.ascontiguousarray(faces), np.ones(len(images), bool)

    def points(self, images: np.ndarray) -> np.ndarray:
        """Where faces cut by points have the five, in pixels (N, 5, 2); nothing is looked for."""
        place = points_of_crops(self.settings.margin, images.shape[1])
        return np.broadcast_to(place, (len(images), 5, 2))


class DetectedFace:
    """The face that the detector of `circumplex prepare` finds, cut and judged as it does there.

    It remembers the last pictures it was given, so that cutting and the pose need one look.
    """

    def __init__(self, run: Run) -> None:
        self.settings = replace(crop_settings(run), detector="mtcnn", per_class=None)
        self._pipeline: Any = None
        self._examined: tuple[np.ndarray, list[Any]] | None = None

    def __call__(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        side, channels = self.settings.size, self.settings.channels
        faces = np.zeros((len(images), channels, side, side), np.uint8)
        found = np.zeros(len(images), bool)
        for at, (_, face) in enumerate(self._examine(images)):
            if face is not None:
                faces[at], found[at] = face, True
        return faces, found

    def points(self, images: np.ndarray) -> np.ndarray:
        """The five points of the faces in pixels (N, 5, 2), NaN without a face."""
        rows = [row for row, _ in self._examine(images)]
        flat = [[row.get(name, np.nan) for name in POINTS] for row in rows]
        return np.array(flat, np.float64).reshape(-1, 5, 2)

    def pose(self, images: np.ndarray) -> np.ndarray:
        """Yaw, pitch, roll in degrees (N, 3), see `faces.sets.alignment.pose`; NaN without a
        face."""
        names = ("yaw", "pitch", "roll")
        rows = [row for row, _ in self._examine(images)]
        return np.array([[row.get(name, np.nan) for name in names] for row in rows], np.float64)

    def _examine(self, images: np.ndarray) -> list[Any]:
        if self._examined is None or self._examined[0] is not images:
            self._examined = images, self._open().examine(list(images))
        return self._examined[1]

    def _open(self) -> Any:
        """The pipeline of `prepare`; opened late, because the detector takes a second."""
        if self._pipeline is None:
            from faces.sets.pipeline import Pipeline, SelectionState
            from faces.sets.sources.rows import Source

            source = Source.of("table", Path(), {"path": ["picture"]})
            self._pipeline = Pipeline(source, self.settings, SelectionState())
        return self._pipeline


def crop_settings(run: Run) -> PrepareConfig:
    """The settings of the face set that a run was trained on, at the run's size and channels."""
    return replace(
        cut_of(run.provenance),
        size=run.config.image_size,
        channels=run.config.channels,
    )


def choose_crop(crop: str, run: Run, provenance: Mapping[str, Any]) -> str:
    """ "whole" or "detect" for "auto": whole where the generator was trained on faces that were
    cut as the run's were, by the `faces_settings` in its provenance."""
    if crop != "auto":
        return crop
    ours, theirs = (faces_settings(origin) for origin in (run.provenance, provenance))
    alike = bool(theirs) and all(
        getattr(PrepareConfig(**ours), name) == getattr(PrepareConfig(**theirs), name)
        for name in ALIGNMENT
    )
    return "whole" if alike else "detect"


def resize(images: np.ndarray, side: int) -> np.ndarray:
    """Pictures uint8 (N, H, W, 3) as (N, side, side, 3): bicubic, free of aliasing."""
    if images.shape[1:3] == (side, side):
        return images
    bands = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2)
    sized = functional.interpolate(
        bands, (side, side), mode="bicubic", antialias=True, align_corners=False
    )  # of bytes, as Pillow does it
    return np.ascontiguousarray(sized.permute(0, 2, 3, 1).numpy())
