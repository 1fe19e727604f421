"""Rating studies with a known truth, to see whether a report finds it."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from faces.ground.records import Record, setting
from studio.ratings.designs import INSTRUCTED, RATING
from studio.ratings.scales import TARGETS

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class SimulationConfig(Record):
    """What raters are like; standard deviations are in units of [-1, 1]."""

    raters: int = setting(200, "Raters.", at_least=2)
    stimuli: int = setting(60, "Stimuli.", at_least=2)
    share: int | None = setting(None, "Stimuli that each rater sees.", at_least=1, shown="all")
    steps: int | None = setting(None, "Points of the scale.", at_least=2, shown="continuous")
    stimulus_sd: float = setting(0.25, "Of the stimuli's truth.", at_least=0)
    bias_sd: float = setting(0.1, "Of what a rater adds to every answer.", at_least=0)
    noise_sd: float = setting(0.2, "Of what is left.", at_least=0)
    careless: float = setting(0.05, "Share of careless raters.", at_least=0, at_most=1)
    instructed: int = setting(3, "Instructed trials of each rater.", at_least=0)
    lapse: float = setting(0.02, "Share of them that the attentive fail.", at_least=0, at_most=1)
    luck: float = setting(0.1, "Share of them that the careless pass.", at_least=0, at_most=1)


@dataclass(frozen=True, eq=False)
class SimulatedStudy:
    """Answers, and what is true of them.

    Attributes:
        table: as `read_ratings` gives it.
        truth: (stimuli, 2) mean rating of valence and arousal by all attentive raters there are.
        icc: ICC(2,1) of the attentive; exact of a continuous scale.
        careless: names of the raters who were.
    """

    table: "pd.DataFrame"
    truth: np.ndarray
    icc: float
    careless: frozenset[str]


def simulate(config: SimulationConfig, seed: int) -> SimulatedStudy:
    """Draw stimuli, raters and answers. Every other careless rater answers at random, the others
    give one answer to everything."""
    rng = np.random.default_rng(seed)
    shape = (config.raters, config.stimuli, 2)
    latent = rng.normal(scale=config.stimulus_sd, size=shape[1:])
    bias = rng.normal(scale=config.bias_sd, size=(config.raters, 1, 2))
    answers = latent + bias + rng.normal(scale=config.noise_sd, size=shape)
    careless = rng.permutation(config.raters)[: round(config.careless * config.raters)]
    answers[careless] = rng.uniform(-1, 1, (len(careless), *shape[1:]))
    answers[careless[::2]] = answers[careless[::2]][:, :1]
    answers = _on_scale(answers, config.steps)
    seen = _seen(config, rng)
    variances = np.square([config.stimulus_sd, config.bias_sd, config.noise_sd])
    return SimulatedStudy(
        _table(answers, seen, careless, config, rng),
        _expected(latent, math.hypot(config.bias_sd, config.noise_sd), config.steps),
        float(variances[0] / variances.sum()),
        frozenset(_name(rater) for rater in careless),
    )


def _name(rater: int) -> str:
    return f"R{rater:04d}"


def _on_scale(answers: np.ndarray, steps: int | None) -> np.ndarray:
    clipped = np.clip(answers, -1, 1)
    return clipped if steps is None else np.round((clipped + 1) / 2 * (steps - 1)) / (
        steps - 1) * 2 - 1  # fmt: skip


def _expected(latent: np.ndarray, sd: float, steps: int | None) -> np.ndarray:
    """Mean of N(latent, sd²) after it was clipped and brought to the scale."""
    from scipy.stats import norm

    if steps is None:
        low, high = (-1 - latent) / sd, (1 - latent) / sd
        inside = latent * (norm.cdf(high) - norm.cdf(low)) + sd * (norm.pdf(low) - norm.pdf(high))
        return inside - norm.cdf(low) + norm.sf(high)
    points = np.linspace(-1, 1, steps)
    edges = (points[1:] + points[:-1]) / 2
    below = norm.cdf((edges - latent[..., None]) / sd)
    ends = np.zeros((*latent.shape, 1)), np.ones((*latent.shape, 1))
    return np.diff(np.concatenate([ends[0], below, ends[1]], -1), axis=-1) @ points


def _seen(config: SimulationConfig, rng: np.random.Generator) -> np.ndarray:
    """Who rates what, (raters, stimuli) bool."""
    share = config.stimuli if config.share is None else min(config.share, config.stimuli)
    order = rng.random((config.raters, config.stimuli)).argsort(1).argsort(1)
    return order < share


def _table(
    answers: np.ndarray,
    seen: np.ndarray,
    careless: np.ndarray,
    config: SimulationConfig,
    rng: np.random.Generator,
) -> "pd.DataFrame":
    import pandas as pd

    rater, stimulus = np.nonzero(seen)
    names = np.array([_name(row) for row in range(config.raters)])
    files = np.array([f"{row:04d}.png" for row in range(config.stimuli)])
    ratings = pd.DataFrame(
        {
            "rater": names[rater],
            "stimulus": files[stimulus],
            "kind": RATING,
            **{target: answers[rater, stimulus, k] for k, target in enumerate(TARGETS)},
            "passed": None,
        }
    )
    chance = np.full(config.raters, 1 - config.lapse)
    chance[careless] = config.luck
    passed = rng.random((config.instructed, config.raters)) < chance
    checks = pd.DataFrame(
        {
            "rater": np.tile(names, config.instructed),
            "stimulus": None,
            "kind": INSTRUCTED,
            **dict.fromkeys(TARGETS, np.nan),
            "passed": passed.ravel().astype(object),
        }
    )
    return pd.concat([ratings.astype({"passed": object}), checks], ignore_index=True)
