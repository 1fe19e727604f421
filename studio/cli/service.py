"""Verbs around the program itself: studio, doctor."""

from typing import Annotated

import typer

from studio.cli.options import Settings
from studio.cli.terminal import Terminal, asking, verb
from studio.workflows.open_app import StudioRequest


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    verb(app, "studio")(studio)
    verb(app, "doctor")(doctor)


def studio(
    terminal: Terminal,
    asked: Annotated[Settings, StudioRequest],
) -> None:
    """Open the studio: a page on this machine where faces are dragged around the circumplex.

    Example: circumplex studio --port 8000 --no-browser
    """
    with asking():
        request = StudioRequest(**asked)
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
