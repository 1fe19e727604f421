"""Boosted trees as arrays answer as scikit-learn's own models do."""

import numpy as np
import pytest
from sklearn.ensemble import AdaBoostClassifier, HistGradientBoostingClassifier
from sklearn.tree import DecisionTreeClassifier

from faces.readers.classifiers import trees
from faces.readers.classifiers.trees import Trees, fit_adaboost, fit_boosting


def made(classes: int, count: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(classes)
    features = rng.normal(size=(count, 6)).astype(np.float32)
    centres = rng.normal(size=(classes, 6))
    labels = np.argmax(features @ centres.T + 0.5 * rng.normal(size=(count, classes)), 1)
    return features, labels, rng.uniform(0.5, 2, count)


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_boosting_answers_as_the_library(classes: int) -> None:
    features, labels, weights = made(classes)
    grown = fit_boosting(features, labels, weights, rounds=7, rate=0.1, seed=3)
    model = HistGradientBoostingClassifier(
        learning_rate=0.1,
        max_iter=7,
        max_leaf_nodes=trees._MAX_LEAVES,
        min_samples_leaf=trees._MIN_LEAF_SAMPLES,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=3,
    ).fit(features.astype(np.float64), labels, sample_weight=weights)
    asked = np.random.default_rng(9).normal(size=(200, 6)).astype(np.float32)
    expected = model.predict_proba(asked.astype(np.float64))
    assert np.allclose(grown.probabilities(asked), expected, atol=1e-5)
    assert len(grown.roots) == 7 * (1 if classes == 2 else classes)


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_adaboost_answers_as_the_library(classes: int) -> None:
    features, labels, weights = made(classes)
    grown = fit_adaboost(features, labels, weights, rounds=6, rate=0.5, seed=3)
    model = AdaBoostClassifier(
        DecisionTreeClassifier(max_depth=trees._ADABOOST_DEPTH),
        n_estimators=6,
        learning_rate=0.5,
        random_state=3,
    ).fit(features.astype(np.float64), labels, sample_weight=weights)
    asked = np.random.default_rng(9).normal(size=(200, 6)).astype(np.float32)
    assert np.allclose(grown.probabilities(asked), model.predict_proba(asked), atol=1e-5)


def test_arrays_are_all_there_is_to_keep() -> None:
    features, labels, weights = made(3)
    grown = fit_boosting(features, labels, weights, rounds=3, rate=0.1, seed=0)
    again = Trees.of(grown.arrays())
    assert np.array_equal(again.probabilities(features), grown.probabilities(features))
    answers = grown.probabilities(features)
    assert answers.dtype == np.float32 and np.allclose(answers.sum(1), 1, atol=1e-5)
