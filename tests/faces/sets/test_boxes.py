"""Boxes beside each other: apart, one in the other, and of no width."""

import numpy as np
import pytest

from faces.sets.boxes import area, intersection_over_union, overlap

BOX = np.array([0.0, 0.0, 4.0, 2.0])


@pytest.mark.parametrize(
    ("other", "of_smaller", "of_union"),
    [
        ([0, 0, 4, 2], 1, 1),
        ([1, 0, 3, 1], 1, 0.25),
        ([2, 0, 6, 2], 0.5, 1 / 3),
        ([4, 0, 6, 2], 0, 0),
        ([9, 9, 12, 10], 0, 0),
    ],
)
def test_what_two_boxes_share(other: list[float], of_smaller: float, of_union: float) -> None:
    for one, two in ((BOX, np.array(other, float)), (np.array(other, float), BOX)):
        assert overlap(one, two) == pytest.approx(of_smaller)
        assert intersection_over_union(one, two) == pytest.approx(of_union)


def test_a_box_without_width_shares_nothing() -> None:
    nothing = np.array([2.0, 0.0, 1.0, 2.0])
    assert area(nothing) == 0
    assert overlap(BOX, nothing) == 0 and intersection_over_union(BOX, nothing) == 0
