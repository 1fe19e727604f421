"""Tables: whole or absent, the same bytes on every system, the same values in both forms."""

import csv
import math

import pandas as pd
import pytest

from faces.ground.tables import csv_rows, csv_text, write_both, write_csv, write_parquet

ROWS = [
    {"name": 'a "quoted", ä\nname', "value": 0.1 + 0.2, "count": 3},
    {"name": "", "value": None, "count": -1},
]


def test_csv_holds_what_was_written(tmp_path) -> None:
    write_csv(tmp_path / "a.csv", ROWS, ["name", "value", "count"])
    data = (tmp_path / "a.csv").read_bytes()
    assert data.startswith(b"name,value,count\n") and b"\r" not in data
    read = pd.read_csv(tmp_path / "a.csv", keep_default_na=False)
    assert read["name"].tolist() == [row["name"] for row in ROWS]
    assert float(read["value"][0]) == ROWS[0]["value"] and read["value"][1] == ""


def test_rows_one_by_one_are_the_same_bytes(tmp_path) -> None:
    with csv_rows(tmp_path / "a.csv", list(ROWS[0])) as add:
        for row in ROWS:
            add(row)
        assert not (tmp_path / "a.csv").exists()
    assert (tmp_path / "a.csv").read_bytes() == csv_text(ROWS, list(ROWS[0])).encode()


def test_a_table_that_fails_leaves_the_old_one(tmp_path) -> None:
    write_csv(tmp_path / "a.csv", ROWS, list(ROWS[0]))
    before = (tmp_path / "a.csv").read_bytes()
    with pytest.raises(ValueError, match="other"), csv_rows(tmp_path / "a.csv", ["name"]) as add:
        add({"name": "x", "other": 1})
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert (tmp_path / "a.csv").read_bytes() == before


def test_both_forms_hold_the_same(tmp_path) -> None:
    write_both(tmp_path / "table.of", ROWS)
    write_parquet(tmp_path / "columns.parquet", {"value": [1.5], "found": [True]})
    binary = pd.read_parquet(tmp_path / "table.of.parquet")
    with (tmp_path / "table.of.csv").open(newline="") as stream:
        text = list(csv.DictReader(stream))
    assert binary["value"][0] == float(text[0]["value"]) == ROWS[0]["value"]
    assert math.isnan(binary["value"][1]) and text[1]["value"] == ""
    assert binary["count"].tolist() == [int(row["count"]) for row in text] == [3, -1]
    assert pd.read_parquet(tmp_path / "columns.parquet")["found"].tolist() == [True]
