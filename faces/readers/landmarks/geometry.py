"""The 53 geometric features of a face, from its landmarks.

Lengths are shares of the face's width W (cheek to cheek) or height H (forehead to chin), so that
most features stand still when the face moves, grows or shrinks. Left and right are the subject's,
but for the cheeks, whose names follow the published notebook that defined these features: 234 is
called left. A feature of "the same side" pairs what bears the same name.
"""

from types import MappingProxyType

import numpy as np

_LEFT_CHEEK, _RIGHT_CHEEK, _FOREHEAD, _CHIN, _NOSE = 234, 454, 10, 152, 1
_MOUTH_LEFT, _MOUTH_RIGHT, _LIP_TOP, _LIP_BOTTOM = 61, 291, 13, 14
# outer, inner, top, bottom
_EYES = {"left": (263, 362, 386, 374), "right": (33, 133, 159, 145)}
#: Points around each eye and along each brow, by the subject's side.
EYE_RINGS = MappingProxyType(
    {
        "left": (362, 382, 381, 380, 374, 373, 390, 249, 263, 466, 388, 387, 386, 385, 384, 398),
        "right": (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    }
)
BROWS = MappingProxyType(
    {
        "left": (336, 296, 334, 293, 300, 276, 283, 282, 295, 285),
        "right": (70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
    }
)
_NAMES = {
    "mouth": """mouth_width mouth_height mouth_ar mouth_corner_asym_norm mouth_center_nose_dist
        mouth_slope_left mouth_slope_right mouth_slope_mean mouth_slope_diff""",
    "extra mouth": """lip_thickness_mid mouth_corner_top_left mouth_corner_top_right
        mouth_corner_bottom_left mouth_corner_bottom_right mouth_corner_nose_left
        mouth_corner_nose_right upper_lip_curvature lower_lip_curvature""",
    "eyes": """left_eye_width right_eye_width left_eye_height right_eye_height left_ear right_ear
        mean_ear ear_diff""",
    "eye-cheek": "left_cheek_eye right_cheek_eye cheek_eye_mean cheek_eye_diff",
    "brows": "left_brow_eye right_brow_eye brow_eye_mean brow_eye_diff",
    "brow geometry": """inner_brow_dist left_brow_tilt right_brow_tilt brow_tilt_diff
        left_brow_curv right_brow_curv brow_curv_mean brow_curv_diff left_inner_brow_eye
        left_outer_brow_eye right_inner_brow_eye right_outer_brow_eye inner_brow_eye_mean
        outer_brow_eye_mean inner_outer_brow_eye_diff""",
    "global": "face_aspect head_tilt_angle head_tilt_sin head_tilt_cos",
}
#: The features' names, group by group, in the order of the columns.
FEATURE_GROUPS = MappingProxyType({group: tuple(each.split()) for group, each in _NAMES.items()})
FEATURE_NAMES: tuple[str, ...] = tuple(name for names in FEATURE_GROUPS.values() for name in names)

_EPSILON = 1e-6
_ROWS_AT_ONCE = 8192  # bounds the memory beyond input and output
_MESH = 468


def geometric_features(points: np.ndarray) -> np.ndarray:
    """The 53 features of each face.

    Args:
        points: (N, 478, 3) or (N, 468, 3), MediaPipe's normalised coordinates; NaN where no face
            was found.

    Returns:
        (N, 53) float32, columns as in FEATURE_NAMES; a face without landmarks is a row of NaN.

    Raises:
        ValueError: another shape.
    """
    points = np.asarray(points)
    if points.ndim != 3 or points.shape[1] < _MESH or points.shape[2] != 3:
        raise ValueError(f"points have shape {points.shape}; (N, 478, 3) is needed")
    features = np.empty((len(points), len(FEATURE_NAMES)), np.float32)
    for low in range(0, len(points), _ROWS_AT_ONCE):
        rows = slice(low, low + _ROWS_AT_ONCE)
        columns = _Face(points[rows]).features()
        features[rows] = np.stack([columns[name] for name in FEATURE_NAMES], axis=1)
    return features


class _Face:
    """The points of N faces that the features need, in double precision, and their measures."""

    def __init__(self, points: np.ndarray) -> None:
        self._points = points
        self.left_cheek, self.right_cheek = self.at(_LEFT_CHEEK), self.at(_RIGHT_CHEEK)
        self.nose = self.at(_NOSE)
        self.width = _length(self.right_cheek - self.left_cheek) + _EPSILON
        self.height = _length(self.at(_CHIN) - self.at(_FOREHEAD)) + _EPSILON
        rings = {side: self.at(ring) for side, ring in EYE_RINGS.items()}
        self.eyes = {side: ring.mean(1) for side, ring in rings.items()}
        self.brows = {side: self.at(brow) for side, brow in BROWS.items()}
        x = {side: brow[:, :, 0] for side, brow in self.brows.items()}
        # the left brow's inner end is the one of smallest x, the right one's of largest
        self.inner = {
            "left": _pick(self.brows["left"], x["left"].argmin(1)),
            "right": _pick(self.brows["right"], x["right"].argmax(1)),
        }
        self.outer = {
            "left": _pick(self.brows["left"], x["left"].argmax(1)),
            "right": _pick(self.brows["right"], x["right"].argmin(1)),
        }

    def at(self, index: int | tuple[int, ...]) -> np.ndarray:
        """Points by index: (N, 3), or (N, n, 3) of several."""
        return self._points[:, np.asarray(index)].astype(np.float64)

    def features(self) -> dict[str, np.ndarray]:
        """Every feature, (N,), by name."""
        return self.mouth() | self.eye() | self.cheek() | self.brow() | self.ends() | self.whole()

    def mouth(self) -> dict[str, np.ndarray]:
        left, right = self.at(_MOUTH_LEFT), self.at(_MOUTH_RIGHT)
        top, bottom = self.at(_LIP_TOP), self.at(_LIP_BOTTOM)
        centre, tall = (left + right) / 2, self.height
        width, gap = _length(left - right) / self.width, _length(top - bottom)
        slopes = _slope(centre, left), _slope(centre, right)
        mean, difference = _both(*slopes)
        return {
            "mouth_width": width,
            "mouth_height": gap / self.width,
            "mouth_ar": gap / self.width / (width + _EPSILON),
            "mouth_corner_asym_norm": (left[:, 1] - right[:, 1]) / (tall + _EPSILON),
            "mouth_center_nose_dist": _length(centre - self.nose) / tall,
            "mouth_slope_left": slopes[0],
            "mouth_slope_right": slopes[1],
            "mouth_slope_mean": mean,
            "mouth_slope_diff": difference,
            "lip_thickness_mid": gap / tall,
            "mouth_corner_top_left": _length(left - top) / tall,
            "mouth_corner_top_right": _length(right - top) / tall,
            "mouth_corner_bottom_left": _length(left - bottom) / tall,
            "mouth_corner_bottom_right": _length(right - bottom) / tall,
            "mouth_corner_nose_left": _length(left - self.nose) / tall,
            "mouth_corner_nose_right": _length(right - self.nose) / tall,
            "upper_lip_curvature": _signed(top, left, right) / (tall + _EPSILON),
            "lower_lip_curvature": _signed(bottom, left, right) / (tall + _EPSILON),
        }

    def eye(self) -> dict[str, np.ndarray]:
        columns = {}
        for side, indices in _EYES.items():
            outer, inner, top, bottom = (self.at(index) for index in indices)
            width = _length(outer - inner) / self.width
            height = _length(top - bottom) / self.width
            columns[f"{side}_eye_width"] = width
            columns[f"{side}_eye_height"] = height
            columns[f"{side}_ear"] = height / (width + _EPSILON)
        mean, difference = _both(columns["left_ear"], columns["right_ear"])
        return columns | {"mean_ear": mean, "ear_diff": difference}

    def cheek(self) -> dict[str, np.ndarray]:
        left = _length(self.left_cheek - self.eyes["left"]) / self.width
        right = _length(self.right_cheek - self.eyes["right"]) / self.width
        return _pair("{}_cheek_eye", "cheek_eye", left, right)

    def brow(self) -> dict[str, np.ndarray]:
        tall = self.height + _EPSILON
        above, tilt, bent = (
            {side: measure(side) for side in ("left", "right")}
            for measure in (
                lambda side: (self.brows[side].mean(1) - self.eyes[side])[:, 1] / tall,
                lambda side: _slope(self.inner[side], self.outer[side]),
                lambda side: (
                    _signed(self.brows[side].mean(1), self.inner[side], self.outer[side]) / tall
                ),
            )
        )
        return {
            **_pair("{}_brow_eye", "brow_eye", above["left"], above["right"]),
            **_pair("{}_brow_tilt", "brow_tilt", tilt["left"], tilt["right"]),
            **_pair("{}_brow_curv", "brow_curv", bent["left"], bent["right"]),
        }

    def ends(self) -> dict[str, np.ndarray]:
        """The brows' inner and outer ends against the eyes."""
        tall = self.height + _EPSILON
        columns = {
            f"{side}_{end}_brow_eye": (point[side] - self.eyes[side])[:, 1] / tall
            for end, point in (("inner", self.inner), ("outer", self.outer))
            for side in ("left", "right")
        }
        inner, outer = (
            (columns[f"left_{end}_brow_eye"] + columns[f"right_{end}_brow_eye"]) / 2
            for end in ("inner", "outer")
        )
        return columns | {
            "inner_brow_dist": _length(self.inner["left"] - self.inner["right"]) / self.width,
            "inner_brow_eye_mean": inner,
            "outer_brow_eye_mean": outer,
            "inner_outer_brow_eye_diff": inner - outer,
        }

    def whole(self) -> dict[str, np.ndarray]:
        across = self.right_cheek - self.left_cheek
        tilt = np.arctan2(across[:, 1], across[:, 0])
        return {
            "face_aspect": self.height / self.width,
            "head_tilt_angle": tilt,
            "head_tilt_sin": np.sin(tilt),
            "head_tilt_cos": np.cos(tilt),
        }


def _length(vectors: np.ndarray) -> np.ndarray:
    return np.sqrt(np.einsum("...i,...i->...", vectors, vectors))


def _slope(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    way = end - start
    return way[:, 1] / (way[:, 0] + _EPSILON)


def _signed(point: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Distance of a point from the line through start and end in the picture's plane; its sign
    tells the side."""
    along, to = (end - start)[:, :2], (point - start)[:, :2]
    cross = along[:, 0] * to[:, 1] - along[:, 1] * to[:, 0]
    return cross / (_length(along) + _EPSILON)


def _pick(points: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Of (N, n, 3) points one a face, (N, 3)."""
    return points[np.arange(len(points)), index]


def _both(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Half the sum, and left minus right."""
    return (left + right) / 2, left - right


def _pair(each: str, together: str, left: np.ndarray, right: np.ndarray) -> dict[str, np.ndarray]:
    mean, difference = _both(left, right)
    return {
        each.format("left"): left,
        each.format("right"): right,
        f"{together}_mean": mean,
        f"{together}_diff": difference,
    }
