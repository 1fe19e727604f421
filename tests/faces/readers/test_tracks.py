"""Faces are followed by where they are and who they are."""

import numpy as np
import pytest

from faces.readers.tracks import FaceTracks
from faces.sets.boxes import intersection_over_union

# embeddings of three people: far apart; one person's pictures differ by less
ANNA, BEN, CLEO = np.eye(3)


def box(left: float, top: float = 0, side: float = 100) -> np.ndarray:
    return np.array([left, top, left + side, top + side])


def test_a_face_that_moves_keeps_its_number() -> None:
    tracks = FaceTracks()
    for step in range(20):
        faces = [(box(40 * step), None), (box(1000 - 40 * step, 300), None)]
        assert tracks.follow(faces, step / 25) == [1, 2]


def test_numbers_go_with_people_and_not_with_the_order_of_faces() -> None:
    tracks = FaceTracks()
    assert tracks.follow([(box(0), ANNA), (box(300), BEN)], 0.0) == [1, 2]
    assert tracks.follow([(box(310), BEN), (box(5), ANNA)], 0.04) == [2, 1]
    # they change places between two frames, as at a cut
    assert tracks.follow([(box(0), BEN), (box(300), ANNA)], 0.08) == [2, 1]


def test_a_cut_to_somebody_else_at_the_same_place_is_somebody_else() -> None:
    tracks = FaceTracks()
    numbers = [tracks.follow([(box(0), who)], at / 25) for at, who in enumerate([ANNA, BEN, ANNA])]
    assert numbers == [[1], [2], [1]]


def test_who_comes_back_is_known_again_elsewhere() -> None:
    tracks = FaceTracks()
    tracks.follow([(box(0), ANNA)], 0.0)
    tracks.follow([], 5.0)
    assert tracks.follow([(box(700), ANNA + 0.1), (box(0), CLEO)], 60.0) == [1, 2]


def test_a_turning_head_is_followed_although_it_ends_unlike_its_beginning() -> None:
    tracks = FaceTracks(threshold=0.6)
    angles = np.linspace(0, np.pi / 2, 10)
    for at, angle in enumerate(angles):
        looks = np.cos(angle) * ANNA + np.sin(angle) * BEN
        assert tracks.follow([(box(at), looks)], at / 25) == [1]
    assert np.linalg.norm(ANNA - BEN) > 0.6


def test_without_embeddings_a_place_that_was_long_empty_belongs_to_nobody() -> None:
    tracks = FaceTracks()
    assert tracks.follow([(box(0), None)], 0.0) == [1]
    assert tracks.follow([(box(10), None)], 0.5) == [1]
    assert tracks.follow([(box(10), None)], 2.0) == [2]


def test_two_faces_of_one_frame_are_never_one_person() -> None:
    tracks = FaceTracks()
    tracks.follow([(box(0), ANNA)], 0.0)
    assert tracks.follow([(box(0), ANNA), (box(20), ANNA)], 0.04) == [1, 2]


@pytest.mark.parametrize(("shift", "share"), [(0, 1.0), (50, 1 / 3), (100, 0.0), (500, 0.0)])
def test_overlap_is_the_share_of_what_either_covers(shift: float, share: float) -> None:
    assert intersection_over_union(box(0), box(shift)) == pytest.approx(share)
