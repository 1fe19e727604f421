"""The verbs that study faces: study pose-emotion, study pose-error."""

from pathlib import Path
from typing import Annotated

import typer

from faces.readers.pose.head_pose import PoseConfig
from studio.cli.terminal import Terminal, asking, verb

_DEFAULT = PoseConfig


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(help="Study what goes with what on faces.", no_args_is_help=True)
    verb(group, "pose-emotion")(pose_emotion)
    verb(group, "pose-error")(pose_error)
    app.add_typer(group, name="study")


def pose_emotion(
    terminal: Terminal,
    data: Annotated[
        Path, typer.Argument(help="Face set, or table with yaw, pitch, roll and emotion.")
    ],
    out: Annotated[Path, typer.Argument(help="Folder for table, figure and report.")],
    labels: Annotated[
        Path | None, typer.Option(help="List of faces (path, expression) that labels a table.")
    ] = None,
    yaw: Annotated[
        float, typer.Option(help="Degrees from which on a head faces left or right.")
    ] = _DEFAULT.yaw,
    up: Annotated[float, typer.Option(help="Degrees from which on it faces up.")] = _DEFAULT.up,
    down: Annotated[
        float, typer.Option(help="Degrees from which on it faces down.")
    ] = _DEFAULT.down,
    draws: Annotated[int, typer.Option(help="Bootstrap resamples.")] = 2000,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
) -> None:
    """Set emotion against the direction of the head: table, χ², Cramér's V, figure.

    Example: circumplex study pose-emotion features/features.csv studies/pose --yaw 20
    """
    from studio.workflows import study
    from studio.workflows.study import PoseEmotionRequest

    with asking():
        config = PoseConfig(yaw, up, down)
        request = PoseEmotionRequest(data, out, config, labels, draws, seed)
    result = study.pose_emotion(request, terminal.engine(), terminal.progress)
    terminal.result(result.summary(), *study.findings(result.evidence), f"wrote {result.report}")


def pose_error(
    terminal: Terminal,
    folder: Annotated[Path, typer.Argument(help="Folder of the set.")],
    form: Annotated[str, typer.Option("--set", help="aflw2000 or pointing04.")] = "aflw2000",
    hopenet: Annotated[
        Path | None, typer.Option(help="Hopenet's published weights, measured as well.")
    ] = None,
    positive_pan: Annotated[
        str, typer.Option(help="Pointing'04: where positive pan turns, 'viewer right' or left.")
    ] = "viewer right",
    most: Annotated[int | None, typer.Option(help="Pictures to measure.")] = None,
) -> None:
    """Mean error of yaw, pitch and roll on AFLW2000-3D or Pointing'04.

    Example: circumplex study pose-error AFLW2000 --hopenet hopenet_robust_alpha1.pkl
    """
    from studio.workflows import study
    from studio.workflows.study import PoseErrorRequest

    with asking():
        request = PoseErrorRequest(folder, form, hopenet, positive_pan, most)
    result = study.pose_error(request, terminal.engine(), terminal.progress)
    terminal.result(result.summary(), *study.error_findings(result))
