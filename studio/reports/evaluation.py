"""evaluation.html: what edits did, by every reader, for people."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.reports import evaluation_figures as figures
from studio.reports import evaluation_tables as tables
from studio.reports.drawing import strip_png, strip_width
from studio.reports.formatting import interval, listed, number, with_interval
from studio.reports.page import render_template, write_page
from vae.probing.evidence import TARGETS

if TYPE_CHECKING:
    from markupsafe import Markup

FILE = "evaluation.html"
#: Evidence of another evaluation, and its pictures.
Beside = tuple[Mapping[str, Any], np.ndarray] | None
#: Of edits that mean what people see.
_RATED = (
    "Requests are in terms of ratings, on which the editor was calibrated. They are set against "
    "readings in the readers' terms: what readers find where people see what is requested and, "
    "beyond what faces show, as much farther as was asked. Directions, intensities and limits are "
    "named as they were requested; what else changed is per unit that readers are to find."
)
_MAPPED = {
    "identity_distance": "identity distance",
    "yaw": "yaw, °",
    "pitch": "pitch, °",
    "roll": "roll, °",
    "light": "light, levels",
    "contrast": "contrast, levels",
    "sharpness": "sharpness, %",
    "sex_changed": "sex changed, share",
    "age": "age, years",
    "found": "face found, share",
}


def write_report(
    folder: str | os.PathLike[str],
    evidence: Mapping[str, Any],
    examples: np.ndarray,
    other: Beside = None,
) -> Path:
    """Write the page, whole or not at all; the same evidence and pictures give the same bytes.

    Args:
        evidence: of `studio.workflows.evaluate`.
        examples: uint8 (rows, columns, H, W, 3), each row one face: neutral, then edited.
        other: of the generator that this one is set beside; `evidence` then has `against`.
    """
    return write_page(Path(folder) / FILE, render(evidence, examples, other))


def render(evidence: Mapping[str, Any], examples: np.ndarray, other: Beside = None) -> str:
    """The page as text; see `write_report`."""
    config = evidence["config"]
    readers = {name: each for name, each in evidence["readers"].items() if _scored(each)}
    directions, intensities = config["directions"], config["intensities"]
    return render_template(
        "evaluation.html.j2",
        title=f"Edits of {_name(evidence)}, measured",
        evidence=evidence,
        edits=evidence["faces"] * directions * len(intensities),
        lead=lead_sentence(evidence["parts"]),
        notes=notes_of(evidence),
        agreement_cards=[_agreement_card(evidence, readers, name) for name in TARGETS if readers],
        examples=_strip(examples),
        beside=None if other is None else _beside(evidence, *other),
        readers=[_reader(name, evidence, at) for at, name in enumerate(evidence["readers"])],
        agreement_head=tables.AGREEMENT_HEAD,
        curves=figures.intensity_curves(readers, intensities, "intensity") if readers else None,
        by_angle=figures.angle_curves(readers, "angle") if readers else None,
        pairs=tables.pair_rows(evidence["pairs"]),
        reliability=tables.reliability_rows(evidence["reliability"]),
        kinship=_kinship(evidence["kinship"]),
        effects_head=tables.SIDE_EFFECTS_HEAD,
        effects=tables.side_effect_rows(evidence["side_effects"]),
        effect_maps=figures.circle_maps(
            _effect_maps(evidence, list(_MAPPED)), intensities, "effects"
        ),
        limits=tables.limit_tables(evidence),
        sources=[
            ["Generator", f"{evidence['generator']['name']} ({evidence['generator']['digest']})"],
            ["Directions", evidence["directions"]],
            ["Calibration", evidence["calibration"] or "none"],
            *(
                [f"Reader {name}", each["digest"] or "not in the package"]
                for name, each in evidence["parts"].items()
            ),
            ["Settings", listed(config)],
            ["Software", evidence["software"]],
        ],
    )


def lead_sentence(parts: Mapping[str, Mapping[str, Any]]) -> str:
    """Who measured, and who of them had a part in what is measured."""
    independent = [name for name, part in parts.items() if part["independent"]]
    others = [f"{name} {part['part']}" for name, part in parts.items() if not part["independent"]]
    said = (
        f"Readers that took no part in making the edits: {', '.join(independent)}."
        if independent
        else "No reader at hand took no part in making the edits."
    )
    if others:
        said += f" Others are shown beside them and prove nothing alone: {'; '.join(others)}."
    return said


def _scored(reader: Mapping[str, Any]) -> bool:
    """Whether enough of the edits were read."""
    return reader["agreement"]["all"]["valence"] is not None


def notes_of(evidence: Mapping[str, Any]) -> list[str]:
    """What a reader of the page must know before its figures."""
    notes = [f"Not measured: {name}: {why}" for name, why in evidence["absent"].items()]
    if evidence["requests_in_terms_of"] == "ratings":
        notes.append(_RATED)
    seeds = evidence["seeds"]
    if seeds["overlap"]:
        notes.append(
            f"{seeds['overlap']} of the {evidence['faces']} seeds took part in fitting what is "
            "measured: their figures flatter it."
        )
    elif seeds["fitted"]:
        spans = "; ".join(f"{what}: {a}-{b}" for what, (a, b) in seeds["fitted"].items())
        notes.append(f"None of the seeds took part in fitting ({spans}).")
    if evidence["reach"]["by"] is None:
        notes.append("What faces of this generator can show is not known: no region is drawn.")
    missing = [
        f"{name} {each['agreement']['all']['missing']:,}"
        for name, each in evidence["readers"].items()
        if each["agreement"]["all"]["missing"]
    ]
    if missing:
        notes.append(f"Edits without a reading, left out of its figures: {', '.join(missing)}.")
    return notes


def _agreement_card(
    evidence: Mapping[str, Any], readers: Mapping[str, Any], target: str
) -> dict[str, Any]:
    """Every reader's agreement with what was requested, the first that took no part in front."""
    parts = evidence["parts"]
    order = sorted(readers, key=lambda name: not parts[name]["independent"])
    agreed = {name: readers[name]["agreement"]["all"][target] for name in order}
    scores = {name: with_interval(each, "ccc") for name, each in agreed.items()}
    notes = [f"{name} ({parts[name]['part']}): {' '.join(scores[name])}" for name in order]
    return {"target": target, "value": scores[order[0]][0], "notes": notes}


def _reader(name: str, evidence: Mapping[str, Any], at: int) -> dict[str, Any]:
    """What the page says of one reader, the `at`-th on it."""
    reader, part = evidence["readers"][name], evidence["parts"][name]
    about = {"name": name, "part": part["part"], "about": part["about"]}
    if not _scored(reader):
        return {**about, "read": False}
    cells, border = reader["cells"], evidence["reach"]["border"]
    maps = [
        figures.CircleMap("distance to the request", cells["error"], border),
        figures.CircleMap("angle error, °", cells["angle_error"], border),
        figures.CircleMap("bias of valence", cells["valence_bias"], border, signed=True),
        figures.CircleMap("bias of arousal", cells["arousal_bias"], border, signed=True),
    ]
    expected, limits = np.array(evidence["expected"]), evidence["reach"]["expected_border"]
    return {
        **about,
        "read": True,
        "tables": tables.agreement_tables(reader),
        "all": reader["agreement"]["all"],
        "apart": reader["angle_error"],
        "still": reader["still"],
        "landing": figures.landing_map(expected, cells, limits, f"landing-{at}"),
        "maps": figures.circle_maps(maps, evidence["config"]["intensities"], f"error-{at}"),
    }


def _kinship(kinship: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Which readers err alike, in tables and sentences."""
    if kinship is None:
        return None
    effective = [
        f"{target} {number(kinship[target]['participation'], 1)} "
        f"{interval(kinship[target]['participation_interval'], 1)} "
        f"(as exact in the mean as {number(kinship[target]['equivalent'], 1)} "
        f"{interval(kinship[target]['equivalent_interval'], 1)} independent ones)"
        for target in TARGETS
    ]
    return {
        "head": ["", *kinship["readers"]],
        "tables": [(target, tables.kinship_rows(kinship, target)) for target in TARGETS],
        "count": len(kinship["readers"]),
        "effective": "; ".join(effective),
        "families": "; ".join(", ".join(family) for family in kinship["families"]),
        "number": len(kinship["families"]),
        "n": kinship["n"],
        "faces": kinship["faces"],
        "changed": kinship["changed"],
    }


def _effect_maps(evidence: Mapping[str, Any], names: Sequence[str]) -> list[figures.CircleMap]:
    """Maps of some side effects."""
    effects, border = evidence["side_effects"], evidence["reach"]["border"]
    return [
        figures.CircleMap(_MAPPED[name], effects[name]["cells"], border, effects[name]["signed"])
        for name in names
    ]


def _beside(
    evidence: Mapping[str, Any], other: Mapping[str, Any], examples: np.ndarray
) -> dict[str, Any]:
    """What the page says of the generator that this one is set beside."""
    names = [_name(evidence), _name(other)]
    head = [*names, "difference"]
    return {
        "name": names[1],
        "paired": evidence["against"]["paired"],
        "terms": _differing_terms(evidence, other),
        "differs": _differing_forms(evidence["generator"], other["generator"]),
        "lead": lead_sentence(other["parts"]),
        "strip": _strip(examples),
        "names": other["examples"],
        "head": ["", *(f"{target}: {each}" for target in TARGETS for each in head)],
        "tables": tables.comparison_rows(evidence["against"]),
        "effects_head": ["", *head],
        "effects": tables.compared_effect_rows(evidence["against"]),
        "maps": _side_by_side(evidence, other),
    }


def _name(evidence: Mapping[str, Any]) -> str:
    """Of a generator, and whether its edits are aimed."""
    raw = " without its calibration" if evidence["config"]["raw"] else ""
    return f"{evidence['generator']['name']}{raw}"


def _differing_terms(evidence: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """What the two generators' requests are in terms of; empty where that is the same."""
    one, its = evidence["requests_in_terms_of"], other["requests_in_terms_of"]
    if one == its:
        return ""
    return (
        f"Requests are in terms of {one} here and of {its} there; each one's readings are set "
        "against them in the readers' terms."
    )


def _differing_forms(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """In what form the two generators' pictures differ; empty where they do not."""
    colour = {1: "grey", 3: "in colour"}
    sizes = [f"{each['resolution']} pixels" for each in (one, other)]
    colours = [colour[each["channels"]] for each in (one, other)]
    return "; ".join(" and ".join(each) for each in (sizes, colours) if each[0] != each[1])


def _side_by_side(evidence: Mapping[str, Any], other: Mapping[str, Any]) -> "Markup":
    """Each reader's error and what else changed, this one's map beside the other's on one scale."""
    both = [_compared_maps(evidence), _compared_maps(other)]
    shared = [title for title in both[0] if title in both[1]]
    pairs = [figures.on_one_scale(*(each[title] for each in both)) for title in shared]
    maps = [each for pair in pairs for each in pair]
    return figures.circle_maps(maps, evidence["config"]["intensities"], "beside")


def _compared_maps(evidence: Mapping[str, Any]) -> dict[str, figures.CircleMap]:
    """By title, what is mapped of two generators."""
    border = evidence["reach"]["border"]
    errors = [
        figures.CircleMap(f"error, {name}", reader["cells"]["error"], border)
        for name, reader in evidence["readers"].items()
        if _scored(reader)
    ]
    effects = _effect_maps(evidence, ("identity_distance", "pitch", "light", "sex_changed"))
    return {each.title: each for each in (*errors, *effects)}


def _strip(examples: np.ndarray) -> dict[str, Any]:
    return {"picture": strip_png(examples), "width": strip_width(examples)}
