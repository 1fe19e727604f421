"""The oval about a face."""

import numpy as np
import pytest

from faces.readers.identity.alignment import points_of_crops
from studio.stimuli.oval import oval_mask


@pytest.mark.parametrize("margin", [-0.1, 0.0, 0.3])
def test_it_shows_eyes_nose_and_mouth_and_no_border(margin: float) -> None:
    mask = oval_mask(100, margin, 0.1)
    columns, rows = points_of_crops(margin, 100).round().astype(int).T
    assert (mask[rows, columns] > 0.9).all()
    assert mask[0].max() == mask[-1].max() == mask[:, 0].max() == mask[:, -1].max() == 0
    np.testing.assert_allclose(mask, mask[:, ::-1], atol=0.02)


def test_its_edge_is_as_soft_as_asked_for() -> None:
    hard, soft = oval_mask(200, 0.0, 0.0), oval_mask(200, 0.0, 0.3)
    assert set(np.unique(hard)) == {0, 1}
    between = (soft > 0) & (soft < 1)
    assert between.sum() / hard.sum() == pytest.approx(1 - 0.7**2, abs=0.02)
    assert np.abs(np.diff(soft[100])).max() < 0.1
