"""The baseline that a latent space has to beat: ridge on the principal components of the pixels.

A reviewer's first question. Components are those of the faces that probes are fitted on, brought to
64 pixels and to luminance; the probes are fitted and cross-validated as those on codes are.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from faces.ground.json_values import plain
from faces.ground.pixels import to_tensor
from faces.ground.progress import Progress
from faces.sets import FaceSet
from vae.probing.coded import TARGETS
from vae.probing.encoding import identities
from vae.probing.metrics import intervals, r2
from vae.probing.probes import fit_probes
from vae.probing.rows import LabelledRows
from vae.training.greyness import luminance

COUNTS = (64, 256)
#: Faces that components are found on at most; more change them little.
_FOUND_ON = 8000
_SIDE = 64
_READ_AT_ONCE = 512


def component_scores(
    choices: Mapping[str, LabelledRows], seed: int, progress: Progress
) -> dict[str, Any]:
    """R² of ridge probes on principal components, for each number of COUNTS that the faces allow.

    Args:
        choices: "fit", and "held_out" or "test", either or both.

    Returns:
        {"held_out" and/or "test": {count: {valence and arousal: {r2, r2_interval}}}}, counts as
        text.
    """
    from sklearn.decomposition import PCA

    fit = choices["fit"]
    rng = np.random.default_rng([seed, 0x9CA])
    chosen = np.sort(rng.permutation(fit.rows)[:_FOUND_ON])
    most = min(max(COUNTS), len(chosen) - 1)
    found = PCA(most, svd_solver="randomized", random_state=seed)
    found.fit(_pixels(fit.faces, chosen))
    codes = {name: _project(found, each, progress) for name, each in choices.items()}
    scores: dict[str, Any] = {name: {} for name in choices if name != "fit"}
    for count in COUNTS:
        if count <= most:
            part = {name: values[:, :count] for name, values in codes.items()}
            for name, found_scores in _scores(choices, part, seed).items():
                scores[name][str(count)] = found_scores
    return scores


def _scores(
    choices: Mapping[str, LabelledRows], codes: Mapping[str, np.ndarray], seed: int
) -> dict[str, Any]:
    fit = choices["fit"]
    labels, people = fit.faces.labels(fit.rows), identities(fit.faces, fit.rows)
    probes = fit_probes(codes["fit"], labels, people, seed=seed)
    scores: dict[str, Any] = {}
    for name, chosen in choices.items():
        if name == "fit":
            continue
        labels, predicted = chosen.faces.labels(chosen.rows), probes.predict(codes[name])
        people = identities(chosen.faces, chosen.rows)
        bounds = intervals(labels, predicted, people, seed=seed)["r2"]
        values = r2(labels, predicted)
        scores[name] = {
            target: {"r2": plain(values[k]), "r2_interval": plain(bounds[:, k])}
            for k, target in enumerate(TARGETS)
        }
    return scores


def _project(components: Any, chosen: LabelledRows, progress: Progress) -> np.ndarray:
    starts = range(0, len(chosen.rows), _READ_AT_ONCE)
    parts = [
        components.transform(_pixels(chosen.faces, chosen.rows[at : at + _READ_AT_ONCE]))
        for at in progress(starts, "principal components", len(starts))
    ]
    return np.concatenate(parts).astype(np.float32)


def _pixels(faces: FaceSet, rows: np.ndarray) -> np.ndarray:
    """Luminance of faces at 64 pixels or less, (N, P) float32."""
    parts = [
        _small(to_tensor(faces.read(rows[at : at + _READ_AT_ONCE])))
        for at in range(0, len(rows), _READ_AT_ONCE)
    ]
    return torch.cat(parts).numpy()


def _small(images: Tensor) -> Tensor:
    grey = luminance(images)
    if grey.shape[2] > _SIDE:
        grey = functional.interpolate(
            grey, (_SIDE, _SIDE), mode="bilinear", antialias=True, align_corners=False
        )
    return grey.flatten(1)
