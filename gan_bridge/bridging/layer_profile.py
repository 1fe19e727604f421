"""Which layers of a generator carry expression, and what else moves when they do.

Each layer alone, and then ranges that grow from the best of them, is moved along the two
directions for some faces. What the pictures gain in expression is set against what they lose in
identity. All of it is measured in pictures; nothing is taken from the latent.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from faces.ground.json_values import plain
from faces.ground.progress import Progress, silent
from gan_bridge.bridging.nuisances import POSE
from gan_bridge.bridging.scoring import Scorer
from gan_bridge.editing.explorer import EmotionExplorer
from gan_bridge.generators.sampling import ArrayCache, PictureReader, Reading, read_cached, uncached
from vae.probing.evidence import TARGETS

STEP = 2.0  #: of a move, in standard deviations of the samples' predictions
LEAST_GAIN = 0.8  #: of the default layers, as a share of the greatest gain
RULE = (
    "Gain is the rise of the probes' reading of the picture along the requested direction, over "
    "the rise requested; cost is the change of identity over the distance of two faces. From the "
    "layer with the most gain per cost the range grows to the better neighbour, up to all layers. "
    f"Of these ranges, those that keep {LEAST_GAIN:.0%} of the greatest gain stand for choice; "
    "the one with the most gain per cost is the default. Where nothing gains, all layers are moved."
)


class LayerProfile:
    """Measures sets of layers on the same faces and moves.

    Args:
        explorer: generator and directions in w.
        pictures: makes the pictures of the same generator.
        scorer: reads expression in them.
        w: (F, L, W) the faces; spread: (2,) standard deviation of the samples' predictions.
        identity: embeds pictures (N, E); identity_by: what the distance of two is, for people.
        pose: yaw, pitch, roll (N, 3) in degrees, or None where it is not to be measured.
        cache: see `gan_bridge.generators.sampling.ResumableCache`.
    """

    def __init__(
        self,
        explorer: EmotionExplorer,
        pictures: PictureReader,
        scorer: Scorer,
        w: np.ndarray,
        spread: np.ndarray,
        identity: Reading,
        identity_by: str,
        pose: Reading | None = None,
        cache: ArrayCache = uncached,
    ) -> None:
        self.explorer, self.pictures, self.scorer, self.cache = explorer, pictures, scorer, cache
        self.w, self.step = w, STEP * spread
        self.identity_by = identity_by
        self.readings: dict[str, Reading] = {"affect": scorer, "identity": identity}
        self.readings |= {} if pose is None else {"pose": pose}
        self.start = self._read("profile-start", w)
        self.apart = _mean_distance(self.start["identity"])

    def run(self, progress: Progress = silent) -> dict[str, Any]:
        """Measure every layer alone and the ranges that grow from the best.

        Returns:
            faces, step {valence, arousal}, identity_by, pose (whether measured), rule;
            single, ranges: lists of what `measure` gives; layers: the default ones.
        """
        count = self.explorer.generator.num_layers
        numbers = progress(range(count), "profile each layer", count)
        single = [self.measure([layer]) for layer in numbers]
        first, *longer = grow_ranges([_trade(each) for each in single])
        ranges = [single[first[0]]]
        for layers in progress(longer, "profile ranges of layers", len(longer)):
            ranges.append(self.measure(layers))
        return {
            "faces": len(self.w),
            "step": dict(zip(TARGETS, plain(self.step), strict=True)),
            "identity_by": self.identity_by,
            "pose": "pose" in self.readings,
            "rule": RULE,
            "single": single,
            "ranges": ranges,
            "layers": choose_range(ranges)["layers"],
        }

    def measure(self, layers: Sequence[int]) -> dict[str, Any]:
        """What moving these layers does.

        Returns:
            layers; expression {valence, arousal}: mean change of the reading along the requested
            direction a unit requested, expression_error: its standard error over the faces,
            other: mean absolute change of the other reading; identity {valence, arousal}: mean
            distance from the start, in mean distances of two faces; pose {yaw, pitch, roll}: mean
            absolute turn in degrees, or None; gain, cost: over both directions.
        """
        found = self._read(f"profile-{'-'.join(map(str, layers))}", self._moved(layers))
        change = {  # (direction, sign, face, column)
            name: values.reshape(2, 2, len(self.w), -1) - self.start[name]
            for name, values in found.items()
        }
        signs = np.array([1.0, -1.0])[:, None]
        along = np.stack([change["affect"][k, ..., k] * signs / self.step[k] for k in range(2)])
        across = [np.abs(change["affect"][k, ..., 1 - k]) / self.step[k] for k in range(2)]
        lost = np.linalg.norm(change["identity"], axis=3) / self.apart
        expression = [_mean(each) for each in along]
        identity = [_mean(each) for each in lost]
        turned = (
            [_mean(np.abs(change["pose"][..., k])) for k in range(3)] if "pose" in found else []
        )
        return {
            "layers": [int(layer) for layer in layers],
            "expression": _named(TARGETS, expression),
            "expression_error": _named(TARGETS, [_error(each.mean(0)) for each in along]),
            "other": _named(TARGETS, [_mean(each) for each in across]),
            "identity": _named(TARGETS, identity),
            "pose": _named(POSE, turned) if turned else None,
            "gain": float(np.nan_to_num(expression).mean()),
            "cost": float(np.nan_to_num(identity).mean()),
        }

    def _moved(self, layers: Sequence[int]) -> np.ndarray:
        """The faces after a step up and down in valence, then in arousal: (4 F, L, W)."""
        start = self.explorer.predict(self.w, layers)
        moved = []
        for k in range(2):
            for sign in (1.0, -1.0):
                targets = start.copy()
                targets[:, k] += sign * self.step[k]
                moved.append(self.explorer.move(self.w, targets[:, 0], targets[:, 1], layers))
        return np.concatenate(moved)

    def _read(self, name: str, w: np.ndarray) -> dict[str, np.ndarray]:
        """affect (N, 2), identity (N, E) and, where it is measured, pose (N, 3)."""
        return read_cached(self.pictures, w, self.readings, name, self.cache)


def grow_ranges(trades: Sequence[float]) -> list[range]:
    """Ranges from the layer with the best trade to all layers, each one layer longer."""
    first = last = int(np.argmax(trades))
    ranges = [range(first, last + 1)]
    while len(ranges) < len(trades):
        below = trades[first - 1] if first > 0 else -np.inf
        above = trades[last + 1] if last + 1 < len(trades) else -np.inf
        if below >= above:
            first -= 1
        else:
            last += 1
        ranges.append(range(first, last + 1))
    return ranges


def choose_range(ranges: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The default among measured ranges of growing length, by RULE."""
    most = max(each["gain"] for each in ranges)
    if most <= 0:
        return ranges[-1]
    fit = [each for each in ranges if each["gain"] >= LEAST_GAIN * most]
    return max(fit, key=_trade)  # the shortest of equals: it comes first


def _trade(effect: Mapping[str, Any]) -> float:
    return effect["gain"] / max(effect["cost"], 1e-9)


def _mean(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else float("nan")


def _error(values: np.ndarray) -> float:
    """Standard error of the mean."""
    finite = values[np.isfinite(values)]
    return float(finite.std(ddof=1) / np.sqrt(len(finite))) if len(finite) > 1 else float("nan")


def _named(names: Sequence[str], values: Sequence[float]) -> dict[str, float | None]:
    return dict(zip(names, plain(values), strict=True))


def _mean_distance(embedded: np.ndarray) -> float:
    """Mean distance of two different rows of (F, E); rows with NaN are left out."""
    finite = embedded[np.isfinite(embedded).all(1)]
    if len(finite) < 2:
        return float("nan")
    apart = np.linalg.norm(finite[:, None] - finite[None], axis=2)
    return float(apart.sum() / (len(finite) * (len(finite) - 1)))
