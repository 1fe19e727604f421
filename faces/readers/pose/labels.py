"""Labels of head pose: AFLW2000-3D and Pointing'04; and how far a reader is from them.

Angles are degrees: yaw positive when the subject turns to the viewer's right, pitch positive up,
roll positive clockwise as seen. Columns are always yaw, pitch, roll.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from faces.ground.errors import CircumplexError
from faces.readers.pose.head_pose import ANGLES
from faces.sets.folders import list_folder

#: personne[PersonID][Serie][Number][VerticalAngle][HorizontalAngle]; "person" in later copies.
_POINTING = re.compile(r"personn?e?(\d{2})(\d)(\d{2})([+-]?\d{1,2})([+-]\d{1,2})\Z")


@dataclass(frozen=True, eq=False)
class PoseLabels:
    """Labelled pictures.

    Attributes:
        paths: of the pictures.
        angles: (N, 3) float64 yaw, pitch, roll in degrees; NaN where the set has no such label.
        people: (N,) who it is, or None where the set does not say.
    """

    paths: tuple[Path, ...]
    angles: np.ndarray
    people: np.ndarray | None = None


def read_aflw2000(folder: str | os.PathLike[str]) -> PoseLabels:
    """AFLW2000-3D (Zhu et al., CVPR 2016): a .mat beside each picture.

    `Pose_Para` holds pitch, yaw and roll in radians, yaw positive towards the viewer's left.

    Raises:
        CircumplexError: no labelled pictures, or a .mat without `Pose_Para`.
    """
    folder = Path(folder)
    pictures = _pictures(folder)
    labelled = [path for path in pictures if path.with_suffix(".mat").is_file()]
    if not labelled:
        raise CircumplexError(
            f"{folder} has no picture with a .mat beside it; give the folder of AFLW2000-3D"
        )
    angles = np.array([_aflw_angles(path.with_suffix(".mat")) for path in labelled])
    return PoseLabels(tuple(labelled), angles)


def read_pointing04(
    folder: str | os.PathLike[str],
    positive_pan: Literal["viewer right", "viewer left"] = "viewer right",
) -> PoseLabels:
    """Pointing'04 (Gourier, Hall & Crowley 2004): tilt and pan in the names of the pictures.

    The set has no roll: that column is NaN. People hold still at 93 marked directions.

    Args:
        folder: searched with its subfolders.
        positive_pan: where a head of positive pan turns, as the viewer sees it. Copies of the set
            differ; a reader that works and correlates negatively with yaw tells that it is the
            other way round.

    Raises:
        CircumplexError: no picture is named after the set's grammar.
    """
    sign = {"viewer right": 1.0, "viewer left": -1.0}.get(positive_pan)
    if sign is None:
        raise CircumplexError(
            f"positive_pan is {positive_pan!r}; it must be 'viewer right' or 'viewer left'"
        )
    paths, angles, people = [], [], []
    for path in _pictures(Path(folder)):
        if match := _POINTING.match(path.stem):
            person, _, _, tilt, pan = match.groups()
            paths.append(path)
            angles.append((sign * float(pan), float(tilt), np.nan))
            people.append(person)
    if not paths:
        raise CircumplexError(
            f"{folder} has no picture named as Pointing'04 does, such as personne01146+0+15.jpg"
        )
    return PoseLabels(tuple(paths), np.array(angles), np.array(people))


def pose_errors(labels: np.ndarray, measured: np.ndarray) -> dict[str, Any]:
    """How far measured angles are from labels, both (N, 3) in degrees, NaN where there is none.

    Differences are taken around the circle, so 179° and -179° are 2° apart.

    Returns:
        yaw, pitch, roll: {n, mean (mean absolute error), median, within_5 (share), correlation};
        n, missing: rows, and rows not measured; mean: over the angles that have labels.
        What no row defines is None.
    """
    labels, measured = np.asarray(labels, np.float64), np.asarray(measured, np.float64)
    if labels.shape != measured.shape or labels.ndim != 2 or labels.shape[1] != len(ANGLES):
        raise ValueError(f"labels {labels.shape} and measured {measured.shape} do not pair up")
    errors: dict[str, Any] = {
        "n": len(labels),
        "missing": int(np.isnan(measured).all(axis=1).sum()),
    }
    for k, name in enumerate(ANGLES):
        rows = np.isfinite(labels[:, k]) & np.isfinite(measured[:, k])
        errors[name] = _errors(labels[rows, k], measured[rows, k])
    means = [errors[name]["mean"] for name in ANGLES if errors[name]["mean"] is not None]
    errors["mean"] = float(np.mean(means)) if means else None
    return errors


def _errors(label: np.ndarray, measured: np.ndarray) -> dict[str, Any]:
    if not len(label):
        return {"n": 0, "mean": None, "median": None, "within_5": None, "correlation": None}
    apart = np.abs((measured - label + 180) % 360 - 180)
    varies = label.std() > 0 and measured.std() > 0
    return {
        "n": len(label),
        "mean": float(apart.mean()),
        "median": float(np.median(apart)),
        "within_5": float((apart <= 5).mean()),
        "correlation": float(np.corrcoef(label, measured)[0, 1]) if varies else None,
    }


def _aflw_angles(path: Path) -> tuple[float, float, float]:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        values = np.ravel(loadmat(path, variable_names=["Pose_Para"])["Pose_Para"])[:3]
    except (OSError, ValueError, NotImplementedError, MatReadError) as error:
        raise CircumplexError(f"{path} is no readable .mat ({error}); copy it anew") from error
    except KeyError as error:
        raise CircumplexError(f"{path} has no Pose_Para; give AFLW2000-3D's own files") from error
    if len(values) < 3:
        raise CircumplexError(f"{path}: Pose_Para is short; give AFLW2000-3D's own files")
    pitch, yaw, roll = np.degrees(values.astype(np.float64))
    return -yaw, pitch, roll


def _pictures(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise CircumplexError(f"{folder} is no folder; name the folder of labelled pictures")
    return list(list_folder(folder).pictures)
