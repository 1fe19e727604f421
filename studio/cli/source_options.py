"""Options that say what the columns and the labels of a source mean; they may be repeated."""

from collections.abc import Iterable
from typing import Annotated

import typer

from studio.validation import RequestError

ColumnOption = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        help="FIELD=COLUMN of a table, such as valence=val: the name here (path, split, "
        "expression, identity, valence, arousal, box_left, left_eye_x, …) and there; repeat.",
    ),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        help="NAME=EXPRESSION: what a class folder or a label means, or =none; repeat.",
    ),
]
Pairs = tuple[tuple[str, str], ...]


def column_pairs(texts: Iterable[str] | None) -> Pairs:
    """(field, column) of each `--column`; a column's name may hold an equals sign.

    Raises:
        RequestError: a text is no such pair.
    """
    return tuple(
        _pair(text, text.partition("="), "--column", "valence=val") for text in texts or ()
    )


def map_pairs(texts: Iterable[str] | None) -> Pairs:
    """(name, expression) of each `--map`; a name may hold an equals sign.

    Raises:
        RequestError: a text is no such pair.
    """
    return tuple(
        _pair(text, text.rpartition("="), "--map", "Joy2=happiness") for text in texts or ()
    )


def _pair(text: str, parts: tuple[str, str, str], option: str, example: str) -> tuple[str, str]:
    name, sign, value = parts
    if not (name and sign and value):
        raise RequestError(f"{option} {text!r} is not NAME=VALUE, such as {example}")
    return name, value
