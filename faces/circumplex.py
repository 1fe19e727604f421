"""Russell's circumplex: valence left to right, arousal bottom to top, both in [-1, 1].

Source: Russell, "A circumplex model of affect", J. Pers. Soc. Psychol. 39 (1980).
"""

import math
from collections.abc import Mapping

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
#: the mean of these, weighted by votes.
PLACES: Mapping[str, tuple[float, float]] = {
    "neutral": (0.0, 0.0),
    "disgust": (-0.60, 0.35),
    "contempt": (-0.55, 0.20),
    **{
        name: (_RADIUS * math.cos(math.radians(at)), _RADIUS * math.sin(math.radians(at)))
        for name, at in ANCHORS.items()
    },
}

#: Twelve words around the circle, by angle in degrees counter-clockwise from positive valence
#: (after Russell 1980, fig. 4: 28 affect words scaled on two dimensions, rounded to 5 degrees).
WORDS: Mapping[float, str] = {
    10.0: "happy",
    50.0: "excited",
    75.0: "aroused",
    100.0: "alarmed",
    125.0: "afraid",
    145.0: "angry",
    190.0: "miserable",
    210.0: "sad",
    240.0: "bored",
    270.0: "tired",
    315.0: "calm",
    340.0: "content",
}

QUADRANTS: tuple[str, ...] = ("+V +A", "-V +A", "-V -A", "+V -A")


def angle(valence: float, arousal: float) -> float:
    """Angle on the circumplex in degrees, [0, 360), counter-clockwise from positive valence."""
    return math.degrees(math.atan2(arousal, valence)) % 360.0


def word(valence: float, arousal: float, neutral_within: float = 0.15) -> str:
    """The affect word nearest in angle, or "neutral" within `neutral_within` of the centre."""
    if math.hypot(valence, arousal) <= neutral_within:
        return "neutral"
    here = angle(valence, arousal)
    return WORDS[min(WORDS, key=lambda at: abs((at - here + 180.0) % 360.0 - 180.0))]


def quadrant(valence: float, arousal: float) -> int:
    """Position in QUADRANTS; a value on an axis counts as positive."""
    if arousal >= 0:
        return 0 if valence >= 0 else 1
    return 3 if valence >= 0 else 2
