"""The page about emotion and the direction of the head."""

import csv

import numpy as np
from pages import HOSTILE, check_hostile, check_page

from studio.evaluation.association import associate
from studio.reports.pose_emotion import TABLE, render, write_study

NAMES = (("forward", "left", "up"), ("neutral", "happiness", HOSTILE, "fear"))


def evidence() -> dict:
    rng = np.random.default_rng(0)
    rows, columns = rng.integers(0, 3, 500), rng.integers(0, 4, 500)
    columns[(rows == 2) & (columns == 1)] = 2  # heads that face up: never happy
    return {
        "software": "circumplex-studio",
        "data": {"name": f"a/{HOSTILE}", "digest": "0", "dropped": {"without pose": 2}},
        "config": {"yaw": 20.0, "up": 15.0, "down": 15.0},
        "independent": "faces",
        "association": associate(rows, columns, NAMES),
    }


def test_names_are_text() -> None:
    html = render(evidence())
    check_hostile(html, 4)
    text = check_page(html).text
    assert html.count("<svg") == 2
    assert "2 without pose" in text and "from 20° of yaw" in text


def test_the_table_holds_a_row_a_cell(tmp_path) -> None:
    write_study(tmp_path, evidence())
    with (tmp_path / TABLE).open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 12 and {row["emotion"] for row in rows} == set(NAMES[1])
    assert sum(int(row["faces"]) for row in rows) == 500
