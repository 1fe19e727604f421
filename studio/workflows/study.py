"""`circumplex study`: what goes with what on faces."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.files import only_writer
from faces.ground.progress import Progress, silent
from faces.ground.provenance import software
from faces.ground.records import setting
from faces.readers.pose.head_pose import PoseConfig
from studio.engine import Engine
from studio.validation import CODES_HELP, Request

if TYPE_CHECKING:
    from faces.readers.classifiers import Samples
    from faces.readers.pose.head_pose import HeadPose


#: Sets whose labels of head pose are read.
POSE_SETS = ("aflw2000", "pointing04")


@dataclass(frozen=True)
class PoseEmotionRequest(Request):
    """Set emotion against the direction of the head.

    Attributes:
        data: a face set, or a table with yaw, pitch and roll such as `circumplex measure`, OpenFace
            and py-feat write, or a folder of OpenFace's.
        out: folder of the table and the report.
        columns: (field, column) pairs of the list; explained: (label, expression) pairs.
        config: from which angles on a head no longer faces forward.
    """

    data: Path
    out: Path
    config: PoseConfig = field(default_factory=PoseConfig)
    labels: Path | None = setting(None, "List of faces (path, expression) that labels a table.")
    codes: str | None = setting(None, CODES_HELP, shown="where the list proves it")
    columns: tuple[tuple[str, str], ...] = ()
    explained: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class PoseErrorRequest(Request):
    """Set measured head pose against the labels of a published set.

    Attributes:
        folder: of the set.
        most: pictures to measure, evenly over the set; None for all.
    """

    folder: Path
    form: str = setting("aflw2000", "aflw2000 or pointing04.", flag="--set", choices=POSE_SETS)
    hopenet: Path | None = setting(None, "Hopenet's published weights, measured as well.")
    positive_pan: str = setting(
        "viewer right",
        "Pointing'04: where positive pan turns, 'viewer right' or left.",
        choices=("viewer right", "viewer left"),
    )
    most: int | None = setting(None, "Pictures to measure.", at_least=1)


SCHEMA, VERSION = "circumplex/pose-emotion", 2


_LONGER = 1024  #: pixels that larger pictures are reduced to


@dataclass(frozen=True)
class PoseEmotionResult:
    """The page, and what pose-emotion.json holds."""

    report: Path
    evidence: dict[str, Any]

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"report": str(self.report), **self.evidence}


def pose_emotion(
    request: PoseEmotionRequest, engine: Engine, progress: Progress = silent
) -> PoseEmotionResult:
    """Set the emotion of faces against the direction of the head: table, test, figure.

    Raises:
        CircumplexError: data without pose or labels, or a folder in use.
    """
    from faces.readers.classifiers import open_samples
    from faces.readers.pose.head_pose import DIRECTIONS, head_directions
    from studio.evaluation.association import associate
    from studio.reports.pose_emotion import write_study

    with only_writer(request.out):
        meant = request.codes, dict(request.columns), dict(request.explained)
        samples = open_samples(request.data, "pose", request.labels, *meant)
        angles = samples.take(np.arange(len(samples)))
        association = associate(
            head_directions(angles, request.config).astype(np.int64),
            samples.labels,
            (DIRECTIONS, samples.classes),
            samples.groups,
        )
        evidence = _evidence(request, samples, association)
        report = write_study(request.out, evidence)
    return PoseEmotionResult(report, evidence)


def _evidence(
    request: PoseEmotionRequest, samples: "Samples", association: dict[str, Any]
) -> dict[str, Any]:
    """What pose-emotion.json holds."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "software": software(),
        "data": {"name": samples.name, "digest": samples.digest, "dropped": samples.dropped},
        "config": asdict(request.config),
        "independent": "faces" if samples.groups is None else "videos or people",
        "association": association,
    }


def findings(evidence: dict[str, Any]) -> Iterator[str]:
    """The figures that matter most, a line each."""
    from studio.reports.pose_emotion import sentences, too_few

    found = evidence["association"]
    faces = f"{found['n']:,} faces"
    if found["dof"]:
        low, high = found["v_interval"]
        p = "undefined" if found["p"] is None else f"{found['p']:.2g}"
        faces = (
            f"χ² {found['chi2']:.1f} ({found['dof']} degrees of freedom, p {p}), "
            f"Cramér's V (bias-corrected) {_number(found['v'])} [{_number(low)}, {_number(high)}], "
            f"{faces}"
        )
    yield faces
    if found["groups"]:
        effect = _number(found["design_effect"])
        yield f"  of {found['groups']:,} {evidence['independent']}, design effect {effect}"
    if note := too_few(found):
        yield f"  {note}"
    for why, count in evidence["data"]["dropped"].items():
        if count:
            yield f"  left out, {why}: {count:,}"
    for name, counts, shares in zip(found["rows"], found["counts"], found["of_row"], strict=True):
        cells = ", ".join(
            f"{column} {'-' if share is None else format(100 * share, '.1f') + ' %'}"
            for column, share in zip(found["columns"], shares, strict=True)
        )
        yield f"  {name} ({sum(counts):,}): {cells}"
    yield from sentences(found)


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


@dataclass(frozen=True)
class PoseErrorResult:
    """Errors of each reader of head pose, as `faces.readers.pose.labels.pose_errors` gives them."""

    pictures: int
    errors: dict[str, dict[str, Any]]

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"pictures": self.pictures, "errors": self.errors}


def pose_error(
    request: PoseErrorRequest, engine: Engine, progress: Progress = silent
) -> PoseErrorResult:
    """Measure the head pose of a labelled set; mean error of each angle.

    Raises:
        CircumplexError: no such set, no landmarker, or weights of another network.
    """
    from faces.readers.pose.hopenet import HopenetReader, head_crop
    from faces.readers.pose.labels import pose_errors, read_aflw2000, read_pointing04
    from faces.readers.reading import FaceReader

    if request.form == "aflw2000":
        labels = read_aflw2000(request.folder)
    else:
        labels = read_pointing04(request.folder, request.positive_pan)  # type: ignore[arg-type]
    count = len(labels.paths)
    rows = np.unique(np.linspace(0, count - 1, min(request.most or count, count)).astype(int))
    with engine.working(), FaceReader(pixel=None, affect=None) as reader:
        if "landmarks" in reader.missing:
            raise CircumplexError(reader.missing["landmarks"])
        hopenet = request.hopenet and HopenetReader.load(request.hopenet, engine.device)
        angles = {name: np.full((len(rows), 3), np.nan) for name in ("landmarks", "hopenet")}
        for at, row in enumerate(progress(rows, "head pose", len(rows))):
            picture = _picture(labels.paths[row])
            if picture is None:
                continue
            reading = reader.read([picture])[0]
            if reading.landmarks is None or reading.pose is None:
                continue
            angles["landmarks"][at] = _angles(reading.pose)
            if hopenet:
                crop = head_crop(picture, reading.landmarks.box)
                angles["hopenet"][at] = hopenet.read([crop])[0]
    names: Sequence[str] = ("landmarks", "hopenet") if hopenet else ("landmarks",)
    truth = labels.angles[rows]
    return PoseErrorResult(len(rows), {name: pose_errors(truth, angles[name]) for name in names})


def error_findings(result: PoseErrorResult) -> Iterator[str]:
    """A line for each reader."""
    for name, found in result.errors.items():
        angles = ", ".join(
            f"{angle} {found[angle]['mean']:.2f}° (r {_number(found[angle]['correlation'])})"
            for angle in ("yaw", "pitch", "roll")
            if found[angle]["mean"] is not None
        )
        yield (
            f"{name}: mean error {angles or 'undefined'}; "
            f"{result.pictures - found['missing']} of {result.pictures} measured"
        )


def _picture(path: Path) -> np.ndarray | None:
    from faces.sets.pictures import Rejected, decode, suppress_pillow_warnings

    try:
        with suppress_pillow_warnings():
            return decode(path.read_bytes(), _LONGER).pixels
    except Rejected:
        return None


def _angles(pose: "HeadPose") -> tuple[float, float, float]:
    return pose.yaw, pose.pitch, pose.roll
