"""The app's tab of evidence: whatever a report beside the directions holds is text."""

import copy
from pathlib import Path

import pytest
from pages import HOSTILE, check_hostile, check_page

import gan_bridge
import vae
from faces.ground.files import read_json
from studio.app.evidence import bridge_page, evidence_page, no_evidence, other_evidence

REPORT = Path(vae.__file__).parent / "weights" / "report.json"
BRIDGE = Path(gan_bridge.__file__).parent / "weights" / "bridge.json"


@pytest.mark.parametrize(("path", "page"), [(REPORT, evidence_page), (BRIDGE, bridge_page)])
def test_names_are_text(path: Path, page) -> None:
    evidence = copy.deepcopy(read_json(path))
    evidence["directions"]["basis"] = evidence["held_out"]["set"] = HOSTILE
    check_hostile(page(evidence), 2)


def test_what_is_not_defined_is_a_dash_and_has_no_bar() -> None:
    evidence = copy.deepcopy(read_json(REPORT))
    evidence["held_out"]["valence"] |= {"r2": None, "r2_interval": [None, None]}
    html = evidence_page(evidence)
    page = check_page(html)
    assert html.count("<svg") == evidence_page(read_json(REPORT)).count("<svg") - 1
    assert "[–, –]" in page.text and "None" not in page.text


def test_a_report_without_quadrants_is_shown() -> None:
    evidence = copy.deepcopy(read_json(REPORT))
    for name in ("quadrants", "dci"):
        del evidence["held_out"][name]
    text = check_page(evidence_page(evidence)).text
    assert "Quadrant accuracy" not in text and "MIG, mean" in text


def test_each_quadrant_has_its_recall_and_its_faces() -> None:
    evidence = copy.deepcopy(read_json(REPORT))
    rare = {"n": 31, "recall": 0.0, "interval": [0.0, 0.11]}
    evidence["held_out"]["quadrants"] |= {
        "balanced": 0.5,
        "balanced_interval": [0.47, 0.53],
        "chance": 0.25,
        "by_quadrant": {"+V -A": rare},
    }
    text = check_page(evidence_page(evidence)).text
    assert "Balanced accuracy0.50 [0.47, 0.53]; always the same: 0.25" in " ".join(text.split())
    assert "31 faces" in text and "[0.00, 0.11]" in text


def test_where_nothing_was_measured_the_way_to_it_is_named() -> None:
    for html in (no_evidence(), other_evidence()):
        assert "circumplex probe RUN FACESET measures" in check_page(html).text
