"""What an edit is to be: the request is read in the picture, and the rest stays as it was."""

import numpy as np
import torch
from torch import Tensor

from faces.circumplex import ANCHORS, EXPRESSIONS
from faces.ground.training.streams import folded_seed, stream
from gan_bridge.editing.editor_config import EditorConfig
from gan_bridge.editing.face_senses import Senses

_NEAR, _FAR, _WIDTH = 0.3, 0.6, 6.0  # distances from neutral, and degrees about an anchor
#: How far the faces are moved before affect is read in them: degrees, ln of the scale, and shares
#: of the side; about as far as detectors disagree.
_TURN, _SCALE, _SHIFT = 5.0, 0.05, 0.03
#: A deviation that weighs as much as an error of 1 in units of each term below.
_AFFECT, _DEGREES, _LEVELS, _YEARS = 0.15, 4.0, 8.0, 4.0


def edit_losses(
    after: Senses, before: Senses, points: Tensor, config: EditorConfig
) -> dict[str, Tensor]:
    """What is missed of requests, and what else has changed, by name, weighted.

    Args:
        after, before: what N faces show after and before the edit; points: (N, 2) aimed at.
    """
    kind, weight = expression_targets(points)
    likelihood = after.expression.clamp_min(1e-4).log().gather(1, kind[:, None])[:, 0]
    distance = (after.embedding - before.embedding).square().sum(1).add(1e-6).sqrt()
    head = torch.stack([after.yaw - before.yaw, after.pitch - before.pitch], 1) / _DEGREES
    light = (after.light - before.light) / _LEVELS
    apparent = torch.stack([2 * (after.female - before.female), (after.age - before.age) / _YEARS])
    return {
        "affect": config.affect * ((after.affect - points) / _AFFECT).square().mean(),
        "expression": -config.expression * (weight * likelihood).mean(),
        "identity": config.identity * (distance - config.free).clamp_min(0).square().mean(),
        "pose": config.pose * head.square().mean(),
        "light": config.light * light.square().mean(),
        "appearance": config.appearance * apparent.square().mean(),
    }


def expression_targets(points: Tensor) -> tuple[Tensor, Tensor]:
    """The expression that belongs to each point (N, 2): its number in EXPRESSIONS (N,), and how
    surely (N,), from 1 at an anchor's angle and far out to 0 between anchors and near neutral.

    The anchors are those of FER+'s labels, by which the probes tell valence and arousal.
    """
    angles = torch.tensor(list(ANCHORS.values()))
    kinds = torch.tensor([EXPRESSIONS.index(name) for name in ANCHORS])
    angle = torch.atan2(points[:, 1], points[:, 0]).rad2deg()
    apart = (angle[:, None] - angles + 180).remainder(360) - 180
    nearest = apart.abs().argmin(1)
    off = apart.gather(1, nearest[:, None])[:, 0]
    far = ((points.norm(dim=1) - _NEAR) / (_FAR - _NEAR)).clamp(0, 1)
    return kinds[nearest], far * (-((off / _WIDTH) ** 2)).exp()


def framing_jitter(count: int, seed: int, step: int) -> np.ndarray:
    """Small similarities about the middle of the unit square, (count, 2, 3)."""
    random = stream(folded_seed(seed, 17, step, bits=62))
    turn, scale, x, y = torch.randn(4, count, generator=random).double().numpy()
    a = np.exp(_SCALE * scale + 1j * np.deg2rad(_TURN) * turn)
    offset = (0.5 + 0.5j) * (1 - a) + _SHIFT * (x + 1j * y)
    return np.stack(
        [np.stack([a.real, -a.imag, offset.real], 1), np.stack([a.imag, a.real, offset.imag], 1)], 1
    )
