"""How faces are looked for in a picture, and which findings are believed."""

from dataclasses import dataclass

from faces.ground.records import Record, setting

FACES = ("largest", "centre", "all")


@dataclass(frozen=True)
class LandmarkerConfig(Record):
    """How faces are looked for and which are believed.

    Attributes:
        faces: "largest", the one nearest the "centre", or "all" of a picture, the largest first.
        most: faces looked for in one picture.
        smallest: width in pixels from which on faces are looked for, however large the picture.
        small: pictures of at most this longer side, in pixels, get a border at the first look;
            larger ones only where nothing is found without.
        enlarged: a smaller picture's longer side is enlarged to this many pixels.
        border: width of the border as a share of the longer side.
        detection, presence: least scores of a face, and of its landmarks.
        second_looks: framings to try, in order, where nothing was found: border, and degrees by
            which the picture is turned. These five find most on FER+'s training pictures.
        second_detection, second_presence: least scores at a second look. What it finds is believed
            only if two framings find the face at the same place.
        agreement: most distance between two such findings, as a share of the face's height.
        beyond: how far eyes, nose tip and corners of the mouth may lie outside, as a share of the
            picture's sides, before the face counts as cut by the border.
        max_yaw: degrees from which on half the face is a guess: a profile.
        confidence: whether the detector's score is read too; costs a sixth of the time.
        visibility: whether hidden parts, bad light and turned pictures are looked for; without,
            all is read as if there were none.
    """

    faces: str = setting(
        "largest", "largest of a picture, the one nearest its centre, or all.", choices=FACES
    )
    most: int = setting(64, at_least=1, at_most=1024)
    smallest: int = setting(
        32, "Width in pixels from which on faces are looked for.", at_least=16, at_most=1024
    )
    small: int = setting(256, at_least=16)
    enlarged: int = setting(96, at_least=16, at_most=1024)
    border: float = setting(0.25, at_least=0, at_most=4)
    detection: float = setting(0.5, at_least=0, at_most=1)
    presence: float = setting(0.5, at_least=0, at_most=1)
    second_looks: tuple[tuple[float, float], ...] = (
        (1.0, -30.0),
        (0.25, 30.0),
        (0.05, -30.0),
        (0.25, -30.0),
        (0.05, 30.0),
    )
    second_detection: float = setting(0.2, at_least=0, at_most=1)
    second_presence: float = setting(0.02, at_least=0, at_most=1)
    agreement: float = setting(0.12, above=0)
    beyond: float = setting(0.1, at_least=0)
    max_yaw: float = setting(75.0, above=0, at_most=90)
    confidence: bool = True
    visibility: bool = setting(
        True,
        "Leave out what hidden parts, bad light or a turned picture would make a guess.",
        flag="--visibility/--no-visibility",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        looks = tuple((float(border), float(turn)) for border, turn in self.second_looks)
        object.__setattr__(self, "second_looks", looks)
        fine = all(0 <= border <= 4 and abs(turn) <= 180 for border, turn in looks)
        self._require(fine, "second_looks", "borders between 0 and 4 with turns in degrees")
