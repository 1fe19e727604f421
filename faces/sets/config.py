"""What `prepare` is asked to do."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from faces.ground.errors import CircumplexError

Detector = Literal["mtcnn", "none"]
Align = Literal["points", "box"]
Choose = Literal["largest", "central", "confident"]


@dataclass(frozen=True)
class PrepareConfig:
    """Settings of a face set; every one of them decides over its pixels or its rows.

    Attributes:
        size: side of the faces in pixels.
        channels: 1 for luminance (ITU-R BT.601), 3 for RGB.
        detector: "mtcnn" looks for faces; "none" takes the source's box, or the whole picture.
        align: "points" turns, scales and shifts the five points onto `align.TEMPLATE`;
            "box" cuts the upright square around the face's box.
        margin: widens the crop, as a share of its side; negative narrows it.
        smallest: side of the smallest face looked for, as a share of the picture's longer side.
        border: width of the replicated border in which faces at the edge are found, as a share
            of the picture's longer side.
        choose: which face of a picture with several: the largest box, the one nearest the
            centre, or the most confident.
        min_confidence: least confidence of the detector, in [0, 1].
        max_yaw, max_pitch, max_roll: largest turn to either side in degrees.
        clahe: equalise the luminance locally (CLAHE, 8 x 8 tiles, clip limit 2).
        per_class: at most so many training faces of each expression; None takes all.
        val_fraction: share of the training faces that become the "val" split where the source
            has none.
        require_labels: drop faces without valid valence and arousal. Sources that have no such
            labels at all (class folders) are not asked for them.
        seed: decides over splits and the balanced subset, by hash, so that the order of the
            source does not matter.
    """

    size: int = 128
    channels: int = 1
    detector: Detector = "mtcnn"
    align: Align = "points"
    margin: float = 0.0
    smallest: float = 0.25
    border: float = 0.2
    choose: Choose = "largest"
    min_confidence: float = 0.6
    max_yaw: float = 60.0
    max_pitch: float = 45.0
    max_roll: float = 60.0
    clahe: bool = False
    per_class: int | None = None
    val_fraction: float = 0.1
    require_labels: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        _within("size", self.size, 16, 1024)
        _among("channels", self.channels, (1, 3))
        _among("detector", self.detector, get_args(Detector))
        _among("align", self.align, get_args(Align))
        _among("choose", self.choose, get_args(Choose))
        _within("margin", self.margin, -0.5, 2.0)
        _within("smallest", self.smallest, 0.05, 1.0)
        _within("border", self.border, 0.0, 1.0)
        _within("min_confidence", self.min_confidence, 0.0, 1.0)
        _within("max_yaw", self.max_yaw, 0.0, 180.0)
        _within("max_pitch", self.max_pitch, 0.0, 180.0)
        _within("max_roll", self.max_roll, 0.0, 180.0)
        _within("val_fraction", self.val_fraction, 0.0, 0.9)
        if self.per_class is not None:
            _within("per_class", self.per_class, 1, 10**9)


def faces_settings(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """How the faces were cut that a model learned from, by names of PrepareConfig; {} if unsaid."""
    known = {field.name for field in fields(PrepareConfig)}
    saved = provenance.get("faces_settings") or {}
    return {name: value for name, value in saved.items() if name in known}


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise CircumplexError(f"{name} is {value}; give a value from {low:g} to {high:g}")


def _among(name: str, value: object, allowed: tuple[object, ...]) -> None:
    if value not in allowed:
        raise CircumplexError(f"{name} is {value!r}; give one of {', '.join(map(str, allowed))}")
