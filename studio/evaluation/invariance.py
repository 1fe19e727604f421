"""Whether readers read faces of different groups alike: all figures of the study, as plain JSON.

Measures: the readings of neutral faces and of expressive ones (a level), and the response, how much
a reading changes from neutral to the expression, within each person where people are known. A group
is set against the mean of the other groups, each of which weighs the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from faces.ground.json_values import plain
from faces.ground.progress import Progress, silent
from studio.evaluation.group_contrasts import (
    Cell,
    compare,
    holm,
    mean_cell,
    slope_cell,
    spread_of_means,
)
from studio.evaluation.invariance_config import InvarianceConfig
from studio.evaluation.read_faces import NEUTRAL, TARGETS, Outcome, ReadFaces, corrected

RESPONSE, SLOPE = "response", "slope"
#: Of the same people as the corrected readings: what these were before.
BEFORE = "before correction"
EQUIVALENT, DIFFERENT, WITHIN, UNDECIDED, UNTESTED = (
    "equivalent",
    "different",
    "different within the bound",
    "undecided",
    "not testable",
)


@dataclass(frozen=True, eq=False)
class Units:
    """The units of an attribute's groups for one measure of one outcome.

    Attributes:
        parts: by group, its cells' units: (n,) means, or (n, 5) sums of a slope.
        weights: of these cells; (1, -1) of a response between different people.
    """

    parts: Mapping[str, Sequence[np.ndarray]]
    weights: tuple[float, ...] = (1.0,)

    def split(self, smallest: int) -> tuple["Units", dict[str, int]]:
        """Groups that are large enough, and the sizes of the others."""
        sizes = {name: min(map(len, each)) for name, each in self.parts.items()}
        kept = {name: each for name, each in self.parts.items() if sizes[name] >= smallest}
        return Units(kept, self.weights), {n: k for n, k in sizes.items() if k < smallest}


class UnitMaker:
    """Makes units out of faces: people where they are known, else faces.

    Args:
        own_neutral: whether readings before a correction by people's own neutral are asked for.
        slopes: whether slopes on labelled affect are.
    """

    def __init__(
        self, read: ReadFaces, config: InvarianceConfig, *, own_neutral: bool, slopes: bool
    ) -> None:
        self.read, self.config = read, config
        self.own_neutral, self.slopes = own_neutral, slopes
        people = read.listed.people
        self.who = None if people is None else np.unique(people.astype(str), return_inverse=True)[1]

    def measures(self, outcome: Outcome, groups: np.ndarray) -> Iterator[tuple[str, Units]]:
        """The units of each measure of an outcome by the groups (N,) of one attribute."""
        values, states = self.read.values[outcome], self.read.states(outcome)
        expression = self.config.expression
        for state in (NEUTRAL, expression):
            yield state, self._means(values, states == state, groups)
        change = np.where(states == expression, corrected(self.read, outcome), np.nan)
        if np.isfinite(change).any():
            yield RESPONSE, self._means(change, np.isfinite(change), groups)
            if self.own_neutral:
                yield BEFORE, self._means(values, np.isfinite(change), groups)
        else:
            both = [self._means(values, states == s, groups).parts for s in (expression, NEUTRAL)]
            names = [name for name in both[0] if name in both[1]]
            parts = {name: [both[0][name][0], both[1][name][0]] for name in names}
            yield RESPONSE, Units(parts, (1.0, -1.0))
        if self.slopes and outcome.target in TARGETS:
            labels = self.read.listed.affect[:, TARGETS.index(outcome.target)]
            yield SLOPE, self._slopes(values, labels, groups)

    def _means(self, values: np.ndarray, rows: np.ndarray, groups: np.ndarray) -> Units:
        rows = rows & np.isfinite(values)
        sums = np.stack([np.ones_like(values), values], axis=1)
        parts = self._summed(sums, rows, groups)
        return Units({name: [each[:, 1] / each[:, 0]] for name, each in parts.items()})

    def _slopes(self, values: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> Units:
        rows = np.isfinite(values) & np.isfinite(labels)
        x = labels - (labels[rows].mean() if rows.any() else 0.0)  # which keeps digits
        sums = np.stack([np.ones_like(x), x, values, x * x, x * values], axis=1)
        return Units({name: [each] for name, each in self._summed(sums, rows, groups).items()})

    def _summed(
        self, sums: np.ndarray, rows: np.ndarray, groups: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Sums (n, S) of each unit of each group."""
        found = {}
        for name in sorted({name for name in groups[rows] if name is not None}):
            members = np.flatnonzero(rows & (groups == name))
            units = members if self.who is None else self.who[members]
            _, at = np.unique(units, return_inverse=True)
            found[name] = np.stack([np.bincount(at, sums[members, k]) for k in
                                    range(sums.shape[1])], axis=1)  # fmt: skip
        return found


def compare_groups(
    read: ReadFaces,
    config: InvarianceConfig,
    progress: Progress = silent,
    *,
    own_neutral: bool = False,
    slopes: bool = False,
) -> dict[str, Any]:
    """All comparisons of all readers by all attributes.

    Returns:
        means [{reader, target, measure, attribute, group, n, value, low, high, deviation}];
        comparisons [{reader, target, measure, attribute, group, against, n, n_against, difference,
        low, high, error, freedom, p, p_holm, p_equivalence, p_equivalence_holm, within, effect,
        verdict}]; spreads [{…, groups, value, low, high, chance, p}] of the means of an attribute;
        too_small [{reader, measure, attribute, group, n}], single [{attribute, groups}].
    """
    groups, single = usable_groups(read, config)
    maker = UnitMaker(read, config, own_neutral=own_neutral, slopes=slopes)
    found: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("means", "comparisons", "spreads", "too_small")
    }
    for outcome in progress(read.values, "comparing groups", len(read.values)):
        for attribute, of in groups.items():
            for measure, units in maker.measures(outcome, of):
                about = {"reader": outcome.reader, "target": outcome.target, "measure": measure}
                about |= {"attribute": attribute}
                large, small = units.split(config.smallest)
                found["too_small"] += [about | {"group": g, "n": n} for g, n in small.items()]
                _add_group_figures(found, about, large, config)
    _decide(found["comparisons"], config.level)
    return found | {"single": single}


def usable_groups(
    read: ReadFaces, config: InvarianceConfig
) -> tuple[dict[str, np.ndarray], list[dict[str, Any]]]:
    """Attributes with two groups and more, and those without, with the groups that they have.

    A person of whom the list says two groups of an attribute is in neither.
    """
    usable, single = {}, []
    for attribute, of in read.listed.groups.items():
        of = of.copy()
        of[in_two_groups(read.listed.people, of)] = None
        names = sorted({name for name in of if name is not None})
        if len(names) >= 2:
            usable[attribute] = of
        else:
            single.append({"attribute": attribute, "groups": names})
    return usable, single


def in_two_groups(people: np.ndarray | None, groups: np.ndarray) -> np.ndarray:
    """(N,) whether a face is of a person whom different groups are said of."""
    if people is None:
        return np.zeros(len(groups), bool)
    said: dict[object, set[object]] = {}
    for person, name in zip(people, groups, strict=True):
        said.setdefault(person, set()).update(() if name is None else (name,))
    return np.array([len(said[person]) > 1 for person in people], bool)


def _add_group_figures(
    found: dict[str, list[dict[str, Any]]],
    about: dict[str, Any],
    units: Units,
    config: InvarianceConfig,
) -> None:
    """Means, spread and comparisons of the groups of one measure."""
    rng = np.random.default_rng(config.seed)
    is_slope = about["measure"] == SLOPE
    make = slope_cell if is_slope else mean_cell
    cells = {
        name: [make(part, config.draws, rng) for part in parts]
        for name, parts in units.parts.items()
    }
    names = list(cells)
    flat = [cell for name in names for cell in cells[name]]
    for k, name in enumerate(names):
        weights = np.kron(np.eye(len(names))[k], units.weights)
        one = compare(flat, weights.tolist(), config.bound, config.level)
        found["means"].append(
            about | {"group": name, "n": min(cell.n for cell in cells[name])}
            | {"value": plain(one.difference), "low": plain(one.interval[0])}
            | {"high": plain(one.interval[1]), "deviation": plain(cells[name][0].deviation)}
        )  # fmt: skip
    if len(names) < 2:
        return
    if len(units.weights) == 1 and not is_slope:
        spread = spread_of_means([p[0] for p in units.parts.values()], flat, config.shuffles, rng)
        sized = about | {"groups": len(names)}
        found["spreads"].append(sized | {key: plain(value) for key, value in spread.items()})
    for k in range(1 if len(names) == 2 else len(names)):
        others = np.full(len(names), -1 / (len(names) - 1))
        others[k] = 1.0
        found["comparisons"].append(
            about | _comparison(names, k, cells, np.kron(others, units.weights), config)
        )


def _comparison(
    names: Sequence[str],
    k: int,
    cells: Mapping[str, Sequence[Cell]],
    weights: np.ndarray,
    config: InvarianceConfig,
) -> dict[str, Any]:
    flat = [cell for name in names for cell in cells[name]]
    made = compare(flat, weights.tolist(), config.bound, config.level)
    sizes = {name: min(cell.n for cell in each) for name, each in cells.items()}
    rest = [name for name in names if name != names[k]]
    return {
        "group": names[k],
        "against": rest[0] if len(rest) == 1 else "the others",
        "n": sizes[names[k]],
        "n_against": sum(sizes[name] for name in rest),
        "difference": plain(made.difference),
        "low": plain(made.interval[0]),
        "high": plain(made.interval[1]),
        "error": plain(made.error),
        "freedom": plain(made.freedom),
        "p": plain(made.p),
        "p_equivalence": plain(made.p_equivalence),
        "within": plain(made.within),
        "effect": plain(made.effect),
    }


def _decide(rows: list[dict[str, Any]], level: float) -> None:
    """Adjust p within each reader and measure (Holm), and say what each comparison comes to."""
    families: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        families.setdefault((row["reader"], row["measure"]), []).append(row)
    for family in families.values():
        for key in ("p", "p_equivalence"):
            raw = [np.nan if row[key] is None else row[key] for row in family]
            for row, value in zip(family, holm(raw), strict=True):
                row[f"{key}_holm"] = plain(value)
        for row in family:
            row["verdict"] = verdict(row["p_holm"], row["p_equivalence_holm"], level)


def verdict(p: float | None, p_equivalence: float | None, level: float) -> str:
    """What the two tests come to together (Lakens 2017, figure 1)."""
    if p is None or p_equivalence is None:
        return UNTESTED
    if p_equivalence < level:
        return WITHIN if p < level else EQUIVALENT
    return DIFFERENT if p < level else UNDECIDED
