"""The filtered nonlinearity of StyleGAN3 on a CPU, in tiles that stay near a core.

Upsampled features are four times the picture or more, and writing them to memory and reading them
back is what makes the layer slow. Here a tile goes the whole way, up, through the nonlinearity and
down. Upwards, where most samples are zeros, filters are matrix products with small dense blocks of
the banded matrix (`filters`), in scratch memory that is used again and again: blocks that short
waste few products on zeros and still run near the machine's matrix rate. Downwards every sample
counts, and libraries are quick at convolving each channel for itself. Tiles are spread over threads
of one core each.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional

from gan_bridge.networks.filters import Axis
from gan_bridge.networks.layers import LEAKY_GAIN, LEAKY_SLOPE
from gan_bridge.networks.parallel import run_parallel, scratch

#: Shortest and longest side of a tile in outputs, and its channels, at most.
_SHORT, _LONG, _DEEP = 20, 52, 64
#: Products with small blocks on one core, as measured: 10⁹ operations a second, half of it with so
#: many rows, or with so long a window.
_PEAK, _HALF_ROWS, _HALF_WINDOW = 100, 7, 2
#: Nanoseconds that an element takes to be copied, and to be bent and filtered.
_COPIED, _BENT = 0.2, 1.0


@dataclass(frozen=True)
class Blocks:
    """A banded map on one tile, as `count` equal blocks: `matrix` (rows, window), `stride` inputs
    apart."""

    matrix: Tensor
    count: int
    stride: int

    @property
    def inputs(self) -> int:
        """Inputs that all blocks together look at."""
        return (self.count - 1) * self.stride + self.matrix.shape[1]

    @property
    def outputs(self) -> int:
        """Outputs of all blocks."""
        return self.count * self.matrix.shape[0]

    def apply(self, x: Tensor, out: Tensor) -> None:
        """(inputs, M) to (outputs, M), both contiguous."""
        width = x.shape[1]
        rows, window = self.matrix.shape
        windows = x.as_strided((self.count, window, width), (self.stride * width, width, 1))
        matrix = self.matrix.expand(self.count, rows, window)
        torch.bmm(matrix, windows, out=out.view(self.count, rows, width))


@dataclass(frozen=True)
class Tiling:
    """How an axis is cut into tiles.

    Attributes:
        size: outputs of a tile; tiles: how many make a side.
        up: into the nonlinearity; reach: samples of it that the tile's outputs look at.
        first: input that the first tile's blocks start at; step: inputs from tile to tile.
    """

    size: int
    tiles: int
    up: Blocks
    reach: int
    first: int
    step: int


def plan_tiles(into: Axis, out_of: Axis, up_filter: Tensor | None) -> Tiling:
    """Cut an axis of a layer into tiles and blocks, those of the least estimated time."""
    fewest, most = -(-out_of.out // _LONG), -(-out_of.out // _SHORT)
    cuts = (
        _Cut(into, out_of, tiles, rows)
        for tiles in range(fewest, most + 1)
        for rows in range(2 * into.up, max(24, 2 * into.up) + 1, into.up)
    )
    cut = min(cuts, key=lambda each: each.cost)
    return Tiling(
        size=cut.size,
        tiles=cut.tiles,
        up=Blocks(cut.block.matrix(up_filter, into.up).float(), cut.count, cut.rows // into.up),
        reach=cut.reach,
        first=cut.first,
        step=cut.size * out_of.down // into.up,
    )


@dataclass(frozen=True)
class _Cut:
    """One way to cut an axis: `tiles`, and rows of a block upwards."""

    into: Axis
    out_of: Axis
    tiles: int
    rows: int

    @property
    def size(self) -> int:
        """Outputs of a tile, such that every tile meets the same phase of the upsampling."""
        unit = self.into.up // math.gcd(self.into.up, self.out_of.down)
        return -(-self.out_of.out // (self.tiles * unit)) * unit

    @property
    def reach(self) -> int:
        return (self.size - 1) * self.out_of.down + self.out_of.taps

    @property
    def count(self) -> int:
        return -(-self.reach // self.rows)

    @property
    def first(self) -> int:
        return -(self.into.before // self.into.up)

    @property
    def block(self) -> Axis:
        """The axis of one block."""
        into = self.into
        window = (self.rows + into.taps - 2 - into.before) // into.up - self.first + 1
        before = into.before + self.first * into.up
        after = self.rows + into.taps - 1 - window * into.up - before
        return Axis(window, into.up, 1, before, after, into.taps)

    @property
    def cost(self) -> float:
        """Estimated nanoseconds of the whole plane, a channel."""
        window, outputs = self.block.size, self.count * self.rows
        inputs = (self.count - 1) * (self.rows // self.into.up) + window
        column = 2 * (self.rows + _HALF_ROWS) * (window + _HALF_WINDOW) / _PEAK
        time = self.count * column * (inputs + outputs)
        time += _COPIED * (inputs**2 + outputs * inputs) + _BENT * outputs**2
        return self.tiles**2 * time


class TiledActivation:
    """Upsampling, leaky rectifier, clamp and downsampling of one layer, (H, W, C) to (H', W', C).

    Args:
        into, out_of: the axes of the layer, the same both ways.
        up_filter: (taps,), both ways; down_filter: (taps,), both ways, or of the plane
            (taps, taps); None for no filter.
        clamp: bound on activations, or None.
    """

    def __init__(
        self,
        into: Axis,
        out_of: Axis,
        up_filter: Tensor | None,
        down_filter: Tensor | None,
        clamp: float | None,
    ) -> None:
        self.size, self.down, self.clamp = out_of.out, out_of.down, clamp
        self.plan = plan_tiles(into, out_of, up_filter)
        self.falling = _falling(down_filter)

    def __call__(
        self, x: Tensor, scale: Tensor, shift: Tensor, dtype: torch.dtype = torch.float32
    ) -> Tensor:
        """The layer's nonlinearity on x · scale + shift, in `dtype`; scale and shift are (C,)."""
        channels, plan = x.shape[2], self.plan
        y = x.new_empty(self.size, self.size, channels, dtype=dtype)
        groups = -(-channels // _DEEP)
        edges = [round(channels * k / groups) for k in range(groups + 1)]
        # a positive factor passes through the rectifier
        scale, shift = scale * LEAKY_GAIN, shift * LEAKY_GAIN

        def work(row: int, column: int, start: int, stop: int) -> None:
            part = slice(start, stop)
            top, left = (plan.first + place * plan.step for place in (row, column))
            tile = scratch("tile", plan.up.inputs, plan.up.inputs, stop - start)
            _cut(x[..., part], tile, top, left, scale[part], shift[part])
            lowered = self._fall(self._rise(tile))
            target = y[row * plan.size :, column * plan.size :, part]
            target = target[: plan.size, : plan.size]
            target.copy_(lowered[: target.shape[0], : target.shape[1]])

        jobs = [
            (row, column, start, stop)
            for row in range(plan.tiles)
            for column in range(plan.tiles)
            for start, stop in pairwise(edges)
        ]
        run_parallel(work, jobs)
        return y

    def _rise(self, tile: Tensor) -> Tensor:
        """A tile (rows, columns, C) upsampled and bent: (columns, rows, C)."""
        up, width = self.plan.up, tile.shape[2]
        risen = scratch("risen", up.outputs, up.inputs, width)
        up.apply(tile.flatten(1), risen.flatten(1))
        turned = scratch("tile", up.inputs, up.outputs, width)
        turned.copy_(risen.transpose(0, 1))
        middle = scratch("middle", up.outputs, up.outputs, width)
        up.apply(turned.flatten(1), middle.flatten(1))
        functional.leaky_relu_(middle, LEAKY_SLOPE)
        return middle if self.clamp is None else middle.clamp_(-self.clamp, self.clamp)

    def _fall(self, middle: Tensor) -> Tensor:
        """(columns, rows, C) downsampled: (rows', columns', C)."""
        width = middle.shape[2]
        x = middle[None].permute(0, 3, 1, 2)
        if not self.falling:
            x = x[:, :, :: self.down, :: self.down]
        for taps in self.falling:
            stride = [self.down if length > 1 else 1 for length in taps.shape[2:]]
            x = functional.conv2d(x, taps[:width], stride=stride, groups=width)
        return x[0].permute(2, 1, 0)


def _falling(kernel: Tensor | None) -> list[Tensor]:
    """Weights (_DEEP, 1, k, l) that convolve each channel of (columns, rows) with the filter."""
    if kernel is None:
        return []
    kernel = kernel.cpu().flip(*range(kernel.ndim))
    planes = [kernel.T] if kernel.ndim == 2 else [kernel[:, None], kernel[None]]
    return [plane.expand(_DEEP, 1, *plane.shape).contiguous() for plane in planes]


def _cut(x: Tensor, tile: Tensor, top: int, left: int, scale: Tensor, shift: Tensor) -> None:
    """The part of x · scale + shift under a tile, with zeros beyond the edge."""
    height, width = tile.shape[:2]
    rows = slice(max(top, 0), min(top + height, x.shape[0]))
    columns = slice(max(left, 0), min(left + width, x.shape[1]))
    inside = tile[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    if inside.shape[:2] != tile.shape[:2]:
        tile.zero_()
    if x.dtype == tile.dtype:
        torch.addcmul(shift, x[rows, columns], scale, out=inside)
    else:  # mixed types would leave the quick loops
        inside.copy_(x[rows, columns])
        torch.addcmul(shift, inside, scale, out=inside)
