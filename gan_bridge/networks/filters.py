"""Low-pass filters, and filtering as multiplication by banded matrices.

An axis that is upsampled, cropped and filtered is a linear map of its samples, y = M x. M is
banded and repeats itself, so it is kept as one dense block that slides along the axis: no zeros are
stuffed into the signal, only multiplied outputs are computed, and the work is done by matrix
products, which every device does best.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional


def kaiser_beta(taps: int, width: float) -> float:
    """Shape of the Kaiser window for a transition band (Oppenheim & Schafer, eqs. 7.75-7.76).

    Args:
        taps: length of the filter.
        width: of the transition band, as a share of the Nyquist frequency.
    """
    attenuation = 2.285 * (taps - 1) * math.pi * width + 7.95
    if attenuation > 50:
        return 0.1102 * (attenuation - 8.7)
    if attenuation > 21:
        return 0.5842 * (attenuation - 21) ** 0.4 + 0.07886 * (attenuation - 21)
    return 0.0


def design_lowpass(
    taps: int, cutoff: float, width: float, rate: float, radial: bool = False
) -> Tensor | None:
    """A Kaiser-windowed low-pass filter of unit gain (Karras et al. 2021, section 3.1).

    Args:
        taps: length; 1 means no filter.
        cutoff, width: middle and width of the transition band, in cycles a picture.
        rate: samples a picture.
        radial: a two-dimensional filter that is the same in all directions (section 3.2), its
            profile the jinc function in place of sinc.

    Returns:
        (taps,) or, radial, (taps, taps) float32; None for one tap.
    """
    if taps == 1:
        return None
    window = np.kaiser(taps, kaiser_beta(taps, width / (rate / 2)))
    place = (np.arange(taps) - (taps - 1) / 2) / rate
    if radial:
        from scipy.special import j1

        radius = np.maximum(np.hypot(*np.meshgrid(place, place)), 1e-12)
        ideal = j1(2 * math.pi * cutoff * radius) / radius
        kernel = ideal * np.outer(window, window)
    else:
        kernel = np.sinc(2 * cutoff * place) * window
    return torch.from_numpy(kernel / kernel.sum()).float()


@dataclass(frozen=True)
class Axis:
    """One axis through a filter: `up` zeros-and-all upsampling, padding, filter, every `down`-th.

    Attributes:
        size: samples in; up, down: factors, one of them 1.
        before, after: samples of padding at the upsampled rate; negative crops.
        taps: length of the filter.
    """

    size: int
    up: int
    down: int
    before: int
    after: int
    taps: int

    @property
    def out(self) -> int:
        """Samples out."""
        span = self.size * self.up + self.before + self.after - self.taps
        return span // self.down + 1

    def matrix(self, kernel: Tensor | None, gain: float = 1.0) -> Tensor:
        """The dense map (out, size), float64; `kernel` (taps,) or None for no filter."""
        taps = np.ones(1) if kernel is None else kernel.double().cpu().numpy()
        rows = np.arange(self.out)[:, None]
        columns = np.arange(self.size)[None]
        place = columns * self.up + self.before - rows * self.down  # tap that meets the sample
        inside = (place >= 0) & (place < self.taps)
        flipped = taps[::-1] * gain
        return torch.from_numpy(np.where(inside, flipped[np.clip(place, 0, self.taps - 1)], 0.0))


class BandedMap:
    """A banded matrix along one axis, kept as the dense block that repeats.

    Args:
        axis, kernel, gain: the map.
        rows: outputs of a block, at least: it becomes a multiple of `axis.up`.
        whole: a map of at most so many outputs is one block: a small dense product is quicker
            than many windows; None for 256 where it thins out, whose windows are long, else 128.
    """

    def __init__(
        self,
        axis: Axis,
        kernel: Tensor | None,
        gain: float = 1.0,
        rows: int = 32,
        whole: int | None = None,
    ) -> None:
        self.out = axis.out
        rows = -(-rows // axis.up) * axis.up
        self.axis, self.kernel, self.gain, self.rows, self.whole = axis, kernel, gain, rows, whole
        self._copies: dict[tuple[torch.device, torch.dtype], Tensor] = {}
        self._adjoint: BandedMap | None = None
        if whole is None:
            whole = 256 if axis.down > 1 else 128
        self.windowed = axis.out > whole
        if not self.windowed:
            self._block = axis.matrix(kernel, gain).float()
            return
        # block b makes outputs [b rows, (b + 1) rows) out of inputs [first + b stride, … + window)
        self.stride = rows * axis.down // axis.up
        first = math.ceil(-axis.before / axis.up)
        last = ((rows - 1) * axis.down + axis.taps - 1 - axis.before) // axis.up
        window = last - first + 1
        blocks = math.ceil(axis.out / rows)
        self.padding = (-first, first + (blocks - 1) * self.stride + window - axis.size)
        before = axis.before + first * axis.up
        after = (rows - 1) * axis.down + axis.taps - window * axis.up - before
        one = Axis(window, axis.up, axis.down, before, after, axis.taps)
        self._block = one.matrix(kernel, gain).float()

    def block(self, like: Tensor) -> Tensor:
        """The block (rows, window) on the device of `like`, in its dtype."""
        key = like.device, like.dtype
        if key not in self._copies:
            with torch.inference_mode(False):  # it may serve autograd later
                self._copies[key] = self._block.to(*key, copy=True)
        return self._copies[key]

    @property
    def adjoint(self) -> "BandedMap":
        """The transposed matrix, a banded map too: what was upsampled is thinned out."""
        if self._adjoint is None:
            axis = self.axis
            before = axis.taps - 1 - axis.before
            after = (axis.size - 1) * axis.up + axis.taps - axis.out * axis.down - before
            back = Axis(axis.out, axis.down, axis.up, before, after, axis.taps)
            kernel = None if self.kernel is None else self.kernel.flip(0)
            self._adjoint = BandedMap(back, kernel, self.gain, self.rows, self.whole)
            self._adjoint._adjoint = self
        return self._adjoint

    def __call__(self, x: Tensor) -> Tensor:
        """(N, size, M) to (N, out, M), differentiable any number of times."""
        return _Product.apply(x, self)

    def product(self, x: Tensor) -> Tensor:
        """(N, size, M) to (N, out, M)."""
        block = self.block(x)
        if not self.windowed:
            return block @ x
        x = functional.pad(x, (0, 0, *self.padding))
        windows = x.unfold(1, block.shape[1], self.stride)  # N, blocks, M, window
        outputs = block @ windows.transpose(2, 3)  # N, blocks, rows, M
        return outputs.flatten(1, 2)[:, : self.out]


class _Product(torch.autograd.Function):
    """A banded map whose gradient is its adjoint: autograd's own would scatter into windows."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, band: BandedMap) -> Tensor:
        ctx.band = band
        return band.product(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return _Product.apply(gradient, ctx.band.adjoint), None


def _only_pads(axis: Axis) -> bool:
    """Nothing is filtered or resampled, at most padded or cropped."""
    return axis.up == axis.down == axis.taps == 1


def filter_plane(x: Tensor, rows: BandedMap, columns: BandedMap) -> Tensor:
    """A picture through both axes: (N, H, W, C) to (N, rows.out, columns.out, C)."""
    if _only_pads(rows.axis) and rows.axis == columns.axis:
        sides = rows.axis.before, rows.axis.after
        return functional.pad(x, (0, 0, *sides, *sides)) if any(sides) else x
    batch, height, width, channels = x.shape
    x = rows(x.reshape(batch, height, width * channels))
    x = columns(x.reshape(batch * rows.out, width, channels))
    return x.reshape(batch, rows.out, columns.out, channels)


def separable_terms(kernel: Tensor, tolerance: float = 1e-6) -> list[tuple[Tensor, Tensor]]:
    """A plane filter (taps, taps) as a sum of outer products of (column, row) filters.

    Terms of the singular value decomposition until what is left out is below `tolerance` of the
    largest: two to four for a radial filter.
    """
    left, values, right = torch.linalg.svd(kernel.double())
    rank = int((values > tolerance * values[0]).sum())
    scale = values[:rank].sqrt()
    return [(left[:, k] * scale[k], right[k] * scale[k]) for k in range(rank)]


class PlaneFilter:
    """A stored plane filter (taps, taps), or none, used at several sizes and rates."""

    def __init__(self, kernel: Tensor | None) -> None:
        self.taps = 1 if kernel is None else len(kernel)
        self.terms = [(None, None)] if kernel is None else separable_terms(kernel)
        self.maps: dict[tuple[int, ...], list[tuple[BandedMap, BandedMap]]] = {}

    def __call__(
        self, x: Tensor, up: int = 1, down: int = 1, before: int = 0, after: int = 0
    ) -> Tensor:
        """(N, S, S, C) upsampled, padded, filtered and thinned out; brightness is kept."""
        key = (x.shape[1], up, down, before, after)
        if key not in self.maps:
            axis = Axis(x.shape[1], up, down, before, after, self.taps)
            self.maps[key] = [
                (BandedMap(axis, rows, gain=up), BandedMap(axis, columns, gain=up))
                for rows, columns in self.terms
            ]
        planes = [filter_plane(x, rows, columns) for rows, columns in self.maps[key]]
        return sum(planes[1:], start=planes[0])
