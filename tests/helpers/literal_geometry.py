"""The 53 features, one face and one formula at a time, as their definitions are written down."""

import math

EPSILON = 1e-6
LEFT_EYE = (362, 382, 381, 380, 374, 373, 390, 249, 263, 466, 388, 387, 386, 385, 384, 398)
RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_BROW = (336, 296, 334, 293, 300, 276, 283, 282, 295, 285)
RIGHT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)

Point = tuple[float, ...]


def distance(a: Point, b: Point) -> float:
    return math.sqrt(sum((p - q) ** 2 for p, q in zip(a, b, strict=True)))


def mean(points: list[Point]) -> Point:
    return tuple(sum(values) / len(points) for values in zip(*points, strict=True))


def slope(a: Point, b: Point) -> float:
    return (b[1] - a[1]) / (b[0] - a[0] + EPSILON)


def signed(p: Point, a: Point, b: Point) -> float:
    cross = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
    return cross / (distance(a[:2], b[:2]) + EPSILON)


def features(points: list[list[float]]) -> dict[str, float]:
    """Every feature of one face by name; points are 478 of x, y, z."""
    p = [tuple(float(value) for value in point) for point in points]
    cheek_l, cheek_r, forehead, chin, nose = p[234], p[454], p[10], p[152], p[1]
    left, right, top, bottom = p[61], p[291], p[13], p[14]
    w = distance(cheek_l, cheek_r) + EPSILON
    h = distance(forehead, chin) + EPSILON
    f: dict[str, float] = {}

    centre = mean([left, right])
    f["mouth_width"] = distance(left, right) / w
    f["mouth_height"] = distance(top, bottom) / w
    f["mouth_ar"] = f["mouth_height"] / (f["mouth_width"] + EPSILON)
    f["mouth_corner_asym_norm"] = (left[1] - right[1]) / (h + EPSILON)
    f["mouth_center_nose_dist"] = distance(centre, nose) / h
    f["mouth_slope_left"] = slope(centre, left)
    f["mouth_slope_right"] = slope(centre, right)
    f["mouth_slope_mean"] = (f["mouth_slope_left"] + f["mouth_slope_right"]) / 2
    f["mouth_slope_diff"] = f["mouth_slope_left"] - f["mouth_slope_right"]

    f["lip_thickness_mid"] = distance(top, bottom) / h
    f["mouth_corner_top_left"] = distance(left, top) / h
    f["mouth_corner_top_right"] = distance(right, top) / h
    f["mouth_corner_bottom_left"] = distance(left, bottom) / h
    f["mouth_corner_bottom_right"] = distance(right, bottom) / h
    f["mouth_corner_nose_left"] = distance(left, nose) / h
    f["mouth_corner_nose_right"] = distance(right, nose) / h
    f["upper_lip_curvature"] = signed(top, left, right) / (h + EPSILON)
    f["lower_lip_curvature"] = signed(bottom, left, right) / (h + EPSILON)

    f["left_eye_width"] = distance(p[263], p[362]) / w
    f["right_eye_width"] = distance(p[33], p[133]) / w
    f["left_eye_height"] = distance(p[386], p[374]) / w
    f["right_eye_height"] = distance(p[159], p[145]) / w
    f["left_ear"] = f["left_eye_height"] / (f["left_eye_width"] + EPSILON)
    f["right_ear"] = f["right_eye_height"] / (f["right_eye_width"] + EPSILON)
    f["mean_ear"] = (f["left_ear"] + f["right_ear"]) / 2
    f["ear_diff"] = f["left_ear"] - f["right_ear"]

    eye_l, eye_r = mean([p[i] for i in LEFT_EYE]), mean([p[i] for i in RIGHT_EYE])
    f["left_cheek_eye"] = distance(cheek_l, eye_l) / w
    f["right_cheek_eye"] = distance(cheek_r, eye_r) / w
    f["cheek_eye_mean"] = (f["left_cheek_eye"] + f["right_cheek_eye"]) / 2
    f["cheek_eye_diff"] = f["left_cheek_eye"] - f["right_cheek_eye"]

    brow_l, brow_r = [p[i] for i in LEFT_BROW], [p[i] for i in RIGHT_BROW]
    middle_l, middle_r = mean(brow_l), mean(brow_r)
    f["left_brow_eye"] = (middle_l[1] - eye_l[1]) / (h + EPSILON)
    f["right_brow_eye"] = (middle_r[1] - eye_r[1]) / (h + EPSILON)
    f["brow_eye_mean"] = (f["left_brow_eye"] + f["right_brow_eye"]) / 2
    f["brow_eye_diff"] = f["left_brow_eye"] - f["right_brow_eye"]

    inner_l, outer_l = min(brow_l, key=lambda q: q[0]), max(brow_l, key=lambda q: q[0])
    inner_r, outer_r = max(brow_r, key=lambda q: q[0]), min(brow_r, key=lambda q: q[0])
    f["inner_brow_dist"] = distance(inner_l, inner_r) / w
    f["left_brow_tilt"] = slope(inner_l, outer_l)
    f["right_brow_tilt"] = slope(inner_r, outer_r)
    f["brow_tilt_diff"] = f["left_brow_tilt"] - f["right_brow_tilt"]
    f["left_brow_curv"] = signed(middle_l, inner_l, outer_l) / (h + EPSILON)
    f["right_brow_curv"] = signed(middle_r, inner_r, outer_r) / (h + EPSILON)
    f["brow_curv_mean"] = (f["left_brow_curv"] + f["right_brow_curv"]) / 2
    f["brow_curv_diff"] = f["left_brow_curv"] - f["right_brow_curv"]
    f["left_inner_brow_eye"] = (inner_l[1] - eye_l[1]) / (h + EPSILON)
    f["left_outer_brow_eye"] = (outer_l[1] - eye_l[1]) / (h + EPSILON)
    f["right_inner_brow_eye"] = (inner_r[1] - eye_r[1]) / (h + EPSILON)
    f["right_outer_brow_eye"] = (outer_r[1] - eye_r[1]) / (h + EPSILON)
    f["inner_brow_eye_mean"] = (f["left_inner_brow_eye"] + f["right_inner_brow_eye"]) / 2
    f["outer_brow_eye_mean"] = (f["left_outer_brow_eye"] + f["right_outer_brow_eye"]) / 2
    f["inner_outer_brow_eye_diff"] = f["inner_brow_eye_mean"] - f["outer_brow_eye_mean"]

    angle = math.atan2(cheek_r[1] - cheek_l[1], cheek_r[0] - cheek_l[0])
    f["face_aspect"] = h / w
    f["head_tilt_angle"] = angle
    f["head_tilt_sin"] = math.sin(angle)
    f["head_tilt_cos"] = math.cos(angle)
    return f
