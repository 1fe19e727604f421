"""The command line: each verb builds a request out of options and calls its workflow.

Options come from the records that hold them (see `studio.cli.options`), arguments are the verb's.

Exit codes: 0 fine, 1 failed, 2 wrong usage, 130 interrupted. Heavy imports wait until a verb runs,
so that `circumplex --help` answers at once.
"""

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Annotated

import typer

from faces.ground.errors import CircumplexError
from faces.ground.process import configure
from studio.cli import (
    bench,
    bridge,
    calibrate,
    classify,
    convert,
    data,
    evaluate,
    finetune,
    invert,
    measure,
    models,
    pictures,
    service,
    study,
)
from studio.cli.streams import prepare_streams
from studio.cli.terminal import Debug, Device, Json, Quiet, Terminal, complain

_INTERRUPTED = 130

app = typer.Typer(
    name="circumplex",
    help="Explore facial affect in generative latent spaces, the evidence beside every picture.",
    epilog="First look: circumplex grid grid.png — then: circumplex studio",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (
    data,
    models,
    finetune,
    bridge,
    calibrate,
    classify,
    convert,
    invert,
    pictures,
    measure,
    evaluate,
    study,
    service,
    bench,
):
    group.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        from faces.ground.provenance import software

        print(software())
        raise typer.Exit


@app.callback()
def _everywhere(
    ctx: typer.Context,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
    device: Device = "auto",
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    ctx.obj = Terminal(json=json, quiet=quiet, debug=debug, device=device)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    configure()
    prepare_streams()
    given = sys.argv[1:] if arguments is None else list(arguments)
    debug = "--debug" in given
    if arguments is None and not debug:
        sys.excepthook = _one_line
    try:
        # the app itself would put its own hook for defects in the place of ours
        code = typer.main.get_command(app)(
            args=given, prog_name="circumplex", standalone_mode=False
        )
    except CircumplexError as error:
        if debug:
            raise
        from studio.validation import RequestError

        complain(str(error))
        return 2 if isinstance(error, RequestError) else 1
    except typer.TyperException as error:
        complain(f"{error.format_message()} (see `circumplex --help`)")
        return error.exit_code
    except typer.Abort:
        code = _INTERRUPTED
    if code == _INTERRUPTED:  # what typer makes of Ctrl-C
        complain(
            "interrupted; prepare, export, bridge, calibrate and evaluate continue when repeated, "
            "train and finetune with --resume"
        )
    return code if isinstance(code, int) else 0


def _one_line(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What a defect looks like to people: one line, with the way to all of it."""
    complain(f"{kind.__name__}: {error}; this is a defect: run again with --debug and report it")
