"""Why a pickle is refused, in words that fit on one line."""

from typing import Any

_MOST = 80


class PickleRefusal(Exception):
    """What a pickle wants that it cannot have, or what is wrong with it."""


def require(holds: bool, message: str) -> None:
    """Raise PickleRefusal with `message` unless it holds."""
    if not holds:
        raise PickleRefusal(message)


def shown(value: Any) -> str:
    """A value of a pickle for a message: short, printable, one line, however deep it nests."""
    if value is None or isinstance(value, str | int | float):
        text = repr(value)
        return text if len(text) <= _MOST else text[: _MOST - 3] + "..."
    return f"a {type(value).__name__}"
