"""Evidence of action units: what an area says, which units count as measured, and the card."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from faces.circumplex import EXPRESSIONS
from faces.readers.action_units.measures import SIGNALS
from faces.readers.action_units.units import NAMES, load_units


@pytest.fixture(scope="module")
def scripts() -> Any:
    """The script that reports; its neighbours are among its names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parents[2] / "scripts"))
        return importlib.import_module("report_action_units")


def made(scripts: Any, rng: np.random.Generator) -> Any:
    """Faces of all expressions: a smile lifts the lip by half of itself, disgust by 0.3."""
    expression = np.array([*EXPRESSIONS, "neutral"])[np.arange(1800) % 9]
    signals = rng.uniform(0.1, 0.2, (len(expression), len(SIGNALS)))
    for side in ("Left", "Right"):
        smile = rng.uniform(0.3, 0.9, len(expression)) * (expression == "happiness")
        signals[:, SIGNALS.index(f"mouthSmile{side}")] = smile
        noise = 0.02 * rng.normal(size=len(expression))
        lip = noise + 0.5 * smile + 0.3 * (expression == "disgust")
        signals[:, SIGNALS.index(f"mouthUpperUp{side}")] = lip
    return scripts.ExpressiveFaces(signals, expression)


def test_an_area_is_the_share_of_pairs_and_its_interval_covers_it(scripts: Any) -> None:
    value, low, high = scripts.area(np.array([1.0, 2.0, 3.0]), np.array([2.0, 0.0]))
    assert value == pytest.approx(4.5 / 6) and low <= value <= high
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(60):
        shown, neutral = rng.normal(0.5, 1, 80), rng.normal(0, 1, 80)
        _, low, high = scripts.area(shown, neutral)
        covered += low <= 0.638 <= high  # of two normals half a deviation apart
    assert 50 <= covered <= 60


def test_what_a_smile_has_of_a_unit_is_taken_out(scripts: Any) -> None:
    faces = made(scripts, np.random.default_rng(1))
    plain = scripts.Definition({"mouthUpperUp*": 1.0}, (), (), "")
    net = scripts.Definition({"mouthUpperUp*": 1.0}, ("mouthSmile*",), ("happiness", "neutral"), "")
    assert scripts.fitted_terms(faces, plain, "Left") == {"mouthUpperUpLeft": 1.0}
    terms = scripts.fitted_terms(faces, net, "Left")
    assert terms["mouthSmileLeft"] == pytest.approx(-0.5, abs=0.02)
    found = scripts.responses(
        sum(weight * faces.signal(name) for name, weight in terms.items()), faces
    )
    assert found["disgust"]["auc"][1] > 0.9
    assert found["happiness"]["auc"][0] == pytest.approx(0.5, abs=0.1)


def test_both_sides_of_every_fitted_unit_are_entered(scripts: Any) -> None:
    fit: Any = importlib.import_module("fit_action_units")
    rows: list[dict[str, Any]] = [{"unit": unit + side} for unit in fit.UNITS for side in "LR"]
    fit.fit_rows(made(scripts, np.random.default_rng(2)), rows)
    assert all(row["full"] > row["from"] and row["terms"] and row["source"] for row in rows)


def test_a_unit_is_measured_where_an_expression_that_names_it_shows_it(scripts: Any) -> None:
    assert scripts.naming("AU23") == ["anger"] and scripts.naming("AU61") == []
    assert "contempt" in scripts.naming("AU14")  # which names a side of it
    rng = np.random.default_rng(3)
    faces = made(scripts, rng)
    values = rng.normal(size=len(faces.expression))
    raised = values + 3.0 * faces.shows("surprise")
    falls = values - 1.0 * faces.shows("anger")

    def judged(unit: str, intensities: np.ndarray) -> str:
        return str(scripts.verdict(unit, scripts.responses(intensities, faces)))

    assert judged("AU1", raised).startswith("measured, but not in sadness")
    assert judged("AU23", falls) == "not measurable here, though read"
    assert scripts.verdict("AU23", None) == "not measurable here"
    assert judged("AU61", values).startswith("not tested")


def test_the_card_has_a_row_of_every_unit_that_agrees_with_the_table(scripts: Any) -> None:
    text = scripts.CARD.read_text("utf-8")
    part = text[text.index(scripts.BEGIN) : text.index(scripts.END)].split("Mean intensity")[0]
    rows = part.splitlines()
    told = {row.split("|")[1].strip(): row for row in rows if row.startswith(("| AU", "| AD"))}
    measurable = load_units().measurable
    assert list(told) == list(scripts.PLAIN)
    for unit, row in told.items():
        assert ("not measurable here" in row) != measurable[NAMES.index(unit)], unit
        assert "though read" not in row
