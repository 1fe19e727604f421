"""An editor whose requests mean what people see: a correction, fitted to ratings, ahead of it.

An editor aims at what readers of faces find. People who rate its pictures see something else, a
smooth function of the point p that was aimed at: r = p + φ(p) B, φ the monomials of p up to some
degree. A request in terms of ratings is solved for p, and the editor aims there.
"""

import json
import os
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from faces.ground.artefacts import read_artefact, write_artefact
from faces.ground.digests import tensors_digest
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema
from gan_bridge.editing.editor import ARRAYS, Editor
from gan_bridge.editing.reachable import ANGLES, ReachableRegion

SCHEMA, VERSION = "circumplex/rated-editor", 1
DEGREES = (1, 2, 3)  #: of the correction
_RINGS, _STEPS = 24, 8
#: Up to this share of the way to the border neutral counts as well within.
_CENTRAL = 0.5


def monomials(points: np.ndarray, degree: int) -> np.ndarray:
    """1, v, a, v², v a, a², … of points (N, 2) up to a total degree: (N, (d + 1)(d + 2) / 2)."""
    v, a = np.asarray(points, np.float64).T
    return np.stack(
        [v ** (total - k) * a**k for total in range(degree + 1) for k in range(total + 1)], axis=1
    )


def degree_of(terms: int) -> int:
    """The degree of a correction of that many terms; KeyError where there is none."""
    return {(d + 1) * (d + 2) // 2: d for d in DEGREES}[terms]


@dataclass(frozen=True, eq=False)
class RatedEditor(Editor):
    """An editor, and the correction of its requests.

    Attributes:
        correction: (terms, 2), B above; `evidence["ratings"]` says how it was fitted.
    """

    correction: np.ndarray

    @property
    def digest(self) -> str:
        """SHA-256 of the numbers that decide an edit, as they are stored."""
        names = (*ARRAYS, "correction")
        return tensors_digest({name: getattr(self, name) for name in names})

    @property
    def region(self) -> ReachableRegion:
        """What people see in the pictures that can be made."""
        return self._rated_region

    def seen(self, points: np.ndarray) -> np.ndarray:
        """What people see in pictures aimed at points (N, 2) of the editor: (N, 2)."""
        degree = degree_of(len(self.correction))
        return points + monomials(points, degree) @ self.correction

    def in_request_terms(self, read: np.ndarray) -> np.ndarray:
        """What people see in a picture in which the editor's readers find `read` (N, 2)."""
        return self.seen(read)

    def in_reader_terms(self, requested: np.ndarray) -> np.ndarray:
        """The points (N, 2) of the editor at which people see `requested`, or the nearest."""
        return np.stack([self._solved(target) for target in requested])

    def unrated(self) -> Editor:
        """The editor without the correction."""
        return Editor(**{field.name: getattr(self, field.name) for field in fields(Editor)})

    def _solved(self, target: np.ndarray) -> np.ndarray:
        """The nearest of a grid, then Newton's steps; alone, so that batches do not count."""
        points, rated = self._grid
        best = points[((rated - target) ** 2).sum(1).argmin()]
        missed = np.inf
        point = best
        for _ in range(_STEPS):
            now = self.seen(point[None])[0]
            error = float(((now - target) ** 2).sum())
            if error >= missed:
                break
            best, missed = point, error
            step = np.linalg.lstsq(self._slopes(point), target - now, rcond=None)[0]
            point = super().region.clipped((point + step)[None])[0]
        return best

    def _slopes(self, point: np.ndarray) -> np.ndarray:
        """∂r/∂p at a point (2,), by central differences."""
        step = 1e-4
        moves = np.array([[step, 0], [-step, 0], [0, step], [0, -step]])
        at = self.seen(point + moves)
        return np.stack([at[0] - at[1], at[2] - at[3]], axis=1) / (2 * step)

    @cached_property
    def _grid(self) -> tuple[np.ndarray, np.ndarray]:
        """Points of the editor's region on rings, and what people see there."""
        points = super().region.points(_RINGS)
        return points, self.seen(points)

    @cached_property
    def _rated_region(self) -> ReachableRegion:
        """What people see within the editor's border, about neutral. Where their bias puts neutral
        beyond or near the border, it is about what they see in a face aimed at neutral."""
        border = self.seen(super().region.points(1)[1:])
        seen_at_neutral = self.seen(np.zeros((1, 2)))[0]
        about = _star_shaped(border, seen_at_neutral)
        farther = (1 - 1 / _CENTRAL) * seen_at_neutral  # than neutral, on the way there
        if about.covers(farther[None])[0]:
            return _star_shaped(border, np.zeros(2))
        return about

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it, whole or not at all."""
        header = {
            "schema": SCHEMA,
            "version": str(VERSION),
            "evidence": json.dumps(self.evidence, sort_keys=True),
        }
        arrays = {name: getattr(self, name) for name in (*ARRAYS, "correction")}
        write_artefact(path, arrays, header)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` wrote.

        Raises:
            CircumplexError: missing, damaged, of another kind or version, or not finite.
        """
        stored, header = read_artefact(path)
        check_schema(header, SCHEMA, VERSION, Path(path))
        damaged = CircumplexError(f"{path} is damaged; run circumplex calibrate anew")
        try:
            correction = stored["correction"]
            degree_of(len(correction))
        except (KeyError, TypeError) as error:
            raise damaged from error
        if correction.shape[1:] != (2,) or not np.isfinite(correction).all():
            raise damaged
        return cls(**cls.checked_fields(stored, header, path), correction=correction)


def _star_shaped(border: np.ndarray, centre: np.ndarray) -> ReachableRegion:
    """What lies within a closed line (N, 2) and is seen straight from a point (2,) in it: along
    each of the angles that regions keep, up to where the line is first crossed."""
    angles = np.arange(ANGLES) * 2 * np.pi / ANGLES
    ways = np.stack([np.cos(angles), np.sin(angles)], 1)[:, None]  # (A, 1, 2)
    start = border - centre
    step = np.roll(start, -1, axis=0) - start
    turned = _cross(ways, step)
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = _cross(start, step) / turned
        share = _cross(start, ways) / turned  # of each step
    crossed = (share > -1e-9) & (share < 1 + 1e-9) & (distance > 0)
    radii = np.where(crossed, distance, np.inf).min(1)
    return ReachableRegion(radii, (float(centre[0]), float(centre[1])))


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def rate(editor: Editor, correction: np.ndarray, ratings: dict[str, Any]) -> RatedEditor:
    """An editor with a correction (terms, 2) ahead of it; `ratings` says how that was fitted."""
    own = {field.name: getattr(editor, field.name) for field in fields(Editor)}
    own["evidence"] = editor.evidence | {"ratings": ratings}
    return RatedEditor(**own, correction=correction)


def load_editor(path: str | os.PathLike[str]) -> Editor:
    """The editor in a file, rated or not.

    Raises:
        CircumplexError: as `Editor.load`.
    """
    _, header = read_artefact(path)
    kind = RatedEditor if header.get("schema") == SCHEMA else Editor
    return kind.load(path)
