"""Boosted trees that are kept as plain arrays: gradient boosting and AdaBoost.

scikit-learn grows them; what it grew is taken over as arrays, because its own way of keeping a
model is a pickle, which runs code when it is opened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

_MAX_LEAVES = 15
_ADABOOST_DEPTH = 3
_MIN_LEAF_SAMPLES = 20

#: Of the nodes of one tree: feature, threshold, left, right, whether it is a leaf, values.
_NodeArrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Trees:
    """A sum of trees over features: log-odds of K classes.

    A row goes left where its feature is at most the threshold; a leaf is its own child.

    Attributes:
        feature, left, right: (M,) int32 of the nodes of all trees.
        threshold: (M,) float64; values: (M, K) float32, nonzero at leaves.
        roots: (T,) int32, the first node of each tree.
        base: (K,) float64, added to the sum.
    """

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    values: np.ndarray
    roots: np.ndarray
    base: np.ndarray

    def arrays(self) -> dict[str, np.ndarray]:
        """What is kept of it."""
        return dict(self.__dict__)

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> "Trees":
        """From what was kept."""
        return cls(**dict(arrays))

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """(N, D) features to (N, K) float32 probabilities."""
        features = np.asarray(features, np.float32).astype(np.float64)
        rows = np.arange(len(features))
        odds = np.tile(self.base, (len(features), 1))
        for root in self.roots:
            at = np.full(len(features), root)
            while True:
                below = features[rows, self.feature[at]] <= self.threshold[at]
                following = np.where(below, self.left[at], self.right[at])
                if (following == at).all():
                    break
                at = following
            odds += self.values[at]
        odds = np.exp(odds - odds.max(1, keepdims=True))
        return (odds / odds.sum(1, keepdims=True)).astype(np.float32)


def fit_boosting(
    features: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    rounds: int,
    rate: float,
    seed: int,
) -> Trees:
    """Gradient boosting over binned features (Friedman 2001; Ke et al. 2017).

    Args:
        features: (N, D); labels: (N,) in 0 … K - 1, each occurring; weights: (N,).
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        learning_rate=rate,
        max_iter=rounds,
        max_leaf_nodes=_MAX_LEAVES,
        min_samples_leaf=min(_MIN_LEAF_SAMPLES, max(1, len(features) // 10)),
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed % 2**32,
    ).fit(np.asarray(features, np.float64), labels, sample_weight=weights)
    classes = int(labels.max()) + 1
    grown: list[_NodeArrays] = []
    # no public attribute has the trees; this one is what explainers and exporters of models read
    for predictors in model._predictors:
        for k, predictor in enumerate(predictors):
            nodes, leaf = predictor.nodes, predictor.nodes["is_leaf"].astype(bool)
            values = np.zeros((len(nodes), classes), np.float32)
            gain = np.where(leaf, nodes["value"], 0)
            if len(predictors) == 1:  # of two classes one tree tells, for the second
                values[:, 1] = gain
            else:
                values[:, k] = gain
            grown.append((nodes["feature_idx"], nodes["num_threshold"], nodes["left"],
                          nodes["right"], leaf, values))  # fmt: skip
    base = np.ravel(model._baseline_prediction).astype(np.float64)
    return _concatenated(grown, base if len(base) == classes else np.array([0.0, base[0]]))


def fit_adaboost(
    features: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    rounds: int,
    rate: float,
    seed: int,
) -> Trees:
    """AdaBoost over shallow trees (SAMME: Zhu, Zou, Rosset & Hastie 2009); arguments as above."""
    from sklearn.ensemble import AdaBoostClassifier
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(max_depth=_ADABOOST_DEPTH)
    model = AdaBoostClassifier(
        tree, n_estimators=rounds, learning_rate=rate, random_state=seed % 2**32
    )
    model.fit(np.asarray(features, np.float64), labels, sample_weight=weights)
    classes = int(labels.max()) + 1
    # SAMME's decision is the weighted mean of votes of 1 and -1/(K-1); its softmax is taken over
    # the decision divided by K - 1
    shares = model.estimator_weights_[: len(model.estimators_)]
    shares = shares / (shares.sum() * (classes - 1))
    grown: list[_NodeArrays] = []
    for estimator, weight in zip(model.estimators_, shares, strict=True):
        nodes: Any = estimator.tree_
        leaf = nodes.children_left < 0
        votes = np.full((nodes.node_count, classes), -1 / (classes - 1), np.float64)
        votes[np.arange(nodes.node_count), nodes.value[:, 0].argmax(1)] = 1
        values = (weight * votes * leaf[:, None]).astype(np.float32)
        grown.append((nodes.feature, nodes.threshold, nodes.children_left, nodes.children_right,
                      leaf, values))  # fmt: skip
    return _concatenated(grown, np.zeros(classes))


def _concatenated(grown: list[_NodeArrays], base: np.ndarray) -> Trees:
    """One array of each kind over all trees, children renumbered, leaves pointing at themselves."""
    sizes = np.array([len(tree[0]) for tree in grown])
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    own = np.arange(sizes.sum())
    shift = np.repeat(roots, sizes)
    feature, threshold, left, right, leaf, values = (
        np.concatenate(each) for each in zip(*grown, strict=True)
    )
    return Trees(
        feature=np.where(leaf, 0, feature).astype(np.int32),
        threshold=np.where(leaf, 0.0, threshold).astype(np.float64),
        left=np.where(leaf, own, left.astype(np.int64) + shift).astype(np.int32),
        right=np.where(leaf, own, right.astype(np.int64) + shift).astype(np.int32),
        values=values,
        roots=roots.astype(np.int32),
        base=base,
    )
