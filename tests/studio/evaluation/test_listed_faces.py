"""Lists of faces with groups: what is understood, and what is counted instead of compared."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from faces.ground.errors import CircumplexError
from faces.sets import load_faceset
from faces.sets.sources.options import SourceOptions
from studio.evaluation.listed_faces import DEFAULT_BY, ListedFaces, age_band, age_groups, open_faces

ROWS = {
    "path": ["a.png", "b.png", "c.png", "d.png", "a.png", None],
    "subject": ["007", "007", "8", None, "9", "9"],
    "emotion": ["neutral", "smiling", "neutral", "neutral", "neutral", "neutral"],
    "age": ["24", "61", "NA", "33", "24", "24"],
    "sex": ["f", "f", " m ", "m", "m", "m"],
    "val": ["0.1", "0.2", "0.3", "0.4", "0.5", "0.6"],
    "split": ["val", "val", "val", "train", "val", "val"],
}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    pd.DataFrame(ROWS).to_csv(tmp_path / "list.csv", index=False)
    return tmp_path / "list.csv"


def opened(path: Path, by: tuple[str, ...] = DEFAULT_BY, **settings: object) -> ListedFaces:
    return open_faces(path, by, SourceOptions(), **settings)  # type: ignore[arg-type]


def test_fields_and_groups_are_understood_and_the_rest_is_counted(table: Path) -> None:
    found = opened(table)
    assert [Path(path).name for path in found.paths] == ["a.png", "b.png", "c.png"]
    assert Path(found.paths[0]).parent == table.parent
    assert list(found.people) == ["007", "007", "8"]
    assert list(found.labels) == ["neutral", "happiness", "neutral"]
    assert {name: list(of) for name, of in found.groups.items()} == {
        "sex": ["f", "f", "m"],
        "age": ["20-29", "60+", None],
    }
    assert found.dropped == {"same path twice": 1, "no path": 1, "without a person": 1}


def test_paths_are_whole_where_the_list_is_named_from_here(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(table.parent)
    assert list(opened(Path("list.csv")).paths) == list(opened(table).paths)


def test_a_split_and_a_sample_keep_people_whole(table: Path) -> None:
    assert opened(table, split="val").dropped["of another split than val"] == 1
    found = opened(table)
    with pytest.raises(CircumplexError, match="--most 1 is fewer than the 2 faces of the first"):
        found.sample(1, next(seed for seed in range(9) if "007" in found.sample(2, seed).people))
    for seed in range(8):
        people = list(found.sample(2, seed).people)
        assert people in (["007", "007"], ["8"])
    assert found.sample(3, 0) is found


def test_rows_list_the_same_faces_again(table: Path, tmp_path: Path) -> None:
    found = opened(table)
    pd.DataFrame(found.rows()).to_csv(tmp_path / "again.csv", index=False)
    again = opened(tmp_path / "again.csv")
    assert list(again.paths) == list(found.paths) and list(again.people) == list(found.people)
    assert {k: list(v) for k, v in again.groups.items()} == {
        k: list(v) for k, v in found.groups.items()
    }


@pytest.mark.parametrize(
    ("by", "message"),
    [
        (("sex", "origin"), "has no column origin; name .* of subject, emotion, age, sex, val"),
        (("race",), "has no column race"),
    ],
)
def test_a_column_that_is_missing_is_named(by: tuple[str, ...], message: str, table: Path) -> None:
    with pytest.raises(CircumplexError, match=message):
        opened(table, by)


def test_numbers_are_no_groups(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    columns = {"path": [f"{k}.png" for k in range(60)], "income": range(60), "sex": ["f", "m"] * 30}
    pd.DataFrame(columns).to_csv(file, index=False)
    with pytest.raises(CircumplexError, match="income has 60 values, such as '0'"):
        opened(file, ("income",))
    assert len(opened(file)) == 60


def test_a_list_without_a_group_in_any_row_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    pd.DataFrame({"path": ["a.png", "b.png"], "sex": [None, "NA"]}).to_csv(file, index=False)
    with pytest.raises(CircumplexError, match="2 without sex"):
        opened(file)


def test_a_face_set_brings_its_columns(tiny_faceset: Path) -> None:
    faces = load_faceset(tiny_faceset)
    with pytest.raises(CircumplexError, match="has no column sex or gender or age"):
        opened(tiny_faceset)
    found = opened(tiny_faceset, ("split",))
    assert len(found) == len(faces) and found.digest == faces.identity
    assert set(np.unique(found.groups["split"].astype(str))) <= {"train", "val", "test"}


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (24, "20-29"),
        ("30-39", "30-39"),
        ("18.5", "10-19"),
        ("3-9", "0-9"),
        ("70+", "60+"),
        ("more than 70", "60+"),
        ("60-69", "60+"),
        (60, "60+"),
        (np.nan, None),
        (np.inf, None),
        ("-inf", None),
        ("1e999", None),
        (-1, None),
        (999, None),
        ("18-30", "18-30"),
        ("46-60", "46-60"),
        ("15-24", "15-24"),
        ("20–29", "20–29"),
        ("adult", "adult"),
        ("under 20", "under 20"),
        ("65 or older", "65 or older"),
        ("20s", "20s"),
    ],
)
def test_ages_and_bands_meet(age: str | float, band: str | None) -> None:
    assert age_band(age) == band


def test_a_lists_own_bands_stay_what_they_are() -> None:
    own = ["18-30", "30-39", "60-69", "70+", None, "18-30"]
    assert age_groups(own) == own
    assert age_groups(["3-9", "60-69", "more than 70", "30-39"]) == ["0-9", "60+", "60+", "30-39"]
    assert age_groups(["24", "31.5", "over 40", "inf"]) == ["20-29", "30-39", "over 40", None]


def test_bands_of_ages_drop_nobody(tmp_path: Path) -> None:
    words = ["under 20", "20–29", "65 or older", "18-30"] * 3
    columns = {"path": [f"{k}.png" for k in range(12)], "age": words}
    pd.DataFrame(columns).to_csv(tmp_path / "list.csv", index=False)
    assert list(opened(tmp_path / "list.csv").groups["age"]) == words
