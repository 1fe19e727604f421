"""What the fitted reader takes: scaled blendshapes under the names that it was fitted with."""

import numpy as np
import pytest

from faces.readers.affect.shape_scores import score_names, shape_scores
from faces.readers.landmarks.table import BLENDSHAPES


def test_scores_are_blendshapes_on_a_scale_of_their_own() -> None:
    shapes = np.zeros((3, 52))
    shapes[0, BLENDSHAPES.index("mouthSmileLeft")] = 0.48  # half of what is commonly the most
    shapes[1] = 1.0
    shapes[2] = np.nan
    scores = shape_scores(shapes)
    smile = score_names().index("AU12L")
    assert scores[0, smile] == pytest.approx(0.5) and scores[0].sum() == scores[0, smile]
    assert scores.dtype == np.float32 and ((scores[:2] >= 0) & (scores[:2] <= 1)).all()
    assert np.isnan(scores[2]).all()
    with pytest.raises(ValueError, match="52"):
        shape_scores(np.zeros((2, 51)))


def test_every_score_moves_and_has_a_name_of_its_own() -> None:
    names = score_names()
    assert len(names) == len(set(names)) == 46
    moved = shape_scores(np.eye(52)).any(0)
    assert moved.all()
