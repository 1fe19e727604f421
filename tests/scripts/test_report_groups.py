"""Gaps between groups: counted as they are, with what chance alone would leave."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "scripts"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))  # it imports its neighbour
        spec = importlib.util.spec_from_file_location("report_groups", FOLDER / "report_groups.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


def test_the_gap_is_that_of_the_means_and_chance_explains_one_that_is_none(
    script: ModuleType,
) -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(["female", "male", "rare"], [200, 200, script.SMALLEST - 1])
    values = rng.normal(scale=0.2, size=(len(groups), 2))
    values[:200, 0] += 0.25
    values[400:] = 9.0  # too few to be shown
    found = script.group_figures(values, groups)
    assert set(found["groups"]) == {"female", "male"} and found["groups"]["male"]["n"] == 200
    expected = values[:200].mean(0) - values[200:400].mean(0)
    gap, low, high, chance = found["gap"]["valence"]
    assert gap == pytest.approx(expected[0], abs=1e-4) and low < gap < high
    assert 0 < chance < 0.05 < low
    assert found["gap"]["arousal"][0] < 0.06
    mean, low, high = found["groups"]["female"]["valence"]
    assert low < mean < high and mean == pytest.approx(values[:200, 0].mean(), abs=1e-4)


def test_smiles_are_set_against_the_neutral_face_of_the_same_person(script: ModuleType) -> None:
    people = np.repeat(np.arange(20), 2).astype(str)
    table = pd.DataFrame(
        {
            "identity": people,
            "expression": np.tile(["neutral", "happiness"], 20),
            "gender": np.repeat(["female", "male"], 20),
        }
    )
    affect = np.zeros((40, 2))
    affect[::2, 0] = np.linspace(-0.2, 0.2, 20) + 0.001
    affect[1::2, 0] = affect[::2, 0] + np.repeat([0.5, 0.3], 10)
    affect[3] = np.nan  # a smile without landmarks
    neutral = script.neutral_rows(table, None)
    found = script.judge(affect, table, neutral, ["gender"])
    assert found["n"] == 20 and found["near_neutral"] == pytest.approx(0.7)
    change = found["smile_minus_neutral"]["gender"]
    assert change["groups"]["female"]["n"] == 9 and change["groups"]["male"]["n"] == 10
    assert change["gap"]["valence"][0] == pytest.approx(0.2, abs=1e-4)
    report = {"readers": {"pixel": found}}
    assert script.lines(report, ["gender"])[-1].startswith("| pixel | 20 | +0.00, +0.00 | 70% |")


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (24, "20-29"),
        ("30-39", "30-39"),
        ("18.5", "10-19"),
        ("70+", "60+"),
        ("60-69", "60+"),
        (np.nan, "unknown"),
    ],
)
def test_ages_and_bands_meet(script: ModuleType, age: str | float, band: str) -> None:
    assert script.read_manifest.__globals__["age_band"](age) == band


def test_a_manifest_leads_to_its_pictures(script: ModuleType, tmp_path: Path) -> None:
    pd.DataFrame({"path": ["a.png"], "age": [61]}).to_csv(tmp_path / "m.csv", index=False)
    table = script.read_manifest(tmp_path / "m.csv")
    assert list(table["path"]) == [str(tmp_path / "a.png")] and list(table["age"]) == ["60+"]
