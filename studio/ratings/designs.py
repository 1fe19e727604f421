"""Who rates which pictures, in which order: balanced random lists with trials that check attention.

Each rater has a list. It holds every picture, or an equal share of them such that over all lists
each picture is rated equally often, or once more than another where that does not divide. The
order is random; one person's pictures do not follow each other unless no other order is left.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.records import Record, setting
from studio.ratings.scales import SCALES, RatingScale

RATING, REPEAT, INSTRUCTED = "rating", "repeat", "instructed"


@dataclass(frozen=True)
class StudyConfig(Record):
    """How a study is laid out."""

    scale: str = setting(
        "sam",
        "sam (manikins), labelled (nine points), grid (affect grid) or sliders.",
        choices=tuple(SCALES),
    )
    raters: int = setting(40, "Lists, one for each rater.", at_least=1, at_most=10_000)
    share: int | None = setting(
        None, "Pictures that each rater sees.", at_least=1, shown="all of them"
    )
    blocks: int = setting(4, "Parts of a list, with a break between.", at_least=1, at_most=100)
    instructed: int = setting(
        3, "Trials in each list that ask for a stated answer.", at_least=0, at_most=100
    )
    repeats: int = setting(
        5, "Pictures in each list that are shown a second time.", at_least=0, at_most=1000
    )
    seed: int = setting(0, "Of all lists.", at_least=0, below=2**63)


@dataclass(frozen=True)
class Trial:
    """One answer that is asked for.

    Attributes:
        block: from 1.
        kind: RATING, REPEAT (a picture that was shown before) or INSTRUCTED (no picture).
        row: of the picture in the stimuli's table; None of an instructed trial.
        expected: valence and arousal that an instructed trial asks for, on the scale.
    """

    block: int
    kind: str
    row: int | None
    expected: tuple[float, float] | None = None


def make_lists(people: Sequence[str | None], config: StudyConfig) -> list[list[Trial]]:
    """The lists of all raters; the same people and config give the same lists.

    Args:
        people: of each picture; None where the person is unknown, who is then like nobody else.

    Raises:
        CircumplexError: a share is larger than the pictures are many, or too small for all of them.
    """
    count = len(people)
    share = count if config.share is None else config.share
    if share > count:
        raise CircumplexError(f"share is {share}, but there are {count} pictures; make it smaller")
    if share * config.raters < count:
        raise CircumplexError(
            f"{config.raters} raters of {share} pictures leave some of {count} unseen; "
            "raise raters or share"
        )
    if config.repeats > share // 2:
        raise CircumplexError(
            f"repeats is {config.repeats}; of {share} pictures at most {share // 2} can be shown "
            "again"
        )
    rng = np.random.default_rng(config.seed)
    named = [f"?{row}" if person is None else person for row, person in enumerate(people)]
    return [
        _trials(_apart(rows, named, rng), named, config, rng)
        for rows in _shares(count, share, config.raters, rng)
    ]


def neighbours_alike(trials: Sequence[Trial], people: Sequence[str | None]) -> int:
    """How often one person's picture follows another of the same person's."""
    shown = [None if trial.row is None else people[trial.row] for trial in trials]
    return sum(one is not None and one == two for one, two in pairwise(shown))


def _shares(count: int, share: int, raters: int, rng: np.random.Generator) -> Iterator[list[int]]:
    """Each rater's rows: those that were seen least so far, chance among equals."""
    seen = np.zeros(count, np.int64)
    for _ in range(raters):
        rows = np.lexsort((rng.random(count), seen))[:share]
        seen[rows] += 1
        yield rows.tolist()


def _apart(rows: list[int], people: Sequence[str], rng: np.random.Generator) -> list[int]:
    """A random order in which one person follows himself only where no other order is left.

    A person who has more pictures left than half of what is to come must come now; else chance
    decides, by the pictures that each has left.
    """
    left: dict[str, list[int]] = {}
    for row in rng.permutation(rows).tolist():
        left.setdefault(people[row], []).append(row)
    counts = Counter({person: len(own) for person, own in left.items()})
    order: list[int] = []
    last: str | None = None
    for remaining in range(len(rows), 0, -1):
        others = [person for person, n in counts.items() if n and person != last]
        urgent = [person for person in others if counts[person] > remaining // 2]
        names = urgent or others or [person for person, n in counts.items() if n]
        weights = np.array([counts[person] for person in names], float)
        last = names[int(rng.choice(len(names), p=weights / weights.sum()))]
        counts[last] -= 1
        order.append(left[last].pop())
    return order


def _trials(
    rows: list[int], people: Sequence[str], config: StudyConfig, rng: np.random.Generator
) -> list[Trial]:
    """A list: repeats stand in its second half, instructed trials are spread over all of it."""
    half = len(rows) // 2
    shown: list[tuple[str, int | None]] = [(RATING, row) for row in rows]
    for row in rng.choice(rows[:half], config.repeats, replace=False).tolist():
        free = [
            at
            for at in range(half + 1, len(shown) + 1)
            if people[row] not in {_person(shown, k, people) for k in (at - 1, at)}
        ]
        at = int(rng.choice(free)) if free else len(shown)
        shown.insert(at, (REPEAT, row))
    segments = np.array_split(np.arange(1, len(shown) + 1), config.instructed or 1)
    places = [int(rng.choice(part)) for part in segments if len(part)] if config.instructed else []
    for at in sorted(places, reverse=True):
        shown.insert(at, (INSTRUCTED, None))
    size = -(-len(shown) // config.blocks)
    scale = SCALES[config.scale]
    return [
        Trial(at // size + 1, kind, row, _answer(scale, rng) if kind == INSTRUCTED else None)
        for at, (kind, row) in enumerate(shown)
    ]


def _person(shown: list[tuple[str, int | None]], at: int, people: Sequence[str]) -> str | None:
    row = shown[at][1] if at < len(shown) else None
    return None if row is None else people[row]


def _answer(scale: RatingScale, rng: np.random.Generator) -> tuple[float, float]:
    """An answer that chance seldom gives: off the middle, on whole steps."""
    ends = [scale.low, scale.high]
    steps = [scale.low, scale.low + 1, scale.high - 1, scale.high] if scale.whole else ends
    valence, arousal = rng.choice(steps, 2)
    return float(valence), float(arousal)
