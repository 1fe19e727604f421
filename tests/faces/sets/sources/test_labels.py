"""Labels as sources write them: what is read, what is refused and why."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faces.circumplex import EXPRESSIONS
from faces.ground.errors import CircumplexError
from faces.sets import open_source

LABELS = [
    (0.5, -0.25, None),
    (1, -1, None),
    (-2, -2, "valence or arousal is -2: no label"),
    (0.5, -2, "valence or arousal is -2: no label"),
    ("", 0.1, "valence or arousal missing"),
    ("NaN", 0.1, "valence or arousal missing"),
    ("high", 0.1, "valence or arousal missing"),
    (1.5, 0, "valence or arousal outside [-1, 1]"),
    ("inf", 0, "valence or arousal outside [-1, 1]"),
]


def test_labels_that_cannot_be_used_say_why(tmp_path):
    rows = [(f"{i}.png", *pair) for i, (*pair, _) in enumerate(LABELS)]
    pd.DataFrame(rows, columns=["path", "valence", "arousal"]).to_csv(
        tmp_path / "faces.csv", index=False
    )
    source = open_source(tmp_path / "faces.csv")
    assert source.affect_reasons().tolist() == [reason for *_, reason in LABELS]
    assert source.faces["reason"].isna().all()


def test_codes_words_and_synonyms_of_expressions(tmp_path):
    words = ["0", "1", "7", "Happy", "angry", "disgusted", "unknown", "", "8", "9", "10"]
    table = pd.DataFrame({"path": [f"{i}.png" for i in range(len(words))], "expression": words})
    table.to_csv(tmp_path / "faces.csv", index=False)
    faces = open_source(tmp_path / "faces.csv", codes="affectnet").faces
    assert faces["expression"].tolist()[:6] == [
        "neutral", "happiness", "contempt", "happiness", "anger", "disgust",
    ]  # fmt: skip
    assert faces["expression"].isna().tolist() == [False] * 6 + [True] * 5
    # FER+'s "unknown" may be kept; AffectNet's three codes say that this is no such face
    assert faces["reason"].tolist() == [None] * 8 + [
        "expression code 8: none",
        "expression code 9: uncertain",
        "expression code 10: no-face",
    ]


def test_numeric_codes_that_pandas_reads_as_numbers(tmp_path):
    (tmp_path / "faces.csv").write_text("path,expression\na.png,3\nb.png,\nc.png,10\n")
    faces = open_source(tmp_path / "faces.csv", codes="affectnet").faces
    assert faces["expression"].tolist() == ["surprise", None, None]
    assert faces["reason"].tolist() == [None, None, "expression code 10: no-face"]


def test_paths_missing_or_twice(tmp_path):
    (tmp_path / "faces.csv").write_text("path,valence\na b.png,0\n,0\na b.png,0\né.png,0\n")
    faces = open_source(tmp_path / "faces.csv").faces
    assert faces["path"].tolist() == ["a b.png", None, "a b.png", "é.png"]
    assert faces["reason"].tolist() == [None, "no path", "same path twice", None]


def test_splits_and_identities(tmp_path):
    (tmp_path / "faces.csv").write_text(
        "path,split,identity\na.png,training,7\nb.png,Validation,NA\nc.png,test,\nd.png,,None\n"
    )
    faces = open_source(tmp_path / "faces.csv").faces
    assert faces["split"].tolist() == ["train", "val", "test", None]
    # a person may be called NA: words are not taken for missing values
    assert faces["identity"].tolist() == ["7", "NA", None, "None"]


def test_an_unknown_split_is_an_error(tmp_path):
    (tmp_path / "faces.csv").write_text("path,split\na.png,holdout\n")
    with pytest.raises(CircumplexError, match=r"'holdout'.*train, val, test"):
        open_source(tmp_path / "faces.csv")


label = st.floats(-1, 1, width=32)
names = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp"), exclude_characters='"\x85'),
    min_size=1,
    max_size=12,
).filter(str.strip)


@settings(deadline=None, max_examples=40)
@given(
    rows=st.lists(
        st.tuples(
            names,
            label,
            label,
            st.sampled_from(EXPRESSIONS),
            st.sampled_from(["train", "val", "test"]),
            st.one_of(st.none(), names),
            st.integers(0, 10),
        ),
        min_size=1,
        max_size=8,
        unique_by=lambda row: row[0],
    ),
    suffix=st.sampled_from([".csv", ".tsv", ".parquet"]),
)
def test_what_is_written_is_what_is_read(rows, suffix, tmp_path_factory):
    columns = ["file", "val", "aro", "class", "set", "who", "votes_fear"]
    table = pd.DataFrame(rows, columns=columns)
    path = tmp_path_factory.mktemp("table") / f"faces{suffix}"
    if suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path, sep="\t" if suffix == ".tsv" else ",", index=False)
    fields = ("path", "valence", "arousal", "expression", "split", "identity")
    source = open_source(
        path, columns=dict(zip(fields, columns[:-1], strict=True)), keep=["votes_*"]
    )
    for field, column in zip(
        ("path", "expression", "split", "identity"), (0, 3, 4, 5), strict=True
    ):
        assert source.faces[field].tolist() == [row[column] for row in rows]
    read = source.faces[["valence", "arousal"]].to_numpy()
    assert np.array_equal(read, np.array([row[1:3] for row in rows], np.float32))
    assert source.faces["votes_fear"].tolist() == [row[6] for row in rows]
    assert source.extra_columns == ("votes_fear",)
    assert source.affect_reasons().isna().all()


def test_a_code_that_nobody_defined_is_a_reject(tmp_path: Path) -> None:
    (tmp_path / "Faces.CSV").write_text(
        "path,valence,arousal,expression\na.png,0,0,42\nb.png,0,0,1\n"
    )
    faces = open_source(tmp_path / "Faces.CSV", codes="affectnet").faces
    assert faces["reason"].tolist() == ["expression code that affectnet does not define", None]
    assert faces["expression"].tolist() == [None, "happiness"]
