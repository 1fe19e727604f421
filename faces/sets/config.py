"""What `prepare` is asked to do."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from faces.ground.records import Record, setting

Detector = Literal["mtcnn", "none"]
Align = Literal["points", "box"]
Choose = Literal["largest", "central", "confident"]
_CROP, _KEEP = "Which crop", "Which faces"


@dataclass(frozen=True)
class PrepareConfig(Record):
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

    size: int = setting(128, "Side of the faces in pixels.", at_least=16, at_most=1024, panel=_CROP)
    channels: int = setting(1, "1 (grey) or 3 (colour).", choices=(1, 3), panel=_CROP)
    detector: Detector = setting(
        "mtcnn",
        "mtcnn, or none to take pictures as they are.",
        choices=get_args(Detector),
        panel=_CROP,
    )
    align: Align = setting(
        "points",
        "points (turned and scaled by the five points) or box.",
        choices=get_args(Align),
        panel=_CROP,
    )
    margin: float = setting(
        0.0, "Widens the crop, as a share of its side.", at_least=-0.5, at_most=2.0, panel=_CROP
    )
    smallest: float = setting(
        0.25,
        "Smallest face sought, as a share of the longer side.",
        at_least=0.05,
        at_most=1.0,
        panel=_CROP,
    )
    border: float = setting(
        0.2,
        "Border added for faces at the edge, as a share.",
        at_least=0.0,
        at_most=1.0,
        panel=_CROP,
    )
    choose: Choose = setting(
        "largest",
        "largest, central or confident face of a picture.",
        choices=get_args(Choose),
        panel=_CROP,
    )
    min_confidence: float = setting(
        0.6, "Least confidence of the detector.", at_least=0.0, at_most=1.0, panel=_KEEP
    )
    max_yaw: float = setting(60.0, "Degrees.", at_least=0.0, at_most=180.0, panel=_KEEP)
    max_pitch: float = setting(45.0, "Degrees.", at_least=0.0, at_most=180.0, panel=_KEEP)
    max_roll: float = setting(60.0, "Degrees.", at_least=0.0, at_most=180.0, panel=_KEEP)
    clahe: bool = setting(
        False, "Equalise luminance locally.", flag="--clahe/--no-clahe", panel=_CROP
    )
    per_class: int | None = setting(
        None,
        "At most so many training faces of each expression.",
        at_least=1,
        at_most=10**9,
        panel=_KEEP,
    )
    val_fraction: float = setting(
        0.1,
        "Share held out where the source has no split.",
        at_least=0.0,
        at_most=0.9,
        panel=_KEEP,
    )
    require_labels: bool = setting(
        True,
        "Drop faces without valence and arousal.",
        flag="--require-labels/--any-labels",
        panel=_KEEP,
    )
    seed: int = setting(0, "Of splits and the balanced subset.", panel=_KEEP)


def faces_settings(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """How the faces were cut that a model learned from, by names of PrepareConfig; {} if unsaid."""
    known = {field.name for field in fields(PrepareConfig)}
    saved = provenance.get("faces_settings") or {}
    return {name: value for name, value in saved.items() if name in known}


def cut_of(provenance: Mapping[str, Any]) -> PrepareConfig:
    """How the faces were cut that a model learned from; as `prepare` does where that is unsaid."""
    return PrepareConfig(**faces_settings(provenance))
