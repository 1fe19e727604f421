"""From a face as the generator draws it to the picture that people see: size, matching, mask."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from PIL import Image, ImageColor

from faces.ground.errors import CircumplexError
from faces.ground.parsing import parse_numbers
from faces.ground.records import Checked, setting
from studio.stimuli.luminance import count_clipped, luma_statistics, match_luma, sharpness
from studio.stimuli.oval import face_oval, oval_mask
from studio.stimuli.plan import FORMATS
from studio.stimuli.shine import MODES

_PANEL = "The pictures"


def _parse_luminance(text: str | None) -> tuple[float, float] | None:
    """A mean and an SD of luma in a text such as "142.11,37.45"."""
    if text is None:
        return None
    numbers = parse_numbers(text)
    if len(numbers) != 2:
        raise CircumplexError(f"luminance is {text!r}; write it as MEAN,SD, such as 142.11,37.45")
    return numbers


@dataclass(frozen=True, kw_only=True)
class FinishConfig(Checked):
    """How pictures are finished.

    Attributes:
        size: side in pixels; None for the generator's own.
        mask: None shows the whole picture.
        match_luminance, luminance, shine: at most one; within the mask where there is one.
    """

    size: int | None = setting(
        None,
        "Side in pixels.",
        at_least=16,
        at_most=4096,
        shown="the generator's own",
        panel=_PANEL,
    )
    format: str = setting(
        "png",
        "png, jpg (quality 95) or webp (without loss); each holds its recipe.",
        choices=FORMATS,
        panel=_PANEL,
    )
    match_luminance: bool = setting(
        False,
        "Same mean and SD of luminance in all pictures: the averages of theirs.",
        panel=_PANEL,
    )
    luminance: tuple[float, float] | None = setting(
        None,
        "MEAN,SD of luminance for all pictures, in levels of 0-255, as another export was matched "
        "to: its export.json says.",
        panel=_PANEL,
        parse=_parse_luminance,
    )
    shine: str | None = setting(
        None,
        "Same histogram, spectrum or both in all pictures, by SHINIER, the SHINE toolbox in "
        "Python: pip install 'circumplex-studio[shine]'.",
        choices=tuple(MODES),
        panel=_PANEL,
    )
    mask: str | None = setting(
        None, "oval shows the inner face alone.", choices=("oval",), panel=_PANEL
    )
    mask_edge: float = setting(
        0.1,
        "Width of the mask's soft edge, as a share of its radius.",
        at_least=0,
        at_most=0.5,
        panel=_PANEL,
    )
    background: str = setting(
        "#808080", "Colour around the mask, as #808080 or a name.", panel=_PANEL
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        fine = not (self.match_luminance and self.shine)
        self._require(fine, "shine", "left out beside match_luminance: both set the luminance")
        fine = self.luminance is None or not (self.match_luminance or self.shine)
        self._require(fine, "luminance", "left out beside match_luminance and shine")
        if self.luminance is not None:
            mean, deviation = self.luminance
            fine = 0 <= mean <= 255 and 0 <= deviation <= 127.5
            self._require(fine, "luminance", "a mean in [0, 255] and an SD in [0, 127.5]")
        try:
            ImageColor.getrgb(self.background)
        except ValueError:
            self._require(False, "background", "a colour such as #808080 or grey")

    @property
    def matches(self) -> bool:
        """Whether a picture depends on the others of its set."""
        return self.match_luminance or self.shine is not None

    @property
    def sets_luminance(self) -> bool:
        """Whether matching changes a picture's light."""
        return self.matches or self.luminance is not None

    def reshapes(self) -> bool:
        """Whether the picture is more than a face as drawn, moved in luminance at most: then its
        recipe makes the face before it was finished."""
        return bool(self.size or self.mask or self.shine or self.format != "png")

    def note(self, luminance: tuple[float, float] | None) -> dict[str, Any] | None:
        """What a recipe says of the way from the face to its picture; None where it is the face."""
        if not self.reshapes():
            return None
        found: dict[str, Any] = {"format": self.format}
        found |= {} if self.size is None else {"size": self.size}
        found |= {} if self.shine is None else {"shine": self.shine}
        found |= {} if luminance is None else {"luminance": list(luminance)}
        if self.mask is not None:
            found |= {"mask": self.mask, "mask_edge": self.mask_edge, "background": self.background}
        return found


class Finisher:
    """Finishes pictures of one generator.

    Args:
        config: how; side: of the generator's pictures; margin: of the crops that it learned from.
    """

    def __init__(self, config: FinishConfig, side: int, margin: float) -> None:
        self.config = config
        self.side = config.size or side
        self._margin = margin

    @property
    def oval(self) -> str | None:
        """Where the oval lies in a picture, for people; None where there is none."""
        return None if self.config.mask is None else face_oval(self._margin).in_pixels(self.side)

    @cached_property
    def _shown(self) -> np.ndarray | None:
        """(S, S) in [0, 1], how much of each pixel is shown; None for all."""
        if self.config.mask is None:
            return None
        return oval_mask(self.side, self._margin, self.config.mask_edge)

    @cached_property
    def inside(self) -> np.ndarray | None:
        """(S, S) bool, the pixels that are measured and matched: within the mask's soft edge, where
        nothing of the background shows; None for all."""
        return None if self._shown is None else self._shown == 1

    def resize(self, image: np.ndarray) -> np.ndarray:
        """The picture uint8 (H, W, 3) at the size asked for."""
        if image.shape[0] == self.side:
            return image
        resized = Image.fromarray(image).resize((self.side, self.side), Image.Resampling.LANCZOS)
        return np.asarray(resized)

    def statistics(self, image: np.ndarray) -> tuple[float, float]:
        """Mean and SD of luma of a face as drawn, as the matching sees it."""
        return luma_statistics(self.resize(image), self.inside)

    def match(self, image: np.ndarray, target: tuple[float, float]) -> np.ndarray:
        """A resized picture with that mean and SD of luma."""
        return match_luma(image, *target, self.inside)

    def cover(self, image: np.ndarray) -> np.ndarray:
        """The picture with the background around the mask."""
        if self._shown is None:
            return image
        colour = np.array(ImageColor.getrgb(self.config.background)[:3], np.float64)
        share = self._shown[..., None]
        return np.rint(image * share + colour * (1 - share)).astype(np.uint8)

    def measure(self, image: np.ndarray, clipped: int = 0) -> Mapping[str, float | int]:
        """The columns of a finished picture, within its mask."""
        mean, deviation = luma_statistics(image, self.inside)
        return {
            "luminance_mean": round(mean, 4),
            "luminance_sd": round(deviation, 4),
            "sharpness": round(sharpness(image, self.inside), 4),
            "clipped": clipped,
        }

    def count_clipped(self, before: np.ndarray, after: np.ndarray) -> int:
        """Pixels that matching drove to black or white, within the mask."""
        return count_clipped(before, after, self.inside)


def require_matchable(config: FinishConfig, count: int) -> None:
    """Refuse a matching that cannot be done, before any picture is made.

    Raises:
        CircumplexError: SHINIER is not installed, or there are more pictures than it takes.
    """
    from studio.stimuli.shine import MOST, require_shinier

    if config.shine is None:
        return
    require_shinier()
    if count > MOST:
        raise CircumplexError(
            f"{count} pictures are more than the {MOST} whose {config.shine} is matched together; "
            "export fewer, or match mean and SD with --match-luminance"
        )
