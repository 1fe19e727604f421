"""How each action unit answers to each expression, on held-out faces of FER+, into the card.

    python scripts/report_action_units.py FERPLUS [--fairface MANIFEST] [--report REPORT.json]

FERPLUS is FER+'s manifest.csv: up to 200 faces of each expression and 400 neutral ones of its `val`
are read, without ties among the votes. AUC is the share of pairs of an expressive and a neutral
face in which the unit is higher on the expressive one (ties count half): 0.5 says nothing, below
it falls. Brackets are 95 % intervals by resampling faces.

A unit is measured where the interval of an expression that names it lies above 0.5, and not in the
others of them; a unit that no expression names is not tested. Which expression names which unit
stands in `expressions.json`.
Readings that were tried for units that are not measured, and not taken, stand below (TRIED).
With --fairface, a manifest of faces with ethnicity, the means of its neutral faces by group follow:
what a resting face of another shape reads. In CARD all between the two marks is replaced.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from expressive_faces import ExpressiveFaces, read_by_group, read_expressive
from fit_action_units import MOST, SIDES, Definition, fitted_terms, scaled, weighted

from faces.circumplex import EXPRESSIONS
from faces.ground.files import write_bytes, write_json
from faces.ground.provenance import software
from faces.readers.action_units.units import NAMES, load_units, prototypes, read_units

CARD = Path(__file__).parents[1] / "faces" / "weights" / "CARD.md"
BEGIN, END = "<!-- action units -->", "<!-- end of action units -->"
_RESAMPLES = 1000
_MOST_HELD_OUT = 200
_SHOWN = EXPRESSIONS[1:]
#: Units by their plain name, in the order of NAMES.
PLAIN = tuple(name for name in NAMES if not (name[-1] in "LR" and name[:-1] in NAMES))
#: Units that a prototype names on one side: how far the sides differ is shown beside them.
ONE_SIDED = ("AU12", "AU14")
_SMILE = ("mouthSmile*",)
#: Readings that are not taken, by unit and by what they rest on.
TRIED = {
    ("AU6", "cheekSquint"): Definition({"cheekSquint*": 1.0}, (), (), ""),
    ("AU9", "noseSneer"): Definition({"noseSneer*": 1.0}, (), (), ""),
    ("AU9", "wings of the nose, less smile"): Definition(
        {"nostrilWidth": 2.0, "alaEye*": -1.0}, _SMILE, ("happiness", "neutral"), ""
    ),
    ("AU10", "mouthUpperUp"): Definition({"mouthUpperUp*": 1.0}, (), (), ""),
    ("AU16", "mouthLowerDown"): Definition({"mouthLowerDown*": 1.0}, (), (), ""),
    ("AU16", "the same, less smile and jaw"): Definition(
        {"mouthLowerDown*": 1.0}, ("mouthSmile*", "jawOpen"), (), ""
    ),
    ("AU20", "mouthStretch"): Definition({"mouthStretch*": 1.0}, (), (), ""),
    ("AU24", "mouthPress"): Definition({"mouthPress*": 1.0}, (), (), ""),
    ("AU24", "the same, less smile"): Definition(
        {"mouthPress*": 1.0}, _SMILE, ("happiness", "neutral"), ""
    ),
    ("AD29", "jawForward"): Definition({"jawForward": 1.0}, (), (), ""),
    ("AD34", "cheekPuff"): Definition({"cheekPuff": 1.0}, (), (), ""),
}


def area(expressive: np.ndarray, neutral: np.ndarray) -> list[float]:
    """AUC of (N,) against (M,) values, and the ends of its interval."""
    higher = np.sign(expressive[:, None] - neutral) / 2 + 0.5  # (N, M)
    rng = np.random.default_rng(0)
    n, m = higher.shape
    drawn = rng.multinomial(n, np.full(n, 1 / n), _RESAMPLES) / n
    other = rng.multinomial(m, np.full(m, 1 / m), _RESAMPLES) / m
    resampled = ((drawn @ higher) * other).sum(1)
    return [float(higher.mean()), *np.percentile(resampled, (2.5, 97.5)).tolist()]


def responses(values: np.ndarray, faces: ExpressiveFaces) -> dict[str, dict[str, Any]]:
    """Of one unit's intensities (N,): mean and AUC with interval by expression."""
    neutral = values[faces.shows("neutral")]
    found: dict[str, dict[str, Any]] = {"neutral": {"mean": float(neutral.mean())}}
    for name in _SHOWN:
        shown = values[faces.shows(name)]
        found[name] = {"mean": float(shown.mean()), "auc": area(shown, neutral)}
    return found


def naming(unit: str) -> list[str]:
    """The expressions that name a unit, by its plain name or a side's."""
    weights = prototypes()
    columns = [NAMES.index(name) for name in (unit, unit + "L", unit + "R") if name in NAMES]
    return [EXPRESSIONS[k] for k in np.flatnonzero(weights[:, columns].any(1))]


def verdict(unit: str, found: dict[str, dict[str, Any]] | None) -> str:
    """Whether a unit is measured, by the rule above."""
    if found is None:
        return "not measurable here"
    named = naming(unit)
    if not named:
        return "not tested: no expression names it"
    unseen = [name for name in named if found[name]["auc"][1] <= 0.5]
    if len(unseen) == len(named):
        return "not measurable here, though read"
    return f"measured, but not in {', '.join(unseen)}" if unseen else "measured"


def candidate(definition: Definition, train: ExpressiveFaces, faces: ExpressiveFaces) -> np.ndarray:
    """Intensities (N,) of a reading that is not taken, the mean of both sides."""
    sides = []
    for side in SIDES.values():
        terms = fitted_terms(train, definition, side)
        start, full = scaled(train, terms)
        sides.append(np.clip((weighted(faces, terms) - start) / (full - start), 0, 1))
    return np.mean(sides, axis=0)


def tried(train: ExpressiveFaces, faces: ExpressiveFaces) -> dict[str, dict[str, Any]]:
    """Responses of the readings that are not taken."""
    return {
        f"{unit} by {what}": responses(candidate(definition, train, faces), faces)
        for (unit, what), definition in TRIED.items()
    }


def cells(found: dict[str, dict[str, Any]] | None, named: list[str]) -> list[str]:
    """A row's AUC, of expressions that name the unit in bold."""
    if found is None:
        return ["–"] * len(_SHOWN)
    row = []
    for name in _SHOWN:
        value, low, high = found[name]["auc"]
        text = f"{value:.2f} [{low:.2f}, {high:.2f}]"
        row.append(f"**{text}**" if name in named else text)
    return row


def table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"
    yield ""


def page(report: dict[str, Any]) -> Iterator[str]:
    """The card's part."""
    counts = ", ".join(f"{name} {count}" for name, count in report["faces"].items())
    yield f"Faces: {counts}.\nAUC against neutral [95 % interval]; **bold** where the expression "
    yield "is one that names the unit:\n"
    units: dict[str, Any] = report["units"]
    yield from table(
        ["unit", *_SHOWN, ""],
        [
            [unit, *cells(each["responses"], each["named"]), each["verdict"]]
            for unit, each in units.items()
        ],
    )
    yield "Mean intensity:\n"
    yield from table(
        ["unit", *EXPRESSIONS],
        [
            [unit, *(f"{each['responses'][name]['mean']:.2f}" for name in EXPRESSIONS)]
            for unit, each in units.items()
            if each["responses"]
        ],
    )
    yield "Other readings, which are not taken (AUC):\n"
    yield from table(
        ["reading", *_SHOWN],
        [[what, *cells(each, naming(what.split()[0]))] for what, each in report["tried"].items()],
    )
    if "groups" in report:
        yield "Mean intensity of FairFace's faces that look neutral to the pixel reader:\n"
        groups: dict[str, dict[str, float]] = report["groups"]
        names = list(next(iter(groups.values())))
        yield from table(
            ["unit", *names],
            [[unit, *(f"{each[n]:.2f}" for n in names)] for unit, each in groups.items()],
        )


def by_group(faces: ExpressiveFaces, train: ExpressiveFaces) -> dict[str, dict[str, float]]:
    """Means of units read off landmarks' distances, and of two that are not, by group."""
    read = read_units(faces.signals)
    rows = {name: read[:, NAMES.index(name)] for name in ("AU1", "AU6", "AU7", "AU10", "AU20")}
    nose = TRIED["AU9", "wings of the nose, less smile"]
    rows["AU9 by wings of the nose (not taken)"] = candidate(nose, train, faces)
    names = np.unique(faces.expression)
    return {
        unit: {
            f"{name} ({faces.shows(name).sum()})": float(each[faces.shows(name)].mean())
            for name in names
        }
        for unit, each in rows.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ferplus", type=Path)
    parser.add_argument("--fairface", type=Path)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--card", type=Path, default=CARD)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--cache", type=Path)
    given = parser.parse_args()
    read = (given.processes, given.cache)
    train = read_expressive(given.ferplus, "train", MOST, *read)
    faces = read_expressive(given.ferplus, "val", _MOST_HELD_OUT, *read)
    intensities, measurable = read_units(faces.signals), load_units().measurable
    report: dict[str, Any] = {
        "faces": {name: int(faces.shows(name).sum()) for name in EXPRESSIONS},
        "units": {},
        "tried": tried(train, faces),
        "software": software(),
    }
    for unit in PLAIN:
        k = NAMES.index(unit)
        found = responses(intensities[:, k], faces) if measurable[k] else None
        report["units"][unit] = {
            "named": naming(unit),
            "verdict": verdict(unit, found),
            "responses": found,
        }
    for unit in ONE_SIDED:
        left, right = (intensities[:, NAMES.index(unit + side)] for side in SIDES)
        report["tried"][f"{unit} as |left − right|"] = responses(np.abs(left - right), faces)
    if given.fairface:
        report["groups"] = by_group(read_by_group(given.fairface, *read), train)
    if given.report:
        write_json(given.report, report)
    text = given.card.read_text("utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    write_bytes(given.card, f"{before}{BEGIN}\n{chr(10).join(page(report))}{END}{after}".encode())


if __name__ == "__main__":
    main()
