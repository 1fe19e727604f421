"""Lists that people type: numbers, spans of whole numbers, names; commas between them."""

import math
import re

from faces.ground.errors import CircumplexError

# eighteen digits: more than anything here counts, and less than what int() refuses to read
_SPAN = re.compile(r"\s*(\d{1,18})(?:\s*-\s*(\d{1,18}))?\s*", re.ASCII)


def parse_number(text: str) -> float | None:
    """A finite number, or None where the text is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def parse_numbers(text: str) -> tuple[float, ...]:
    """Numbers of a text such as "0.4,0.8".

    Raises:
        CircumplexError: it is no such list.
    """
    numbers = [parse_number(part) for part in text.split(",")]
    finite = tuple(number for number in numbers if number is not None)
    if len(finite) < len(numbers):
        raise CircumplexError(f"{text!r} is no list of numbers; write them as 0.4,0.8")
    return finite


def parse_span(text: str) -> range | None:
    """The whole numbers of "7" or "0-9", both ends among them; empty where the text runs
    backwards, None where it is no such text."""
    match = _SPAN.fullmatch(text)
    if match is None:
        return None
    return range(int(match[1]), int(match[2] or match[1]) + 1)


def parse_names(text: str) -> tuple[str, ...]:
    """The names between the commas, without the blanks around them."""
    return tuple(name for part in text.split(",") if (name := part.strip()))
