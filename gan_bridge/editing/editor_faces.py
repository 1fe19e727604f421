"""The faces that an editor is trained and checked on, and what is read in their pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from faces.ground.cutting import cut_out
from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress
from faces.readers.identity.alignment import points_of_crops
from faces.sets.alignment import similarity
from gan_bridge.editing.explorer import EmotionExplorer
from gan_bridge.editing.face_senses import FaceSenses, Senses
from gan_bridge.generators.protocol import Differentiable, Render

_READ_AT_ONCE = 16
_CROP = 128
#: Pictures uint8 (N, H, W, 3) to the five points of each face in pixels, (N, 5, 2), NaN without.
Finder = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class EditedFaces:
    """Faces of a generator.

    Attributes:
        w: (N, L, W) latents; neutral: (N, W), moved to neutral along the directions.
        crops: (N, 2, 3), where each face lies in its picture, or None where it fills that.
        seen: what their pictures show as they are.
    """

    w: Tensor
    neutral: Tensor
    crops: np.ndarray | None
    seen: Senses

    def rows(self, rows: Tensor) -> "EditedFaces":
        """Some of them."""
        crops = None if self.crops is None else self.crops[rows.numpy()]
        return EditedFaces(self.w[rows], self.neutral[rows], crops, self.seen.rows(rows))


class FaceViewer:
    """Draws faces and reads them, with gradients.

    Args:
        render: of the generator, on the device of the senses.
        senses: reads faces cut as face sets are.
        find: where faces lie in the generator's pictures; None where they fill these. An edit is
            read where its face was before: it stays in its place.
    """

    def __init__(self, render: Render, senses: FaceSenses, find: Finder | None = None) -> None:
        self.render, self.senses, self._find = render, senses, find

    @property
    def finds(self) -> bool:
        """Whether faces are looked for, because they do not fill the pictures."""
        return self._find is not None

    def see(self, w: Tensor, crops: np.ndarray | None, jitter: np.ndarray | None = None) -> Senses:
        """What the pictures of latents (N, L, W) on the CPU show, on the CPU as well; `jitter` as
        of FaceSenses."""
        images = self.render(w.to(self.senses.device))
        faces = images if crops is None else cut_out(images, crops, _CROP)
        return self.senses(faces, jitter).cpu()

    @torch.no_grad()
    def look(
        self, explorer: EmotionExplorer, seeds: Sequence[int], truncation: float, progress: Progress
    ) -> EditedFaces:
        """Sample faces and read their pictures; those in which no face is found are left out.

        Raises:
            CircumplexError: none is found in any.
        """
        assert isinstance(explorer.generator, Differentiable)
        found = []
        starts = range(0, len(seeds), _READ_AT_ONCE)
        for start in progress(starts, "look at faces", len(starts)):
            w = explorer.generator.sample_w(seeds[start : start + _READ_AT_ONCE], truncation)
            crops = self._crops(explorer.generator.synthesize(w)) if self._find else None
            if crops is not None:
                there = np.isfinite(crops).all((1, 2))
                w, crops = w[there], crops[there]
            if not len(w):
                continue
            neutral = np.concatenate([explorer.neutral_mean(row[None]) for row in w])
            latents = torch.from_numpy(w)
            seen = self.see(latents, crops)
            found.append(EditedFaces(latents, torch.from_numpy(neutral).float(), crops, seen))
        if not found:
            raise CircumplexError(
                f"no face is found in any picture of {explorer.generator.name}; "
                "give a generator of faces"
            )
        return _joined(found)

    def _crops(self, images: np.ndarray) -> np.ndarray:
        assert self._find is not None
        template, side = points_of_crops(self.senses.margin), images.shape[1]
        return np.stack(
            [
                similarity(template, points / side)
                if np.isfinite(points).all()
                else np.full((2, 3), np.nan)
                for points in self._find(images)
            ]
        )


def _joined(parts: list[EditedFaces]) -> EditedFaces:
    crops = [part.crops for part in parts if part.crops is not None]
    return EditedFaces(
        torch.cat([part.w for part in parts]),
        torch.cat([part.neutral for part in parts]),
        np.concatenate(crops) if crops else None,
        Senses.joined([part.seen for part in parts]),
    )
