"""What readers are to find in the edits of an evaluation."""

import copy

import numpy as np
import pytest
from edit_readings import DIRECTIONS, INTENSITIES, edit_readings, targets_of

from gan_bridge.editing.editor import Editor
from gan_bridge.editing.explorer import EmotionExplorer
from gan_bridge.editing.rated_editor import rate
from studio.engine import Engine
from studio.evaluation.config import Budget
from studio.evaluation.edits import expected_readings
from studio.evaluation.reach import reach_of
from studio.evaluation.scores import score
from studio.model_choice import ModelChoice
from studio.stimuli.points import ring_points

#: People see three quarters of the valence, a little more pleasant, and arousal turned and lower.
CORRECTION = np.array([[0.08, -0.06], [-0.25, 0.1], [0.0, -0.2]])
POINTS = ring_points(DIRECTIONS, INTENSITIES)


def explorer_of(engine: Engine, correction: np.ndarray) -> EmotionExplorer:
    """The package's, whose editor is corrected by ratings."""
    explorer = copy.copy(engine.explorer(ModelChoice(generator="stylegan3")))
    assert isinstance(explorer.calibration, Editor)
    explorer.calibration = rate(explorer.calibration, correction, {})
    assert explorer.is_rated
    return explorer


def test_a_correction_is_no_bias_of_readers(engine: Engine) -> None:
    explorer = explorer_of(engine, CORRECTION)
    expected = expected_readings(explorer, POINTS)
    shown = explorer.in_reader_terms(explorer.aim(targets_of()))  # by edits that do as they aim
    covered = reach_of(explorer, np.array(POINTS)).covered
    assert covered is not None and 4 < covered.sum() < len(POINTS)

    def found(expected: np.ndarray | None) -> dict:
        made = edit_readings({"one": lambda _: shown}, expected=expected)
        return score(made, Budget(), covered=covered)["readers"]["one"]

    right, wrong = found(expected), found(None)
    for target in ("valence", "arousal"):
        agreed = right["agreement"]["reachable"][target]
        assert agreed["bias"] == pytest.approx(0, abs=0.01)  # the region has a margin
        assert agreed["ccc"] > 0.99 and agreed["slope"] == pytest.approx(1, abs=0.05)
        assert abs(wrong["agreement"]["reachable"][target]["bias"]) > 0.03
    apart = np.array(right["cells"]["angle_error"], float)[0]  # reached in all directions
    assert apart == pytest.approx(0, abs=0.1)
    assert np.nanmax(np.array(wrong["cells"]["angle_error"], float)[0]) > 5
    # what no face shows counts as missed, as it does for readers of other editors
    assert right["agreement"]["unreachable"]["valence"]["rmse"] > 0.1


def test_a_correction_of_nothing_changes_nothing(engine: Engine) -> None:
    explorer = explorer_of(engine, np.zeros((3, 2)))
    assert expected_readings(explorer, POINTS) == pytest.approx(targets_of(), abs=1e-6)
    reach = reach_of(explorer, np.array(POINTS))
    assert reach.expected_border == pytest.approx(reach.border, abs=1e-3)


def test_edits_without_the_calibration_are_in_terms_of_readers(engine: Engine) -> None:
    raw = engine.explorer(ModelChoice(generator="stylegan3", raw=True))
    assert expected_readings(raw, POINTS).tolist() == targets_of().tolist()
