"""`circumplex classify`: classifiers of expression, trained and judged."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.files import only_writer
from faces.ground.progress import Progress, silent
from faces.ground.provenance import software
from faces.ground.records import setting
from faces.readers.classifiers.config import PIXELS, ClassifierConfig
from studio.engine import Engine
from studio.validation import CODES_HELP, Request, require

if TYPE_CHECKING:
    from faces.readers.classifiers import Classifier, Samples, Split


_LABELS = "List of faces (path, expression; split, identity) that labels a table."


@dataclass(frozen=True)
class ClassifyTrainRequest(Request):
    """Train a classifier of expression and judge it on faces held out.

    Attributes:
        data: what it looks at, as `faces.readers.classifiers.open_samples` opens it.
        out: folder of the classifier and its report.
        columns: (field, column) pairs of the list; explained: (label, expression) pairs.
        config: which classifier, and how it is trained.
        ungrouped: where videos or people are held out whole, train again on a split by face.
    """

    data: Path
    out: Path
    config: ClassifierConfig = field(default_factory=ClassifierConfig)
    labels: Path | None = setting(None, _LABELS)
    codes: str | None = setting(None, CODES_HELP, shown="where the list proves it")
    columns: tuple[tuple[str, str], ...] = ()
    explained: tuple[tuple[str, str], ...] = ()
    weights: str | None = setting(
        None, "Trained weights to start from: a torchvision file; for small a pixel reader."
    )
    ungrouped: bool = setting(True, "Show by how much a split by face would flatter.")

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            self.weights is None or self.config.kind == PIXELS,
            f"{self.config.model} starts from random weights; leave --weights out",
        )


@dataclass(frozen=True)
class ClassifyReportRequest(Request):
    """Judge a trained classifier on labelled faces.

    Attributes:
        classifier: its file or folder.
        data, labels, columns, explained: as in ClassifyTrainRequest.
    """

    classifier: Path
    data: Path
    labels: Path | None = setting(None, _LABELS)
    codes: str | None = setting(None, CODES_HELP, shown="where the list proves it")
    columns: tuple[tuple[str, str], ...] = ()
    explained: tuple[tuple[str, str], ...] = ()
    out: Path | None = setting(None, "Folder for the report.", shown="the classifier's")

    @property
    def folder(self) -> Path:
        """Where the report goes."""
        if self.out is not None:
            return self.out
        return self.classifier if self.classifier.is_dir() else self.classifier.parent


SCHEMA, VERSION = "circumplex/classification", 1
#: Scores of the split by single faces that stand beside those of the split by groups.
_COMPARED = ("n", "accuracy", "accuracy_interval", "macro_f1", "balanced_accuracy")


@dataclass(frozen=True)
class ClassifyResult:
    """A judged classifier.

    Attributes:
        classifier: its file; report: the page; evidence: what classification.json holds.
    """

    classifier: Path
    report: Path
    evidence: dict[str, Any]

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "classifier": str(self.classifier),
            "report": str(self.report),
            **self.evidence,
        }


def train(
    request: ClassifyTrainRequest, engine: Engine, progress: Progress = silent
) -> ClassifyResult:
    """Train on one side of a split, score the other, write both.

    Raises:
        CircumplexError: data unusable or too few, weights unfit, or a folder in use.
    """
    from faces.readers.classifiers import open_samples, split_samples
    from faces.readers.classifiers.classifier import WEIGHTS
    from faces.readers.classifiers.splits import GROUPED, UNGROUPED
    from studio.reports.classification import write_report

    config = request.config
    with engine.working(), only_writer(request.out):
        samples = open_samples(request.data, config.kind, request.labels, *_meant(request))
        split = split_samples(samples, config.held_out, config.seed)
        classifier = _fit(request, engine, samples, split, progress)
        evidence = _judge(classifier, samples, split, progress)
        if split.kind == GROUPED and request.ungrouped:
            other = split_samples(samples, config.held_out, config.seed, UNGROUPED)
            flattered = _fit(request, engine, samples, other, progress)
            scores = _judge(flattered, samples, other, progress)["scores"]
            evidence["ungrouped"] = {name: scores[name] for name in _COMPARED}
        classifier.save(request.out / WEIGHTS)
        report = write_report(request.out, evidence)
    return ClassifyResult(request.out / WEIGHTS, report, evidence)


def _meant(
    request: ClassifyTrainRequest | ClassifyReportRequest,
) -> tuple[str | None, dict[str, str], dict[str, str]]:
    """Whose codes the list's expressions are, which its columns, and what its labels mean."""
    return request.codes, dict(request.columns), dict(request.explained)


def report(
    request: ClassifyReportRequest, engine: Engine, progress: Progress = silent
) -> ClassifyResult:
    """Score a trained classifier: on what was held out of its own data, or on other data.

    Faces that it was trained on are left out, wherever they turn up. Where classifier or data do
    not know their pictures (files of version 0.1.0, arrays and tables of bare numbers), some may
    be missed: on other data than its own the report then says that it cannot know.

    Raises:
        CircumplexError: classifier or data unusable, classes that do not meet, no face that it was
            not trained on, or a folder in use.
    """
    from faces.readers.classifiers import Classifier, open_samples, split_samples
    from faces.readers.classifiers.classifier import WEIGHTS
    from faces.readers.classifiers.splits import GIVEN
    from studio.reports.classification import write_report

    with engine.working(), only_writer(request.folder):
        classifier = Classifier.load(request.classifier, engine.device)
        kind = classifier.config.kind
        samples = open_samples(request.data, kind, request.labels, *_meant(request))
        trained = classifier.provenance
        own = trained["data"]["digest"] in (samples.digest, samples.integrity)
        if own:
            config = classifier.config
            split = split_samples(samples, config.held_out, config.seed, trained["split"])
        elif samples.split is not None:
            split = split_samples(samples, 0.5, 0, GIVEN)
        else:
            split = _everything(samples)
        evidence = _judge(classifier, samples, split, progress)
        told_apart = samples.by_picture and trained["data"].get("by_picture", False)
        evidence["split"]["unseen"] = own or (classifier.trained_on is not None and told_apart)
        page = write_report(request.folder, evidence)
    file = request.classifier
    return ClassifyResult(file / WEIGHTS if file.is_dir() else file, page, evidence)


def findings(evidence: dict[str, Any]) -> Iterator[str]:
    """The figures that matter most, a line each."""
    from studio.reports.classification import split_notes
    from studio.reports.formatting import percent

    scores = evidence["scores"]
    low, high = map(percent, scores["accuracy_interval"])
    yield (
        f"accuracy {percent(scores['accuracy'])} [{low}, {high}], macro F1 "
        f"{scores['macro_f1']:.3f}, {scores['n']:,} faces (most frequent class: "
        f"{percent(scores['majority'])})"
    )
    if other := evidence.get("ungrouped"):
        yield (
            f"ungrouped split, flattered: accuracy {percent(other['accuracy'])}, macro F1 "
            f"{other['macro_f1']:.3f}"
        )
    for name, found in scores["per_class"].items():
        numbers = (
            f"{key} {'-' if found[key] is None else format(found[key], '.3f')}"
            for key in ("precision", "recall", "f1")
        )
        yield f"  {name}: {', '.join(numbers)} ({found['n']:,})"
    yield from split_notes(evidence)


def _fit(
    request: ClassifyTrainRequest,
    engine: Engine,
    samples: "Samples",
    split: "Split",
    progress: Progress,
) -> "Classifier":
    from faces.readers.classifiers import fit_classifier

    return fit_classifier(
        samples,
        split.train,
        request.config,
        weights=request.weights,
        provenance={
            "data": {
                "name": samples.name,
                "digest": samples.digest,
                "by_picture": samples.by_picture,
            },
            "split": split.kind,
            "weights": request.weights,
            "software": software(),
        },
        device=engine.device,
        progress=progress,
    )


def _judge(
    classifier: "Classifier", samples: "Samples", split: "Split", progress: Progress
) -> dict[str, Any]:
    """The evidence about a classifier on the rows held out."""
    from studio.evaluation.classification_scores import score

    rows, labels, dropped = _test_rows(classifier, samples, split)
    groups = None if samples.groups is None else samples.groups[rows]
    probabilities = classifier.of_samples(samples, rows, progress)
    trained = classifier.provenance
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "software": software(),
        "kind": samples.kind,
        "config": json.loads(classifier.config.to_json()),
        "classes": list(classifier.classes),
        "data": {
            "name": samples.name,
            "digest": samples.digest,
            "dropped": samples.dropped | dropped,
        },
        "trained": {name: trained[name] for name in ("data", "weights", "faces")},
        "split": {
            "kind": split.kind,
            "train": trained["faces"],
            "groups": split.groups,
            "shared": split.shared,
            "unseen": True,
        },
        "scores": score(labels, probabilities, classifier.classes, groups, classifier.config.seed),
    }


def _test_rows(
    classifier: "Classifier", samples: "Samples", split: "Split"
) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """Rows that the classifier can be scored on, their labels by its classes, and how many of the
    split's it cannot be scored on, by reason."""
    from faces.readers.classifiers.samples import relabelled

    known, labels = relabelled(samples, classifier.classes)
    label_of = dict(zip(known.tolist(), labels.tolist(), strict=True))
    test, trained_on = split.test, classifier.trained_on
    if trained_on is not None:
        test = test[~samples.trained_on(trained_on)[test]]
        if not len(test):
            raise CircumplexError(
                f"the classifier was trained on every face of {samples.name}; score it on others"
            )
    rows = [row for row in test.tolist() if row in label_of]
    if not rows:
        raise CircumplexError(
            f"no face of {samples.name} has a class that the classifier knows: "
            f"{', '.join(classifier.classes)}"
        )
    dropped = {
        "that it was trained on": len(split.test) - len(test),
        "of a class that it does not know": len(test) - len(rows),
    }
    return np.array(rows), np.array([label_of[row] for row in rows]), dropped


def _everything(samples: "Samples") -> "Split":
    from faces.readers.classifiers import Split

    count = None if samples.groups is None else len(np.unique(samples.groups))
    return Split("all", np.arange(0), np.arange(len(samples)), count)
