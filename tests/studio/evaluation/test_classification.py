"""Scores of a classifier."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    precision_score,
    recall_score,
)

from studio.evaluation.classification_scores import BINS, score

CLASSES = ("neutral", "happiness", "<b>anger</b>")


def answers(seed: int = 0, count: int = 300, skill: float = 2.0):
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, count, p=[0.6, 0.3, 0.1])
    odds = rng.normal(size=(count, 3)) + skill * np.eye(3)[labels]
    return labels, np.exp(odds) / np.exp(odds).sum(1, keepdims=True)


def test_scores_are_scikit_learns() -> None:
    labels, probabilities = answers()
    found, given_ = score(labels, probabilities, CLASSES), probabilities.argmax(1)
    assert found["accuracy"] == pytest.approx(accuracy_score(labels, given_))
    assert found["macro_f1"] == pytest.approx(f1_score(labels, given_, average="macro"))
    assert found["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(labels, given_))
    assert found["confusion"] == confusion_matrix(labels, given_).tolist()
    for name, measure in (("precision", precision_score), ("recall", recall_score)):
        expected = measure(labels, given_, average=None)
        assert [each[name] for each in found["per_class"].values()] == pytest.approx(expected)
    low, high = found["macro_f1_interval"]
    assert low < found["macro_f1"] < high
    assert found["majority"] == pytest.approx(np.bincount(labels).max() / len(labels))


@settings(max_examples=40)
@given(
    arrays(np.int64, 25, elements=st.integers(0, 2)),
    arrays(np.float64, (25, 3), elements=st.floats(0.01, 1)),
)
def test_shares_are_shares(labels: np.ndarray, raw: np.ndarray) -> None:
    found = score(labels, raw / raw.sum(1, keepdims=True), CLASSES)
    assert np.sum(found["confusion"]) == 25
    assert sum(each["n"] for each in found["calibration"]["bins"]) == 25
    assert len(found["calibration"]["bins"]) == BINS
    assert 0 <= found["calibration"]["ece"] <= 1 and 0 <= found["accuracy"] <= 1
    for each in found["per_class"].values():
        assert (each["recall"] is None) == (each["n"] == 0)


def test_confidence_that_is_right_as_often_as_it_says_has_no_error() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 20_000)
    labels = (rng.uniform(size=20_000) > confidence).astype(int)
    honest = score(labels, np.stack([confidence, 1 - confidence], 1), CLASSES[:2])
    assert honest["calibration"]["ece"] < 0.02
    boastful = np.stack([np.full(20_000, 0.99), np.full(20_000, 0.01)], 1)
    assert score(labels, boastful, CLASSES[:2])["calibration"]["ece"] > 0.2


def test_faces_of_one_video_widen_the_interval() -> None:
    labels, probabilities = answers(count=40)
    many = np.repeat(labels, 20), np.repeat(probabilities, 20, axis=0)
    alone = score(*many, CLASSES)["accuracy_interval"]
    grouped = score(*many, CLASSES, np.repeat(np.arange(40), 20))["accuracy_interval"]
    assert grouped[1] - grouped[0] > 2 * (alone[1] - alone[0])
