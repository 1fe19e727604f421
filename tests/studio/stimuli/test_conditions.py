"""Conditions on columns: what they mean, and that nothing else than them is understood."""

import pandas as pd
import pytest

from faces.ground.errors import CircumplexError
from studio.stimuli.conditions import Condition, read_conditions

TABLE = pd.DataFrame(
    {
        "rated_valence": [0.1, 0.3, 0.5, None],
        "yaw": [-12.0, 3.0, 8.0, 1.0],
        "reached": [True, True, False, True],
        "word": ["happy", "calm", None, "sad"],
        "seed": [1, 2, 3, 4],
        "empty": [None, None, None, None],
    }
)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("rated_valence.between(.3, .5)", [1, 2]),
        ("rated_valence >= .3 and reached", [1]),
        ("not reached", [2]),
        ("~reached | (seed == 1)", [0, 2]),
        ("-10 < yaw < 5", [1, 3]),
        ("yaw.abs() <= 8 and not word == 'sad'", [1]),
        ("word in ['happy', 'sad']", [0, 3]),
        ("word not in ('happy',)", [1, 3]),
        ("seed.isin([2, 4]) & (yaw + 1 > 2 * 1)", [1]),
        ("rated_valence.isna() or seed == 2", [1, 3]),
        ("not rated_valence > .2", [0]),  # of the missing one nothing is known
        ("rated_valence > .2 or seed > 3", [1, 2, 3]),
        ("empty > 1 or empty == 'a'", []),
        ("True", [0, 1, 2, 3]),
    ],
)
def test_a_condition_keeps_rows_of_which_it_is_true(text: str, kept: list[int]) -> None:
    held = Condition.parse(text).holds(TABLE)
    assert held.dtype == bool and list(TABLE.index[held]) == kept


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "yaw.__class__",
        "yaw.map(print)",
        "yaw.between(1)",
        "yaw.between(left=0, right=1)",
        "TABLE[0]",
        "[x for x in yaw]",
        "lambda: 1",
        "f'{yaw}'",
        "@yaw",
        "yaw = 1",
        "yaw ** 999999999",
        "b'a' == word",
        "(" * 400 + "yaw" + ")" * 400,
        "not " * 100 + "reached",
        "",
    ],
)
def test_all_else_is_refused(text: str) -> None:
    with pytest.raises(CircumplexError, match="condition"):
        Condition.parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("word > 3", "cannot be decided"),
        ("yaw + 1", "neither true nor false"),
        ("word.abs() == 1", "cannot be decided"),
        ("word in 'happy'", "take a list"),
    ],
)
def test_what_cannot_be_decided_is_said(text: str, message: str) -> None:
    with pytest.raises(CircumplexError, match=message):
        Condition.parse(text).holds(TABLE)


def test_a_column_that_there_is_not_is_named() -> None:
    condition = Condition.parse("rated_valance > .3")
    with pytest.raises(CircumplexError, match=r"no column rated_valance; there is rated_valence"):
        condition.require_columns(list(TABLE))


def test_a_limit_is_a_condition() -> None:
    first, second = read_conditions(["reached"], 0.4)
    assert (first.text, second.text) == ("reached", "identity_distance <= 0.4")
