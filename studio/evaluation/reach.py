"""Which requests faces of a generator show, for an evaluation's subsets and figures."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.json_values import plain

if TYPE_CHECKING:
    from gan_bridge.editing.explorer import EmotionExplorer

BY_EDITOR = "the region that the editor aims within"
BY_CALIBRATION = "what most faces showed in the calibration"
BY_LABELS = "the labels of the faces that the probes learned from"


@dataclass(frozen=True, eq=False)
class Reach:
    """What is known of it.

    Attributes:
        by: how it is known, for people; None where it is not.
        border: (M, 2) corners of the region, or None.
        expected_border: (M, 2) what readers are to find there.
        covered: (P,) bool, of the points asked for; None where nothing is known.
    """

    by: str | None
    border: np.ndarray | None
    expected_border: np.ndarray | None
    covered: np.ndarray | None

    def describe(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "by": self.by,
            "border": None if self.border is None else plain(self.border),
            "expected_border": None if self.border is None else plain(self.expected_border),
            "share": None if self.covered is None else float(self.covered.mean()),
        }


def reach_of(explorer: "EmotionExplorer", points: np.ndarray) -> Reach:
    """The region of the explorer's edits, and which of the points (P, 2) lie in it."""
    found = _border(explorer)
    if found is None:
        return Reach(None, None, None, None)
    by, border = found
    return Reach(by, border, explorer.in_reader_terms(border), explorer.covers(points))


def _border(explorer: "EmotionExplorer") -> tuple[str, np.ndarray] | None:
    from gan_bridge.editing.calibration import Calibration

    region, aimed = explorer.region, explorer.calibration
    if region is not None:
        angles = np.arange(len(region.radii)) * 2 * np.pi / len(region.radii)
        return BY_EDITOR, region.border(angles)
    if isinstance(aimed, Calibration) and explorer.is_calibrated():
        return (BY_CALIBRATION, np.asarray(aimed.hull, float)) if len(aimed.hull) else None
    hull = explorer.directions.hull
    return (BY_LABELS, np.array(hull, float)) if hull else None
