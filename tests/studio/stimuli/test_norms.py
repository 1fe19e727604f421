"""Norms that are joined to stimuli: by file or by bytes, each picture once."""

from pathlib import Path

import pytest

from faces.ground.errors import CircumplexError
from studio.stimuli.columns import describe_columns
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


def test_columns_of_norms_say_what_they_are() -> None:
    names = ["rated_valence", "rated_arousal_sd", "rated_valence_n", "rated_arousal_high", "note"]
    mean, sd, n, high, note = describe_columns(names)
    assert mean.description.startswith("Mean rating of valence") and mean.unit == "[-1, 1]"
    assert "Standard deviation of the ratings of arousal" in sd.description
    assert n.unit == "count" and "Upper end of the 95 %" in high.description
    assert note.description == "From the table of norms that was given."


def test_an_exports_table_with_ratings_gives_these_alone(tmp_path: Path) -> None:
    norms = _norms(tmp_path, "file,valence,rated_valence\nimages/a.png,.9,.5\n")
    assert norms.of("images/a.png", None) == {"rated_valence": 0.5}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("picture,rated\na.png,1\n", "has no column stimulus"),
        ("stimulus,rated\na.png,1\nimages/a.png,2\n", "a twice under stimulus"),
        ("stimulus,rated\n,1\n", "a row without a name"),
        ("stimulus,valence\na.png,1\n", "the export has that itself; rename it"),
        ("stimulus,rated valence\na.png,1\n", "no plain name; rename it"),
        ("", "is not a readable CSV"),
    ],
)
def test_bad_norms_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CircumplexError, match=message):
        _norms(tmp_path, text)


def test_norms_that_are_missing(tmp_path: Path) -> None:
    with pytest.raises(CircumplexError, match=r"none\.csv is missing"):
        Norms.read(tmp_path / "none.csv", ())
