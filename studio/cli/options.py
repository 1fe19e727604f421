"""Options of the command line out of records: each setting that has help becomes one.

A verb's parameter says in its annotation what it wants of them:

    config: BridgeConfig                        the record, made and checked
    asked: Annotated[Settings, GridRequest]     all of a record's settings, for a request
    given: Annotated[Given, TrainConfig]        those given alone, for work that is resumed

A parameter of the verb's own takes the place of the setting of its name, and settings of one flag
share one option.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import Field, dataclass, field
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

import typer

from faces.ground.records import Checked, Setting, settings_of

_MOST_SHOWN = 10**6  #: bounds from here on only keep out what no one means


class Settings(dict[str, Any]):
    """Settings of records, by name."""


class Given(Settings):
    """Settings that were given on the command line, by name."""


@dataclass(frozen=True)
class Group:
    """The options that one parameter of a verb stands for.

    Attributes:
        kind: what the verb receives: Settings, Given, or a record.
        options: the option that each setting takes, and what makes its value of the text.
    """

    kind: type[Any]
    options: dict[str, tuple[str, Callable[[Any], Any]]] = field(default_factory=dict)

    def collect(self, values: dict[str, Any]) -> Any:
        """What the verb receives, of the values of all options."""
        found = {
            name: make(values[option])
            for name, (option, make) in self.options.items()
            if self.kind is not Given or values[option] is not None
        }
        return self.kind(**found)


@dataclass(frozen=True)
class Options:
    """The parameters of a verb as typer takes them, options in the place of records.

    Attributes:
        parameters: typer's; groups: what the verb's own parameters are made of, by name.
    """

    parameters: list[inspect.Parameter]
    groups: dict[str, Group]

    def arguments(self, values: dict[str, Any]) -> dict[str, Any]:
        """What the verb is called with.

        Raises:
            CircumplexError: a setting is out of its range.
        """
        taken = {option for group in self.groups.values() for option, _ in group.options.values()}
        direct = {name: value for name, value in values.items() if name not in taken}
        return direct | {name: group.collect(values) for name, group in self.groups.items()}


def expand(parameters: list[inspect.Parameter]) -> Options:
    """The options that a verb's parameters stand for."""
    own = {parameter.name for parameter in parameters}
    found = Options([], {})
    by_flag: dict[str, str] = {}
    for parameter in parameters:
        kind, records = _records(parameter.annotation)
        if not records:
            found.parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        group = found.groups[parameter.name] = Group(kind)
        for record_field, spec in _optional(records, own):
            flags = spec.flags or (_flag(record_field),)
            option = f"{parameter.name}_{record_field.name}"
            if flags[0] not in by_flag:
                found.parameters.append(_option(option, flags, record_field, spec, kind is Given))
            group.options[record_field.name] = (
                by_flag.setdefault(flags[0], option),
                spec.parse or _as_is,
            )
    return found


def _records(annotation: Any) -> tuple[type[Any], tuple[type[Any], ...]]:
    """What a parameter receives, and the records that its options come from."""
    if get_origin(annotation) is Annotated:
        kind, *records = get_args(annotation)
        return kind, tuple(records) if kind in (Settings, Given) else ()
    if isinstance(annotation, type) and issubclass(annotation, Checked):
        return annotation, (annotation,)
    return object, ()


def _optional(
    records: tuple[type[Any], ...], own: set[str]
) -> Iterator[tuple[Field[Any], Setting]]:
    """The settings that become options."""
    for record in records:
        for name, (record_field, spec) in settings_of(record).items():
            if spec.help and name not in own:
                yield record_field, spec


def _flag(record_field: Field[Any]) -> str:
    flag = "--" + record_field.name.replace("_", "-")
    return f"{flag}/--no-{flag[2:]}" if record_field.default is True else flag


def _option(
    name: str, flags: tuple[str, ...], record_field: Field[Any], spec: Setting, given: bool
) -> inspect.Parameter:
    """The parameter that typer makes an option of."""
    default = record_field.default
    shown: str | bool = True if spec.shown is None else spec.shown
    if given:
        default = None
        if (
            spec.shown is None
            and record_field.default is not None
            and record_field.default is not False
        ):
            shown = str(record_field.default)
    elif spec.parse is not None:
        default, shown = spec.shown, True
    kind = _kind(record_field, spec)
    option = typer.Option(
        default,
        *flags,
        help=_help(spec),
        show_default=shown,
        rich_help_panel=spec.panel,
        envvar=spec.variable,
    )
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=option,
        annotation=kind | None if default is None else kind,
    )


def _kind(record_field: Field[Any], spec: Setting) -> Any:
    """The type of an option's value; names out of a list, and what is parsed, are text."""
    kinds = [
        kind for kind in get_args(record_field.type) or (record_field.type,) if kind is not NoneType
    ]
    return str if spec.parse is not None or not isinstance(kinds[0], type) else kinds[0]


def _help(spec: Setting) -> str:
    """The help, and after it the bounds where there is an upper one that people may meet.

    Brackets stay what they are: typer takes `[name]` for the name of a style, and shows nothing.
    """
    text = spec.help.replace("[", "\\[")
    ends = [end for end in (spec.at_most, spec.below) if end is not None]
    if not ends or ends[0] >= _MOST_SHOWN:
        return text
    bounds = spec.bounds()
    return f"{text} {bounds[0].upper()}{bounds[1:]}."


def _as_is(value: Any) -> Any:
    return value
