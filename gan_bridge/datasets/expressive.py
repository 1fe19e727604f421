"""The expressive faces of a set: far from neutral, and as many in every direction of affect.

A face's place is (valence, arousal), its labels or what the probes read off it; its angle runs
counter-clockwise from positive valence (`faces.circumplex.angle`).
"""

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from faces.ground.records import Record, setting

if TYPE_CHECKING:
    from faces.sets import FaceSet
    from vae.checkpoint import Run
    from vae.probing.directions import Directions

#: What can become of a face, in the order in which it is looked at.
REASONS = ("kept", "no label", "near neutral", "reading disagrees", "below the cut", "sector full")
_FEWEST_NEUTRAL = 20
_FACES = "Faces"


@dataclass(frozen=True)
class ExpressiveConfig(Record):
    """How the expressive faces are chosen.

    Attributes:
        count: how many at most, dealt out evenly over the sectors; None takes from each sector at
            most what the median sector that is not empty offers.
        quantile: of every sector's faces this share, the nearest to neutral, is left out, [0, 1).
        sectors: equal parts of the circle, the first centred on positive valence.
        neutral_within: faces within this distance of the neutral centre are never expressive; in
            units of the labels.
        disagreement: degrees by which a face's reading may differ from its label, (0, 180].
        seed: decides which faces of a full sector stay.
    """

    count: int | None = setting(None, "At most so many expressive faces.", at_least=1, panel=_FACES)
    quantile: float = setting(
        0.5,
        "Share of each direction's faces, nearest neutral, left out.",
        at_least=0,
        below=1,
        panel=_FACES,
    )
    sectors: int = setting(16, at_least=1, at_most=360)
    neutral_within: float = setting(0.15, at_least=0, below=1)
    disagreement: float = setting(90.0, above=0, at_most=180)
    seed: int = setting(0, at_least=0)


@dataclass(frozen=True, eq=False)
class Expressive:
    """The chosen faces.

    Attributes:
        rows: row numbers, int64, ascending.
        angle: degrees in [0, 360); radius: distance from the centre; both float64, beside `rows`.
        centre: (2,) the neutral centre from which they were measured.
        counts: how many faces met which of REASONS; they sum to the faces looked at.
        sectors: (sectors,) how many of each sector were chosen.
    """

    rows: np.ndarray
    angle: np.ndarray
    radius: np.ndarray
    centre: np.ndarray
    counts: dict[str, int]
    sectors: np.ndarray


def choose_expressive(
    points: np.ndarray,
    config: ExpressiveConfig | None = None,
    *,
    readings: np.ndarray | None = None,
    neutral: np.ndarray | None = None,
    rows: np.ndarray | None = None,
) -> Expressive:
    """Choose among faces by their places on the circumplex.

    With `readings`, a face is as expressive as the less expressive of label and reading (as ranks,
    for readings shrink toward the mean), and left out where the two point apart.

    Args:
        points: (N, 2) labels, valence and arousal; NaN where a face has none.
        readings: (N, 2) the probes' predictions for the same faces.
        neutral: (N,) bool, faces known to be neutral, whose mean is the centre; without 20 of them
            it is (0, 0) for labels, the mean for readings.
        rows: (N,) row numbers that the result names; None for 0 to N - 1.

    Raises:
        CircumplexError: no face is labelled, or none is left.
        ValueError: shapes that differ.
    """
    config = config or ExpressiveConfig()
    points = np.asarray(points, np.float64)
    rows = np.arange(len(points)) if rows is None else np.asarray(rows, np.int64)
    known = _check_points(points, readings, rows)
    centre = _centre(points, known, neutral, np.zeros(2))
    angle, radius = _polar(points, centre)
    reason = np.full(len(points), "kept", object)
    reason[~known] = "no label"
    reason[known & (radius <= config.neutral_within)] = "near neutral"
    rank = _rank(radius, known)
    if readings is not None:
        off, far = _compare(np.asarray(readings, np.float64), angle, known, neutral)
        reason[(reason == "kept") & (off > config.disagreement)] = "reading disagrees"
        rank = np.minimum(rank, far)
    sector = _sectors(angle, config.sectors)
    _cut(reason, rank, sector, config.quantile)
    _level(reason, sector, config)
    chosen = np.flatnonzero(reason == "kept")
    if not len(chosen):
        raise CircumplexError(
            f"no expressive face among {len(points)}; lower the quantile or neutral_within"
        )
    chosen = chosen[np.argsort(rows[chosen], kind="stable")]
    counts = {name: int((reason == name).sum()) for name in REASONS}
    shares = np.bincount(sector[chosen], minlength=config.sectors)
    return Expressive(rows[chosen], angle[chosen], radius[chosen], centre, counts, shares)


def expressive_faces(
    faceset: "FaceSet",
    config: ExpressiveConfig | None = None,
    *,
    split: str | None = "train",
    run: "Run | None" = None,
    directions: "Directions | None" = None,
    progress: Progress = silent,
) -> Expressive:
    """Choose among the faces of a set, by their labels and, with a run, by its probes' readings.

    Args:
        split: the rows to choose from; None for all.
        run, directions: a trained β-VAE and its directions, both or neither.

    Raises:
        CircumplexError: see `choose_expressive`; a run of other directions, or of another size.
    """
    table = faceset.manifest(["split", "valence", "arousal", "expression"])
    chosen = np.ones(len(table), bool) if split is None else (table["split"] == split).to_numpy()
    rows = np.flatnonzero(chosen)
    if not len(rows):
        raise CircumplexError(f"{faceset.folder} has no faces in its split {split!r}")
    readings = None
    if run is not None and directions is not None:
        from vae.codes import encode_faces

        directions.check_model(run.digest)
        readings = directions.predict(encode_faces(run.model, faceset, rows, progress=progress))
    return choose_expressive(
        table[["valence", "arousal"]].to_numpy(np.float64)[rows],
        config,
        readings=readings,
        neutral=(table["expression"] == "neutral").to_numpy()[rows],
        rows=rows,
    )


def _check_points(points: np.ndarray, readings: np.ndarray | None, rows: np.ndarray) -> np.ndarray:
    """Which faces have a label, (N,) bool; refuse shapes that differ, and no labels at all."""
    shapes = {np.shape(each) for each in (points, readings) if each is not None}
    if shapes != {(len(rows), 2)}:
        raise ValueError(f"{len(rows)} rows want points of (N, 2); these are {sorted(shapes)}")
    known = np.isfinite(points).all(1)
    if not known.any():
        raise CircumplexError(
            f"none of {len(points)} faces carries valence and arousal; give a face set prepared "
            "from a source that has them"
        )
    return known


def _centre(
    points: np.ndarray, known: np.ndarray, neutral: np.ndarray | None, otherwise: np.ndarray
) -> np.ndarray:
    """Mean of the neutral faces; `otherwise` where too few are known."""
    calm = known & (np.zeros(len(points), bool) if neutral is None else np.asarray(neutral, bool))
    return points[calm].mean(0) if calm.sum() >= _FEWEST_NEUTRAL else otherwise


def _polar(points: np.ndarray, centre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Angle in degrees [0, 360) and distance of points (N, 2) about a centre; NaN stays NaN."""
    away = points - centre
    return np.degrees(np.arctan2(away[:, 1], away[:, 0])) % 360.0, np.hypot(*away.T)


def _rank(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Share of the known values that each is not below, (0, 1]; equal values rank equally."""
    among = np.sort(values[known])
    return np.searchsorted(among, values, side="right") / len(among)


def _compare(
    readings: np.ndarray, angle: np.ndarray, known: np.ndarray, neutral: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Degrees between label and reading, and the rank of the reading's distance, both (N,)."""
    centre = _centre(readings, known, neutral, readings[known].mean(0))
    read_angle, read_radius = _polar(readings, centre)
    off = np.abs((read_angle - angle + 180.0) % 360.0 - 180.0)
    return off, _rank(read_radius, known)


def _sectors(angle: np.ndarray, count: int) -> np.ndarray:
    """Sector of each angle, the first centred on 0 degrees; 0 where there is no angle."""
    return np.rint(np.nan_to_num(angle) * count / 360.0).astype(np.int64) % count


def _cut(reason: np.ndarray, rank: np.ndarray, sector: np.ndarray, quantile: float) -> None:
    """Leave out the share of every sector's faces that is nearest to neutral."""
    for number in np.unique(sector[reason == "kept"]):
        members = np.flatnonzero((reason == "kept") & (sector == number))
        least = np.quantile(rank[members], quantile)
        reason[members[rank[members] < least]] = "below the cut"


def _level(reason: np.ndarray, sector: np.ndarray, config: ExpressiveConfig) -> None:
    """Thin out full sectors, at random, until none holds more than its even share."""
    eligible = reason == "kept"
    available = np.bincount(sector[eligible], minlength=config.sectors)
    rng = np.random.default_rng(config.seed)
    quota = _quota(available, config.count, rng)
    for number in range(config.sectors):
        members = rng.permutation(np.flatnonzero(eligible & (sector == number)))
        reason[members[quota[number] :]] = "sector full"


def _quota(available: np.ndarray, count: int | None, rng: np.random.Generator) -> np.ndarray:
    """How many each sector may keep: `count` dealt out in turns to those that still have some."""
    if count is None:
        return np.minimum(
            available, int(np.median(available[available > 0])) if available.any() else 0
        )

    def dealt(turns: int) -> int:
        return int(np.minimum(available, turns).sum())

    turns = bisect_right(range(1, int(available.max()) + 1), count, key=dealt)
    quota = np.minimum(available, turns)
    last = rng.permutation(np.flatnonzero(available > turns))
    quota[last[: count - quota.sum()]] += 1
    return quota
