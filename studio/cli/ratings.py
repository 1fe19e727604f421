"""The verbs of human ratings: ratings design, ratings import, ratings report."""

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.options import Settings
from studio.cli.rating_findings import design_findings, import_findings, report_findings
from studio.cli.source_options import column_pairs
from studio.cli.terminal import Terminal, asking, verb
from studio.ratings.careless import CarelessConfig
from studio.ratings.designs import StudyConfig
from studio.ratings.importing import ImportConfig
from studio.workflows.ratings import DesignRequest, ImportRequest, ReportRequest


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(help="Let people rate stimuli, and report it.", no_args_is_help=True)
    verb(group, "design")(design)
    verb(group, "import")(import_answers)
    verb(group, "report")(report)
    app.add_typer(group, name="ratings")


def design(
    terminal: Terminal,
    stimuli: Annotated[
        Path, typer.Argument(help="Folder of an export or of pictures, or a table of files.")
    ],
    out: Annotated[Path, typer.Argument(help="New folder for the study.")],
    config: StudyConfig,
) -> None:
    """Write a rating study: lists, and forms that jsPsych, lab.js and PsychoPy run.

    Example: circumplex ratings design stimuli study --scale grid --raters 60
    """
    from studio.workflows import ratings

    with asking():
        request = DesignRequest(stimuli, out, config)
    result = ratings.design(request, terminal.engine(), terminal.progress)
    terminal.result(
        result.summary(),
        *design_findings(result),
        f"wrote {out}; fill in consent.html, then open index.html in a browser",
    )


def import_answers(
    terminal: Terminal,
    files: Annotated[
        list[Path], typer.Argument(help="CSV or JSON of jsPsych, lab.js, PsychoPy, or of your own.")
    ],
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            help="FIELD=COLUMN, such as rater=participant: rater, stimulus, valence, arousal, "
            "kind, trial, block, rt; repeat.",
        ),
    ] = None,
    *,
    config: ImportConfig,
    asked: Annotated[Settings, ImportRequest],
) -> None:
    """Read raters' answers into one table in [-1, 1]; what is wrong is counted and named.

    Example: circumplex ratings import data --design study --out ratings.csv
    """
    from studio.workflows import ratings

    with asking():
        pairs = column_pairs(column)
        request = ImportRequest(tuple(files), columns=pairs, config=config, **asked)
    result = ratings.import_answers(request, terminal.engine(), terminal.progress)
    terminal.result(result.summary(), *import_findings(result), f"wrote {result.table}")


def report(
    terminal: Terminal,
    table: Annotated[
        Path, typer.Argument(metavar="RATINGS", help="Table that `ratings import` wrote.")
    ],
    *,
    config: CarelessConfig,
    asked: Annotated[Settings, ReportRequest],
) -> None:
    """Report ratings: norms, ICC, careless raters, agreement with request and readers, planning.

    Example: circumplex ratings report ratings.csv --stimuli stimuli --out report --by gender
    """
    from studio.workflows import ratings

    with asking():
        request = ReportRequest(table, config=config, **asked)
    result = ratings.report(request, terminal.engine(), terminal.progress)
    terminal.result(result.summary(), *report_findings(result), f"wrote {result.report}")
