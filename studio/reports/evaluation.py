"""evaluation.html: what edits did, by every reader, for people."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.reports import evaluation_figures as figures
from studio.reports.drawing import strip_png, strip_width
from studio.reports.formatting import interval, listed, number, small, with_interval
from studio.reports.page import Row, render_template, write_page
from vae.probing.evidence import TARGETS

if TYPE_CHECKING:
    from markupsafe import Markup

FILE = "evaluation.html"


def write_report(
    folder: str | os.PathLike[str], evidence: Mapping[str, Any], examples: np.ndarray
) -> Path:
    """Write the page, whole or not at all; the same evidence and pictures give the same bytes.

    Args:
        evidence: of `studio.workflows.evaluate`.
        examples: uint8 (rows, columns, H, W, 3), each row one face: neutral, then edited.
    """
    return write_page(Path(folder) / FILE, render(evidence, examples))


def render(evidence: Mapping[str, Any], examples: np.ndarray) -> str:
    """The page as text; see `write_report`."""
    config = evidence["config"]
    readers = {name: each for name, each in evidence["readers"].items() if each["valence"]}
    directions, intensities = config["directions"], config["intensities"]
    return render_template(
        "evaluation.html.j2",
        title=f"Edits of {evidence['generator']['name']}, measured",
        evidence=evidence,
        edits=evidence["faces"] * directions * len(intensities),
        agreement_cards=[_agreement_card(readers, target) for target in TARGETS if readers],
        drift=[
            f"{name} {number(each['drift']['mean'], 1)}°" for name, each in evidence["pose"].items()
        ],
        examples={"picture": strip_png(examples), "width": strip_width(examples)},
        readers=[_reader(name, evidence, at) for at, name in enumerate(evidence["readers"])],
        curves=figures.intensity_curves(readers, intensities, "intensity") if readers else None,
        by_intensity=_intensity_rows(readers),
        agreement=_agreement_rows(evidence),
        effects=_effect_rows(evidence),
        effect_maps=_effect_maps(evidence),
        limits=_limit_tables(evidence),
        sources=[
            ["Generator", f"{evidence['generator']['name']} ({evidence['generator']['digest']})"],
            ["Directions", evidence["directions"]],
            ["Settings", listed(config)],
            ["Software", evidence["software"]],
        ],
    )


def _agreement_card(readers: Mapping[str, Any], target: str) -> dict[str, Any]:
    """The first reader's agreement with what was requested, and below it every reader's."""
    scores = {name: with_interval(each[target], "ccc") for name, each in readers.items()}
    first, *_ = scores.values()
    notes = [f"{name}: {' '.join(score)}" for name, score in scores.items()]
    return {"target": target, "value": first[0], "notes": notes}


def _reader(name: str, evidence: Mapping[str, Any], at: int) -> dict[str, Any]:
    """What the page says of one reader, the `at`-th on it."""
    reader, intensities = evidence["readers"][name], evidence["config"]["intensities"]
    if reader["valence"] is None:
        return {"name": name, "read": False}
    rows: list[Row] = [
        [label, *(with_interval(reader[target], key) for target in TARGETS)]
        for key, label in (("ccc", "CCC"), ("rmse", "RMSE"), ("pearson", "Pearson r"))
    ]
    rows.append(["slope", *((number(reader[target]["slope"]), "") for target in TARGETS)])
    cells = reader["cells"]
    errors = [
        ("distance to the request", cells["error"]),
        ("angle error, degrees", cells["angle_error"]),
    ]
    return {
        "name": name,
        "read": True,
        "about": evidence["described"].get(name, ""),
        "rows": rows,
        "n": reader["n"],
        "apart": reader["angle_error"],
        "still": reader["still"],
        "landing": figures.landing_map(np.array(evidence["points"]), cells, f"landing-{at}"),
        "errors": figures.side_effect_maps(errors, intensities, f"error-{at}"),
    }


def _intensity_rows(readers: Mapping[str, Any]) -> list[Row]:
    return [
        [
            f"{name}, {ring['intensity']:g}",
            *(with_interval(ring[target], key) for key in ("ccc", "rmse") for target in TARGETS),
        ]
        for name, reader in readers.items()
        for ring in reader["by_intensity"]
        if ring["valence"] is not None
    ]


def _agreement_rows(evidence: Mapping[str, Any]) -> list[Row]:
    return [
        [
            " and ".join(each["readers"]),
            *(with_interval(each[target], key) for key in ("ccc", "pearson") for target in TARGETS),
        ]
        for each in evidence["agreement"]
        if each["valence"]
    ]


def _effect_rows(evidence: Mapping[str, Any]) -> list[Row]:
    identity = evidence["identity_distance"]
    turned: list[Row] = [
        [f"{name}, degrees", _mean(each["drift"])] for name, each in evidence["pose"].items()
    ]
    return [
        *turned,
        [f"identity distance: {identity['by']}", _mean(identity["edited"])],
        ["the same of two different faces", number(identity["strangers"])],
        ["faces found", _mean(evidence["found"]["edited"])],
    ]


def _effect_maps(evidence: Mapping[str, Any]) -> "Markup":
    turned = [(f"{name} turned, degrees", each["cells"]) for name, each in evidence["pose"].items()]
    maps = [
        ("identity distance", evidence["identity_distance"]["cells"]),
        *turned,
        ("share found", evidence["found"]["cells"]),
    ]
    return figures.side_effect_maps(maps, evidence["config"]["intensities"], "effects")


def _limit_tables(evidence: Mapping[str, Any]) -> tuple[list[Row], list[Row]]:
    """The largest intensity of each direction, in two halves that stand beside each other."""
    limits = evidence["limit"]["directions"]
    step = 360 / evidence["config"]["directions"]
    rows: list[Row] = [[f"{at * step:.0f}°", f"{each:g}"] for at, each in enumerate(limits)]
    half = (len(rows) + 1) // 2
    return rows[:half], rows[half:]


def _mean(found: Mapping[str, Any]) -> tuple[str, str]:
    return small(found["mean"]), interval(found["interval"])
