"""From five points to an upright crop of one size, and to the pose of the head."""

import numpy as np
from PIL import Image

#: Where the five points (detect.POINTS) of a face lie in the unit square, x right, y down.
TEMPLATE = np.array([[0.32, 0.38], [0.68, 0.38], [0.5, 0.59], [0.35, 0.78], [0.65, 0.78]])

#: The five points on a head: x to the viewer's right, y up, z to the viewer.
HEAD = np.array(
    [
        [-1.0, 1.11, 0.0],
        [1.0, 1.11, 0.0],
        [0.0, -0.06, 0.8],
        [-0.83, -1.11, 0.0],
        [0.83, -1.11, 0.0],
    ]
)

#: Share of red, green and blue in luminance, ITU-R BT.601.
LUMINANCE = (0.299, 0.587, 0.114)


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The similarity transform that takes `source` nearest to `target` in least squares.

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns",
    IEEE TPAMI 13 (1991), in the plane and without reflection, where complex numbers give it in
    one line: w = a z + b.

    Args:
        source, target: (n, 2) points.

    Returns:
        (2, 3) matrix M with target ~ M[:, :2] @ source + M[:, 2].
    """
    z, w = source @ (1, 1j), target @ (1, 1j)
    centred = z - z.mean()
    a = np.vdot(centred, w - w.mean()) / max(np.vdot(centred, centred).real, 1e-12)
    b = w.mean() - a * z.mean()
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def crop_of_points(points: np.ndarray, margin: float) -> np.ndarray:
    """The crop that brings the five points (5, 2) onto TEMPLATE: (2, 3), unit square to pixels."""
    template = 0.5 + (TEMPLATE - 0.5) / (1 + margin)
    return similarity(template, points)


def crop_of_box(box: np.ndarray, margin: float) -> np.ndarray:
    """The upright square around left, top, right, bottom: (2, 3), unit square to pixels."""
    side = (box[2:] - box[:2]).max() * (1 + margin)
    corner = (box[2:] + box[:2]) / 2 - side / 2
    return np.array([[side, 0.0, corner[0]], [0.0, side, corner[1]]])


def warp(pixels: np.ndarray, crop: np.ndarray, size: int) -> np.ndarray:
    """Cut a crop out of a picture; beyond the edge the edge's pixels are repeated.

    Args:
        pixels: uint8 (H, W, 3).
        crop: (2, 3) matrix from the unit square to pixels of the picture.
        size: side of the result.

    Returns:
        uint8 (size, size, 3), cubic interpolation, free of aliasing.
    """
    import torch  # which those do without who want the crop alone

    step = float(np.hypot(crop[0, 0], crop[1, 0])) / size  # source pixels per pixel of the crop
    if step > 1:
        pixels, crop = _shrunk(pixels, crop, step)
    height, width = pixels.shape[:2]
    at = (torch.arange(size, dtype=torch.float64) + 0.5) / size
    y, x = torch.meshgrid(at, at, indexing="ij")
    where = torch.stack((x, y, torch.ones_like(x)), -1) @ torch.from_numpy(crop.T.copy())
    grid = where / torch.tensor([width, height]) * 2 - 1
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None].float()
    sampled = torch.nn.functional.grid_sample(
        image, grid[None].float(), mode="bicubic", padding_mode="border", align_corners=False
    )
    rounded = sampled[0].permute(1, 2, 0).round().clamp(0, 255).byte()
    return np.asarray(rounded.numpy())


def pose(points: np.ndarray) -> np.ndarray:
    """Yaw, pitch and roll in degrees of five points (5, 2) in pixels, y down.

    A weak perspective camera is fitted to HEAD by least squares, and its 2 x 3 matrix replaced by
    the nearest scaled rotation. Yaw is positive when the subject turns to the viewer's right,
    pitch positive up, roll positive clockwise as seen; R = roll * yaw * pitch.
    NaN points give NaN angles.
    """
    if not np.isfinite(points).all():
        return np.full(3, np.nan)
    flat = (points - points.mean(0)) * (1, -1)
    head = HEAD - HEAD.mean(0)
    affine = np.linalg.lstsq(head, flat, rcond=None)[0].T
    u, _, vt = np.linalg.svd(affine, full_matrices=False)
    right, up = u @ vt
    depth = np.cross(right, up)
    yaw = -np.arcsin(np.clip(depth[0], -1, 1))
    pitch = -np.arctan2(depth[1], depth[2])
    roll = -np.arctan2(up[0], right[0])
    return np.degrees([yaw, pitch, roll])


def _shrunk(pixels: np.ndarray, crop: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """The part of a picture that a crop covers, reduced `step` times, and the crop within it."""
    corners = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]) @ crop.T
    size = np.array(pixels.shape[1::-1])
    low = np.clip(np.floor(corners.min(0)) - 2 * step, 0, size - 1).astype(int)
    high = np.clip(np.ceil(corners.max(0)) + 2 * step, low + 1, size).astype(int)
    reduced = np.maximum(1, np.round((high - low) / step)).astype(int)
    image = Image.fromarray(np.ascontiguousarray(pixels[low[1] : high[1], low[0] : high[0]]))
    image = image.resize(tuple(reduced.tolist()), Image.Resampling.BICUBIC)
    crop = crop.copy()
    crop[:, 2] -= low
    return np.array(image), crop * (reduced / (high - low))[:, None]


def luminance(pixels: np.ndarray) -> np.ndarray:
    """RGB uint8 (…, H, W, 3) as luminance uint8 (…, H, W), ITU-R BT.601."""
    if not pixels.size:
        return np.empty(pixels.shape[:-1], np.uint8)
    rows = np.ascontiguousarray(pixels).reshape(-1, *pixels.shape[-2:])
    return np.array(Image.fromarray(rows).convert("L")).reshape(pixels.shape[:-1])
