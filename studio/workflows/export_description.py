"""What the files beside the pictures of an export say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faces.ground.provenance import software
from studio.stimuli.description import Description
from studio.stimuli.export_rows import Row
from studio.stimuli.finishing import FinishConfig


@dataclass(frozen=True)
class ExportAccount:
    """How a set of pictures came about.

    Attributes:
        finish: how they were finished; generator: its name and digest; packaged: whether it is one
            of the package's; people: whether some show real people.
        points: a face; beyond: requests that no face shows.
        readers: see `stimulus_readings.describe_readers`; empty where nothing was read.
        dropped, rejected, luminance, clipped: see `export.ExportResult`.
    """

    finish: FinishConfig
    generator: tuple[str, str]
    packaged: bool
    people: bool
    points: int
    beyond: int
    readers: Mapping[str, Any]
    dropped: Mapping[str, int]
    rejected: Mapping[str, str]
    luminance: tuple[float, float] | None
    clipped: int


def describe_export(
    account: ExportAccount, folder: Path, rows: Sequence[Row], columns: Sequence[str]
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
    facts = [
        f"Made by {software()} with the generator {name} ({digest[:12]}), {account.points} points "
        "a face.",
        f"{account.beyond} requests lie beyond what faces show; those are aimed at the nearest "
        "that they do (`aimed_valence`, `aimed_arousal`, `reached`).",
        *(_reader_fact(name, found) for name, found in account.readers.items()),
    ]
    if account.readers:
        facts.append("Readings are of the face as drawn, before matching and mask.")
    facts += _finish_facts(account)
    for text, count in account.dropped.items():
        facts.append(f"{count} pictures were dropped that do not meet `{text}`: dropped.csv.")
    if account.rejected:
        facts.append(f"{len(account.rejected)} sources had no face to start from: rejected.csv.")
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
            f" Its interval is the reading ± 1.96 × its root mean square error on {error['n']} "
            f"labelled photographs ({error['faces']}: {error['valence']:.2f} in valence, "
            f"{error['arousal']:.2f} in arousal); its error on drawn faces is not known, and may "
            "be larger: see `circumplex evaluate`."
        )
    return fact


def _finish_facts(account: ExportAccount) -> list[str]:
    facts, finish = [], account.finish
    if account.luminance is not None:
        mean, deviation = account.luminance
        facts.append(f"All have mean luma {mean:.2f} and SD {deviation:.2f}, as far as 8 bits go.")
    if finish.shine is not None:
        matched = "amplitude spectrum and histogram" if finish.shine == "both" else finish.shine
        facts.append(
            f"SHINIER matched the {matched} of luminance in all pictures: the SHINE toolbox in "
            "Python, with seed 0 and its defaults."
        )
    if finish.matches:
        facts.append(f"{account.clipped} pixels were clipped by it (`clipped`).")
    if finish.mask is not None:
        facts.append(
            f"An {finish.mask} with a soft edge ({finish.mask_edge:g} of its radius) shows the "
            f"inner face on {finish.background}."
        )
    return facts
