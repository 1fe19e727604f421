"""The tables of an evaluation's page, as rows of text and figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from faces.circumplex import QUADRANTS
from studio.evaluation.side_effects import ALL, FARTHEST, PER_UNIT
from studio.reports.formatting import interval, number, with_interval
from studio.reports.page import Row
from vae.probing.evidence import TARGETS

_QUADRANTS = ("pleasant, aroused", "unpleasant, aroused", "unpleasant, calm", "pleasant, calm")
_SUBSETS = {
    "all": "all requests",
    "reachable": "within the reachable region",
    "unreachable": "outside it",
    **{code: f"{name} ({code})" for code, name in zip(QUADRANTS, _QUADRANTS, strict=True)},
}
_SCORES = ("ccc", "rmse", "slope", "bias")
AGREEMENT_HEAD = ("", "CCC", "RMSE", "slope", "bias")
SIDE_EFFECTS_HEAD = (
    "",
    "mean size",
    "per unit of valence",
    "per unit of arousal",
    "limit",
    "",
    "faces within",
)
_ABOUT = {ALL: "of all", FARTHEST: "at the largest", PER_UNIT: "per unit"}
_NAMED = {"ccc": "CCC", "rmse": "RMSE"}


def agreement_tables(reader: Mapping[str, Any]) -> list[tuple[str, list[Row]]]:
    """For valence and for arousal: a row a subset of the requests."""
    return [
        (
            target,
            [
                [
                    _SUBSETS.get(name, f"around {name}" if name.endswith("°") else name),
                    *(_figure(scores[target], key) for key in _SCORES),
                ]
                for name, scores in reader["agreement"].items()
                if scores[target] is not None
            ],
        )
        for target in TARGETS
    ]


def pair_rows(pairs: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Each two readers: concordance over all pictures, and ICC(2,1) at the same request."""
    return [
        [
            " and ".join(each["readers"]),
            *(_figure(each[target], "ccc") for target in TARGETS),
            *(_figure(each["same_request"][target], "icc2") for target in TARGETS),
        ]
        for each in pairs
        if each["valence"]
    ]


def reliability_rows(reliability: Mapping[str, Any]) -> list[Row]:
    """ICC and standard error of measurement, of all readers and of those that took no part."""
    labels = {"all": "all readers", "took_no_part": "readers that took no part"}
    return [
        [
            f"{labels[name]}, {target}",
            *(_figure(found[target], key) for key in ("icc2", "icc3", "sem")),
            f"± {number(found[target]['half_width'])}",
        ]
        for name, found in reliability.items()
        for target in TARGETS
        if found[target] is not None
    ]


def kinship_rows(kinship: Mapping[str, Any], target: str) -> list[Row]:
    """The correlations of the readers' errors."""
    return [
        [name, *(number(each) for each in row)]
        for name, row in zip(kinship["readers"], kinship[target]["correlation"], strict=True)
    ]


def side_effect_rows(effects: Mapping[str, Any]) -> list[Row]:
    """What else changed, per unit and against its limit."""
    return [
        [
            each["label"] + (f", {each['unit']}" if each["unit"] else ""),
            _cell(each["mean"]),
            *(_cell(each["per_unit"][target]) for target in TARGETS),
            *_limit_cells(each["limit"]),
        ]
        for each in effects.values()
    ]


def limit_tables(evidence: Mapping[str, Any]) -> tuple[list[Row], list[Row]]:
    """The largest intensity of each direction, in two halves that stand beside each other."""
    limits = evidence["limit"]["directions"]
    step = 360 / evidence["config"]["directions"]
    rows: list[Row] = [[f"{at * step:.0f}°", f"{each:g}"] for at, each in enumerate(limits)]
    half = (len(rows) + 1) // 2
    return rows[:half], rows[half:]


def comparison_rows(against: Mapping[str, Any]) -> list[tuple[str, list[Row]]]:
    """Of each reader and subset of the requests: a row a score, both generators and their
    difference in valence and then in arousal."""
    return [
        (
            f"{name}, {_SUBSETS.get(subset, f'requests {subset}')}",
            [
                [
                    _NAMED.get(score, score),
                    *(cell for target in TARGETS for cell in _compared(scores[target][score])),
                ]
                for score in scores[TARGETS[0]]
            ],
        )
        for name, subsets in against["readers"].items()
        for subset, scores in subsets.items()
    ]


def compared_effect_rows(against: Mapping[str, Any]) -> list[Row]:
    """What else changed: both generators and their difference, in the mean size and both slopes."""
    rows: list[Row] = []
    for each in against["side_effects"].values():
        label = each["label"] + (f", {each['unit']}" if each["unit"] else "")
        rows.append([f"{label}: mean size", *_compared(each["mean"])])
        rows += [
            [f"{label}: per unit of {target}", *_compared(each["per_unit"][target])]
            for target in TARGETS
        ]
    return rows


def _compared(found: Mapping[str, Any]) -> list[str | tuple[str, str]]:
    both = zip(found["values"], found["intervals"], strict=True)
    difference = (number(found["difference"]), interval(found["interval"]))
    return [*((number(value), interval(bounds)) for value, bounds in both), difference]


def _limit_cells(limit: Mapping[str, Any] | None) -> list[str | tuple[str, str]]:
    """The limit, whether it is kept, and by how many faces."""
    if limit is None:
        return ["none", "", ""]
    sign = "≥" if limit["least"] else "≤"
    kept = {True: "kept", False: "broken", None: "not read"}[limit["kept"]]
    within = limit["faces_within"]
    return [
        (f"{sign} {limit['value']:g}", _ABOUT[limit["of"]]),
        kept,
        _percent(within),
    ]


def _percent(share: Mapping[str, Any]) -> tuple[str, str]:
    """A share in whole percent: it is of some dozens of faces."""
    value, *bounds = (
        None if each is None else 100 * each for each in (share["value"], *share["interval"])
    )
    return number(value, 0) + ("" if value is None else " %"), interval(bounds, 0)


def _figure(score: Mapping[str, Any] | None, key: str) -> tuple[str, str]:
    return ("not defined", "") if score is None else with_interval(score, key)


def _cell(found: Mapping[str, Any]) -> tuple[str, str]:
    return number(found["value"]), interval(found["interval"])
