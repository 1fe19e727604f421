"""Expressions in as many columns: one that is marked, or votes for each."""

import pandas as pd

from faces.sets import open_source
from faces.sets.sources.votes import majority

VOTES = {"Neutral": [7, 0, 4, 0], "Happy": [2, 1, 4, 0], "sadness": [0, 0, 2, 0]}


def test_the_most_votes_count_and_equal_ones_do_not():
    found = majority(pd.DataFrame(VOTES))
    assert found is not None
    assert found[0].tolist() == ["neutral", "happiness", None, None]
    assert found[1] == (
        "expression from the largest of Neutral, Happy, sadness; 2 rows have none or several"
    )


def test_what_a_reader_found_is_no_vote():
    fractions = {name: [each / 10 for each in column] for name, column in VOTES.items()}
    assert majority(pd.DataFrame(fractions)) is None
    two = {name: VOTES[name] for name in ("Neutral", "Happy")}
    assert majority(pd.DataFrame(two)) is None


def test_a_table_of_such_columns_has_labels(tmp_path):
    names = [f"{number}.png" for number in range(4)]
    for name in names:
        (tmp_path / name).touch()
    pd.DataFrame({"image": names, **VOTES}).to_csv(tmp_path / "faces.csv", index=False)
    source = open_source(tmp_path / "faces.csv")
    assert source.faces["expression"].tolist() == ["neutral", "happiness", None, None]
    assert any("largest of Neutral" in note for note in source.notes)
    # a column of words says it itself
    words = pd.DataFrame({"image": names, "label": ["anger"] * 4, **VOTES})
    words.to_csv(tmp_path / "faces.csv", index=False)
    assert set(open_source(tmp_path / "faces.csv").faces["expression"]) == {"anger"}


def test_votes_for_no_expression_take_part_and_those_of_one_are_added_up():
    votes = {
        "neutral": [0, 0, 0, 0], "happy": [0, 2, 0, 1], "happiness": [0, 2, 0, 1],
        "disgust": [1, 3, 4, 0], "unknown": [0, 3, 2, 0], "NF": [9, 0, 4, 0],
    }  # fmt: skip
    found = majority(pd.DataFrame(votes))
    assert found is not None
    assert found[0].tolist() == [None, "happiness", None, "happiness"]
    assert found[1].endswith("1 rows have none or several; 1 rows are unknown or NF, no expression")
    # a column of words or fractions is named like that, and holds no votes
    for other in (["a"] * 4, [0.5] * 4):
        found = majority(pd.DataFrame(votes | {"NF": other}))
        assert found is not None
        assert found[0].tolist() == ["disgust", "happiness", "disgust", "happiness"]


def test_faces_that_ferplus_calls_none_have_no_label_beside_their_pictures(tmp_path):
    """fer2013new.csv beside its PNGs, without the pixels."""
    header = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt"
    rows = ["0,0,0,0,0,1,0,0,0,9", "1,8,0,0,0,0,0,0,1,0", "0,4,0,0,0,0,0,0,6,0"]
    for number in range(3):
        (tmp_path / f"fer{number:07d}.png").touch()
    lines = [f"Training,fer{number:07d}.png,{row}" for number, row in enumerate(rows)]
    (tmp_path / "fer2013new.csv").write_text("\n".join([f"{header},unknown,NF", *lines]))
    source = open_source(tmp_path)
    assert source.faces["expression"].tolist() == [None, "happiness", None]
    assert any("2 rows are unknown or NF" in note for note in source.notes)
