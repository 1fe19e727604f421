"""Decoded frames as the pictures that people see: upright, pixels square, in sRGB."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from av.video.frame import VideoFrame as DecodedFrame

# ITU-T H.273's codes
_UNSPECIFIED, _BT709, _BT601, _SRGB = 2, 1, 5, 13
_HDR = (16, 18)  # transfer characteristics: PQ and HLG of BT.2100
_HD_LINES = 720  # from here on players take unlabelled colours for BT.709's
_MOST_STRETCHED = 4.0  # a pixel's sides; more is no camera's


class Pictures:
    """Makes pictures of frames; keeps what the conversion of like frames needs.

    Args:
        longer: what the longer side is reduced to where it is larger; None keeps it.
    """

    def __init__(self, longer: int | None = None) -> None:
        from av.video.reformatter import VideoReformatter

        self._longer = longer
        self._scaling, self._colours = VideoReformatter(), VideoReformatter()

    def picture(
        self, frame: "DecodedFrame", aspect: float = 1.0
    ) -> tuple[np.ndarray, tuple[int, int]]:
        """The frame as uint8 (H, W, 3) RGB, and its width and height before it was reduced.

        HDR is brought to sRGB with diffuse white (203 cd/m², BT.2408) as white. Its turn and
        mirroring are those of the file's display matrix, to the next quarter.

        Args:
            aspect: width of a stored pixel by its height.
        """
        from av.video.reformatter import Interpolation

        stretched = 1 / _MOST_STRETCHED <= aspect <= _MOST_STRETCHED
        full = np.array([frame.width * (aspect if stretched else 1.0), frame.height])
        share = min(1.0, (self._longer or np.inf) / full.max())
        width, height = np.maximum(1, np.round(full * share)).astype(int).tolist()
        turns, mirrored = _orientation(frame)
        how = Interpolation.AREA if share < 1 else Interpolation.BICUBIC
        if frame.color_trc in _HDR:
            # the light of each pixel is computed: of the reduced picture's alone
            frame = self._scaling.reformat(frame, width, height, interpolation=how)
        converted = self._colours.reformat(
            frame, width, height, "rgb24", interpolation=how, **_colours(frame)
        )
        pixels = converted.to_ndarray()
        if mirrored:
            pixels = pixels[:, ::-1]
        upright = np.ascontiguousarray(np.rot90(pixels, -turns))
        whole = (round(full[0]), round(full[1]))
        return upright, whole[::-1] if turns % 2 else whole


def _colours(frame: "DecodedFrame") -> dict[str, int]:
    """How the conversion is told what a frame's numbers mean."""
    if frame.color_trc in _HDR:
        return {"dst_colorspace": _BT709, "dst_color_trc": _SRGB, "dst_color_primaries": _BT709}
    if frame.colorspace == _UNSPECIFIED and not frame.format.is_rgb:
        return {"src_colorspace": _BT709 if frame.height >= _HD_LINES else _BT601}
    return {}


def _orientation(frame: "DecodedFrame") -> tuple[int, bool]:
    """Quarter turns clockwise as seen, after a mirroring from left to right or without one.

    The display matrix takes (x, y) to (a x + c y, b x + d y), y down (ISO 14496-12, 6.2.2).
    """
    matrix: Any = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return 0, False
    a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32)[:5].astype(np.float64)
    mirrored = bool(a * d - b * c < 0)
    angle = np.arctan2(-b, -a) if mirrored else np.arctan2(b, a)
    return round(float(angle) / (np.pi / 2)) % 4, mirrored
