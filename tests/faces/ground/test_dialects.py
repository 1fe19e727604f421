"""Tables as other programs write them: each is read as the plain one is."""

import json

import pandas as pd
import pytest

from faces.ground.dialects import detect_dialect, read_columns, to_numbers, typed
from faces.ground.errors import CircumplexError

PLAIN = "path,who,valence\nGesicht ä 1.png,007,-0.5\nüber.png,012,0.25\n"


def _semicolons(text: str) -> str:
    return text.replace(",", ";").replace(".5", ",5").replace(".25", ",25")


DIALECTS = {
    "plain": (PLAIN.encode(), []),
    "marked": (PLAIN.encode("utf-8-sig"), []),
    "utf-16": (PLAIN.encode("utf-16"), ["UTF-16"]),
    "utf-16 without a mark": (PLAIN.encode("utf-16-le"), ["UTF-16-LE"]),
    "latin-1": (PLAIN.encode("latin-1"), ["Latin-1 (Windows-1252)"]),
    "semicolons": (
        _semicolons(PLAIN).encode(),
        ["separated by semicolons", "decimal commas"],
    ),
    "tabs": (PLAIN.replace(",", "\t").encode(), ["separated by tabs"]),
    "bars": (PLAIN.replace(",", "|").encode(), ["separated by bars"]),
    "spaces": (PLAIN.replace(",", ", ").encode(), ["spaces around names"]),
    "excel": (
        ("sep=;\n" + _semicolons(PLAIN)).encode(),
        ["separated by semicolons", "decimal commas"],
    ),
    "windows": (PLAIN.replace("\n", "\r\n").encode(), []),
}


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_is_one_table(tmp_path, name):
    data, notes = DIALECTS[name]
    (tmp_path / "table.csv").write_bytes(data)
    table, understood = read_columns(tmp_path / "table.csv", as_text=True)
    assert table.columns.tolist() == ["path", "who", "valence"]
    assert table["path"].tolist() == ["Gesicht ä 1.png", "über.png"]
    assert table["who"].tolist() == ["007", "012"]
    assert to_numbers(table["valence"]).tolist() == [-0.5, 0.25]
    assert understood == notes
    numbers, _ = read_columns(tmp_path / "table.csv")
    assert numbers["valence"].tolist() == [-0.5, 0.25]


def test_a_separator_within_quotes_or_cells_is_none(tmp_path):
    (tmp_path / "list.csv").write_text('path,points\n"a;b,c.png",1;2;3;4\nd.png,5;6;7;8\n')
    assert detect_dialect(tmp_path / "list.csv").separator == ","
    table, _ = read_columns(tmp_path / "list.csv", as_text=True)
    assert table["path"].tolist() == ["a;b,c.png", "d.png"]


def test_one_column_has_no_separator(tmp_path):
    (tmp_path / "list.csv").write_text("path\na b.png\nc.png\n")
    assert read_columns(tmp_path / "list.csv", as_text=True)[0]["path"].tolist() == [
        "a b.png",
        "c.png",
    ]


def test_text_becomes_numbers_where_nothing_is_lost():
    assert typed(pd.Series(["1", "2"], dtype=object)).tolist() == [1, 2]
    assert typed(pd.Series(["1,5", "2"], dtype=object)).tolist() == [1.5, 2]
    assert typed(pd.Series(["007", "12"], dtype=object)).tolist() == ["007", "12"]
    some = typed(pd.Series(["a", "NA"], dtype=object))
    assert some.tolist()[0] == "a" and pd.isna(some[1])
    assert to_numbers(pd.Series(["−0.5", "x"], dtype=object)).tolist()[0] == -0.5


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02" * 50])
def test_what_is_no_table_says_so_in_one_line(tmp_path, data):
    (tmp_path / "a.parquet").write_bytes(data)
    with pytest.raises(
        CircumplexError, match=r"a\.parquet (is not a readable|.*is empty)"
    ) as error:
        read_columns(tmp_path / "a.parquet")
    assert "\n" not in str(error.value)


def test_lines_of_json_are_a_table(tmp_path):
    lines = ['{"file_name": "007.png", "label": "happy", "valence": 0.5}', "", '{"file_name": "b"}']
    (tmp_path / "metadata.jsonl").write_text("\n".join(lines))
    table, notes = read_columns(tmp_path / "metadata.jsonl", as_text=True)
    assert table["file_name"].tolist() == ["007.png", "b"] and notes == []
    assert table["valence"][0] == "0.5" and table["valence"].isna().tolist() == [False, True]
    assert read_columns(tmp_path / "metadata.jsonl")[0]["valence"][0] == 0.5
    (tmp_path / "metadata.jsonl").write_text('["a"]\n')
    with pytest.raises(CircumplexError, match="line 1 is no JSON object"):
        read_columns(tmp_path / "metadata.jsonl")


def test_lines_of_json_end_at_newlines_alone_and_whole_numbers_stay(tmp_path):
    names = ["a\u2028b", "a\x85b", "a\u2029b"]
    rows = [{"path": name, "identity": 12345678901234567} for name in names]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    lines += ['{"path": "c", "identity": null, "tags": [1]}', '{"path": "d", "score": NaN}']
    (tmp_path / "a.jsonl").write_bytes("\r\n".join(lines).encode())
    table, _ = read_columns(tmp_path / "a.jsonl", as_text=True)
    assert table["path"].tolist() == [*names, "c", "d"]
    assert table["identity"].dropna().tolist() == ["12345678901234567"] * 3
    assert table["tags"].dropna().tolist() == ["[1]"] and table["score"].isna().all()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"PK\x03\x04\x14\x00", "is a spreadsheet by its content; save it as CSV"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        (b"<!DOCTYPE html><html>Sign in</html>", "is a web page"),
    ],
)
@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_what_is_no_table_is_named(tmp_path, content, what, suffix):
    path = tmp_path / f"table{suffix}"
    path.write_bytes(content)
    with pytest.raises(CircumplexError, match=what):
        read_columns(path)
