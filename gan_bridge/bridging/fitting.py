"""From samples of w and their scores to directions, and what is known about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.json_values import plain
from gan_bridge.bridging.nuisances import Nuisance, fit_nuisance, project_out
from vae.probing.bases import label_patterns, make_directions, unit_vectors
from vae.probing.directions import Directions
from vae.probing.evidence import (
    PLOTTED,
    TARGETS,
    CodedFaces,
    describe_directions,
    sample_rows,
    target_scores,
)
from vae.probing.factor_fitting import LabelledFaces, add_factor, check_labels
from vae.probing.factors import Factor
from vae.probing.hull import label_hull
from vae.probing.probes import FEWEST, alone_r2, fit_probes

HELD_OUT = 0.2  #: share of the samples, the last ones, that everything is measured on


@dataclass(frozen=True, eq=False)
class ScoredSamples:
    """Faces of a generator with their scores, those to fit on and, last, those held out.

    Attributes:
        name: of the generator; model: its digest; space: such as "stylegan3/w".
        digest: names how the faces were drawn and scored.
        w: (N, W); scores: (N, 2) valence and arousal, NaN where no face was found.
        groups: (N,) who it is, where real faces stand for samples and their set says so: people are
            held out together, and intervals are of people.
        factors: further factors of the probes that scored; others: (N, M) their scores.

    Raises:
        CircumplexError: hardly a face was found, or all score alike.
    """

    name: str
    model: str
    space: str
    digest: str
    w: np.ndarray
    scores: np.ndarray
    groups: np.ndarray | None = None
    factors: Sequence[Factor] = ()
    others: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))

    def __post_init__(self) -> None:
        finite, held_out = np.isfinite(self.scores).all(1), self.held_out
        if (finite & ~held_out).sum() < FEWEST or (finite & held_out).sum() < 2:
            raise CircumplexError(
                f"{self.name}: a face was found in only {finite.sum()} of {len(finite)} pictures; "
                "if they are cut like the faces of the run, say --crop whole"
            )
        if (np.ptp(self.scores[finite & ~held_out], axis=0) == 0).any():
            raise CircumplexError(
                f"{self.name}: the run reads the same in every picture; give a generator of faces"
            )

    @property
    def held_out(self) -> np.ndarray:
        """Which rows are held out, (N,) bool."""
        return np.arange(len(self.scores)) >= round(len(self.scores) * (1 - HELD_OUT))

    def part(self, held_out: bool) -> CodedFaces:
        """The scored rows of one side."""
        side = self.held_out == held_out
        finite = np.isfinite(self.scores).all(1)
        rows, split = finite & side, "held-out" if held_out else "fit"
        unread = int((~finite & side).sum())
        groups = None if self.groups is None else self.groups[rows]
        pairs = self.w[rows], self.scores[rows], groups
        return CodedFaces(self.name, self.digest, split, *pairs, unlabelled=unread)

    def labelled_by(self, k: int) -> dict[str, LabelledFaces]:
        """Both sides with the k-th further factor's score as their label, and who they are."""
        held_out, labels = self.held_out, self.others[:, k]
        check_labels(labels[~held_out], self.factors[k].name, self.name)
        groups = self.groups
        return {
            name: LabelledFaces(
                self.w[side], labels[side], None if groups is None else groups[side]
            )
            for name, side in (("fit", ~held_out), ("held_out", held_out))
        }


def find_directions(
    scored: ScoredSamples, nuisances: Mapping[str, np.ndarray], basis: str, seed: int = 0
) -> tuple[Directions, dict[str, Any]]:
    """Ridge on w, nuisances taken out, the basis made, everything measured on held-out samples.

    Args:
        nuisances: readings (N, K) by name, to be taken out of the directions.
        basis: one of `vae.probing.directions.BASES`.

    Returns:
        The directions, and plain JSON values: fit, directions, held_out, nuisances, cost, and,
        where the samples have scores of further factors, factors.

    Raises:
        CircumplexError: a nuisance that cannot be fitted, or that leaves nothing.
    """
    fitted, unseen = scored.part(False), scored.part(True)
    probes = fit_probes(fitted.codes, fitted.labels, fitted.groups, seed=seed)
    taken_out = _fit_nuisances(scored, nuisances, seed)
    patterns = label_patterns(fitted.codes, fitted.labels) if basis == "pattern" else None
    raw = probes.weights if patterns is None else patterns
    clean = project_out(raw, taken_out)
    directions = make_directions(
        probes,
        basis,
        model=scored.model,
        faceset=scored.digest,
        patterns=patterns,
        space=scored.space,
    )
    if taken_out:
        directions = _along(directions, clean)
    predicted = probes.predict(unseen.codes)
    scores = target_scores(probes, directions, fitted, unseen, predicted, seed)
    directions = _with_figures(directions, scores, fitted)
    directions, factors = _add_factors(directions, scored, taken_out, seed)
    shown = {"predictions": _plotted(unseen.labels, predicted, seed)}
    return directions, {
        "fit": _count(fitted) | {"folds": probes.folds},
        "directions": describe_directions(directions) | {"digest": directions.digest},
        "held_out": {"set": scored.name} | _count(unseen) | scores | shown,
        "nuisances": [nuisance.describe(raw) for nuisance in taken_out],
        "cost": _cost(fitted, unseen, raw, clean) if taken_out else None,
        **({"factors": factors} if factors else {}),
    }


def find_factors(
    directions: Directions,
    scored: ScoredSamples,
    nuisances: Mapping[str, np.ndarray],
    seed: int = 0,
) -> tuple[Directions, list[dict[str, Any]]]:
    """Directions that are there already, with the samples' further factors beside them.

    Args:
        nuisances: as in `find_directions`; valence and arousal stay as they are.

    Returns:
        The directions, and what is known of each factor, see
        `vae.probing.factor_fitting.add_factor`: there of the probe's scores. Of the label itself,
        probe: r2, r2_interval, shuffled_r2, told, low, high, None where it was not measured.

    Raises:
        CircumplexError: as `find_directions`, or a factor cannot be told from those before it.
    """
    taken_out = _fit_nuisances(scored, nuisances, seed)
    return _add_factors(directions, scored, taken_out, seed)


def _add_factors(
    directions: Directions, scored: ScoredSamples, taken_out: Sequence[Nuisance], seed: int
) -> tuple[Directions, list[dict[str, Any]]]:
    without = np.stack([nuisance.weights for nuisance in taken_out]) if taken_out else None
    found = []
    for k, factor in enumerate(scored.factors):
        parts = scored.labelled_by(k)
        directions, known = add_factor(
            directions, factor.name, parts, factor.classes, without, seed
        )
        found.append(known | {"probe": _describe_probe(factor)})
    return directions, found


def _describe_probe(factor: Factor) -> dict[str, Any]:
    """How well the probe that scored told the label itself, on faces that it never saw."""
    interval = factor.r2_interval and list(factor.r2_interval)
    figures = {"r2": factor.r2, "r2_interval": interval, "shuffled_r2": factor.shuffled_r2}
    return figures | {"told": factor.told, "low": factor.low, "high": factor.high}


def _fit_nuisances(
    scored: ScoredSamples, readings: Mapping[str, np.ndarray], seed: int
) -> list[Nuisance]:
    return [
        nuisance
        for name, values in readings.items()
        for nuisance in fit_nuisance(name, scored.w, values, scored.held_out, scored.groups, seed)
    ]


def _along(directions: Directions, vectors: np.ndarray) -> Directions:
    """The same probes, moved along what is left of their vectors (2, W)."""
    # dual vectors of what is left lie in it too, and still move one prediction alone
    valence, arousal = unit_vectors(vectors, directions.basis, vectors)
    # None: computed anew of the vectors
    return replace(directions, valence=valence, arousal=arousal, step=None, cosine_after=None)


def _count(faces: CodedFaces) -> dict[str, Any]:
    return {"split": faces.split, "n": len(faces.labels), "unread": faces.unlabelled}


def _with_figures(
    directions: Directions, scores: Mapping[str, Any], fitted: CodedFaces
) -> Directions:
    valence, arousal = (scores[name] for name in TARGETS)
    return replace(
        directions,
        r2=(valence["r2"], arousal["r2"]),
        r2_interval=(tuple(valence["r2_interval"]), tuple(arousal["r2_interval"])),
        r2_alone=(valence["r2_alone"], arousal["r2_alone"]),
        hull=label_hull(fitted.labels),
    )


def _cost(
    fitted: CodedFaces, unseen: CodedFaces, raw: np.ndarray, clean: np.ndarray
) -> dict[str, Any]:
    """What taking the nuisances out costs: held-out R² of each score off its vector alone, before
    and after, the cosine of the vector with what is left of it, and that of both that are left."""
    pairs = (fitted.codes, fitted.labels, unseen.codes, unseen.labels)
    before, after = alone_r2(*pairs, raw), alone_r2(*pairs, clean)
    cosines = np.linalg.norm(clean, axis=1) / np.linalg.norm(raw, axis=1)
    units = clean / np.linalg.norm(clean, axis=1, keepdims=True)
    columns = zip(TARGETS, plain(before), plain(after), plain(cosines), strict=True)
    cost: dict[str, Any] = {
        name: {"r2_before": b, "r2_after": a, "cosine_kept": c} for name, b, a, c in columns
    }
    return cost | {"cosine": plain(units[0] @ units[1])}


def _plotted(scored: np.ndarray, predicted: np.ndarray, seed: int) -> dict[str, Any]:
    rows = sample_rows(len(scored), PLOTTED, seed)
    pairs = {"scored": scored[rows], "predicted": predicted[rows]}
    return {name: np.round(values, 5).tolist() for name, values in pairs.items()}
