"""What each column of an export's table is, for people and for programs."""

from collections.abc import Sequence
from dataclasses import dataclass

from faces.circumplex import EXPRESSIONS
from faces.readers.affect.registry import AFFECT_READERS

TEXT, NUMBER, COUNT, TRUTH = "text", "number", "whole number", "true or false"


@dataclass(frozen=True)
class Column:
    """One column: what it is, of what kind, and in what unit ("" where it has none)."""

    name: str
    description: str
    kind: str = NUMBER
    unit: str = ""


_AFFECT = "[-1, 1]"
_KNOWN = (
    Column("file", "Path of the picture in this folder.", TEXT),
    Column("identity", "Whose face it is, as in the file's name.", TEXT),
    Column("source", "The seed, or the name of the photo's or latent's file.", TEXT),
    Column("seed", "Number of a sampled face; empty of photos and latents.", COUNT),
    Column("edited", "False of the face as it is, before any edit.", TRUTH),
    Column("valence", "Requested valence.", unit=_AFFECT),
    Column("arousal", "Requested arousal.", unit=_AFFECT),
    Column(
        "angle",
        "Of the request, counter-clockwise from positive valence.",
        unit="degrees",
    ),
    Column("intensity", "Distance of the request from neutral at (0, 0)."),
    Column("word", "The affect word nearest to the request on the circumplex.", TEXT),
    Column("prototype", "The expression whose place is nearest to the request.", TEXT),
    *(
        Column(f"distance_{name}", f"Euclidean distance of the request from the place of {name}.")
        for name in EXPRESSIONS
    ),
    *(
        Column(
            f"aimed_{name}",
            f"{name.capitalize()} that the edit aims at: the nearest that faces show. In the terms "
            "of ratings where the editor is calibrated on them; readings are readers' own.",
        )
        for name in ("valence", "arousal")
    ),
    Column("reached", "Whether the request lies within what faces show.", TRUTH),
    Column("found", "Whether a face was found in the picture.", TRUTH),
    Column("expression", "The most probable of eight expressions, by the pixel reader.", TEXT),
    Column(
        "identity_distance",
        "Euclidean distance of what the identity network sees from the person: from the photo, the "
        "unedited face of a latent, the neutral face of a seed. Two people are about 0.6 apart or "
        "more.",
    ),
    Column("yaw", "Turn of the head, positive to the viewer's right.", unit="degrees"),
    Column("pitch", "Tilt of the head, positive up.", unit="degrees"),
    Column("roll", "Roll of the head, positive clockwise as seen.", unit="degrees"),
    Column("luminance_mean", "Mean luma (Rec. 709 on 8-bit sRGB), within the mask.", unit="0-255"),
    Column("luminance_sd", "Contrast: SD of luma, within the mask.", unit="0-255"),
    Column("sharpness", "Variance of the Laplacian of luma, within the mask.", unit="levels²"),
    Column("clipped", "Pixels that matching drove to black or white in a channel.", COUNT),
    Column("sha256", "SHA-256 of the file's bytes.", TEXT),
)
_BY_NAME = {column.name: column for column in _KNOWN}


def describe_columns(names: Sequence[str]) -> list[Column]:
    """What columns are, in their order; those of norms are described as such."""
    return [_BY_NAME.get(name) or _read(name) or _joined(name) for name in names]


def _read(name: str) -> Column | None:
    """A column of a reader of affect."""
    for reader, kind in AFFECT_READERS.items():
        for target in ("valence", "arousal"):
            stem = f"{reader}_{target}"
            if name == stem:
                text = f"{target.capitalize()} that a reader finds: {kind.description}."
                return Column(name, text, unit=_AFFECT)
            if name in (f"{stem}_low", f"{stem}_high"):
                end = "Lower" if name.endswith("_low") else "Upper"
                text = (
                    f"{end} end of the 95 % interval of {stem}, from the reader's error on "
                    "labelled photographs."
                )
                return Column(name, text, unit=_AFFECT)
    return None


def _joined(name: str) -> Column:
    return Column(name, "From the table of norms that was given.")
