"""How far raters agree: variance components of stimuli × raters, ICC(2,1) and ICC(2,k).

A rating is y = μ + stimulus + rater + residual, stimuli and raters drawn at random, one rating a
cell at most. Every cell filled, the components come from the mean squares, and the intervals are
those of McGraw & Wong (1996, table 7, case 2A); this is ICC(2,·) of Shrout & Fleiss (1979). With
cells empty, as where raters see a share of the stimuli, the components are those of the linear
mixed model by restricted maximum likelihood, which mean squares give too where no cell is empty
and none is negative; the interval is then Wald's on the logit of the ICC, or, where the stimuli's
variance is 0 or hardly known, so that the logit is far from normal, from the likelihood's profile.

The likelihood needs only counts and totals of raters and stimuli. General mixed-model code builds
the matrix of all ratings instead: statsmodels' MixedLM takes seconds for 60 raters × 40 stimuli,
this takes milliseconds. The tests hold both against each other.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from faces.ground.json_values import plain

_LEVEL = 0.95
_MOST_RATIO = 1e3  #: of a component's standard deviation to the residual's
_ROUNDING = 1e-12  #: of what varies, below which nothing does but the last digits
_LOGIT_VARIANCE = 1.0  #: of the logit of the ICC, above which it is far from normal
_STEP = 1e-3  #: of the second differences of the likelihood, in logs of variances


@dataclass(frozen=True)
class Components:
    """Variance components of ratings, in squared units of the rating.

    Attributes:
        stimuli, raters, residual: at least 0.
        estimator: "mean squares" or "REML".
    """

    stimuli: float
    raters: float
    residual: float
    estimator: str

    def icc(self, raters: float) -> float:
        """ICC(2, k) of means over k raters; NaN where nothing varies."""
        total = self.stimuli + self.raters + self.residual
        return spearman_brown(self.stimuli / total, raters) if total > 0 else math.nan


def intraclass(ratings: np.ndarray) -> dict[str, Any]:
    """ICC(2,1), ICC(2,k) and their 95 % intervals, as plain JSON values.

    Args:
        ratings: (raters, stimuli), NaN where a rater did not rate a stimulus.

    Returns:
        raters, stimuli, ratings: how many that have any; k: harmonic mean of the ratings of a
        stimulus; single, average: ICC(2,1) and ICC(2,k), each with `_interval`; components;
        estimator. What is not defined is None: one rater or stimulus alone, nothing that varies.
    """
    ratings = _filled(ratings)
    raters, stimuli = ratings.shape
    found: dict[str, Any] = {
        "raters": raters, "stimuli": stimuli, "ratings": int(np.isfinite(ratings).sum()),
        "k": None, "single": None, "single_interval": [None, None], "average": None,
        "average_interval": [None, None], "components": None, "estimator": None,
    }  # fmt: skip
    if raters < 2 or stimuli < 2 or found["ratings"] < raters + stimuli:
        return found
    k = float(stimuli / (1 / np.isfinite(ratings).sum(0)).sum())
    known = ratings[np.isfinite(ratings)]
    if np.ptp(known) <= _ROUNDING * np.abs(known).max():
        return found | {"k": k}
    components, single = variance_components(ratings)
    return found | {
        "k": k,
        "single": plain(components.icc(1)),
        "single_interval": plain(single),
        "average": plain(components.icc(k)),
        "average_interval": plain([spearman_brown(bound, k) for bound in single]),
        "components": {
            "stimuli": components.stimuli,
            "raters": components.raters,
            "residual": components.residual,
        },
        "estimator": components.estimator,
    }


def variance_components(ratings: np.ndarray) -> tuple[Components, tuple[float, float]]:
    """The components of (raters, stimuli) ratings, and the 95 % interval of ICC(2,1).

    Every rater and every stimulus has at least one rating; cells may be NaN.
    """
    if np.isfinite(ratings).all():
        return _mean_squares(ratings)
    return _restricted_likelihood(ratings)


def _filled(ratings: np.ndarray) -> np.ndarray:
    """Without raters and stimuli that have no rating."""
    known = np.isfinite(ratings)
    return ratings[known.any(1)][:, known.any(0)]


def spearman_brown(single: float, k: float) -> float:
    """Reliability of the mean of k raters from that of one (Spearman 1910; Brown 1910)."""
    return k * single / (1 + (k - 1) * single)


def spearman_brown_raters(single: float, wanted: float) -> float:
    """k whose mean has the wanted reliability below 1: `spearman_brown` solved for k; infinite
    where `single` is 0."""
    return wanted * (1 - single) / (single * (1 - wanted)) if single > 0 else math.inf


def _mean_squares(ratings: np.ndarray) -> tuple[Components, tuple[float, float]]:
    from scipy.stats import f

    k, n = ratings.shape
    mean = ratings.mean()
    by_rater, by_stimulus = ratings.mean(1), ratings.mean(0)
    rest = ratings - by_rater[:, None] - by_stimulus + mean
    ms_stimuli = k * ((by_stimulus - mean) ** 2).sum() / (n - 1)
    ms_raters = n * ((by_rater - mean) ** 2).sum() / (k - 1)
    ms_rest = (rest**2).sum() / ((n - 1) * (k - 1))
    if ms_rest <= _ROUNDING * (ms_stimuli + ms_raters):
        ms_rest = 0.0
    components = Components(
        max((ms_stimuli - ms_rest) / k, 0.0),
        max((ms_raters - ms_rest) / n, 0.0),
        float(ms_rest),
        "mean squares",
    )
    if ms_rest == 0:
        return components, (math.nan, math.nan)
    between = k * ms_raters + (k * n - k - n) * ms_rest
    icc = (ms_stimuli - ms_rest) * n / (between + n * ms_stimuli)  # may be below 0
    a, b = k * icc / (n * (1 - icc)), 1 + k * icc * (n - 1) / (n * (1 - icc))
    degrees = (a * ms_raters + b * ms_rest) ** 2 / (
        (a * ms_raters) ** 2 / (k - 1) + (b * ms_rest) ** 2 / ((n - 1) * (k - 1))
    )
    upper = (1 + _LEVEL) / 2
    first, second = f.ppf(upper, n - 1, degrees), f.ppf(upper, degrees, n - 1)
    low = n * (ms_stimuli - first * ms_rest) / (first * between + n * ms_stimuli)
    high = n * (second * ms_stimuli - ms_rest) / (between + n * second * ms_stimuli)
    return components, (max(float(low), 0.0), max(float(high), 0.0))


class _Likelihood:
    """−2 log restricted likelihood of y = μ + stimulus + rater + residual, from counts and totals.

    With variances relative to the residual's, λ, the covariance of all ratings is
    H = I + λ_r Z_r Z_rᵀ + λ_s Z_s Z_sᵀ. Its determinant and quadratic forms come from the matrix
    I + Λ ZᵀZ Λ of raters and stimuli (Bates et al. 2015, eq. 18 to 25), whose block of raters is
    diagonal and is eliminated.
    """

    def __init__(self, ratings: np.ndarray) -> None:
        known = np.isfinite(ratings)
        values = np.where(known, ratings - ratings[known].mean(), 0.0)
        self.cells = known.astype(np.float64)  # (raters, stimuli)
        self.count = int(known.sum())
        self.squares = float((values**2).sum())
        # of the constant and of the ratings, (…, 2)
        self.by_rater = np.stack([self.cells.sum(1), values.sum(1)], 1)
        self.by_stimulus = np.stack([self.cells.sum(0), values.sum(0)], 1)

    def parts(self, raters: float, stimuli: float) -> tuple[float, float]:
        """log |H| + log |1ᵀH⁻¹1|, and the residual sum of squares in H⁻¹, at λ of each."""
        from scipy.linalg import cho_factor, cho_solve

        own = 1 + raters * self.by_rater[:, 0]
        cross = math.sqrt(raters * stimuli) * self.cells
        block = np.diag(1 + stimuli * self.by_stimulus[:, 0]) - cross.T @ (cross / own[:, None])
        right = math.sqrt(raters) * self.by_rater
        left = math.sqrt(stimuli) * self.by_stimulus - cross.T @ (right / own[:, None])
        factor = cho_factor(block, lower=True)
        explained = right.T @ (right / own[:, None]) + left.T @ cho_solve(factor, left)
        total = np.array([[self.count, 0.0], [0.0, self.squares]]) - explained
        log_determinant = np.log(own).sum() + 2 * np.log(np.diag(factor[0])).sum()
        rest = total[1, 1] - total[0, 1] ** 2 / total[0, 0]
        return float(log_determinant + math.log(total[0, 0])), float(max(rest, 1e-300))

    def profiled(self, ratios: np.ndarray) -> float:
        """At standard deviations relative to the residual's, which is at its best."""
        logs, rest = self.parts(*(ratios**2))
        return logs + (self.count - 1) * math.log(rest / (self.count - 1))

    def at(self, logs: np.ndarray) -> float:
        """At logs of the variances of stimuli, raters and residual."""
        stimuli, raters, residual = np.exp(logs)
        constant, rest = self.parts(raters / residual, stimuli / residual)
        return constant + (self.count - 1) * logs[2] + rest / residual


def _restricted_likelihood(ratings: np.ndarray) -> tuple[Components, tuple[float, float]]:
    from scipy.optimize import minimize

    likelihood = _Likelihood(ratings)
    best = minimize(
        likelihood.profiled,
        np.array([0.5, 0.5]),
        method="L-BFGS-B",
        bounds=[(0.0, _MOST_RATIO)] * 2,
    ).x
    _, rest = likelihood.parts(*(best**2))
    residual = rest / (likelihood.count - 1)
    raters, stimuli = (float(ratio**2 * residual) for ratio in best)
    components = Components(stimuli, raters, float(residual), "REML")
    return components, _logit_interval(likelihood, components)


def _logit_interval(likelihood: _Likelihood, found: Components) -> tuple[float, float]:
    """Wald's interval of logit ICC(2,1) = log σ²_s − log(σ²_r + σ²_e), components at 0 left out."""
    from scipy.special import expit, logit
    from scipy.stats import norm

    variances = np.array([found.stimuli, found.raters, found.residual])
    if found.stimuli <= 1e-9 * variances.sum():
        return _profile_interval(likelihood, found)
    free = np.flatnonzero(variances > 1e-9 * variances.sum())
    logs = np.log(np.maximum(variances, 1e-12 * variances.sum()))
    information = _half_hessian(likelihood, logs, free)
    error = found.raters + found.residual
    slopes = np.array([1.0, -found.raters / error, -found.residual / error])[free]
    try:
        variance = float(slopes @ np.linalg.solve(information, slopes))
    except np.linalg.LinAlgError:
        return _profile_interval(likelihood, found)
    if not 0 < variance <= _LOGIT_VARIANCE:
        return _profile_interval(likelihood, found)
    half = norm.ppf((1 + _LEVEL) / 2) * math.sqrt(variance)
    centre = logit(found.icc(1))
    return float(expit(centre - half)), float(expit(centre + half))


def _profile_interval(likelihood: _Likelihood, found: Components) -> tuple[float, float]:
    """ICC(2,1) that the restricted likelihood ratio does not reject, with χ² of one degree: at the
    border, where the stimuli's variance is 0, that holds the truth more often than 95 %."""
    from scipy.optimize import brentq, minimize_scalar
    from scipy.stats import chi2

    def deviance(icc: float) -> float:
        def at(log_ratio: float) -> float:
            raters = math.exp(2 * log_ratio)  # variances, relative to the residual's
            stimuli = icc / (1 - icc) * (1 + raters)
            return likelihood.profiled(np.sqrt([raters, stimuli]))

        bounds = (-math.log(_MOST_RATIO), math.log(_MOST_RATIO))
        return float(minimize_scalar(at, bounds=bounds, method="bounded").fun)

    nearest, farthest = 1e-9, 1 - 1e-6
    best = min(max(found.icc(1), nearest), farthest)
    limit = deviance(best) + chi2.ppf(_LEVEL, 1)

    def excess(icc: float) -> float:
        return deviance(icc) - limit

    low = brentq(excess, nearest, best) if excess(nearest) > 0 else 0.0
    high = brentq(excess, best, farthest) if excess(farthest) > 0 else 1.0
    return float(low), float(high)


def _half_hessian(likelihood: _Likelihood, logs: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Observed information in the logs of the variances: central second differences."""
    steps = np.zeros((len(free), 3))
    steps[np.arange(len(free)), free] = _STEP

    def at(*moves: np.ndarray) -> float:
        return likelihood.at(logs + sum(moves))

    hessian = np.array(
        [[at(a, b) - at(a, -b) - at(-a, b) + at(-a, -b) for b in steps] for a in steps]
    )
    return hessian / (4 * _STEP**2) / 2


def reliabilities(matrices: Mapping[str, np.ndarray]) -> dict[str, dict[str, Any]]:
    """`intraclass` of each target."""
    return {target: intraclass(matrix) for target, matrix in matrices.items()}
