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
