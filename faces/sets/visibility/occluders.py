"""Things drawn over faces by rule: masks, glasses, hands, bars, blur; and what they hide.

Faces are float32 (S, S, 3) RGB in [0, 255], aligned by five points with the margin MARGIN.
"""

from collections.abc import Callable

import cv2
import numpy as np

from faces.sets.alignment import TEMPLATE
from faces.sets.visibility.config import MARGIN

_LEFT_EYE, _RIGHT_EYE, _NOSE, _MOUTH = 0, 1, 2, slice(3, 5)
# radii of what counts as an eye, nose or mouth, in sides of `TEMPLATE`'s square
_EYE, _TIP, _LIPS = (0.12, 0.075), (0.08, 0.07), (0.19, 0.09)
# shares of a part that must be covered before it counts as hidden
_HIDDEN, _HALF = 0.6, 0.55

Draw = Callable[[np.random.Generator, int], np.ndarray]


def placed(points: np.ndarray, side: int) -> np.ndarray:
    """Points (N, 2) of `TEMPLATE`'s square in pixels of a face as it is cut."""
    return (0.5 + (np.asarray(points) - 0.5) / (1 + MARGIN)) * side


def hidden_parts(cover: np.ndarray) -> np.ndarray:
    """Which of REGIONS something hides that covers (S, S) in [0, 1]: (4,) bool."""
    side = len(cover)
    eyes = [_covered(cover, TEMPLATE[k], _EYE) for k in (_LEFT_EYE, _RIGHT_EYE)]
    nose = _covered(cover, TEMPLATE[_NOSE], _TIP)
    mouth = _covered(cover, TEMPLATE[_MOUTH].mean(0), _LIPS)
    middle = side // 2
    seen_left = cover[:, :middle].mean()  # the viewer's left, the subject's right
    seen_right = cover[:, middle:].mean()
    return np.array(
        [
            max(eyes) >= _HIDDEN,
            max(mouth, nose) >= _HIDDEN,
            seen_right >= _HALF,
            seen_left >= _HALF,
        ]
    )


def _covered(cover: np.ndarray, centre: np.ndarray, radii: tuple[float, float]) -> float:
    """Share of an ellipse that is covered."""
    part = _ellipse(len(cover), centre, radii, 0.0)
    return float((cover * part).sum() / part.sum())


def occlude(
    face: np.ndarray, rng: np.random.Generator, other: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The face with one or two things over it, and what they cover, (S, S) in [0, 1].

    Args:
        other: another face, whose skin and pattern things may have.
    """
    cover = np.zeros(face.shape[:2], np.float32)
    for _ in range(1 + (rng.random() < 0.2)):
        draw = _THINGS[rng.choice(len(_THINGS), p=_SHARES)]
        shape = draw(rng, len(face))
        soft = float(rng.uniform(0.3, 1.5))
        shape = cv2.GaussianBlur(np.clip(shape, 0, 1), (0, 0), soft)[..., None]
        if draw is _sunglasses:
            shape = shape * rng.uniform(0.75, 1)
        elif rng.random() < 0.05:
            shape = shape * rng.uniform(0.85, 1)
        face = face * (1 - shape) + _surface(face, rng, other, draw) * shape
        cover = np.maximum(cover, shape[..., 0])
    return face, cover


def rims(face: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The face with clear glasses on, which hide nothing."""
    side = len(face)
    drawn = np.zeros(face.shape[:2], np.float32)
    wide, high = rng.uniform(0.12, 0.19), rng.uniform(0.08, 0.14)
    width = max(1, round(side * rng.uniform(0.008, 0.022)))
    centres = [_jittered(rng, TEMPLATE[k], 0.02) for k in (_LEFT_EYE, _RIGHT_EYE)]
    for centre in centres:
        at, radii = _pixels(centre, side), _lengths((wide, high), side)
        if rng.random() < 0.5:
            cv2.ellipse(drawn, at, radii, 0, 0, 360, 1.0, width, cv2.LINE_AA)
        else:
            corner = (at[0] - radii[0], at[1] - radii[1]), (at[0] + radii[0], at[1] + radii[1])
            cv2.rectangle(drawn, *corner, 1.0, width, cv2.LINE_AA)
    inner = [centres[0] + (wide, 0), centres[1] - (wide, 0)]
    cv2.line(drawn, _pixels(inner[0], side), _pixels(inner[1], side), 1.0, width, cv2.LINE_AA)
    strength = (drawn * rng.uniform(0.5, 1))[..., None]
    return face * (1 - strength) + rng.uniform(0, 140, 3) * strength


def _surface(
    face: np.ndarray, rng: np.random.Generator, other: np.ndarray, draw: Draw
) -> np.ndarray:
    """What a thing looks like: (S, S, 3)."""
    side = len(face)
    kind = rng.random()
    if draw is _sunglasses:
        colour = rng.uniform(0, 70) + rng.normal(0, 8, 3)
        return np.clip(colour + _shading(rng, side, 25), 0, 255)
    if draw is _hand or kind < 0.15:  # skin: of this face, of another, or of any tone
        skin = (face, other)[int(rng.random() < 0.4)]
        tone = np.median(skin[side // 3 : 2 * side // 3, side // 3 : 2 * side // 3], (0, 1))
        return np.clip(tone * rng.uniform(0.7, 1.2) + _shading(rng, side, 30), 0, 255)
    if kind < 0.3:  # blurred, or in large squares
        if rng.random() < 0.5:
            return cv2.GaussianBlur(face, (0, 0), side * float(rng.uniform(0.1, 0.2)))
        few = int(rng.integers(3, 7))
        small = cv2.resize(face, (few, few), interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (side, side), interpolation=cv2.INTER_NEAREST)
    if kind < 0.4:  # a pattern
        turned = np.rot90(other, int(rng.integers(1, 4)))
        return cv2.resize(turned[: side // 3, : side // 3], (side, side))
    if kind < 0.5:
        rough = rng.normal(0, 60, (int(rng.integers(4, side)),) * 2 + (3,)).astype(np.float32)
        return np.clip(rng.uniform(0, 255, 3) + cv2.resize(rough, (side, side)), 0, 255)
    if kind < 0.75:  # white, grey, black, light blue: what masks are of
        bases = ((235, 235, 235), (170, 205, 225), (40, 40, 45), (130, 130, 130))
        colour = np.array(bases[rng.integers(4)]) + rng.normal(0, 15, 3)
    else:
        colour = rng.uniform(0, 255, 3)
    return np.clip(colour + _shading(rng, side, rng.choice([3, 20, 35])), 0, 255)


def _shading(rng: np.random.Generator, side: int, strength: float) -> np.ndarray:
    rough = rng.normal(0, strength, (3, 3)).astype(np.float32)
    fine = rng.normal(0, rng.uniform(0, 4), (side, side))
    return (cv2.resize(rough, (side, side), interpolation=cv2.INTER_CUBIC) + fine)[..., None]


def _mask(rng: np.random.Generator, side: int) -> np.ndarray:
    """A mask over nose and mouth: from below the eyes to under the chin."""
    top, wing = rng.uniform(0.46, 0.6), rng.uniform(0.5, 0.68)
    wide, chin = rng.uniform(0.4, 0.62), rng.uniform(0.98, 1.2)
    bottom = rng.uniform(0.05, 0.35)
    corners = [
        *(
            (0.5 - wide, wing),
            (0.5 - wide / 2, top + 0.02),
            (0.5, top),
            (0.5 + wide / 2, top + 0.02),
        ),
        *((0.5 + wide, wing), (0.5 + wide * 0.8, 0.9), (0.5 + bottom, chin)),
        *((0.5 - bottom, chin), (0.5 - wide * 0.8, 0.9)),
    ]
    points = np.array(corners) + rng.normal(0, 0.015, (len(corners), 2))
    return _polygon(side, points)


def _sunglasses(rng: np.random.Generator, side: int) -> np.ndarray:
    shape = np.zeros((side, side), np.float32)
    wide, high = rng.uniform(0.12, 0.2), rng.uniform(0.09, 0.16)
    down = rng.uniform(-0.01, 0.04)
    square = rng.random() < 0.4
    for k in (_LEFT_EYE, _RIGHT_EYE):
        centre = TEMPLATE[k] + (0, down) + rng.normal(0, 0.012, 2)
        if square:
            corners = np.array([(-1, -0.9), (1, -0.9), (0.85, 1), (-0.85, 1)]) * (wide, high)
            shape = np.maximum(shape, _polygon(side, centre + corners))
        else:
            shape = np.maximum(shape, _ellipse(side, centre, (wide, high), 0.0))
    start, end = (_pixels((x, TEMPLATE[0, 1] - high * 0.3), side) for x in (0.4, 0.6))
    cv2.line(shape, start, end, 1.0, max(1, round(0.02 * side)), cv2.LINE_AA)
    return shape


def _hand(rng: np.random.Generator, side: int) -> np.ndarray:
    """A palm with fingers from any side, over mouth, eyes or cheek."""
    aim = TEMPLATE[rng.integers(5)] if rng.random() < 0.5 else TEMPLATE[_MOUTH].mean(0)
    centre = aim + rng.normal(0, 0.05, 2)
    angle = rng.uniform(0, 2 * np.pi)
    radii = tuple(rng.uniform(0.13, 0.32, 2))
    shape = _ellipse(side, centre, radii, np.degrees(angle))
    for finger in range(int(rng.integers(0, 5))):
        start = (
            centre
            + rng.normal(0, 0.08, 2)
            + (finger - 2) * 0.07 * np.array([-np.sin(angle), np.cos(angle)])
        )
        end = start + rng.uniform(0.25, 0.5) * np.array([np.cos(angle), np.sin(angle)])
        width = max(1, round(rng.uniform(0.05, 0.09) * side))
        cv2.line(shape, _pixels(start, side), _pixels(end, side), 1.0, width, cv2.LINE_AA)
    return shape


def _bar(rng: np.random.Generator, side: int) -> np.ndarray:
    """A bar right across, over the eyes, the mouth or anything."""
    middle = rng.choice([TEMPLATE[0, 1], 0.7, rng.uniform(0, 1)])
    half, tilt = rng.uniform(0.06, 0.25), rng.normal(0, 0.08)
    ends = np.array([(-0.5, middle - half), (1.5, middle - half), (1.5, middle + half)])
    points = np.concatenate([ends, [(-0.5, middle + half)]])
    points[:, 1] += (points[:, 0] - 0.5) * tilt
    return _polygon(side, points)


def _half(rng: np.random.Generator, side: int) -> np.ndarray:
    """All beyond an upright line, a little tilted, on one side."""
    at, tilt = rng.uniform(-0.25, 0.25), rng.normal(0, 0.12)
    line = 0.5 + at
    points = np.array([(-1, -1), (line + tilt, -1), (line - tilt, 2), (-1, 2)], float)
    shape = _polygon(side, points)
    return shape[:, ::-1].copy() if rng.random() < 0.5 else shape


def _anything(rng: np.random.Generator, side: int) -> np.ndarray:
    """A polygon or an ellipse anywhere."""
    centre, size = rng.uniform(0, 1, 2), rng.uniform(0.08, 0.4)
    if rng.random() < 0.4:
        return _ellipse(side, centre, (size, size * rng.uniform(0.4, 1)), rng.uniform(0, 180))
    if rng.random() < 0.5:
        corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * rng.uniform(0.4, 1, 2) * size
        return _polygon(side, centre + corners)
    angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 8))))
    reach = size * rng.uniform(0.6, 1.2, len(angles))
    return _polygon(side, centre + np.stack([np.cos(angles), np.sin(angles)], 1) * reach[:, None])


_THINGS: tuple[Draw, ...] = (_mask, _sunglasses, _hand, _bar, _half, _anything)
_SHARES = (0.22, 0.18, 0.2, 0.1, 0.15, 0.15)


def _polygon(side: int, points: np.ndarray) -> np.ndarray:
    shape = np.zeros((side, side), np.float32)
    cv2.fillPoly(shape, [np.round(placed(points, side)).astype(np.int32)], 1.0, cv2.LINE_AA)
    return shape


def _ellipse(
    side: int, centre: np.ndarray, radii: tuple[float, float], degrees: float
) -> np.ndarray:
    shape = np.zeros((side, side), np.float32)
    at, lengths = _pixels(centre, side), _lengths(radii, side)
    cv2.ellipse(shape, at, lengths, degrees, 0, 360, 1.0, -1, cv2.LINE_AA)
    return shape


def _pixels(point: object, side: int) -> tuple[int, int]:
    x, y = np.round(placed(np.asarray(point)[None], side)[0]).astype(int).tolist()
    return x, y


def _lengths(radii: tuple[float, float], side: int) -> tuple[int, int]:
    x, y = (max(1, round(each * side / (1 + MARGIN))) for each in radii)
    return x, y


def _jittered(rng: np.random.Generator, point: np.ndarray, by: float) -> np.ndarray:
    return point + rng.normal(0, by, 2)
