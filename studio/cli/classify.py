"""The verbs that train and judge classifiers of expression: classify train, classify report."""

from pathlib import Path
from typing import Annotated

import typer

from faces.readers.classifiers.config import ClassifierConfig
from studio.cli.options import Settings
from studio.cli.source_options import ColumnOption, MapOption, column_pairs, map_pairs
from studio.cli.terminal import Terminal, asking, verb
from studio.workflows.classify import ClassifyReportRequest, ClassifyTrainRequest


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(help="Train and judge classifiers of expression.", no_args_is_help=True)
    verb(group, "train")(train)
    verb(group, "report")(report)
    app.add_typer(group, name="classify")


def train(
    terminal: Terminal,
    data: Annotated[
        Path,
        typer.Argument(help="Face set, or landmarks or features of `circumplex measure`."),
    ],
    out: Annotated[Path, typer.Argument(help="Folder for the classifier and its report.")],
    column: ColumnOption = None,
    explained: MapOption = None,
    *,
    config: ClassifierConfig,
    asked: Annotated[Settings, ClassifyTrainRequest],
) -> None:
    """Train a classifier of expression and score it on faces held out.

    Whole videos or people are held out where the data name them.

    Example: circumplex classify train landmarks.parquet runs/mlp --labels faces.csv
    """
    from studio.workflows import classify

    with asking():
        asked |= {"columns": column_pairs(column), "explained": map_pairs(explained)}
        request = ClassifyTrainRequest(data, out, config, **asked)
    result = classify.train(request, terminal.engine(), terminal.progress)
    terminal.result(
        result.summary(),
        *classify.findings(result.evidence),
        f"wrote {result.classifier} and {result.report}",
    )


def report(
    terminal: Terminal,
    classifier: Annotated[
        Path, typer.Argument(help="Folder that `circumplex classify train` wrote.")
    ],
    data: Annotated[Path, typer.Argument(help="Labelled faces, of its own kind.")],
    column: ColumnOption = None,
    explained: MapOption = None,
    *,
    asked: Annotated[Settings, ClassifyReportRequest],
) -> None:
    """Score a trained classifier: on what was held out of its data, or on other data.

    Accuracy, precision, recall and F1 a class, confusion matrix and calibration.

    Example: circumplex classify report runs/mlp other.parquet --out reports/other
    """
    from studio.workflows import classify

    with asking():
        asked |= {"columns": column_pairs(column), "explained": map_pairs(explained)}
        request = ClassifyReportRequest(classifier, data, **asked)
    result = classify.report(request, terminal.engine(), terminal.progress)
    terminal.result(result.summary(), *classify.findings(result.evidence), f"wrote {result.report}")
