"""Matching of a set of pictures by SHINIER, the Python form of the field's SHINE toolbox.

Willenbockel et al., "Controlling low-level image properties: the SHINE toolbox", Behav. Res.
Methods 42 (2010); Salvas-Hébert et al., "SHINIER", SoftwareX 35 (2026), 102884. Luminance is
matched in CIE xyY, so that hue and saturation stay; targets are the set's own averages.
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from faces.ground.errors import CircumplexError

if TYPE_CHECKING:
    from shinier import Options

#: What is matched, by SHINIER's modes.
MODES: Mapping[str, int] = {"histogram": 2, "spectrum": 4, "both": 8}
#: Pictures that are matched together at most: all are in memory, several times.
MOST = 5000
_ALL, _MASKED = 1, 3  # SHINIER's whole_image


def require_shinier() -> None:
    """Refuse before the work what could not be matched after it.

    Raises:
        CircumplexError: SHINIER is not installed.
    """
    try:
        import shinier  # noqa: F401
    except ImportError as error:
        raise CircumplexError(
            "histogram and spectrum are matched by SHINIER, which is not installed; "
            "pip install 'circumplex-studio[shine]', or match mean and SD with --match-luminance"
        ) from error


def match_shine(
    images: Sequence[np.ndarray], what: str, inside: np.ndarray | None = None
) -> list[np.ndarray]:
    """The pictures with equal histograms, equal amplitude spectra, or both.

    Args:
        images: uint8 (H, W, 3), all of one size.
        what: one of MODES.
        inside: (H, W) bool, the pixels whose histogram is matched; spectra are of all.

    Raises:
        CircumplexError: SHINIER is not installed.
    """
    require_shinier()
    from shinier import ImageDataset, ImageProcessor, Options

    with tempfile.TemporaryDirectory() as folder:
        options = _options(Options, Path(folder), MODES[what], inside)
        dataset = ImageDataset(images=list(images), options=options)
        found = ImageProcessor(dataset=dataset, options=options, verbose=-1).get_results()
        return [np.asarray(image, np.uint8) for image in found]


def _options(
    kind: "type[Options]", folder: Path, mode: int, inside: np.ndarray | None
) -> "Options":
    """SHINIER's own defaults, but for a seed: the same pictures are to come out each time."""
    out, masks = folder / "out", folder / "masks"
    out.mkdir()
    chosen = {"mode": mode, "seed": 0, "output_folder": out, "conserve_memory": False}
    if inside is not None:
        masks.mkdir()
        Image.fromarray(np.uint8(255) * inside).save(masks / "mask.png")
        chosen |= {"masks_folder": masks, "whole_image": _MASKED}
    return kind(**{"whole_image": _ALL, "verbose": -1, **chosen})
