"""Numbers as reports set them: with a true minus sign, and in words where there is none."""

from collections.abc import Mapping, Sequence
from typing import Any

_MISSING = "not defined"


def number(value: float | None, digits: int = 2, missing: str = _MISSING) -> str:
    """A number of that many decimals, never a negative zero; `missing` for None."""
    if value is None:
        return missing
    text = f"{value:.{digits}f}"
    return (text[1:] if float(text) == 0 and text[0] == "-" else text).replace("-", "−")


def interval(bounds: Sequence[float | None], digits: int = 2, missing: str = _MISSING) -> str:
    """ "[low, high]" """
    return "[" + ", ".join(number(bound, digits, missing) for bound in bounds) + "]"


def small(value: float | None) -> str:
    """A number near zero: plain where digits show it, else its order of magnitude."""
    if value is None:
        return _MISSING
    return (
        number(value, 3) if abs(value) >= 5e-4 or value == 0 else f"{value:.1e}".replace("-", "−")
    )


def percent(share: float | None) -> str:
    """A share of one as percent."""
    return _MISSING if share is None else f"{100 * share:.1f} %"


def percent_interval(bounds: Sequence[float | None]) -> str:
    """ "[low, high]" of a share, in percent."""
    return interval([None if bound is None else 100 * bound for bound in bounds], 1)


def counted(value: int) -> str:
    """A count with its thousands apart."""
    return f"{value:,}"


def plain(value: float) -> str:
    """The shortest form of a setting: 0.7, 28, 1e-05."""
    return f"{value:g}"


def listed(settings: Mapping[str, Any]) -> str:
    """ "name value, name value" """
    return ", ".join(f"{name} {value}" for name, value in settings.items())


def with_interval(score: Mapping[str, Any], key: str, digits: int = 2) -> tuple[str, str]:
    """A figure of a score and its interval, as a table's cell."""
    return number(score[key], digits), interval(score[f"{key}_interval"], digits)
