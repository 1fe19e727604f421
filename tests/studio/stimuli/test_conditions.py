"""Conditions on columns: what they mean, and that nothing else than them is understood."""

import pytest

from faces.ground.errors import CircumplexError
from studio.stimuli.columns import COUNT, TEXT, TRUTH, Column
from studio.stimuli.conditions import Condition, read_conditions
from studio.stimuli.export_rows import typed_table

COLUMNS = [
    Column("rated_valence", ""),
    Column("yaw", ""),
    Column("reached", "", TRUTH),
    Column("word", "", TEXT),
    Column("seed", "", COUNT),
    Column("empty", ""),
    Column("unsaid", "", TRUTH),
    Column("unnamed", "", TEXT),
]
CELLS = {
    "rated_valence": [0.1, 0.3, 0.5, None],
    "yaw": [-12.0, 3.0, 8.0, 1.0],
    "reached": [True, True, False, True],
    "word": ["happy", "calm", None, "sad"],
    "seed": [1, 2, 3, 4],
}
ROWS = [dict(zip(CELLS, values, strict=True)) for values in zip(*CELLS.values(), strict=True)]
TABLE = typed_table(ROWS, COLUMNS)


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
        ("empty > 1 or empty == 2", []),
        ("unsaid", []),
        ("not unsaid or unsaid.isna() and seed > 2", [2, 3]),
        ("unnamed != 'a' or unnamed in ['b']", []),
        ("word.between('a', 'i')", [0, 1]),
        ("seed in [-1, 2, 1.5]", [1]),
        ("True", [0, 1, 2, 3]),
    ],
)
def test_a_condition_keeps_rows_of_which_it_is_true(text: str, kept: list[int]) -> None:
    condition = Condition.parse(text)
    condition.require_columns(COLUMNS)
    held = condition.holds(TABLE)
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
        ("'a' * 99999999 * 99999 == word", "'a' is text where a number is needed"),
        ("[1] * 99999999 == seed", "stands where a column or a value is to stand"),
        ("word == unnamed + 'a'", "unnamed is text where a number is needed"),
        ("seed in ['1']", "'1' is text where a number is needed"),
        ("seed in [yaw]", "yaw stands in a list of values"),
        ("reached > True", "true or false"),
        ("reached and yaw", "yaw is a number where true or false is needed"),
        ("not word", "word is text where true or false is needed"),
        ("yaw.between('a', 'b')", "compare like with like"),
        ("(5).abs() == 5", "5 is none"),
        ("yaw", "neither true nor false"),
    ],
)
@pytest.mark.parametrize("rows", [ROWS, [{}], []])
def test_what_cannot_be_decided_is_said_whatever_the_cells_are(
    text: str, message: str, rows: list[dict[str, object]]
) -> None:
    condition = Condition.parse(text)
    with pytest.raises(CircumplexError, match=message):
        condition.require_columns(COLUMNS)
    assert len(typed_table(rows, COLUMNS).dtypes.unique()) == 4  # kinds never depend on cells


@pytest.mark.parametrize("text", ["yaw > 1 / 0", "yaw > 1e308 * 10 or seed == 10 / (1 - 1)"])
def test_a_number_that_is_none_is_named(text: str) -> None:
    condition = Condition.parse(text)
    condition.require_columns(COLUMNS)
    with pytest.raises(CircumplexError, match="cannot be decided: division by zero"):
        condition.holds(TABLE)


def test_a_column_that_there_is_not_is_named() -> None:
    condition = Condition.parse("rated_valance > .3")
    with pytest.raises(CircumplexError, match=r"no column rated_valance; there is rated_valence"):
        condition.require_columns(COLUMNS)
    with pytest.raises(CircumplexError, match=r"no column valence_mean; there is rated_valence$"):
        Condition.parse("valence_mean > .3").require_columns(COLUMNS)


def test_a_limit_is_a_condition() -> None:
    first, second = read_conditions(["reached"], 0.4)
    assert (first.text, second.text) == ("reached", "identity_distance <= 0.4")
