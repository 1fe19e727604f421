"""How often the interval of Cramér's V holds the population's V, by simulation.

    python scripts/report_coverage.py [docs/coverage.md] [--runs 1000] [--most 30000]

Tables are drawn from populations whose V is known, face by face or person by person, and written
between the marks of the document. A population is a mixture of independence and of the strongest
association that its margins allow. Grouped, each person has probabilities of its own about the
population's (Dirichlet, intraclass correlation 0.2) and some faces (geometric, five in the mean).
The last rows are of the percentile bootstrap of the corrected V, which does not cover.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from measured import replace_measured, table

from studio.cli.terminal import show_progress
from studio.evaluation.cramers_v import cramers_v, departure_sampling

DOCUMENT = Path(__file__).parents[1] / "docs" / "coverage.md"
VALUES, COUNTS = (0.0, 0.05, 0.15, 0.3), (200, 1000, 5000, 30_000)
CORRELATION, FACES_EACH = 0.2, 5.0
BOOTSTRAPPED, DRAWS = (200, 1000, 5000), 400
#: Shares of rows and columns. The first are those of a study: five directions of the head, eight
#: expressions, rare ones among them.
MARGINS = {
    "5 × 8, uneven": (
        (0.62, 0.13, 0.12, 0.07, 0.06),
        (0.30, 0.30, 0.12, 0.10, 0.08, 0.05, 0.03, 0.02),
    ),
    "3 × 4, even": ((1 / 3,) * 3, (1 / 4,) * 4),
}


#: A table (R, C) and those of its people, or None, to bounds of V.
Interval = Callable[[np.ndarray, np.ndarray | None], tuple[float, float]]


@dataclass(frozen=True)
class Coverage:
    """Shares of intervals that hold V, that lie above it, and that lie below it."""

    holds: float
    above: float
    below: float


def population(v: float, margins: tuple[tuple[float, ...], tuple[float, ...]]) -> np.ndarray:
    """Probabilities (R, C) with these margins and that V.

    Raises:
        ValueError: the margins allow no such V.
    """
    independent = np.outer(*margins)
    strongest = _strongest(*(np.array(each) for each in margins))
    share = v / float(cramers_v(strongest, corrected=False))
    if share > 1:
        raise ValueError(f"no table with these margins has a V of {v}")
    return independent + share * (strongest - independent)


def _strongest(down: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Row by row, each filled from the first column that has any left."""
    ends = np.minimum.outer(down.cumsum(), across.cumsum())
    return np.diff(np.diff(ends, axis=0, prepend=0), axis=1, prepend=0).clip(0)


def draw(
    shares: np.ndarray, count: int, grouped: bool, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray | None]:
    """A table (R, C) of so many faces, and those (G, R, C) of its people, or None."""
    if not grouped:
        return rng.multinomial(count, shares.ravel()).reshape(shares.shape), None
    sizes = rng.geometric(1 / FACES_EACH, count)
    sizes = sizes[: np.searchsorted(sizes.cumsum(), count) + 1]
    sizes[-1] -= sizes.sum() - count
    weight = (1 - CORRELATION) / CORRELATION
    own = rng.standard_gamma(np.tile(weight * shares.ravel(), (len(sizes), 1)))
    own += np.finfo(float).tiny  # a person without any would have no probabilities
    people = rng.multinomial(sizes, own / own.sum(1, keepdims=True))
    people = people.reshape(-1, *shares.shape)
    return people.sum(0), people


def ours(counts: np.ndarray, people: np.ndarray | None) -> tuple[float, float]:
    """The interval that a study reports."""
    return departure_sampling(counts, people).interval()


def percentile_bootstrap(counts: np.ndarray, people: np.ndarray | None) -> tuple[float, float]:
    """Percentiles of the corrected V over tables drawn from the table."""
    total = int(counts.sum())
    drawn = np.random.default_rng(0).multinomial(total, counts.ravel() / total, DRAWS)
    low, high = np.nanquantile(cramers_v(drawn.reshape(-1, *counts.shape)), (0.025, 0.975))
    return float(low), float(high)


def coverage(
    v: float,
    margins: tuple[tuple[float, ...], tuple[float, ...]],
    count: int,
    grouped: bool,
    runs: int,
    interval: Interval = ours,
) -> Coverage:
    """What of `runs` intervals becomes."""
    shares, rng = population(v, margins), np.random.default_rng(0)
    bounds = np.array([interval(*draw(shares, count, grouped, rng)) for _ in range(runs)])
    above, below = (bounds[:, 0] > v + 1e-9).mean(), (bounds[:, 1] < v - 1e-9).mean()
    return Coverage(float(1 - above - below), float(above), float(below))


def measure(runs: int, most: int) -> Iterator[list[str]]:
    """A row of the table for each kind of table, each unit and each count."""
    counts = [count for count in COUNTS if count <= most]
    drawn = {"faces": (False, ours), "people": (True, ours)}
    cases = [
        (name, unit, *how, n) for name in MARGINS for unit, how in drawn.items() for n in counts
    ]
    cases += [
        (next(iter(MARGINS)), "faces, bootstrap", False, percentile_bootstrap, n)
        for n in BOOTSTRAPPED
        if n in counts
    ]
    for name, unit, grouped, interval, count in show_progress(cases, "simulate", len(cases)):
        found = [coverage(v, MARGINS[name], count, grouped, runs, interval) for v in VALUES]
        cells = [f"{100 * f.holds:.1f} ({100 * f.above:.1f}, {100 * f.below:.1f})" for f in found]
        yield [name, unit, f"{count:,}", *cells]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("document", type=Path, nargs="?", default=DOCUMENT)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--most", type=int, default=max(COUNTS))
    given = parser.parse_args()
    head = ["table", "drawn", "faces", *(f"V = {v:g}" for v in VALUES)]
    lines = list(table(head, measure(given.runs, given.most)))
    lines.append(f"{given.runs:,} runs a cell, seed 0.")
    replace_measured(given.document, lines)


if __name__ == "__main__":
    main()
