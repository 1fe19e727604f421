"""What the reader of hidden parts tells, and how the faces are cut that it looks at."""

from dataclasses import dataclass

#: Parts that may be hidden. Left and right are the subject's, as in the names of action units.
REGIONS = ("eyes", "mouth", "left", "right")
#: Degrees by which a face may be turned clockwise, as seen.
TURNS = (0, 90, 180, 270)
#: Probability from which on a part counts as hidden.
HIDDEN = 0.4
#: Probability from which on the network is believed that a face is turned, or upright.
CERTAIN = 0.9
# highest probability of being hidden of all parts of a face that is surely bare
_BARE = 0.15
#: Side in pixels of the faces that the network takes, and their margin (`PrepareConfig.margin`).
SIDE, MARGIN = 32, -0.1
#: Channels of the convolutions (3 x 3), and whether each halves the side.
LAYERS = ((16, True), (32, True), (48, False), (64, True))
#: Light in which a face can be read, and in which it cannot.
EXPOSURES = ("normal", "dark", "overexposed")


@dataclass(frozen=True)
class Visibility:
    """What of a face is to be seen.

    Attributes:
        hidden: those of REGIONS that are.
        exposure: one of EXPOSURES.
        turned_by: degrees, one of TURNS, by which the pixels between the landmarks are turned
            clockwise against them; 0 where the landmarks lie as they should.
        certainty: probability of `turned_by`.
        concealment: the highest probability, of all REGIONS, of being hidden.
    """

    hidden: tuple[str, ...] = ()
    exposure: str = "normal"
    turned_by: int = 0
    certainty: float = 1.0
    concealment: float = 0.0

    @property
    def is_upright(self) -> bool:
        """Whether the pixels say for certain that the face stands as its landmarks do."""
        return self.turned_by == 0 and self.certainty >= CERTAIN

    @property
    def is_turned(self) -> bool:
        """Whether they say for certain that it does not."""
        return self.turned_by != 0 and self.certainty >= CERTAIN

    @property
    def suspected_turns(self) -> tuple[int, ...]:
        """Degrees by which the picture may have to be turned clockwise to show the face upright.

        Of a face on its head, landmarks often take the eyes for eyes and the forehead for the rest:
        that looks like an upright face whose mouth is hidden.
        """
        if self.turned_by:
            return (-self.turned_by % 360,)
        return () if self.is_upright and "mouth" not in self.hidden else (180,)

    def is_clearer_than(self, other: "Visibility") -> bool:
        """Whether this shows the face upright and `other`, of the picture otherwise turned, not.

        Of a masked face, too, a turned picture may look upright, but never quite bare.
        """
        if not self.is_upright:
            return False
        return other.is_turned or (self.concealment <= _BARE and bool(other.suspected_turns))

    @property
    def obstacle(self) -> str | None:
        """Why valence and arousal cannot be read, or None."""
        if self.exposure != "normal":
            return self.exposure
        return f"hidden: {', '.join(self.hidden)}" if self.hidden else None
