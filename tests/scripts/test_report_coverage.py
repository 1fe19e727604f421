"""The interval of Cramér's V covers, face by face and person by person."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from studio.evaluation.cramers_v import cramers_v

FOLDER = Path(__file__).parents[2] / "scripts"
#: Of 300 runs; 0.95 less four standard errors. At V = 0 only one side can miss.
RUNS, LEAST = 300, 0.90


@pytest.fixture(scope="module")
def script() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))  # it imports its neighbour
        file = FOLDER / "report_coverage.py"
        spec = importlib.util.spec_from_file_location("report_coverage", file)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("v", [0.0, 0.05, 0.15, 0.3])
def test_populations_have_their_margins_and_their_v(script: ModuleType, v: float) -> None:
    for margins in script.MARGINS.values():
        found = script.population(v, margins)
        assert float(cramers_v(found, corrected=False)) == pytest.approx(v, abs=1e-7)
        for axis, margin in ((1, margins[0]), (0, margins[1])):
            assert found.sum(axis) == pytest.approx(np.array(margin))


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("v", [0.0, 0.15, 0.3])
def test_it_covers(script: ModuleType, v: float, grouped: bool) -> None:
    for name, most in (("5 × 8, uneven", 1.0), ("3 × 4, even", 0.995)):
        found = script.coverage(v, script.MARGINS[name], 1000, grouped, RUNS)
        assert LEAST <= found.holds <= most, name
        assert max(found.above, found.below) < 0.07, name


def test_a_percentile_bootstrap_does_not(script: ModuleType) -> None:
    margins = script.MARGINS["5 × 8, uneven"]
    found = script.coverage(0.0, margins, 1000, False, 60, script.percentile_bootstrap)
    assert found.holds < 0.5


def test_people_taken_for_faces_are_not_covered(script: ModuleType) -> None:
    """The very samples, told nothing of whom the faces are of: the grouping is what covers."""
    margins, rng = script.MARGINS["3 × 4, even"], np.random.default_rng(0)
    shares, missed = script.population(0.0, margins), 0
    for _ in range(100):
        counts, _ = script.draw(shares, 1000, True, rng)
        missed += script.departure_sampling(counts).interval()[0] > 0
    assert missed > 30
