"""Verbs around the program itself: studio, doctor."""

from typing import Annotated

import typer

from studio.cli.pictures import Directions, Generator, Label
from studio.cli.terminal import Terminal, asking, verb


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    verb(app, "studio")(studio)
    verb(app, "doctor")(doctor)


def studio(
    terminal: Terminal,
    generator: Generator = "stylegan3",
    directions: Directions = None,
    label: Label = None,
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.")] = 7860,
    host: Annotated[
        str, typer.Option(help="Address to listen on; any but this machine's own needs a login.")
    ] = "127.0.0.1",
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")
    ] = True,
    user: Annotated[str | None, typer.Option(envvar="CIRCUMPLEX_USER", help="Login name.")] = None,
    password: Annotated[
        str | None,
        typer.Option(
            envvar="CIRCUMPLEX_PASSWORD",
            help="Password; others on this machine can read an option, so prefer the variable.",
        ),
    ] = None,
) -> None:
    """Open the studio: a page on this machine where faces are dragged around the circumplex.

    Example: circumplex studio --port 8000 --no-browser
    """
    from studio.workflows.open_app import StudioRequest

    with asking():
        request = StudioRequest(generator, host, port, browser, user, password, directions, label)
    from studio.app.server import serve

    serve(request, terminal.engine(), lambda url: terminal.result({"url": url}, f"studio: {url}"))


def doctor(terminal: Terminal) -> None:
    """Say what is installed, which devices there are, and whether the weights are in place.

    Example: circumplex doctor --json
    """
    from studio.doctor import examine

    report = examine()
    lines = [f"{'ok  ' if check.fine else 'LACK'}  {check.name}: {check.found}" for check in report]
    summary = {check.name: {"fine": check.fine, "found": check.found} for check in report}
    terminal.result(summary, *lines)
    if not all(check.fine for check in report if check.needed):
        raise typer.Exit(1)
