"""Norms that are joined to stimuli: by file or by bytes, each picture once."""

from pathlib import Path

import pytest

from faces.ground.errors import CircumplexError
from studio.stimuli.columns import COUNT, NUMBER, TEXT, TRUTH
from studio.stimuli.norms import Norms


def _norms(folder: Path, text: str) -> Norms:
    path = folder / "norms.csv"
    path.write_text(text, encoding="utf-8")
    return Norms.read(path, ("file", "valence"))


@pytest.mark.parametrize("name", ["images/a.png", "a.png", "a.jpg", r"C:\set\images\a.webp", "a"])
def test_a_picture_is_named_by_its_file(tmp_path: Path, name: str) -> None:
    norms = _norms(tmp_path, f"stimulus,rated_valence,note\n{name},.5,\nb,.1,x\n")
    assert norms.of("images/a.png", None) == {"rated_valence": 0.5, "note": None}
    assert norms.knows("images/b.png", None) and not norms.knows("images/c.png", "0" * 64)


def test_a_picture_is_named_by_its_bytes(tmp_path: Path) -> None:
    norms = _norms(tmp_path, f"stimulus,rated_valence\n{'ab' * 32},.5\n")
    assert norms.of("images/a.png", "ab" * 32) == {"rated_valence": 0.5}
    assert norms.of("images/a.png", None) == {"rated_valence": None}


def test_norms_of_the_field_are_told_from_requests(tmp_path: Path) -> None:
    norms = _norms(
        tmp_path, "stimulus,valence_mean,valence_sd,valence_n,arousal_mean\na,.5,.1,9,0\n"
    )
    assert norms.of("a.png", None) == {
        "rated_valence": 0.5, "rated_valence_sd": 0.1, "rated_valence_n": 9, "rated_arousal": 0,
    }  # fmt: skip


def test_an_exports_table_with_ratings_gives_these_alone(tmp_path: Path) -> None:
    norms = _norms(tmp_path, "file,valence,rated_valence\nimages/a.png,.9,.5\n")
    assert norms.of("images/a.png", None) == {"rated_valence": 0.5}


def test_of_another_exports_table_ratings_and_added_columns_are_taken(tmp_path: Path) -> None:
    norms = _norms(
        tmp_path,
        "file,identity,person,set_age,aimed_age,aimed_valence,pixel_valence_low,rated_valence,mood\n"
        "images/a.png,seed-1,seed-1,40,38,.3,.1,.5,x\n",
    )
    assert norms.of("images/a.png", None) == {"rated_valence": 0.5, "mood": "x"}
    own = _norms(tmp_path, "stimulus,person,rated_valence\na.png,anna,.5\n")
    assert own.of("images/a.png", None) == {"person": "anna", "rated_valence": 0.5}


def test_a_column_is_of_one_kind_whoever_is_in_it(tmp_path: Path) -> None:
    norms = _norms(
        tmp_path,
        "stimulus,known,note,rater,n,rated_valence,size\n"
        "a,TRUE,nan,001,3,,1e3\nb,NA,x,12,,.5,12345678901234567890\nc,false,,7,4,1,2\n",
    )
    kinds = {column.name: column.kind for column in norms.columns}
    assert kinds == {
        "known": TRUTH, "note": TEXT, "rater": TEXT, "n": COUNT, "rated_valence": NUMBER,
        "size": NUMBER,
    }  # fmt: skip
    assert norms.of("a", None) == {
        "known": True, "note": None, "rater": "001", "n": 3, "rated_valence": None, "size": 1000.0,
    }  # fmt: skip
    assert norms.of("c", None)["known"] is False and norms.of("b", None)["n"] is None


def test_a_column_says_its_meaning_and_scale(tmp_path: Path) -> None:
    norms = _norms(tmp_path, "stimulus,valence_mean,valence_n,mood\na,2.5,9,x\nb,8,12,y\n")
    mean, count, mood = norms.columns
    assert mean.description == (
        "Mean rating of valence (column valence_mean) of norms.csv, there from 2.5 to 8."
    )
    assert mean.unit == "as in the norms" and count.unit == "" and "mood of" in mood.description


def test_norms_know_which_bytes_were_rated(tmp_path: Path) -> None:
    first, second = "ab" * 32, "cd" * 32
    norms = _norms(tmp_path, f"stimulus,sha256,rated\na.png,{first},1\n{second},,2\nb.png,,3\n")
    assert [column.name for column in norms.columns] == ["rated"]
    assert norms.is_of("images/a.png", first) is True
    assert norms.is_of("images/a.png", second) is True  # by its digest alone
    assert norms.is_of("images/a.png", "ef" * 32) is False
    assert norms.is_of("images/b.png", first) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("picture,rated\na.png,1\n", "has no column stimulus"),
        ("stimulus,rated\na.png,1\nimages/a.png,2\n", "a twice under stimulus"),
        ("stimulus,rated\n,1\n", "a row without a name"),
        ("stimulus,valence\na.png,1\n", "the export has that itself; rename it"),
        ("stimulus,rated valence\na.png,1\n", "no plain name; rename it"),
        ("", "is not a readable CSV"),
        ("stimulus,a\nb,1,2\n", "is not a readable CSV"),
        ("stimulus,valence_mean,rated_valence\na,1,2\n", "two columns for rated_valence"),
    ],
)
def test_bad_norms_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CircumplexError, match=message):
        _norms(tmp_path, text)


def test_norms_that_are_missing(tmp_path: Path) -> None:
    with pytest.raises(CircumplexError, match=r"none\.csv is missing"):
        Norms.read(tmp_path / "none.csv", ())
