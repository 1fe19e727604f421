"""evaluation.html: what edits did, by every reader, for people."""

import os
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from faces.files import write_bytes
from studio.reports import evaluation_figures as figures
from studio.reports import probe_figures as drawings
from studio.reports.methods import interval, number, small
from studio.reports.page import card, figure, page, paragraph, section, table
from vae.evidence import TARGETS

FILE = "evaluation.html"
Row = list[str | tuple[str, str]]


def write_report(
    folder: str | os.PathLike[str], evidence: Mapping[str, Any], examples: np.ndarray
) -> Path:
    """Write the page, whole or not at all; the same evidence and pictures give the same bytes.

    Args:
        evidence: of `studio.evaluating.evaluate`.
        examples: uint8 (rows, columns, H, W, 3), each row one face: neutral, then edited.
    """
    path = Path(folder) / FILE
    write_bytes(path, render(evidence, examples).encode())
    return path


def render(evidence: Mapping[str, Any], examples: np.ndarray) -> str:
    """The page as text; see `write_report`."""
    title = f"Edits of {evidence['generator']['name']}, measured"
    return page(
        title,
        "\n".join(
            [
                _header(title, evidence),
                _cards(evidence),
                _examples(evidence, examples),
                *(_reader(name, evidence) for name in evidence["readers"]),
                _intensities(evidence),
                _agreement(evidence),
                _side_effects(evidence),
                _limit(evidence),
                _provenance(evidence),
            ]
        ),
    )


def _header(title: str, evidence: Mapping[str, Any]) -> str:
    config = evidence["config"]
    count = config["directions"] * len(config["intensities"])
    line = (
        f"{evidence['faces']} faces were moved to {config['directions']} directions × "
        f"{len(config['intensities'])} intensities of the circumplex, "
        f"{evidence['faces'] * count:,} edits, and readers that took no part in making them "
        "measured valence and arousal in the pictures. Values are model-predicted and are not "
        "human ratings. Brackets: 95 % bootstrap intervals over faces."
    )
    missing = [f"{name}: {why}" for name, why in evidence["absent"].items()]
    notes = "".join(paragraph(f"Not measured: {note}", "quiet") for note in missing)
    return f"<header><h1>{escape(title)}</h1>\n{paragraph(line, 'quiet')}{notes}</header>"


def _cards(evidence: Mapping[str, Any]) -> str:
    cards = []
    for target in TARGETS:
        scores = [
            (name, reader[target]) for name, reader in evidence["readers"].items() if reader[target]
        ]
        if scores:
            (_, first), *_ = scores
            notes = [f"{name}: {_with_interval(score, 'ccc')}" for name, score in scores]
            cards.append(card(f"{target}, CCC", number(first["ccc"]), notes, target))
    identity, found = evidence["identity"], evidence["found"]
    cards.append(
        card(
            "identity kept",
            number(identity["edited"]["mean"]),
            [identity["by"], f"two different faces: {number(identity['strangers'])}"],
        )
    )
    drift = [
        f"{name} {number(each['drift']['mean'], 1)}°" for name, each in evidence["pose"].items()
    ]
    cards.append(card("head turned", ", ".join(drift[:1]), drift[1:]))
    cards.append(
        card(
            "faces still found",
            _percent(found["edited"]["mean"]),
            [f"neutral: {_percent(found['neutral'])}"],
        )
    )
    return f'<div class="cards">{"".join(cards)}</div>'


def _examples(evidence: Mapping[str, Any], examples: np.ndarray) -> str:
    names = evidence["examples"]
    below = "".join(f"<span>{escape(name)}</span>" for name in names)
    image = (
        f'<img src="{drawings.strip_png(examples)}" alt="Faces: neutral, then edited" '
        f'width="{examples.shape[1] * examples.shape[3]}">'
    )
    caption = "The first faces of the evaluation: neutral, then moved to the points named below."
    return section(
        "What the edits look like",
        figure(f'{image}<div class="ticks">{below}</div>', caption, "strip"),
    )


def _reader(name: str, evidence: Mapping[str, Any]) -> str:
    reader, config = evidence["readers"][name], evidence["config"]
    title = f"Requested against measured: {name}"
    if reader["valence"] is None:
        return section(title, paragraph("Too few faces could be read."))
    rows: list[Row] = [
        [label, *(_pair(reader[target], key) for target in TARGETS)]
        for key, label in (("ccc", "CCC"), ("rmse", "RMSE"), ("pearson", "Pearson r"))
    ]
    rows.append(["slope", *((number(reader[target]["slope"]), "") for target in TARGETS)])
    apart = reader["angle_error"]
    angle = (
        f"Angle between the requested direction and the measured change: "
        f"{number(apart['mean'], 1)}° {interval(apart['interval'], 1)} on average (chance: 90°); "
        f"in {_percent(reader['still'])} of the edits the reading hardly moved."
    )
    points = np.array(evidence["points"])
    maps = [("distance to the request", reader["cells"]["error"])]
    maps.append(("angle error, degrees", reader["cells"]["angle_error"]))
    slug = "".join(letter for letter in name if letter.isalnum())
    pair = "".join(
        (
            figure(
                figures.landing_map(points, reader["cells"], f"landing-{slug}"),
                "Rings: requested; dots: mean measured.",
            ),
            figure(
                figures.side_effect_maps(maps, config["intensities"], f"error-{slug}"),
                "By direction and intensity.",
            ),
        )
    )
    return section(
        title,
        paragraph(evidence["described"].get(name, ""), "quiet"),
        table(["", *TARGETS], rows, f"{reader['n']:,} edits were read."),
        paragraph(angle),
        f'<div class="pair">{pair}</div>',
    )


def _intensities(evidence: Mapping[str, Any]) -> str:
    readers = {name: each for name, each in evidence["readers"].items() if each["valence"]}
    if not readers:
        return ""
    rows: list[Row] = []
    for name, reader in readers.items():
        for ring in reader["by_intensity"]:
            if ring["valence"] is None:
                continue
            scores = [_pair(ring[target], key) for key in ("ccc", "rmse") for target in TARGETS]
            rows.append([f"{name}, {ring['intensity']:g}", *scores])
    head = ["", *(f"{key}, {target}" for key in ("CCC", "RMSE") for target in TARGETS)]
    return section(
        "By intensity",
        figure(
            figures.intensity_curves(readers, evidence["config"]["intensities"], "intensity"),
            "How far the readings move along the requested direction. Dashed: as requested.",
        ),
        table(head, rows),
    )


def _agreement(evidence: Mapping[str, Any]) -> str:
    rows: list[Row] = [
        [
            " and ".join(each["readers"]),
            *(_pair(each[target], key) for key in ("ccc", "pearson") for target in TARGETS),
        ]
        for each in evidence["agreement"]
        if each["valence"]
    ]
    if not rows:
        return ""
    head = ["", *(f"{key}, {target}" for key in ("CCC", "r") for target in TARGETS)]
    return section(
        "Do the readers agree?",
        table(head, rows, "On the same pictures, neutral faces included."),
    )


def _side_effects(evidence: Mapping[str, Any]) -> str:
    maps = [("identity kept", evidence["identity"]["cells"])]
    maps += [(f"{name} turned, degrees", each["cells"]) for name, each in evidence["pose"].items()]
    maps.append(("share found", evidence["found"]["cells"]))
    rows: list[Row] = [
        [f"{name}, degrees", _mean(each["drift"])] for name, each in evidence["pose"].items()
    ]
    identity = evidence["identity"]
    rows.append([f"identity, {identity['by']}", _mean(identity["edited"])])
    rows.append(["the same of two different faces", number(identity["strangers"])])
    rows.append(["faces found", _mean(evidence["found"]["edited"])])
    drawn = figures.side_effect_maps(maps, evidence["config"]["intensities"], "effects")
    return section(
        "What else changed",
        table(["", "mean over edits"], rows),
        figure(drawn, "Against the neutral face of the same seed."),
    )


def _limit(evidence: Mapping[str, Any]) -> str:
    limit, step = evidence["limit"], 360 / evidence["config"]["directions"]
    budget = limit["budget"]
    text = (
        f"Up to an intensity of {limit['all']:g} over all directions the edits stay within the "
        f"budget: mean turn of the head at most {budget['pose']:g}° by each angle, at least "
        f"{_percent(budget['identity'])} of the way from a stranger's similarity to the own kept, "
        f"at least {_percent(budget['found'])} of the faces found."
    )
    rows: list[Row] = [
        [f"{at * step:.0f}°", f"{each:g}"] for at, each in enumerate(limit["directions"])
    ]
    half = (len(rows) + 1) // 2
    tables = "".join(
        table(["direction", "largest intensity"], part) for part in (rows[:half], rows[half:])
    )
    return section("How far to go", paragraph(text), f'<div class="pair">{tables}</div>')


def _provenance(evidence: Mapping[str, Any]) -> str:
    settings = ", ".join(f"{name} {value}" for name, value in evidence["config"].items())
    rows: list[Row] = [
        ["Generator", f"{evidence['generator']['name']} ({evidence['generator']['digest']})"],
        ["Directions", evidence["directions"]],
        ["Settings", settings],
        ["Software", evidence["software"]],
    ]
    return section("Where this comes from", table(["", ""], rows))


def _pair(score: Mapping[str, Any], key: str) -> tuple[str, str]:
    return number(score[key]), interval(score[f"{key}_interval"])


def _mean(found: Mapping[str, Any]) -> tuple[str, str]:
    return small(found["mean"]), interval(found["interval"])


def _with_interval(score: Mapping[str, Any], key: str) -> str:
    return " ".join(_pair(score, key))


def _percent(share: float | None) -> str:
    return "undefined" if share is None else f"{100 * share:.1f} %"
