"""How the command line speaks: progress and errors on stderr, results on stdout, exit codes."""

import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic as _now
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from faces.ground.errors import CircumplexError
from faces.ground.launch import is_main_process
from faces.ground.paths import expand_home
from faces.ground.progress import Progress, silent
from studio.cli.options import expand
from studio.cli.output import json_line

if TYPE_CHECKING:
    from studio.engine import Engine

T = TypeVar("T")
PATIENCE = 2.0  # seconds of work before a progress bar appears
_PANEL = "Everywhere"

Json = Annotated[
    bool,
    typer.Option(
        "--json",
        help='Print one JSON object on stdout; of an error {"error": …, "exit_code": …}.',
        rich_help_panel=_PANEL,
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress bar.", rich_help_panel=_PANEL)
]
Debug = Annotated[
    bool, typer.Option("--debug", help="Full traceback on errors.", rich_help_panel=_PANEL)
]
Device = Annotated[
    str,
    typer.Option(help="cpu, cuda, cuda:1, … or auto.", rich_help_panel=_PANEL, show_default=True),
]


@dataclass(frozen=True)
class Terminal:
    """What a verb needs of the world: options that hold everywhere, and ways to speak."""

    json: bool = False
    quiet: bool = False
    debug: bool = False
    device: str = "auto"

    @property
    def progress(self) -> Progress:
        """A bar on stderr, or silence."""
        return show_progress if is_main_process() and not self.quiet else silent

    def engine(self) -> "Engine":
        """An engine on the chosen device."""
        from studio.engine import Engine

        return Engine(self.device)

    def result(self, summary: dict[str, Any], *lines: str) -> None:
        """Print `summary` with --json, else `lines` for people; once in a launch of many."""
        if not is_main_process():
            return
        if self.json:
            print(json_line(summary), flush=True)
        else:
            for line in lines:
                print(line, flush=True)


@contextmanager
def asking() -> Iterator[None]:
    """The block builds a request; whatever is wrong with it is wrong usage (exit code 2)."""
    from studio.validation import RequestError

    try:
        yield
    except RequestError:
        raise
    except CircumplexError as error:
        raise RequestError(str(error)) from error


def show_progress(items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
    """Pass items on; after two seconds of work show a bar with the time left on stderr."""
    start, done = _now(), 0
    iterator = iter(items)
    for item in iterator:
        yield item
        done += 1
        if _now() - start > PATIENCE and (total is None or done < total):
            break
    else:
        return
    with _bar() as bar:
        task = bar.add_task(label, total=total, completed=done)
        for item in iterator:
            yield item
            bar.advance(task)


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


def verb(app: typer.Typer, name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register `function(terminal, …)` as a verb.

    It takes the options of the records that its parameters name (see `studio.cli.options`), and
    those that hold everywhere, before the verb or after it.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        _, *own = inspect.signature(function, eval_str=True).parameters.values()
        expanded = expand(own)

        @functools.wraps(function)
        def command(ctx: typer.Context, **options: Any) -> None:
            before: Terminal = ctx.obj or Terminal()
            device = options.pop("device")
            terminal = Terminal(
                json=options.pop("json") or before.json,
                quiet=options.pop("quiet") or before.quiet,
                debug=options.pop("debug") or before.debug,
                device=before.device if device == "auto" else device,
            )
            with asking():
                arguments = expanded.arguments(
                    {name: _at_home(value) for name, value in options.items()}
                )
            function(terminal, **arguments)

        shared = [
            _keyword("json", Json, False),
            _keyword("quiet", Quiet, False),
            _keyword("debug", Debug, False),
            _keyword("device", Device, "auto"),
        ]
        context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
        parameters = [context, *expanded.parameters, *shared]
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {each.name: each.annotation for each in parameters}
        del command.__wrapped__
        app.command(name)(command)
        return function

    return register


def _at_home(value: Any) -> Any:
    """An argument as it was meant: no shell puts the home folder for the `~` of --option=~/file."""
    if isinstance(value, list | tuple):
        return type(value)(_at_home(each) for each in value)
    if isinstance(value, str | Path):
        return type(value)(expand_home(str(value)))
    return value


def _keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def complain(message: str) -> None:
    """One line on stderr, where there is one."""
    if sys.stderr is not None:
        print("error: " + " ".join(str(message).split()), file=sys.stderr)
