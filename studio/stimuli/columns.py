"""What each column of an export's table is, for people and for programs."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, count

from faces.circumplex import EXPRESSIONS
from faces.readers.affect.registry import AFFECT_READERS
from faces.readers.identity.config import SAME_PERSON

TEXT, NUMBER, COUNT, TRUTH = "text", "number", "whole number", "true or false"


@dataclass(frozen=True)
class Column:
    """One column: what it is, of what kind, and in what unit ("" where it has none)."""

    name: str
    description: str
    kind: str = NUMBER
    unit: str = ""


#: What an identity distance says, in one wording wherever it is said.
IDENTITY_SCALE = f"up to {SAME_PERSON:g} likely one person; two strangers stand at about 0.8"
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
    Column(
        "reached",
        "Whether the request lies within what faces show; it says nothing of this picture.",
        TRUTH,
    ),
    Column("found", "Whether a face was found in the picture.", TRUTH),
    Column("expression", "The most probable of eight expressions, by the pixel reader.", TEXT),
    Column(
        "identity_distance",
        "Euclidean distance of what the identity network sees from the person: from the photo, the "
        "unedited face of a latent, the neutral face of a seed without the further factors: "
        f"{IDENTITY_SCALE}.",
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
_FACTOR = ("set_", "aimed_")  #: what columns of further factors begin with


def describe_columns(names: Iterable[str]) -> tuple[Column, ...]:
    """What an export's own columns are, in their order.

    Raises:
        KeyError: there is no such column.
    """
    return tuple(_BY_NAME.get(name) or _read(name) or _BY_NAME[name] for name in names)


def is_of_exports(name: str) -> bool:
    """Whether a column is one that exports write themselves, with whatever further factors."""
    return name in _BY_NAME or name.startswith(_FACTOR) or _read(name) is not None


def factor_names(factors: Iterable[str]) -> dict[str, str]:
    """For each further factor the plain name that it has in columns: letters, digits and _; its
    own, and none with which a column would be another one's, such as aimed_valence."""
    found: dict[str, str] = {}
    for factor in factors:
        stem = re.sub(r"\W+", "_", factor, flags=re.ASCII).strip("_") or "factor"
        names = chain((stem,), (f"{stem}_{number}" for number in count(2)))
        found[factor] = next(name for name in names if _is_free(name, found.values()))
    return found


def _is_free(name: str, names: Iterable[str]) -> bool:
    """Whether a further factor can have this name beside these in columns."""
    columns = {f"{start}{name}" for start in _FACTOR}
    return name not in {*names, "valence", "arousal"} and columns.isdisjoint(_BY_NAME)


def factor_columns(factors: Iterable[str], fitted: str) -> tuple[Column, ...]:
    """The columns of further factors: what was requested, and what is aimed at.

    Args:
        fitted: what they were fitted on, in a word, as `further_factors.fitted_on` says it.
    """
    columns: list[Column] = []
    for factor, name in factor_names(factors).items():
        unit = f"as in its {fitted}"
        columns += [
            Column(f"set_{name}", f"Requested {factor}; empty of unedited faces.", unit=unit),
            Column(
                f"aimed_{name}",
                f"{factor} that the edit aims at: the nearest that its {fitted} show.",
                unit=unit,
            ),
        ]
    return tuple(columns)


def factor_values(set_to: Mapping[str, float], aimed: Mapping[str, float]) -> dict[str, float]:
    """The values of these columns in the row of an edited face."""
    values: dict[str, float] = {}
    for factor, name in factor_names(set_to).items():
        values |= {f"set_{name}": set_to[factor], f"aimed_{name}": aimed[factor]}
    return values


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
                    "labelled photographs; cut at -1 and 1."
                )
                return Column(name, text, unit=_AFFECT)
    return None
