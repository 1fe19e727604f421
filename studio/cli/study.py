"""The verbs that study faces: study invariance, study pose-emotion, study pose-error."""

from pathlib import Path
from typing import Annotated

import typer

from faces.readers.pose.head_pose import PoseConfig
from studio.cli.interrupts import ends_when_interrupted
from studio.cli.options import Settings
from studio.cli.source_options import ColumnOption, MapOption, column_pairs, map_pairs
from studio.cli.terminal import Terminal, asking, verb
from studio.evaluation.invariance_config import InvarianceConfig
from studio.workflows.invariance import InvarianceRequest
from studio.workflows.study import PoseEmotionRequest, PoseErrorRequest


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(help="Study what goes with what on faces.", no_args_is_help=True)
    verb(group, "invariance")(invariance)
    verb(group, "pose-emotion")(pose_emotion)
    verb(group, "pose-error")(pose_error)
    app.add_typer(group, name="study")


def invariance(
    terminal: Terminal,
    faces: Annotated[
        Path, typer.Argument(help="Table of pictures with columns of groups, or a face set.")
    ],
    out: Annotated[Path, typer.Argument(help="Folder for tables, figure and report.")],
    column: ColumnOption = None,
    explained: MapOption = None,
    *,
    config: InvarianceConfig,
    asked: Annotated[Settings, InvarianceRequest],
) -> None:
    """Compare what readers say of neutral and smiling faces by sex, age, ethnicity.

    Differences with intervals, tests of equivalence against a bound, and whether readers respond
    to the same expression alike. A call that was interrupted goes on when it is repeated.

    Example: circumplex study invariance data/faces studies/groups --split val --most 2000

    Example: circumplex study invariance people.csv studies/own --person subject --own-neutral
    """
    from studio.workflows import invariance

    with asking():
        asked |= {"columns": column_pairs(column), "explained": map_pairs(explained)}
        request = InvarianceRequest(faces, out, config, **asked)
    with ends_when_interrupted():
        result = invariance.run(request, terminal.engine(), terminal.progress)
    found = invariance.findings(result.evidence)
    terminal.result(result.summary(), *found, f"wrote {result.report}")


def pose_emotion(
    terminal: Terminal,
    data: Annotated[
        Path,
        typer.Argument(help="Face set, or table (OpenFace's and py-feat's too) with head pose."),
    ],
    out: Annotated[Path, typer.Argument(help="Folder for table, figure and report.")],
    column: ColumnOption = None,
    explained: MapOption = None,
    *,
    config: PoseConfig,
    asked: Annotated[Settings, PoseEmotionRequest],
) -> None:
    """Set emotion against the direction of the head: table, χ², Cramér's V, figure.

    Example: circumplex study pose-emotion features/features.csv studies/pose --yaw 20
    """
    from studio.workflows import study

    with asking():
        asked |= {"columns": column_pairs(column), "explained": map_pairs(explained)}
        request = PoseEmotionRequest(data, out, config, **asked)
    result = study.pose_emotion(request, terminal.engine(), terminal.progress)
    terminal.result(result.summary(), *study.findings(result.evidence), f"wrote {result.report}")


def pose_error(
    terminal: Terminal,
    folder: Annotated[Path, typer.Argument(help="Folder of the set.")],
    asked: Annotated[Settings, PoseErrorRequest],
) -> None:
    """Mean error of yaw, pitch and roll on AFLW2000-3D or Pointing'04.

    Example: circumplex study pose-error AFLW2000 --hopenet hopenet_robust_alpha1.pkl
    """
    from studio.workflows import study

    with asking():
        request = PoseErrorRequest(folder, **asked)
    result = study.pose_error(request, terminal.engine(), terminal.progress)
    terminal.result(result.summary(), *study.error_findings(result))
