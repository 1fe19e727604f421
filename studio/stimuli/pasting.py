"""An edited face put back into its photo, at the photo's own size where that can be decoded."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from faces.ground.errors import CircumplexError
from faces.sets.alignment import luminance
from faces.sets.colours import from_srgb, holds_rgb
from faces.sets.pictures import Picture, Rejected, decode, opened_picture
from vae.training.greyness import grey_rows
from vae.training.greyness import luminance as light_of

#: Width of the blend from the edit to the photo, as a share of the crop's side.
_FADE = 0.12
#: Levels of change between which the photo's own detail gives way to the edit's picture: where a
#: mouth opens, the closed one may not shine through.
_LITTLE, _MUCH = 10.0, 40.0
_NO_LIMIT = 10**6  # of pixels to which a photo is reduced
_AROUND = 0.03  # of the side: how far around a place its change is averaged


def colour_profile(photo: Path) -> bytes | None:
    """The ICC profile that says what the numbers of a photo with a pasted face mean: the photo's
    own, where it is of RGB. None is sRGB.

    Raises:
        CircumplexError: the photo cannot be read.
    """
    with _named(photo), opened_picture(photo) as opened:
        profile = opened.info.get("icc_profile")
    return profile if profile and holds_rgb(profile) else None


def paste_face(
    photo: Path, crop: np.ndarray, before: np.ndarray, after: np.ndarray, turned: int = 0
) -> np.ndarray:
    """The photo with a face changed: uint8 (H, W, 3), upright, in the space of `colour_profile`.

    Where the edit changes little, what it changes is added to the photo, which keeps its detail;
    where it changes much, its picture stands. An edit that changes nothing leaves the photo's
    pixels as they are. A grey photo stays grey, and a grey generator leaves the photo its colours.

    Args:
        photo: a picture file.
        crop: (2, 3), where a point of the face's unit square lies in the photo, in pixels; what is
            larger than can be decoded comes back at half its size.
        before, after: uint8 (S, S, 3) in sRGB, what the generator shows of the face as it is, and
            edited.
        turned: degrees by which the photo is turned clockwise before; `crop` lies in it as turned.

    Raises:
        CircumplexError: the photo cannot be read.
    """
    profile = colour_profile(photo)
    picture = _read_upright(photo, profile).turned(turned)
    pixels, crop = picture.pixels, crop * picture.scale[:, None]
    is_grey = _is_grey(pixels) or _is_grey(after)
    before, after = (_in_space(each, profile) for each in (before, after))
    if is_grey:
        before, after = (_greyed(each) for each in (before, after))
    change = after.astype(np.float32) - before
    if not change.any():
        return pixels
    size = np.abs(change).max(2)
    reach = round(len(after) * _AROUND)
    blurred = functional.avg_pool2d(torch.from_numpy(size)[None, None], 2 * reach + 1, 1, reach)[
        0, 0
    ]
    replaced = ((blurred - _LITTLE) / (_MUCH - _LITTLE)).clamp(0, 1)
    layers = torch.cat(
        [
            torch.from_numpy(change).permute(2, 0, 1),
            torch.from_numpy(after.astype(np.float32)).permute(2, 0, 1),
            replaced[None],
            _fade(len(after))[None],
        ]
    )
    (left, top, right, bottom), placed = _placed(layers, crop, pixels.shape[:2])
    part = torch.from_numpy(pixels[top:bottom, left:right]).permute(2, 0, 1).float()
    added, shown, share, fade = placed[:3], placed[3:6], placed[6:7], placed[7:]
    if _is_grey(after):  # of a grey generator's picture only the light is taken
        shown = part + (shown - light_of(part[None])[0])
    edited = part + (1 - share) * added + share * (shown - part)
    blended = part + fade * (edited - part)
    result = pixels.copy()
    result[top:bottom, left:right] = blended.round().clamp(0, 255).byte().permute(1, 2, 0).numpy()
    return result


def _read_upright(photo: Path, profile: bytes | None) -> Picture:
    """A photo as large as it is decoded, turned as its EXIF says, in its `colour_profile`."""
    with _named(photo):
        stored = profile is not None
        return decode(photo.read_bytes(), _NO_LIMIT, stored_colours=stored)


@contextmanager
def _named(photo: Path) -> Iterator[None]:
    """What keeps a photo from being read as one line with its name."""
    try:
        yield
    except (OSError, Rejected) as error:
        raise CircumplexError(f"{photo} cannot be read; give a picture file") from error


def _in_space(face: np.ndarray, profile: bytes | None) -> np.ndarray:
    """A face in sRGB as the numbers of a photo's profile."""
    return np.asarray(from_srgb(Image.fromarray(face), profile))


def _is_grey(pixels: np.ndarray) -> bool:
    """Whether a picture uint8 (H, W, 3) holds no colour."""
    return bool(grey_rows(pixels.transpose(2, 0, 1)[None])[0])


def _greyed(pixels: np.ndarray) -> np.ndarray:
    return np.repeat(luminance(pixels)[..., None], 3, axis=2)


def _fade(side: int) -> Tensor:
    """1 within a crop, smoothly 0 at its border, (S, S)."""
    at = (torch.arange(side) + 0.5) / side
    edge = torch.minimum(at, 1 - at) / _FADE
    ramp = edge.clamp(0, 1)
    ramp = ramp * ramp * (3 - 2 * ramp)
    return ramp[:, None] * ramp[None]


def _placed(
    layers: Tensor, crop: np.ndarray, shape: tuple[int, int]
) -> tuple[tuple[int, int, int, int], Tensor]:
    """Layers (C, S, S) of a crop as they lie in a picture: the part that they touch (left, top,
    right, bottom) and their values there, 0 outside of the crop."""
    height, width = shape
    corners = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]) @ crop.T
    low = np.floor(corners.min(0)).astype(int)
    high = np.ceil(corners.max(0)).astype(int)
    left, top = (int(value) for value in np.clip(low, 0, [width, height]))
    right, bottom = (int(value) for value in np.clip(high, [left, top], [width, height]))
    y, x = torch.meshgrid(
        torch.arange(top, bottom, dtype=torch.float64) + 0.5,
        torch.arange(left, right, dtype=torch.float64) + 0.5,
        indexing="ij",
    )
    width = round(float(np.hypot(crop[0, 0], crop[1, 0])))
    if width < layers.shape[-1]:  # sampling alone would jump over pixels
        layers = functional.interpolate(
            layers[None], (width, width), mode="bilinear", antialias=True, align_corners=False
        )[0]
    inverse = np.linalg.inv(crop[:, :2])
    unit = (torch.stack((x, y), -1) - torch.from_numpy(crop[:, 2])) @ torch.from_numpy(inverse.T)
    grid = (unit * 2 - 1).float()[None]
    placed = functional.grid_sample(
        layers[None], grid, mode="bicubic", padding_mode="zeros", align_corners=False
    )[0]
    inside = ((unit >= 0) & (unit <= 1)).all(-1)
    placed[6:] = placed[6:].clamp(0, 1)
    placed[7:] *= inside
    return (left, top, right, bottom), placed
