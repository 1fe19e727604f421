"""The verbs that train and judge classifiers of expression: classify train, classify report."""

from pathlib import Path
from typing import Annotated

import typer

from faces.readers.classifiers.config import MODELS, ClassifierConfig
from studio.cli.terminal import Terminal, asking, verb

_DEFAULT = ClassifierConfig
_OWN = "the model's own"
_Labels = Annotated[
    Path | None,
    typer.Option(help="List of faces (path, expression; split, identity) that labels a table."),
]


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
    model: Annotated[str, typer.Option(help=f"One of {', '.join(MODELS)}.")] = _DEFAULT.model,
    labels: _Labels = None,
    weights: Annotated[
        str | None,
        typer.Option(
            help="Trained weights to start from: a torchvision file; for small a pixel reader."
        ),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the faces.", show_default=_OWN)
    ] = None,
    batch_size: Annotated[int, typer.Option(help="Faces a step.")] = _DEFAULT.batch_size,
    learning_rate: Annotated[
        float | None, typer.Option(help="Peak of the rate.", show_default=_OWN)
    ] = None,
    rounds: Annotated[
        int | None, typer.Option(help="Of boosting and AdaBoost.", show_default=_OWN)
    ] = None,
    balance: Annotated[
        float, typer.Option(help="Exponent on the class weights: 0 unweighted, 1 in full.")
    ] = _DEFAULT.balance,
    size: Annotated[
        int | None, typer.Option(help="Side of pictures in pixels.", show_default=_OWN)
    ] = None,
    held_out: Annotated[
        float, typer.Option(help="Share that is scored, where the data have no split.")
    ] = _DEFAULT.held_out,
    ungrouped: Annotated[
        bool, typer.Option(help="Show by how much a split by face would flatter.")
    ] = True,
    seed: Annotated[int, typer.Option(help="The one seed.")] = _DEFAULT.seed,
) -> None:
    """Train a classifier of expression and score it on faces held out.

    Whole videos or people are held out where the data name them.

    Example: circumplex classify train landmarks.parquet runs/mlp --labels faces.csv
    """
    from studio.workflows import classify
    from studio.workflows.classify import ClassifyTrainRequest

    with asking():
        config = ClassifierConfig(
            model=model,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            rounds=rounds,
            balance=balance,
            size=size,
            held_out=held_out,
            seed=seed,
        )
        request = ClassifyTrainRequest(data, out, config, labels, weights, ungrouped)
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
    labels: _Labels = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the report.", show_default="the classifier's")
    ] = None,
) -> None:
    """Score a trained classifier: on what was held out of its data, or on other data.

    Accuracy, precision, recall and F1 a class, confusion matrix and calibration.

    Example: circumplex classify report runs/mlp other.parquet --out reports/other
    """
    from studio.workflows import classify
    from studio.workflows.classify import ClassifyReportRequest

    with asking():
        request = ClassifyReportRequest(classifier, data, labels, out)
    result = classify.report(request, terminal.engine(), terminal.progress)
    terminal.result(result.summary(), *classify.findings(result.evidence), f"wrote {result.report}")
