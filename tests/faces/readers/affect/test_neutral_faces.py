"""Neutral faces of known groups: balance, what tells groups apart, and a reader held to parity."""

import numpy as np
import pytest

from faces.ground.errors import CircumplexError
from faces.readers.affect.from_action_units import AffectConfig, AffectReader, fit_affect
from faces.readers.affect.neutral_faces import (
    FEWEST,
    NeutralFaces,
    balanced_weights,
    group_directions,
    project_out,
)
from faces.readers.affect.shape_scores import score_names, shape_scores

COUNT = 600


def people(rng: np.random.Generator) -> NeutralFaces:
    """Neutral faces; women's brows stand higher, the mouths of the old look as if they smiled."""
    sex = rng.choice(["female", "male"], COUNT, p=[0.3, 0.7])
    age = rng.choice(["20-29", "40-49", "60+"], COUNT, p=[0.7, 0.2, 0.1])
    units = shape_scores(rng.uniform(0, 0.5, (COUNT, 52)) ** 2)
    units[:, score_names().index("AU1")] += 0.2 * (sex == "female")
    for side in "LR":
        units[:, score_names().index(f"AU12{side}")] += 0.15 * (age == "60+")
    return NeutralFaces(units, {"sex": sex, "age": age})


def labelled(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Faces whose valence is the smile, and whose arousal is the raised brow and the open eye."""
    units = shape_scores(rng.uniform(0, 1, (800, 52)) ** 2)
    smile, brow, eye = (units[:, score_names().index(name)] for name in ("AU12L", "AU1", "AU5L"))
    labels = np.stack([smile - 0.4, (brow + eye) / 2 - 0.3], 1)
    return units, labels + 0.05 * rng.normal(size=labels.shape)


@pytest.fixture(scope="module")
def neutral() -> NeutralFaces:
    return people(np.random.default_rng(1))


@pytest.fixture(scope="module")
def fitted(neutral: NeutralFaces) -> AffectReader:
    config = AffectConfig(products=False)
    return fit_affect(*labelled(np.random.default_rng(2)), config, neutral=neutral)


def unclipped(reader: AffectReader, scores: np.ndarray) -> np.ndarray:
    """Readings (N, 2); those of the made faces lie within the square anyhow."""
    read = reader.read(scores)
    assert (np.abs(read) < 1).all()
    return read.astype(np.float64)


def widest(read: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Largest difference of two groups' means, (2,)."""
    means = np.stack([read[groups == name].mean(0) for name in np.unique(groups)])
    return np.ptp(means, axis=0)


def test_after_the_fit_the_neutral_faces_of_every_group_read_the_same_in_the_mean(
    neutral: NeutralFaces, fitted: AffectReader
) -> None:
    read = unclipped(fitted, neutral.scores)
    without = fit_affect(*labelled(np.random.default_rng(2)), AffectConfig(products=False))
    before = unclipped(without, neutral.scores)
    for groups in neutral.groups.values():
        assert (widest(read, groups) < 1e-4).all()  # weights are float32
        assert widest(before, groups).max() > 0.05


def test_faces_that_were_not_fitted_read_alike_too_and_nearer_to_neutral(
    fitted: AffectReader,
) -> None:
    others = people(np.random.default_rng(3))
    read = unclipped(fitted, others.scores)
    without = fit_affect(*labelled(np.random.default_rng(2)), AffectConfig(products=False))
    before = unclipped(without, others.scores)
    for groups in others.groups.values():
        assert widest(read, groups).max() < widest(before, groups).max() / 2
    assert (np.abs(read.mean(0)) < np.abs(before.mean(0))).all()


def test_the_more_neutral_faces_weigh_the_nearer_they_read_to_the_centre(
    neutral: NeutralFaces,
) -> None:
    def distance(weight: float) -> float:
        config = AffectConfig(products=False, neutral_weight=weight)
        reader = fit_affect(*labelled(np.random.default_rng(2)), config, neutral=neutral)
        return float(np.hypot(*reader.read(neutral.scores).T).mean())

    assert distance(5.0) < distance(0.5) < distance(0.0)
    with pytest.raises(CircumplexError, match="neutral_weight"):
        AffectConfig(neutral_weight=-1)


def test_the_reader_notes_how_many_faces_of_which_group_it_was_held_to(
    fitted: AffectReader, neutral: NeutralFaces
) -> None:
    assert fitted.provenance["neutral_faces"] == COUNT
    assert fitted.provenance["neutral_groups"] == neutral.counts()
    assert sum(neutral.counts()["sex"].values()) == COUNT


def test_in_the_weights_the_groups_of_each_attribute_weigh_alike(neutral: NeutralFaces) -> None:
    weights = balanced_weights(neutral.groups, COUNT)
    assert weights.sum() == pytest.approx(1) and (weights > 0).all()
    for of in neutral.groups.values():
        names = np.unique(of)
        shares = [weights[of == name].sum() for name in names]
        assert np.allclose(shares, 1 / len(names), atol=1e-6)
    assert np.allclose(balanced_weights({}, 4), 0.25)


def test_directions_are_orthonormal_and_projecting_twice_changes_nothing(
    neutral: NeutralFaces,
) -> None:
    terms = neutral.scores.astype(np.float64)
    directions = group_directions(terms, neutral.groups)
    assert directions.shape == (3, terms.shape[1])  # two sexes and three ages: 1 + 2
    assert np.allclose(directions @ directions.T, np.eye(3))
    once = project_out(terms, directions)
    assert np.allclose(project_out(once, directions), once)
    for of in neutral.groups.values():
        means = np.stack([once[of == name].mean(0) for name in np.unique(of)])
        assert np.ptp(means, axis=0).max() < 1e-9


def test_small_groups_are_left_alone_and_one_group_is_refused(neutral: NeutralFaces) -> None:
    terms = neutral.scores.astype(np.float64)
    rare = np.where(np.arange(COUNT) < FEWEST - 1, "rare", neutral.groups["sex"])
    assert len(group_directions(terms, {"sex": rare})) == 1
    with pytest.raises(CircumplexError, match="sex: 1 groups"):
        group_directions(terms, {"sex": np.full(COUNT, "female")})
    with pytest.raises(ValueError, match="one group a face"):
        NeutralFaces(neutral.scores, {"sex": rare[:-1]})
    with pytest.raises(ValueError, match="without landmarks"):
        NeutralFaces(np.full_like(neutral.scores, np.nan), {})
