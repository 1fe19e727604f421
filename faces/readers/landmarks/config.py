"""How faces are looked for in a picture, and which findings are believed."""

from dataclasses import dataclass

from faces.ground.records import Record

FACES = ("largest", "all")


@dataclass(frozen=True)
class LandmarkerConfig(Record):
    """How faces are looked for and which are believed.

    Attributes:
        faces: "largest", or "all" of a picture, the largest first.
        most: faces looked for in one picture.
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
    """

    faces: str = "largest"
    most: int = 8
    small: int = 256
    enlarged: int = 96
    border: float = 0.25
    detection: float = 0.5
    presence: float = 0.5
    second_looks: tuple[tuple[float, float], ...] = (
        (1.0, -30.0),
        (0.25, 30.0),
        (0.05, -30.0),
        (0.25, -30.0),
        (0.05, 30.0),
    )
    second_detection: float = 0.2
    second_presence: float = 0.02
    agreement: float = 0.12
    beyond: float = 0.1
    max_yaw: float = 75.0
    confidence: bool = True

    def __post_init__(self) -> None:
        looks = tuple((float(border), float(turn)) for border, turn in self.second_looks)
        object.__setattr__(self, "second_looks", looks)
        self._require(self.faces in FACES, "faces", f"one of {', '.join(FACES)}")
        self._require(1 <= self.most <= 64, "most", "between 1 and 64 faces")
        self._require(self.small >= 16, "small", "at least 16 pixels")
        self._require(16 <= self.enlarged <= 1024, "enlarged", "between 16 and 1024 pixels")
        self._require(0 <= self.border <= 4, "border", "between 0 and 4")
        fine = all(0 <= border <= 4 and abs(turn) <= 180 for border, turn in looks)
        self._require(fine, "second_looks", "borders between 0 and 4 with turns in degrees")
        for name in ("detection", "presence", "second_detection", "second_presence"):
            self._require(0 <= getattr(self, name) <= 1, name, "between 0 and 1")
        self._require(self.agreement > 0, "agreement", "positive")
        self._require(self.beyond >= 0, "beyond", "at least 0")
        self._require(0 < self.max_yaw <= 90, "max_yaw", "between 0 and 90 degrees")
