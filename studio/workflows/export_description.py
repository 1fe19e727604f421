"""What the files beside the pictures of an export say."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from faces.ground.provenance import software
from studio.stimuli.describing import Description
from studio.stimuli.export import ExportPlan
from studio.stimuli.export_rows import Row

if TYPE_CHECKING:
    from gan_bridge.editing.explorer import EmotionExplorer
    from studio.workflows.export import ExportRequest, ExportResult


def describe_export(
    request: "ExportRequest",
    plan: ExportPlan,
    rows: Sequence[Row],
    result: "ExportResult",
    readers: dict[str, Any],
    explorer: "EmotionExplorer",
) -> Description:
    """What the files beside the pictures say."""
    from gan_bridge.generators.opening import PACKAGED as NETWORKS
    from vae.packaged import PACKAGED as RUNS

    packaged = request.generator in (*NETWORKS, *RUNS)
    licence = (
        "The pictures come from a generator whose weights are under CC BY-NC 4.0, as it learned "
        "from pictures for research use; they are given on under the same licence."
        if packaged
        else "The pictures are under the licence of the generator that drew them, which this "
        "program does not know: name it here."
    )
    if request.photos or request.latents:
        licence += (
            " Some show real people, changed: whoever passes them on needs these people's consent "
            "and the photographers'."
        )
    return Description(
        folder=request.folder,
        rows=rows,
        columns=plan.columns,
        suffix=request.format,
        title=f"{result.pictures} facial stimuli of {len({row['identity'] for row in rows})} "
        "identities",
        facts=_facts(request, result, readers, explorer),
        licence=licence,
        spdx="CC-BY-NC-4.0" if packaged and not request.photos and not request.latents else None,
        shine=request.shine is not None,
    )


def _facts(
    request: "ExportRequest",
    result: "ExportResult",
    readers: dict[str, Any],
    explorer: "EmotionExplorer",
) -> list[str]:
    """The lines of the README about how the pictures came about."""
    facts = [
        f"Made by {software()} with the generator {explorer.generator.name} "
        f"({explorer.generator.digest[:12]}), {result.points} points a face.",
        f"{result.beyond} requests lie beyond what faces show; those are aimed at the nearest that "
        "they do (`aimed_valence`, `aimed_arousal`, `reached`).",
    ]
    for name, found in readers.items():
        if "absent" in found:
            facts.append(f"Reader `{name}` was not at hand: {found['absent']}.")
            continue
        part = (
            "it helped to aim the edits, and is no independent judge of them"
            if found["aimed_the_edits"]
            else "it took no part in making the pictures"
        )
        line = f"Reader `{name}` ({found['description']}): {part}."
        if error := found.get("rmse"):
            line += (
                f" Its interval is the reading ± 1.96 × its root mean square error on {error['n']} "
                f"labelled photographs ({error['faces']}: {error['valence']:.2f} in valence, "
                f"{error['arousal']:.2f} in arousal); its error on drawn faces is not known, and "
                "may be larger: see `circumplex evaluate`."
            )
        facts.append(line)
    if readers:
        facts.append("Readings are of the face as drawn, before matching and mask.")
    facts += _finish_facts(request, result)
    for text, count in result.dropped.items():
        facts.append(f"{count} pictures were dropped that do not meet `{text}`: dropped.csv.")
    if result.rejected:
        facts.append(f"{len(result.rejected)} sources had no face to start from: rejected.csv.")
    return facts


def _finish_facts(request: "ExportRequest", result: "ExportResult") -> list[str]:
    facts = []
    if result.luminance is not None:
        mean, deviation = result.luminance
        facts.append(f"All have mean luma {mean:.2f} and SD {deviation:.2f}, as far as 8 bits go.")
    if request.shine is not None:
        matched = {"both": "amplitude spectrum and histogram"}.get(request.shine, request.shine)
        facts.append(
            f"SHINIER matched the {matched} of luminance in all pictures: the SHINE toolbox in "
            "Python, with seed 0 and its defaults."
        )
    if request.matches:
        facts.append(f"{result.clipped} pixels were clipped by it (`clipped`).")
    if request.mask is not None:
        facts.append(
            f"An {request.mask} with a soft edge ({request.mask_edge:g} of its radius) shows the "
            f"inner face on {request.background}."
        )
    return facts
