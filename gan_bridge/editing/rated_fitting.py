"""Fits what people see in an editor's pictures to the points aimed at, by ridge."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.json_values import plain
from gan_bridge.editing.editor import Editor
from gan_bridge.editing.rated_editor import DEGREES, RatedEditor, degree_of, monomials, rate
from vae.probing.folds import assign_folds

_PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
_FOLDS = 5
FEWEST_PICTURES, FEWEST_PEOPLE = 20, 3
Choice = tuple[int, float]


def fit_to_ratings(
    editor: Editor, aims: np.ndarray, rated: np.ndarray, people: np.ndarray, seed: int = 0
) -> RatedEditor:
    """The editor with the correction of its requests that mean ratings ask for.

    The degree and the penalty are chosen by cross-validation over people; how well the correction
    holds is measured on people who took part in neither (nested cross-validation).

    Args:
        editor: that made the pictures; a correction that it has is replaced.
        aims: (N, 2) points that the pictures were aimed at, in the editor's terms.
        rated: (N, 2) mean ratings of the pictures.
        people: (N,) who is in the picture.

    Returns:
        With `evidence["ratings"]`: pictures, people, degree, penalty, and for `uncorrected` and
        `corrected` the RMSE, CCC and bias of what was expected against what was rated.

    Raises:
        CircumplexError: too few pictures or people; no correction is better than none; or what was
            rated folds the circumplex over, so that it has no way back.
    """
    if isinstance(editor, RatedEditor):  # the aims are in its terms
        aims = editor.in_reader_terms(aims)
        editor = editor.unrated()
    count, persons = len(aims), len(np.unique(people))
    if count < FEWEST_PICTURES or persons < FEWEST_PEOPLE:
        raise CircumplexError(
            f"there are ratings of {count} pictures of {persons} people; a calibration needs "
            f"{FEWEST_PICTURES} of {FEWEST_PEOPLE} at least"
        )
    choices = _choices(editor, aims, rated)
    folds = assign_folds(count, min(_FOLDS, persons), people, seed)
    expected = np.empty_like(rated)
    for fold in np.unique(folds):
        train, test = folds != fold, folds == fold
        inner = _best(choices, aims[train], rated[train], people[train], seed)
        correction = _fit(inner, aims[train], rated[train])
        expected[test] = aims[test] + monomials(aims[test], inner[0]) @ correction
    before, after = _scores(aims, rated), _scores(expected, rated)
    if sum(after["rmse"]) >= sum(before["rmse"]):
        raise CircumplexError(
            "on people that were held out no correction comes nearer to the ratings than none "
            f"(RMSE {sum(after['rmse']) / 2:.3f} against {sum(before['rmse']) / 2:.3f}); leave the "
            "editor as it is, or rate more pictures"
        )
    degree, penalty = _best(choices, aims, rated, people, seed)
    evidence = {
        "pictures": count,
        "people": persons,
        "degree": degree,
        "penalty": penalty,
        "uncorrected": before,
        "corrected": after,
    }
    return rate(editor, _fit((degree, penalty), aims, rated), evidence)


def _choices(editor: Editor, aims: np.ndarray, rated: np.ndarray) -> list[Choice]:
    """Degrees and penalties whose surface has a way back everywhere that faces show."""
    every = [(degree, penalty) for degree in DEGREES for penalty in _PENALTIES]
    choices = [each for each in every if _unfolded(editor, _fit(each, aims, rated))]
    if not choices:
        raise CircumplexError(
            "the ratings fold the circumplex over: pictures aimed at different points were rated "
            "alike, so that requests have no way back; rate more pictures, or look at the ratings"
        )
    return choices


def _unfolded(editor: Editor, correction: np.ndarray) -> bool:
    """Whether the determinant of ∂r/∂p is positive over the whole region."""
    points, step, degree = editor.region.points(8), 1e-4, degree_of(len(correction))

    def at(shift: tuple[float, float]) -> np.ndarray:
        moved = points + shift
        return moved + monomials(moved, degree) @ correction

    right, up = at((step, 0)) - at((-step, 0)), at((0, step)) - at((0, -step))
    determinant = (right[:, 0] * up[:, 1] - right[:, 1] * up[:, 0]) / (2 * step) ** 2
    return bool((determinant > 0.05).all())


def _best(
    choices: Iterable[Choice], aims: np.ndarray, rated: np.ndarray, people: np.ndarray, seed: int
) -> Choice:
    """The choice of the least cross-validated error."""
    persons = len(np.unique(people))
    folds = assign_folds(len(aims), min(_FOLDS, persons), people, seed + 1)

    def error(choice: Choice) -> float:
        missed = 0.0
        for fold in np.unique(folds):
            train, test = folds != fold, folds == fold
            if not train.any():
                return np.inf
            correction = _fit(choice, aims[train], rated[train])
            expected = aims[test] + monomials(aims[test], choice[0]) @ correction
            missed += float(((expected - rated[test]) ** 2).sum())
        return missed

    return min(choices, key=error)


def _fit(choice: Choice, aims: np.ndarray, rated: np.ndarray) -> np.ndarray:
    """Ridge of what ratings add to the aims, the constant free: (terms, 2)."""
    degree, penalty = choice
    terms = monomials(aims, degree)
    weights = np.diag([0.0, *[penalty] * (terms.shape[1] - 1)])
    return np.linalg.solve(terms.T @ terms + weights, terms.T @ (rated - aims))


def _scores(expected: np.ndarray, rated: np.ndarray) -> dict[str, Any]:
    """Of valence and arousal: what was expected of the pictures against what was rated."""
    from vae.probing.metrics import ccc, rmse

    return {
        "rmse": plain(rmse(rated, expected)),
        "ccc": plain(ccc(rated, expected)),
        "bias": plain((rated - expected).mean(0)),
    }
