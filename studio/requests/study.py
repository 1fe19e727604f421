"""Requests of the studies: study pose-emotion, study pose-error."""

from dataclasses import dataclass, field
from pathlib import Path

from faces.readers.pose.head_pose import PoseConfig
from studio.requests.checks import require, require_seed

#: Sets whose labels of head pose are read.
POSE_SETS = ("aflw2000", "pointing04")


@dataclass(frozen=True)
class PoseEmotionRequest:
    """Set emotion against the direction of the head.

    Attributes:
        data: a face set, or a table with yaw, pitch and roll such as `circumplex measure` writes.
        out: folder of the table and the report.
        config: from which angles on a head no longer faces forward.
        labels: a list of faces that labels the table's rows, or None.
        draws: bootstrap resamples.
        seed: of the bootstrap.
    """

    data: Path
    out: Path
    config: PoseConfig = field(default_factory=PoseConfig)
    labels: Path | None = None
    draws: int = 2000
    seed: int = 0

    def __post_init__(self) -> None:
        holds = 100 <= self.draws <= 100_000
        require(holds, f"draws is {self.draws}; it must be between 100 and 100000")
        require_seed(self.seed)


@dataclass(frozen=True)
class PoseErrorRequest:
    """Set measured head pose against the labels of a published set.

    Attributes:
        folder: of the set.
        form: "aflw2000" or "pointing04".
        hopenet: file of Hopenet's published weights, measured beside the landmarks; or None.
        positive_pan: for Pointing'04, where a head of positive pan turns as the viewer sees it.
        most: pictures to measure, evenly over the set; None for all.
    """

    folder: Path
    form: str
    hopenet: Path | None = None
    positive_pan: str = "viewer right"
    most: int | None = None

    def __post_init__(self) -> None:
        require(
            self.form in POSE_SETS, f"{self.form!r} is no set; give one of {', '.join(POSE_SETS)}"
        )
        require(
            self.positive_pan in ("viewer right", "viewer left"),
            f"positive pan is {self.positive_pan!r}; it must be 'viewer right' or 'viewer left'",
        )
        require(self.most is None or self.most >= 1, f"most is {self.most}; it must be at least 1")
