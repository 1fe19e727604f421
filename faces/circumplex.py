"""Russell's circumplex: valence left to right, arousal bottom to top, both in [-1, 1].

Where expressions and affect words stand on it has one definition each, here: PLACES and
WORD_TABLES, each entry with its source. Russell, "A circumplex model of affect", J. Pers. Soc.
Psychol. 39 (1980), scales 28 words in several ways, which differ (angry by some 25 degrees), so a
word's angle is a choice, and this says which was made.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from faces.ground.errors import CircumplexError

#: Largest valence and arousal of a grid, where it is not known what faces show.
DEFAULT_REACH = 0.8
#: AffectNet's order; a position in this tuple is the expression's code.
EXPRESSIONS: tuple[str, ...] = (
    "neutral",
    "happiness",
    "sadness",
    "surprise",
    "fear",
    "disgust",
    "anger",
    "contempt",
)

#: Angles, in degrees, at which FER+'s labels put an expression that every annotator sees.
ANCHORS: Mapping[str, float] = {
    "happiness": 7.8,
    "surprise": 69.8,
    "fear": 115.8,
    "anger": 130.0,
    "sadness": 207.5,
}
_RADIUS = 0.8
#: Valence and arousal of each expression, at radius 0.8 where it has an angle. FER+'s labels are
#: the mean of these, weighted by votes, and with them all that was trained on those labels.
PLACES: Mapping[str, tuple[float, float]] = {
    "neutral": (0.0, 0.0),
    "disgust": (-0.60, 0.35),
    "contempt": (-0.55, 0.20),
    **{
        name: (_RADIUS * math.cos(math.radians(at)), _RADIUS * math.sin(math.radians(at)))
        for name, at in ANCHORS.items()
    },
}

_RADIUS_BY_HAND = "; radius 0.8 set by hand"
_CIRCULAR = "Russell 1980, circular scaling of 28 words"
#: Where each place comes from. The papers were read in their abstracts, their numbers in what
#: others reproduce of tables and figures (docs/data_card.md).
PLACE_SOURCES: Mapping[str, str] = {
    "neutral": "the centre, by definition",
    "happiness": f"{_CIRCULAR}: happy{_RADIUS_BY_HAND}",
    "surprise": f"{_CIRCULAR}: astonished{_RADIUS_BY_HAND}",
    "fear": f"{_CIRCULAR}: afraid (115.4 as reproduced){_RADIUS_BY_HAND}",
    "sadness": f"{_CIRCULAR}: sad{_RADIUS_BY_HAND}",
    "anger": (
        "set by hand; near angry in Russell & Mehrabian 1977 (-0.51, 0.59: 131 degrees) and in "
        "Russell 1980, fig. 4 (132), not in its circular scaling (105 as reproduced)"
    ),
    "disgust": "Russell & Mehrabian 1977, mean ratings of disgusted",
    "contempt": "set by hand, between disgust and the axis of valence",
}


@dataclass(frozen=True)
class Word:
    """An affect word.

    Attributes:
        name: the word.
        angle: degrees counter-clockwise from positive valence, [0, 360).
        source: where its angle comes from.
        drawn: whether figures show it; one that stands too near to another is only told.
    """

    name: str
    angle: float
    source: str
    drawn: bool = True


def angle(valence: float, arousal: float) -> float:
    """Angle on the circumplex in degrees, [0, 360), counter-clockwise from positive valence."""
    return math.degrees(math.atan2(arousal, valence)) % 360.0


#: The word of each expression.
EXPRESSION_WORDS: Mapping[str, str] = {
    "neutral": "neutral",
    "happiness": "happy",
    "sadness": "sad",
    "surprise": "surprised",
    "fear": "afraid",
    "disgust": "disgusted",
    "anger": "angry",
    "contempt": "contemptuous",
}


def _russell() -> tuple[Word, ...]:
    """Words of expressions where the expressions are, and between them Russell's."""
    shown = [
        Word(
            EXPRESSION_WORDS[name],
            ANCHORS.get(name, round(angle(*PLACES[name]), 1)),
            PLACE_SOURCES[name],
            drawn=name != "contempt",
        )
        for name in EXPRESSIONS[1:]
    ]
    between = {
        "excited": 48.6,
        "alarmed": 96.5,
        "miserable": 188.7,
        "tired": 267.7,
        "calm": 316.2,
        "serene": 328.6,
    }
    rest = [Word(name, at, _CIRCULAR) for name, at in between.items()]
    bored = Word("bored", 240.0, "set by hand; reproductions of Russell 1980 give 224 to 233")
    return tuple(sorted([*shown, *rest, bored], key=lambda each: each.angle))


def _scherer() -> tuple[Word, ...]:
    """Words at the angle of their coordinates in Scherer 2005, fig. 1."""
    source = "Scherer 2005, fig. 1, coordinates as others read them off"
    points = {
        "happy": (0.89, 0.17),
        "excited": (0.70, 0.71),
        "surprised": (0.42, 0.79),
        "afraid": (-0.12, 0.79),
        "angry": (-0.40, 0.79),
        "contemptuous": (-0.57, 0.66),
        "disgusted": (-0.67, 0.49),
        "disappointed": (-0.80, -0.03),
        "sad": (-0.81, -0.40),
        "bored": (-0.35, -0.78),
        "tired": (-0.01, -1.00),
        "calm": (0.78, -0.67),
        "pleased": (0.89, -0.10),
    }
    words = [Word(name, round(angle(*point), 1), source) for name, point in points.items()]
    return tuple(sorted(words, key=lambda each: each.angle))


#: Words around the circle by the name of their table, by rising angle. "russell" has each
#: expression's word where PLACES has the expression; "scherer" (Scherer, "What are emotions? And
#: how can they be measured?", Soc. Sci. Inf. 44, 2005) has them elsewhere: angry at 117, not 130.
WORD_TABLES: Mapping[str, tuple[Word, ...]] = MappingProxyType(
    {"russell": _russell(), "scherer": _scherer()}
)
DEFAULT_WORDS = "russell"
#: What the words of each table are called after, for notes below figures.
WORD_CREDITS: Mapping[str, str] = {
    "russell": "words after Russell (1980), FER+",
    "scherer": "words after Scherer (2005)",
}
#: The default table's words by angle.
WORDS: Mapping[float, str] = MappingProxyType(
    {each.angle: each.name for each in WORD_TABLES[DEFAULT_WORDS]}
)

QUADRANTS: tuple[str, ...] = ("+V +A", "-V +A", "-V -A", "+V -A")


def words_of(table: str = DEFAULT_WORDS) -> tuple[Word, ...]:
    """The words of a table, by rising angle.

    Raises:
        CircumplexError: there is no table of that name.
    """
    if table not in WORD_TABLES:
        known = ", ".join(WORD_TABLES)
        raise CircumplexError(f"there are no words {table!r}; choose of {known}")
    return WORD_TABLES[table]


def drawn_words(table: str = DEFAULT_WORDS) -> tuple[Word, ...]:
    """The words of a table that figures show."""
    return tuple(each for each in words_of(table) if each.drawn)


def word(
    valence: float, arousal: float, neutral_within: float = 0.15, table: str = DEFAULT_WORDS
) -> str:
    """The affect word nearest in angle, or "neutral" within `neutral_within` of the centre.

    Raises:
        CircumplexError: there is no table of that name.
    """
    if math.hypot(valence, arousal) <= neutral_within:
        return "neutral"
    here = angle(valence, arousal)
    apart = {each.name: abs((each.angle - here + 180) % 360 - 180) for each in words_of(table)}
    return min(apart, key=apart.__getitem__)


def quadrant(valence: float, arousal: float) -> int:
    """Position in QUADRANTS; a value on an axis counts as positive."""
    if arousal >= 0:
        return 0 if valence >= 0 else 1
    return 3 if valence >= 0 else 2
