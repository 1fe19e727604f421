"""The command line: each verb builds a request out of options and calls its workflow.

Options come from the records that hold them (see `studio.cli.options`), arguments are the verb's.

Exit codes: 0 fine, 1 failed, 2 wrong usage, 130 interrupted. An error is a line on stderr; with
--json it is an object `{"error": …, "exit_code": …}` on stdout, where results are. Heavy imports
wait until a verb runs, so that `circumplex --help` answers at once.
"""

import sys
from collections.abc import Sequence
from functools import partial
from types import TracebackType
from typing import Annotated

import typer

from faces.ground.errors import CircumplexError
from faces.ground.process import configure
from studio.cli import (
    animate,
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
    output,
    pictures,
    ratings,
    service,
    stimuli,
    study,
)
from studio.cli.interrupts import INTERRUPTED, end_if_interrupted
from studio.cli.streams import prepare_streams
from studio.cli.terminal import Debug, Device, Json, Quiet, Terminal, complain

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
    stimuli,
    animate,
    measure,
    evaluate,
    ratings,
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
    """Run the command line and return its exit code; without a word it shows its help."""
    configure()
    prepare_streams()
    given = sys.argv[1:] if arguments is None else list(arguments)
    as_json = "--json" in given
    if arguments is None and "--debug" not in given:
        sys.excepthook = partial(_one_line, as_json)
    try:
        code = _run(given or ["--help"], as_json)
        output.flush()
        if arguments is None:
            end_if_interrupted()
    except BrokenPipeError:  # whoever read has gone, as `head` does: there is no one to tell
        output.give_up_stdout()
        return 1
    except OSError as error:
        if "--debug" in given:
            raise
        return _refused(error, as_json)
    return code


def _run(given: list[str], as_json: bool) -> int:
    debug = "--debug" in given
    try:
        # the app itself would put its own hook for defects in the place of ours
        code = typer.main.get_command(app)(
            args=given, prog_name="circumplex", standalone_mode=False
        )
    except CircumplexError as error:
        if debug:
            raise
        from studio.validation import RequestError

        return _fail(str(error), 2 if isinstance(error, RequestError) else 1, as_json)
    except typer.TyperException as error:
        context, message = getattr(error, "ctx", None), error.format_message()
        if context is not None and not message:  # a group without a verb: no mistake
            print(context.get_help())
            return 0
        return _fail(f"{message} (see `circumplex --help`)", error.exit_code, as_json)
    except typer.Abort:
        code = INTERRUPTED
    except MemoryError:
        if debug:
            raise
        return _fail("memory is full; close other programs, or ask for less at once", 1, as_json)
    if code == INTERRUPTED:  # what typer makes of Ctrl-C
        message = (
            "interrupted; prepare, measure into files, export, bridge, calibrate and evaluate "
            "continue when repeated, train and finetune with --resume"
        )
        return _fail(message, code, as_json)
    return code if isinstance(code, int) else 0


def _fail(message: str, code: int, as_json: bool) -> int:
    """Say what went wrong: a line for people on stderr, or an object on stdout for programs."""
    if as_json:
        print(output.json_line({"error": " ".join(message.split()), "exit_code": code}))
    else:
        complain(message)
    return code


def _refused(error: OSError, as_json: bool) -> int:
    """What the system refused: full disks and missing rights are the machine's, not a defect."""
    if error.errno not in output.REMEDIES:
        raise error
    cause = f"{error.strerror}; {output.REMEDIES[error.errno]}"
    if error.filename:
        return _fail(f"cannot open or write {error.filename}: {cause}", 1, as_json)
    output.give_up_stdout()  # a stream has no name
    complain(f"cannot write the output: {cause}")
    return 1


def _one_line(
    as_json: bool, kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """What a defect looks like to people: one line, with the way to all of it."""
    message = f"{kind.__name__}: {error}; this is a defect: run again with --debug and report it"
    _fail(message, 1, as_json)
