"""Ratings of valence and arousal, brought from the scale that people rated on to [-1, 1]."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from faces.ground.errors import CircumplexError

_AFFECT = ("valence", "arousal")
#: AffectNet's sign for a missing label.
NO_LABEL = -2.0
#: From here on a lone number beside ratings in [-1, 1] is a sign for a missing label as well: -5 in
#: Aff-Wild2, 99 or -999 in statistics programs.
_LEAST_SIGN = 5.0
#: Up to this share of the ratings may be slips.
_RARE = 0.05


@dataclass(frozen=True)
class Scale:
    """The ends of a rating scale, which become -1 and 1."""

    low: float = -1.0
    high: float = 1.0

    @classmethod
    def parse(cls, words: str) -> "Scale":
        """Of "1:9".

        Raises:
            CircumplexError: that is no scale.
        """
        number = r"\s*([-+]?\d+(?:\.\d+)?)\s*"
        match = re.fullmatch(f"{number}:{number}", words)
        if match is None or float(match[1]) >= float(match[2]):
            raise CircumplexError(
                f"scale is {words!r}; it must be LOW:HIGH, such as 1:9 or -10:10, or differ as in "
                "valence=-1:1,arousal=0:1"
            )
        return cls(float(match[1]), float(match[2]))

    def normalised(self, ratings: pd.Series) -> pd.Series:
        """Ratings on this scale as numbers whose ends are -1 and 1."""
        centre, half = (self.high + self.low) / 2, (self.high - self.low) / 2
        return (ratings - centre) / half

    def __str__(self) -> str:
        return f"{self.low:g}:{self.high:g}"


#: Rating scales in use; the first that holds all ratings is proposed.
_USUAL = (
    *(Scale(1, 5), Scale(1, 7), Scale(1, 9), Scale(0, 10), Scale(0, 100)),
    *(Scale(-3, 3), Scale(-4, 4), Scale(-5, 5), Scale(-10, 10), Scale(-100, 100)),
    Scale(-1000, 1000),
)


def parse_scales(words: str) -> dict[str, Scale]:
    """The scales of valence and arousal, of "1:9" for both, or "valence=-1:1,arousal=0:1".

    Raises:
        CircumplexError: that is no scale, or of something else.
    """
    if "=" not in words:
        return dict.fromkeys(_AFFECT, Scale.parse(words))
    pairs = [part.partition("=") for part in words.split(",")]
    scales = {name.strip(): Scale.parse(scale) for name, _, scale in pairs}
    if unknown := sorted(set(scales) - set(_AFFECT)):
        raise CircumplexError(f"--scale is of valence and arousal, not of {unknown[0]!r}")
    return scales


def normalise_ratings(
    columns: dict[str, pd.Series],
    scale: str | None,
    where: Path,
    counted: pd.Series | None = None,
) -> list[str]:
    """Bring valence and arousal in `columns` from their scale to [-1, 1].

    Args:
        counted: bool a row, whether its ratings help to tell the scale; None counts all. A row
            that is dropped anyway should not.

    Returns:
        What was understood, in words.

    Raises:
        CircumplexError: no scale was given and the ratings are not in [-1, 1].
    """
    names = [name for name in _AFFECT if name in columns]
    given = {} if scale is None else parse_scales(scale)
    scales = {name: given[name] for name in names if name in given}
    if given and not scales:
        raise CircumplexError(
            f"{where} has no {' and '.join(given)} to scale; leave --scale out, or name the "
            "columns with --column"
        )
    signs = _without_signs(columns, scales, counted)
    notes = _scaled(columns, scales, whole=list(scales) == names) + signs
    plain = [name for name in names if name not in scales]
    notes += _without_sign(columns, plain, counted)
    known = {name: _known(columns[name], counted) for name in plain}
    _require_range(known, where)
    half = [name for name, ratings in known.items() if _is_upper_half(ratings)]
    both = half == names
    for name in half[:1] if both else half:
        what, which = ("rating", "") if both else (name, f"{name}=")
        notes.append(
            f"no {what} is below 0: read as the upper half of [-1, 1]; if the scale is from 0 to "
            f"1, add --scale {which}0:1"
        )
    return notes


def _scaled(columns: dict[str, pd.Series], scales: Mapping[str, Scale], whole: bool) -> list[str]:
    """Bring columns to [-1, 1]; returns how, once where the whole is on one scale."""
    for name, scale in scales.items():
        columns[name] = scale.normalised(columns[name])
    alike = whole and len(set(scales.values())) == 1
    return list(
        dict.fromkeys(
            f"{'ratings' if alike else name} from {scale.low:g} to {scale.high:g}, "
            f"{(scale.low + scale.high) / 2:g} becomes 0"
            for name, scale in scales.items()
        )
    )


def _known(ratings: pd.Series, counted: pd.Series | None = None) -> pd.Series:
    known = ratings.notna() & (ratings != NO_LABEL) & ~ratings.isin([float("inf")])
    return ratings[known if counted is None else known & counted]


def _pooled(columns: list[pd.Series]) -> pd.Series:
    return pd.concat(columns) if columns else pd.Series(dtype=float)


def _without_sign(
    columns: dict[str, pd.Series], names: list[str], counted: pd.Series | None
) -> list[str]:
    """Take out a number that stands where a rating is missing; returns what it is, in words.

    It is the only one outside [-1, 1] and far off, and the others are no whole steps of a scale.
    """
    known = _pooled([_known(columns[name], counted) for name in names])
    outside = known.abs() > 1
    signs, ratings = known[outside].unique(), known[~outside]
    if len(signs) != 1 or abs(signs[0]) < _LEAST_SIGN or not (ratings % 1 != 0).any():
        return []
    return _taken_out(columns, names, signs.tolist())


def _without_signs(
    columns: dict[str, pd.Series], scales: Mapping[str, Scale], counted: pd.Series | None
) -> list[str]:
    """Take out the signs for a missing rating beside those on the scale that was given."""
    notes: list[str] = []
    for scale in dict.fromkeys(scales.values()):
        names = [name for name, each in scales.items() if each == scale]
        known = _pooled([_known(columns[name], counted) for name in names])
        notes += _taken_out(columns, names, list(_signs(known, scale) or ()))
    return notes


def _taken_out(columns: dict[str, pd.Series], names: list[str], signs: list[float]) -> list[str]:
    """Make unknown what is a sign for a missing rating; returns that, in words."""
    notes = []
    for sign in signs:
        count = sum(int((columns[name] == sign).sum()) for name in names)
        notes.append(f"{sign:g} is read as no label ({_ratings(count)})")
        for name in names:
            columns[name] = columns[name].mask(columns[name] == sign)
    return notes


def _signs(ratings: pd.Series, scale: Scale) -> dict[float, int] | None:
    """The signs for a missing rating beside ratings on a scale, to how many there are.

    What is outside the scale is one number (or two, where they are rare), whole, and farther from
    it than its ends are apart, or negative where no rating is.

    Returns:
        {} where all ratings are on the scale, None where what is outside is no such sign.
    """
    outside = ratings[(ratings < scale.low) | (ratings > scale.high)]
    found = Counter[float](outside.tolist())
    rare = len(outside) <= _RARE * len(ratings)
    if len(found) > (2 if rare else 1) or 2 * len(outside) > len(ratings):
        return None
    for sign in found:
        distance = max(scale.low - sign, sign - scale.high) / (scale.high - scale.low)
        is_far = distance > 1 or (sign < 0 <= scale.low and (rare or distance > 0.5))
        if sign % 1 or not is_far:
            return None
    return found


def _require_range(known: Mapping[str, pd.Series], where: Path) -> None:
    """Refuse ratings on another scale; one or two are slips, and are rejected row by row.

    Raises:
        CircumplexError: they are outside [-1, 1]; proposes the scale.
    """
    ratings = _pooled([*known.values()])
    outside = (ratings.abs() > 1).sum()
    if outside >= 3 and outside > _RARE * len(ratings):
        fitting = ((scale, _signs(ratings, scale)) for scale in _USUAL)
        usual, signs = next(((s, found) for s, found in fitting if found is not None), (None, {}))
        ratings = ratings[~ratings.isin([*signs])]
        low, high = ratings.min(), ratings.max()
        missing = "".join(
            f"; {sign:g} in {_ratings(count)} is perhaps a sign for missing, and read as no label "
            "then"
            for sign, count in signs.items()
        )
        raise CircumplexError(
            f"{where} has {' and '.join(known)} from {low:g} to {high:g}, not in [-1, 1]; say on "
            f"which scale people rated, such as --scale {usual or f'{low:g}:{high:g}'}{missing}"
        )


def _ratings(count: int) -> str:
    return f"{count} rating{'s' if count != 1 else ''}"


def _is_upper_half(ratings: pd.Series) -> bool:
    """Whether a scale from 0 to 1 may be meant."""
    return len(ratings) >= 10 and ratings.min() >= 0 and ratings.max() > 0.5
