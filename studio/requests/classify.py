"""The requests that train and judge classifiers: classify train, classify report."""

from dataclasses import dataclass, field
from pathlib import Path

from faces.readers.classifiers.config import PIXELS, ClassifierConfig
from studio.requests.checks import require


@dataclass(frozen=True)
class ClassifyTrainRequest:
    """Train a classifier of expression and judge it on faces held out.

    Attributes:
        data: what it looks at, as `faces.readers.classifiers.open_samples` opens it.
        out: folder of the classifier and its report.
        config: which classifier, and how it is trained.
        labels: a list of faces that labels a table's rows, or None.
        weights: trained weights that a network of pixels starts from, or None.
        ungrouped: where videos or people are held out whole, train again on a split by face, to
            show by how much that flatters.
    """

    data: Path
    out: Path
    config: ClassifierConfig = field(default_factory=ClassifierConfig)
    labels: Path | None = None
    weights: str | None = None
    ungrouped: bool = True

    def __post_init__(self) -> None:
        require(
            self.weights is None or self.config.kind == PIXELS,
            f"{self.config.model} starts from random weights; leave --weights out",
        )


@dataclass(frozen=True)
class ClassifyReportRequest:
    """Judge a trained classifier on labelled faces.

    Attributes:
        classifier: its file or folder.
        data, labels: as in ClassifyTrainRequest.
        out: folder of the report; the classifier's by default.
    """

    classifier: Path
    data: Path
    labels: Path | None = None
    out: Path | None = None

    @property
    def folder(self) -> Path:
        """Where the report goes."""
        if self.out is not None:
            return self.out
        return self.classifier if self.classifier.is_dir() else self.classifier.parent
