"""What the files beside the pictures of an export say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faces.ground.provenance import software
from studio.stimuli.columns import Column, factor_names
from studio.stimuli.description import Description
from studio.stimuli.export_result import ExportResult
from studio.stimuli.export_rows import Row
from studio.stimuli.export_tally import FAR_FROM_NEUTRAL, say_hits
from studio.stimuli.finishing import FinishConfig
from studio.stimuli.norms import Norms


@dataclass(frozen=True)
class ExportAccount:
    """How a set of pictures came about.

    Attributes:
        finish: how they were finished; generator: its name and digest; packaged: whether it is one
            of the package's; people: whether some show real people.
        result: the export in numbers; original: whether each face stands there unedited as well.
        truncation: of sampled faces, None where there are none; factors: by name, the value that
            was set and the one that is aimed at; fitted: what they were fitted on, in a word.
        rated: whether requests say what people see.
        readers: see `stimulus_readings.describe_readers`; empty where nothing was read.
        norms: that were joined; oval: where the mask lies, in words.
    """

    finish: FinishConfig
    generator: tuple[str, str]
    packaged: bool
    people: bool
    result: ExportResult
    truncation: float | None
    original: bool
    factors: Mapping[str, tuple[float, float]]
    fitted: str
    rated: bool
    readers: Mapping[str, Any]
    norms: Norms | None
    oval: str | None


def describe_export(
    account: ExportAccount, folder: Path, rows: Sequence[Row], columns: Sequence[Column]
) -> Description:
    """What the files beside the pictures say."""
    licence = (
        "The pictures come from a generator whose weights are under CC BY-NC 4.0, as it learned "
        "from pictures for research use; they are given on under the same licence."
        if account.packaged
        else "The pictures are under the licence of the generator that drew them, which this "
        "program does not know: name it here."
    )
    if account.people:
        licence += (
            " Some show real people, changed: whoever passes them on needs these people's consent "
            "and the photographers'."
        )
    return Description(
        folder=folder,
        rows=rows,
        columns=columns,
        suffix=account.finish.format,
        title=f"{len(rows)} facial stimuli of {len({row['identity'] for row in rows})} identities",
        facts=_facts(account),
        licence=licence,
        spdx="CC-BY-NC-4.0" if account.packaged and not account.people else None,
        shine=account.finish.shine is not None,
    )


def _facts(account: ExportAccount) -> list[str]:
    """The lines of the README about how the pictures came about."""
    name, digest = account.generator
    found = account.result
    original = ", and each face unedited" if account.original else ""
    facts = [
        f"Made by {software()} with the generator {name} ({digest[:12]}), {found.points} "
        f"point{'s' if found.points != 1 else ''} a face{original}."
    ]
    if account.truncation is not None:
        facts.append(f"Faces of seeds are sampled with truncation {account.truncation:g}.")
    facts += [
        f"{found.beyond} of {found.requests} requests lie beyond what faces show; those are aimed "
        "at the nearest that they do (`aimed_valence`, `aimed_arousal`). `reached` says whether "
        "the request lies within what faces show, and nothing of this picture.",
        *_factor_facts(account.factors, account.fitted),
    ]
    if account.rated:
        facts.append(
            "The editor was fitted to human ratings: requests and `aimed_…` say what people see, "
            "readings what readers find. The two are on scales of their own; to compare them, "
            "bring one to the other's, as the distances that the export prints do."
        )
    facts += [_reader_fact(name, what) for name, what in account.readers.items()]
    if account.readers:
        facts.append("Readings are of the face as drawn, before matching and mask.")
    facts += _shown_facts(found)
    facts += _finish_facts(account)
    facts += _choice_facts(account)
    return facts


def _factor_facts(factors: Mapping[str, tuple[float, float]], fitted: str) -> list[str]:
    names = factor_names(factors)
    return [
        f"Every edit also sets {factor} to {to:g} (`set_{names[factor]}`), aimed at {aimed:g}, "
        f"the nearest that its {fitted} show (`aimed_{names[factor]}`); unedited faces, and the "
        "neutral faces of seeds that `identity_distance` is told from, are without it."
        for factor, (to, aimed) in factors.items()
    ]


def _shown_facts(found: ExportResult) -> list[str]:
    """What readers find where expressions and neutral faces were requested."""
    facts = []
    if found.prototypes:
        facts.append(
            "Requests at the places of expressions are places in valence and arousal, not "
            "expressions. Pictures in which the pixel reader finds the expression of the place: "
            f"{say_hits(found.prototypes)}."
        )
    if found.far_neutrals:
        named = ", ".join(f"`{file}`" for file in found.far_neutrals)
        facts.append(
            f"Neutral faces in which a reader finds more than {FAR_FROM_NEUTRAL:g} from neutral: "
            f"{named}."
        )
    return facts


def _choice_facts(account: ExportAccount) -> list[str]:
    """Which pictures are there: conditions, norms, sources."""
    found = account.result
    facts = [
        f"Kept are pictures that meet `{text}`; dropped: {count}"
        + (" (dropped.csv)." if count else ".")
        for text, count in found.dropped.items()
    ]
    if account.norms is not None:
        facts.append(
            f"Norms are joined from {account.norms.path.name} (SHA-256 {account.norms.digest}); "
            f"they know {found.normed} of the pictures."
        )
    if found.rated_otherwise:
        facts.append(
            f"Of {found.rated_otherwise} pictures the norms are of a file with other bytes: what "
            "was rated is not pixel for pixel what lies here."
        )
    if found.rated_unknown:
        facts.append(
            f"Of {found.rated_unknown} pictures the norms name the file alone, while matching made "
            "them anew from this set's own averages: they may differ from what was rated."
        )
    if found.rejected:
        facts.append(f"{len(found.rejected)} sources had no face to start from: rejected.csv.")
    return facts


def _reader_fact(name: str, found: Mapping[str, Any]) -> str:
    if "absent" in found:
        return f"Reader `{name}` was not at hand: {found['absent']}."
    part = (
        "it helped to aim the edits, and is no independent judge of them"
        if found["aimed_the_edits"]
        else "it took no part in making the pictures"
    )
    fact = f"Reader `{name}` ({found['description']}): {part}."
    if error := found.get("rmse"):
        fact += (
            " Its interval is the reading ± 1.96 × its root mean square error, cut at -1 and 1, "
            f"on {error['n']} labelled photographs ({error['faces']}: {error['valence']:.2f} in "
            f"valence, {error['arousal']:.2f} in arousal); its error on drawn faces is not known, "
            "and may be larger: see `circumplex evaluate`."
        )
    return fact


def _finish_facts(account: ExportAccount) -> list[str]:
    facts, finish = [], account.finish
    if account.result.luminance is not None:
        mean, deviation = account.result.luminance
        facts.append(
            f"All have mean luma {mean:.2f} and SD {deviation:.2f}, as far as 8 bits go; "
            f"`--luminance {mean!r},{deviation!r}` brings other pictures to the same."
        )
    if finish.shine is not None:
        matched = "amplitude spectrum and histogram" if finish.shine == "both" else finish.shine
        facts.append(
            f"SHINIER matched the {matched} of luminance in all pictures: the SHINE toolbox in "
            "Python, with seed 0 and its defaults."
        )
    if finish.sets_luminance:
        facts.append(f"{account.result.clipped} pixels were clipped by it (`clipped`).")
    if finish.mask is not None:
        facts.append(
            f"An {finish.mask} with a soft edge ({finish.mask_edge:g} of its radius) shows the "
            f"inner face on {finish.background}: {account.oval}, from the upper left corner on."
        )
    return facts
