"""Expressions in as many columns: a 1 under the one that is meant, or people's votes for each."""

import pandas as pd

from faces.ground.dialects import to_numbers
from faces.sets.sources.words import expression_of

#: Fewer columns with such names may be something else.
_LEAST_COLUMNS = 3


def majority(table: pd.DataFrame) -> tuple[pd.Series, str] | None:
    """The expression with the most votes in each row, and how it was found, in words.

    Columns count that are named after expressions and hold whole numbers from 0 on: fractions are
    what a reader found, and no label. Where the most are equal, or all are 0, there is none.

    Returns:
        None where there are fewer than three such columns.
    """
    named = {str(name): expression_of(str(name)) for name in table.columns}
    columns = {name: word for name, word in named.items() if word is not None}
    votes = pd.DataFrame({name: to_numbers(table[name]).fillna(0) for name in columns})
    if len(set(columns.values())) < _LEAST_COLUMNS:
        return None
    if ((votes < 0) | (votes % 1 != 0)).any(axis=None):
        return None
    most = votes.max(axis=1)
    decided = (most > 0) & (votes.eq(most, axis=0).sum(axis=1) == 1)
    expressions = votes.idxmax(axis=1).map(columns).astype("object").where(decided, None)
    note = f"expression from the largest of {', '.join(columns)}"
    if undecided := int((~decided).sum()):
        note += f"; {undecided} rows have none or several"
    return expressions, note
