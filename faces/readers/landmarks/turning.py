"""How a face that was found stands in its picture."""

from faces.readers.landmarks.table import Landmarks
from faces.readers.pose.head_pose import head_angles

# degrees of roll from which on the picture, not the head, is turned
_TURNED = 60.0


def roll_turn(face: Landmarks) -> int:
    """Degrees, 0, 90, 180 or 270, by which a picture must be turned clockwise for the roll of a
    face's landmarks to be small."""
    roll = float(head_angles(face.matrix[None])[0, 2])
    return -90 * round(roll / 90) % 360 if abs(roll) > _TURNED else 0


def suspected_turns(face: Landmarks) -> tuple[int, ...]:
    """Degrees by which a face's picture may have to be turned clockwise to show it upright.

    Landmarks follow a face that lies on its side. One that stands on its head they take for
    upright: that the pixels say.
    """
    if turn := roll_turn(face):
        # they may follow it the wrong way round
        return (180,) if turn == 180 else (turn, (turn + 180) % 360)
    return () if face.visibility is None else face.visibility.suspected_turns


def is_turned(face: Landmarks) -> bool:
    """Whether a face does not stand upright in its picture."""
    return bool(roll_turn(face)) or (face.visibility is not None and face.visibility.is_turned)


def concealment(face: Landmarks) -> float:
    """How surely something of a face is hidden, in [0, 1]."""
    return 0.0 if face.visibility is None else face.visibility.concealment


def is_clearer(face: Landmarks, other: Landmarks | None) -> bool:
    """Whether a face stands upright, more clearly than that found in its picture before a turn."""
    if roll_turn(face):
        return False
    if face.visibility is None:
        return True
    if other is None or other.visibility is None or roll_turn(other):
        return face.visibility.is_upright
    return face.visibility.is_clearer_than(other.visibility)
