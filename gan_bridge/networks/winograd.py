"""3 × 3 convolutions on a CPU with a quarter of the products.

Winograd's minimal filtering F(4 × 4, 3 × 3) (Lavin & Gray 2016, section 4.1): tiles of 6 × 6
inputs and the kernel are evaluated at six points each way, multiplied point by point, which is one
matrix product a point over all channels, and interpolated to 4 × 4 outputs. Points ±√½ and ±√2
about halve the rounding error of the usual ±1 and ±2 (after Barabasz et al. 2020).
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from gan_bridge.networks.parallel import fill_lanes, run_parallel, scratch

#: Outputs and inputs of a tile, each way.
_OUT, _IN = 4, 6
#: Rows of tiles that are evaluated together.
_ROWS = 4
#: Taps of at most so many floats are read again for every band of tiles, which then stays in cache.
_FEW_TAPS = 2**20
_BAND = 128  # tiles of a band, at least
#: Channels, by the type of the products: in bf16 the plain convolution is quicker for longer.
_NARROWEST = {torch.float32: 64, torch.bfloat16: 160}
_POINTS = (0.0, 0.5**0.5, -(0.5**0.5), 2.0**0.5, -(2.0**0.5))


def pays(weight: Tensor, side: int, dtype: torch.dtype) -> bool:
    """Whether the products that a weight (O, I, k, k) saves outweigh the transforms."""
    wide_out, wide_in, *kernel = weight.shape
    least = _NARROWEST.get(dtype, math.inf)
    return kernel == [3, 3] and min(wide_in, wide_out) >= least and side >= 32


@dataclass(frozen=True)
class Transforms:
    """Cook–Toom matrices for six points: `inputs` (6, 6), `kernel` (6, 3), `outputs` (4, 6)."""

    inputs: Tensor
    kernel: Tensor
    outputs: Tensor


@lru_cache(maxsize=1)
def transforms() -> Transforms:
    """Correlation of six samples with three taps: outputs @ ((kernel @ g) · (inputs @ d))."""
    points = torch.tensor(_POINTS, dtype=torch.float64)
    kernel = _evaluate(points, 3)
    outputs = _evaluate(points, _OUT).T
    # the transposed product of polynomials: inputs are interpolated, exactly, at the same points
    inputs = torch.linalg.inv(_evaluate(points, _IN)).T
    return Transforms(inputs.float(), kernel.float(), outputs.float())


def _evaluate(points: Tensor, terms: int) -> Tensor:
    """(6, terms): a polynomial of that many terms at the five points, and at infinity."""
    powers = points[:, None] ** torch.arange(terms, dtype=torch.float64)
    infinity = torch.zeros(1, terms, dtype=torch.float64)
    infinity[0, -1] = 1
    return torch.cat([powers, infinity])


def prepare_kernel(weight: Tensor) -> Tensor:
    """(O, I, 3, 3) laid out for `convolve`: (9, I, O), O filled up with zeros, see `fill_lanes`."""
    return fill_lanes(weight.permute(2, 3, 1, 0).flatten(0, 1))


def convolve(
    x: Tensor,
    scale: Tensor,
    kernel: Tensor,
    wide_out: int,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Full convolution of x · scale: (H, W, I) and (I,) to (H + 2, W + 2, O), float32.

    Args:
        kernel: from `prepare_kernel`, for `wide_out` outputs.
        dtype: of the products; the transforms around them are in float32.
    """
    height, width, _ = x.shape
    down, across = -(-(height + 2) // _OUT), -(-(width + 2) // _OUT)
    y = torch.empty(down * _OUT, across * _OUT, kernel.shape[2])
    with torch.inference_mode():  # as all that works in scratch memory
        change = transforms()
        both = torch.kron(change.kernel, change.kernel)  # (36, 9)
        taps = torch.mm(both, kernel.flatten(1)).unflatten(1, kernel.shape[1:]).to(dtype)
        if taps.numel() > _FEW_TAPS:
            _Band(x, scale, taps, y, 0, down).work_together()
        else:
            rows = -(-_BAND // across)
            tops = range(0, down, rows)
            bands = [_Band(x, scale, taps, y, top, min(rows, down - top)) for top in tops]
            run_parallel(_Band.work_through, [(band,) for band in bands])
    return y[: height + 2, : width + 2, :wide_out]


class _Band:
    """Rows of tiles from `top` on, of the whole width: what one thread, or all, work through."""

    def __init__(self, x: Tensor, scale: Tensor, taps: Tensor, y: Tensor, top: int, rows: int):
        self.x, self.scale, self.taps = x, scale, taps
        self.y = y[top * _OUT : (top + rows) * _OUT]
        self.top, self.rows, self.across = top, rows, y.shape[1] // _OUT

    def work_through(self) -> None:
        tiles = self.rows * self.across
        wide_in, wide_out = self.taps.shape[1:]
        points = scratch("points", _IN, tiles, _IN, wide_in, dtype=self.taps.dtype)
        products = scratch("products", _IN, tiles, _IN, wide_out, dtype=self.taps.dtype)
        for first in range(0, self.rows, _ROWS):
            self.evaluate(points, first)
        for i in range(_IN):
            for j in range(_IN):
                self.multiply(points, products, i, j)
        for row in range(self.rows):
            self.interpolate(products, row)

    def work_together(self) -> None:
        tiles = self.rows * self.across
        wide_in, wide_out = self.taps.shape[1:]
        points = self.taps.new_empty(_IN, tiles, _IN, wide_in)
        products = self.taps.new_empty(_IN, tiles, _IN, wide_out)
        places = [(points, products, i, j) for i in range(_IN) for j in range(_IN)]
        run_parallel(self.evaluate, [(points, row) for row in range(0, self.rows, _ROWS)])
        run_parallel(self.multiply, places)
        run_parallel(self.interpolate, [(products, row) for row in range(self.rows)])

    def evaluate(self, points: Tensor, first: int) -> None:
        """Values at the points of the tiles in _ROWS rows."""
        height, width, channels = self.x.shape
        rows = min(_ROWS, self.rows - first)
        span, pitch = rows * _OUT + 2, self.across * _OUT
        # two zeros begin each row; the last tile of a row looks into those of the next
        padded = scratch("tile", span + 1, pitch, channels)
        padded.zero_()
        above = (self.top + first) * _OUT - 2
        start, stop = max(above, 0), min(above + span, height)
        if start < stop:
            inside = padded[start - above : stop - above, 2 : 2 + width]
            torch.mul(self.x[start:stop], self.scale, out=inside)
        tiles = span * self.across
        windows = padded.as_strided((tiles, _IN, channels), (_OUT * channels, channels, 1))
        across = scratch("risen", tiles, _IN, channels)
        matrix = transforms().inputs
        torch.bmm(matrix.expand(tiles, _IN, _IN), windows, out=across)
        lines = across.view(span, -1)
        targets = points.view(_IN, self.rows, -1)
        for row in range(rows):
            window, target = lines[row * _OUT : row * _OUT + _IN], targets[:, first + row]
            if target.dtype == window.dtype:
                torch.mm(matrix, window, out=target)
            else:
                target.copy_(torch.mm(matrix, window, out=scratch("tile", *window.shape)))

    def multiply(self, points: Tensor, products: Tensor, i: int, j: int) -> None:
        """One point of all tiles."""
        torch.mm(points[i, :, j], self.taps[i * _IN + j], out=products[i, :, j])

    def interpolate(self, products: Tensor, row: int) -> None:
        """The outputs of one row of tiles."""
        outputs, wide_out = transforms().outputs, products.shape[3]
        down = scratch("risen", _OUT, self.across * _IN * wide_out)
        values = products.view(_IN, self.rows, -1)[:, row]
        if values.dtype != down.dtype:
            values = scratch("tile", *values.shape).copy_(values)
        torch.mm(outputs, values, out=down)
        count = _OUT * self.across
        tiles = self.y[row * _OUT : (row + 1) * _OUT].view(count, _OUT, wide_out)
        matrix = outputs.expand(count, _OUT, _IN)
        torch.bmm(matrix, down.view(count, _IN, wide_out), out=tiles)
