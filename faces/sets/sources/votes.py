"""Expressions in as many columns: a 1 under the one that is meant, or people's votes for each."""

import pandas as pd

from faces.ground.dialects import to_numbers
from faces.sets.sources.words import expression_of, is_no_expression

#: Fewer expressions with such columns may be something else.
_LEAST_COLUMNS = 3


def majority(table: pd.DataFrame) -> tuple[pd.Series, str] | None:
    """The expression with the most votes in each row, and how it was found, in words.

    Columns count that are named after expressions and hold whole numbers from 0 on: fractions are
    what a reader found, and no label. Those of one expression are added up. Columns of votes for
    none of them (FER+'s "unknown" and "NF", no face) take part, and where one has the most there is
    no expression. Where the most are equal, or all are 0, there is none either.

    Returns:
        None where there are columns of fewer than three expressions.
    """
    named = {str(name): expression_of(str(name)) for name in table.columns}
    meant = {name: word for name, word in named.items() if word is not None}
    if len(set(meant.values())) < _LEAST_COLUMNS:
        return None
    votes = _votes(table, list(meant))
    if not _are_votes(votes):
        return None
    others = _votes(table, [name for name in named if is_no_expression(name)])
    others = others[[name for name in others if _are_votes(others[[name]])]]
    expressions = votes.T.groupby(pd.Series(meant), sort=False).sum().T
    counts = pd.concat([expressions, others], axis=1)
    most = counts.max(axis=1)
    decided = (most > 0) & (counts.eq(most, axis=0).sum(axis=1) == 1)
    winner = counts.idxmax(axis=1)
    known = winner.isin(expressions.columns)
    names = [str(name) for name in others]
    note = f"expression from the largest of {', '.join([*meant, *names])}"
    if undecided := int((~decided).sum()):
        note += f"; {undecided} rows have none or several"
    if left := int((decided & ~known).sum()):
        note += f"; {left} rows are {' or '.join(names)}, no expression"
    return winner.astype("object").where(decided & known, None), note


def _votes(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Columns as numbers, what is none as 0."""
    columns = {name: to_numbers(table[name]).fillna(0) for name in names}
    return pd.DataFrame(columns, index=table.index)


def _are_votes(votes: pd.DataFrame) -> bool:
    return not ((votes < 0) | (votes % 1 != 0)).any(axis=None)
