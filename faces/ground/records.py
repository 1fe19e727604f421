"""Settings as frozen dataclasses that check themselves and travel as JSON.

A field says itself what it may be and how the command line names it:

    epochs: int = setting(30, "Passes over the faces.", at_least=1)

A field that has help is an option of the verbs that take its record.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from math import isfinite
from numbers import Integral, Real
from types import NoneType
from typing import Any, ClassVar, Self, TypeVar, get_args

from faces.ground.errors import CircumplexError

T = TypeVar("T")
_SETTING = "setting"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a field says of itself besides name, type and default.

    Attributes:
        help: a sentence for the command line; empty where it has no option.
        at_least, above, at_most, below: bounds of a finite number.
        choices: all that it can be.
        flags: of the option, where `--name` is not wanted.
        panel: part of the help in which the option stands.
        shown: what the help shows as its default, where that is not the field's.
        variable: of the environment, that stands in for the option.
        parse: makes the value of the option's text; `shown` is then the default's text.
    """

    help: str = ""
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    choices: tuple[Any, ...] = ()
    flags: tuple[str, ...] = ()
    panel: str | None = None
    shown: str | None = None
    variable: str | None = None
    parse: Callable[[str], Any] | None = None

    def fault(self, value: Any, kind: Any) -> str:
        """What `value` of a field annotated with `kind` would have to be; empty if it is fine."""
        kinds = get_args(kind) or (kind,)
        if value is None and NoneType in kinds:
            return ""
        if self.choices:
            named = f"one of {', '.join(map(str, self.choices))}"
            return "" if value in self.choices else named
        if not self.bounds():
            return ""
        if float not in kinds and not _is_number(value, Integral):
            return f"a whole number, {self.bounds()}"
        fine = (
            _is_number(value, Real)
            and isfinite(value)
            and (self.at_least is None or value >= self.at_least)
            and (self.above is None or value > self.above)
            and (self.at_most is None or value <= self.at_most)
            and (self.below is None or value < self.below)
        )
        return "" if fine else self.bounds()

    def bounds(self) -> str:
        """The bounds in words; empty where there are none."""
        if self.at_least is not None and self.at_most is not None:
            return f"between {_number(self.at_least)} and {_number(self.at_most)}"
        named = {"at least": self.at_least, "above": self.above}
        named |= {"at most": self.at_most, "below": self.below}
        return " and ".join(
            f"{word} {_number(end)}" for word, end in named.items() if end is not None
        )


def setting(
    default: T,
    help: str = "",
    *,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
    choices: tuple[Any, ...] = (),
    flag: str | tuple[str, ...] = (),
    panel: str | None = None,
    shown: str | None = None,
    variable: str | None = None,
    parse: Callable[[str], Any] | None = None,
    repr: bool = True,
) -> T:
    """A field with bounds and an option; see Setting. A type with None allows that too."""
    spec = Setting(
        help=help,
        at_least=at_least,
        above=above,
        at_most=at_most,
        below=below,
        choices=choices,
        flags=(flag,) if isinstance(flag, str) else flag,
        panel=panel,
        shown=shown,
        variable=variable,
        parse=parse,
    )
    return field(default=default, repr=repr, metadata={_SETTING: spec})


def settings_of(record: type) -> dict[str, tuple[Any, Setting]]:
    """The fields of a dataclass that are settings: the dataclass's field and what it says."""
    return {
        each.name: (each, each.metadata[_SETTING])
        for each in fields(record)
        if _SETTING in each.metadata
    }


class Checked:
    """A frozen dataclass whose settings are checked when it is made."""

    #: What a value out of its range raises.
    refusal: ClassVar[type[CircumplexError]] = CircumplexError

    def __post_init__(self) -> None:
        for name, (record_field, spec) in settings_of(type(self)).items():
            value = getattr(self, name)
            fault = spec.fault(value, record_field.type)
            self._require(not fault, name, fault)

    def _require(self, holds: bool, name: str, wanted: str) -> None:
        if not holds:
            raise self.refusal(f"{name} is {getattr(self, name)!r}; it must be {wanted}")


class Record(Checked):
    """JSON in and out as well."""

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)  # type: ignore[call-overload]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Build from a dict such as `json.loads(record.to_json())`.

        Raises:
            CircumplexError: no dict, an unknown or lacking setting, or a value out of its range.
        """
        if not isinstance(values, dict):
            raise CircumplexError(f"{cls.__name__} is {values!r}, not a table of settings")
        known = {field.name for field in fields(cls)}  # type: ignore[arg-type]
        if unknown := sorted(set(values) - known):
            raise CircumplexError(
                f"{cls.__name__} has no setting {unknown[0]!r}; it has {', '.join(sorted(known))}"
            )
        try:
            return cls(**values)
        except TypeError as error:  # a word where a number belongs, or a setting that is lacking
            raise CircumplexError(f"{cls.__name__} cannot be {values}: {error}") from error


def _is_number(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _number(value: float) -> str:
    """As people write it: 0.5, 10000, 2^63."""
    if isinstance(value, float):
        return f"{value:g}"
    power = value.bit_length() - 1
    return f"2^{power}" if power >= 20 and value == 2**power else str(value)
