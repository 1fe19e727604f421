"""The filtered nonlinearity of StyleGAN3 on a CPU, in tiles that stay in a core's cache.

Upsampled features are four times the picture or more, and writing them to memory and reading them
back is what makes the layer slow. Here a tile goes the whole way, up, through the nonlinearity and
down, in scratch memory that is used again and again. Filters are matrix products with small dense
blocks of the banded matrix (`filters`): blocks that short waste few products on zeros and still
run near the machine's matrix rate. Tiles are spread over threads of one core each.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from gan_bridge.networks.filters import Axis
from gan_bridge.networks.layers import LEAKY_GAIN, LEAKY_SLOPE

#: Longest side of a tile in outputs, and its channels: about half a megabyte at the higher rate.
_TILE, _CHANNELS = 44, 64

_scratch = threading.local()


@dataclass(frozen=True)
class Blocks:
    """A banded map on one tile, as `count` equal blocks: `matrix` (rows, window), `stride` inputs
    apart."""

    matrix: Tensor
    count: int
    stride: int

    @property
    def taken(self) -> int:
        """Inputs that all blocks together look at."""
        return (self.count - 1) * self.stride + self.matrix.shape[1]

    @property
    def made(self) -> int:
        """Outputs of all blocks."""
        return self.count * self.matrix.shape[0]

    def apply(self, x: Tensor, out: Tensor, add: bool = False) -> None:
        """(taken, M) to (made, M), both contiguous; `add` to what is there."""
        width = x.shape[1]
        rows, window = self.matrix.shape
        windows = x.as_strided((self.count, window, width), (self.stride * width, width, 1))
        matrix = self.matrix.expand(self.count, rows, window)
        made = out.view(self.count, rows, width)
        torch.baddbmm(made, matrix, windows, out=made) if add else torch.bmm(
            matrix, windows, out=made
        )


@dataclass(frozen=True)
class TileSide:
    """One side of a tile: outputs, and how its blocks begin.

    Attributes:
        size: outputs of a tile; tiles: how many make a side.
        up: into the nonlinearity; downs: out of it, one for each separable term of the filter;
            stacked: all of those at once, the rows of each block term by term.
        first: input that the first tile's blocks start at; step: inputs from tile to tile.
    """

    size: int
    tiles: int
    up: Blocks
    downs: tuple[Blocks, ...]
    stacked: Blocks
    first: int
    step: int


def plan_side(
    into: Axis, out_of: Axis, up_filter: Tensor | None, down_filters: Sequence[Tensor | None]
) -> TileSide:
    """Cut one axis of a layer into tiles and blocks, those of the least estimated time."""
    plans = [
        (tiles, up_rows, down_rows)
        for tiles in range(-(-out_of.out // _TILE), -(-out_of.out // 20) + 1)
        for up_rows in range(2 * into.up, 25, into.up)
        for down_rows in range(4, 17)
    ]
    cuts = (_Cut(into, out_of, len(down_filters), *plan) for plan in plans)
    cut = min(cuts, key=lambda each: each.cost)
    rising, falling = cut.axes
    matrices = [falling.matrix(kernel).float() for kernel in down_filters]
    stride = cut.down_rows * out_of.down
    return TileSide(
        size=cut.size,
        tiles=cut.tiles,
        up=Blocks(rising.matrix(up_filter, into.up).float(), cut.ups, cut.up_rows // into.up),
        downs=tuple(Blocks(matrix, cut.downs, stride) for matrix in matrices),
        stacked=Blocks(torch.cat(matrices), cut.downs, stride),
        first=cut.first,
        step=cut.size * out_of.down // into.up,
    )


@dataclass(frozen=True)
class _Cut:
    """One way to cut an axis: `tiles`, and rows of a block upwards and downwards."""

    into: Axis
    out_of: Axis
    terms: int
    tiles: int
    up_rows: int
    down_rows: int

    @property
    def size(self) -> int:
        """Outputs of a tile; even, so that every tile meets the same phase of the upsampling."""
        size = -(-self.out_of.out // self.tiles)
        return size + size % 2

    @property
    def downs(self) -> int:
        return -(-self.size // self.down_rows)

    @property
    def middle(self) -> int:
        """Samples between the filters that the tile's outputs look at."""
        return (self.downs * self.down_rows - 1) * self.out_of.down + self.out_of.taps

    @property
    def ups(self) -> int:
        return -(-self.middle // self.up_rows)

    @property
    def first(self) -> int:
        """Input that the first tile begins at."""
        return -(self.into.before // self.into.up)

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """Of one block upwards and one downwards."""
        into, out_of = self.into, self.out_of
        window = (self.up_rows + into.taps - 2 - into.before) // into.up - self.first + 1
        before = into.before + self.first * into.up
        after = self.up_rows + into.taps - 1 - window * into.up - before
        reach = (self.down_rows - 1) * out_of.down + out_of.taps
        return (
            Axis(window, into.up, 1, before, after, into.taps),
            Axis(reach, 1, out_of.down, 0, 0, out_of.taps),
        )

    @property
    def cost(self) -> float:
        """Estimated time of the whole plane, a channel: products at the rate that blocks of so
        many rows were seen to run at, and what copying and bending take."""
        rising, falling = self.axes
        taken = (self.ups - 1) * (self.up_rows // self.into.up) + rising.size
        made, kept = self.ups * self.up_rows, self.downs * self.down_rows
        products = made * rising.size * (taken + made) / _rate(self.up_rows)
        products += self.terms * kept * falling.size * made / _rate(self.terms * self.down_rows)
        products += self.terms * kept * falling.size * kept / _rate(self.down_rows)
        moved = 0.1 * made * (taken + self.terms * kept) + 0.2 * made**2
        moved += 0.3 * (taken**2 + kept**2)
        return self.tiles**2 * (2 * products + moved)


def _rate(rows: int) -> float:
    """Products with blocks of so many rows, 10⁹ operations a second of one core."""
    return 80 * rows / (rows + 5)


class TiledActivation:
    """Upsampling, leaky rectifier, clamp and downsampling of one layer, (H, W, C) to (H', W', C).

    Args:
        into, out_of: the axes of the layer, the same both ways.
        up_filter: (taps,); down_filters: (columns, rows) pairs whose outer products sum to the
            downsampling filter.
        clamp: bound on activations, or None.
    """

    def __init__(
        self,
        into: Axis,
        out_of: Axis,
        up_filter: Tensor | None,
        down_filters: Sequence[tuple[Tensor | None, Tensor | None]],
        clamp: float | None,
    ) -> None:
        self.size, self.clamp = out_of.out, clamp
        rows = [pair[0] for pair in down_filters]
        columns = [pair[1] for pair in down_filters]
        # a positive factor passes through the rectifier, so its gain rides on a filter
        self.rows = plan_side(into, out_of, up_filter * LEAKY_GAIN, rows)
        self.columns = plan_side(into, out_of, up_filter, columns)

    def __call__(self, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        """The layer's nonlinearity on x · scale + shift; scale and shift are (C,)."""
        channels = x.shape[2]
        y = x.new_empty(self.size, self.size, channels)
        groups = -(-channels // _CHANNELS)
        edges = [round(channels * k / groups) for k in range(groups + 1)]
        jobs = [
            (row, column, start, stop)
            for row in range(self.rows.tiles)
            for column in range(self.columns.tiles)
            for start, stop in pairwise(edges)
        ]
        run_parallel(lambda job: self._tile(x, scale, shift, y, *job), jobs)
        return y

    def _tile(
        self,
        x: Tensor,
        scale: Tensor,
        shift: Tensor,
        y: Tensor,
        row: int,
        column: int,
        start: int,
        stop: int,
    ) -> None:
        rows, columns, width = self.rows, self.columns, stop - start
        part = slice(start, stop)
        tile = scratch("tile", rows.up.taken, columns.up.taken, width)
        _cut(
            x[..., part],
            tile,
            rows.first + row * rows.step,
            columns.first + column * columns.step,
            scale[part],
            shift[part],
        )
        risen = scratch("risen", rows.up.made, columns.up.taken, width)
        rows.up.apply(tile.flatten(1), risen.flatten(1))
        turned = scratch("tile", columns.up.taken, rows.up.made, width)
        turned.copy_(risen.transpose(0, 1))
        middle = scratch("middle", columns.up.made, rows.up.made, width)
        columns.up.apply(turned.flatten(1), middle.flatten(1))
        functional.leaky_relu_(middle, LEAKY_SLOPE)
        if self.clamp is not None:
            middle.clamp_(-self.clamp, self.clamp)
        top, left = row * rows.size, column * columns.size
        target = y[top : top + rows.size, left : left + columns.size, part]
        terms, count = len(rows.downs), columns.stacked.count
        narrow = scratch("risen", columns.stacked.made, rows.up.made, width)
        columns.stacked.apply(middle.flatten(1)[: columns.stacked.taken], narrow.flatten(1))
        narrow = narrow.unflatten(0, (count, terms, -1))  # block, term, row, height, channel
        done = scratch("done", rows.downs[0].made, columns.downs[0].made, width)
        for term, down in enumerate(rows.downs):
            turned = scratch("tile", down.taken, count, narrow.shape[2], width)
            turned.copy_(narrow[:, term, :, : down.taken].permute(2, 0, 1, 3))
            down.apply(turned.flatten(1), done.flatten(1), add=term > 0)
        target.copy_(done[: target.shape[0], : target.shape[1]])


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
        inside.mul_(scale).add_(shift)


def scratch(name: str, *shape: int) -> Tensor:
    """This thread's own memory of that name, as a tensor of `shape` with whatever was in it."""
    count = int(np.prod(shape))
    held = getattr(_scratch, name, None)
    if held is None or held.numel() < count:
        held = torch.empty(count)
        setattr(_scratch, name, held)
    return held[:count].view(shape)


def run_parallel(work: Callable[[tuple], None], jobs: Sequence[tuple]) -> None:
    """Do all jobs, on as many threads as torch may use, each of which works alone."""
    waiting = iter(jobs)
    lock = threading.Lock()

    def drain() -> None:
        with torch.inference_mode():  # a thread's own setting, which scratch memory relies on
            while True:
                with lock:
                    job = next(waiting, None)
                if job is None:
                    return
                work(job)

    threads = min(torch.get_num_threads(), len(jobs))
    if threads == 1:
        drain()
        return
    helpers = [_pool(threads).submit(drain) for _ in range(threads)]
    for helper in helpers:
        helper.result()


@lru_cache
def _pool(threads: int) -> ThreadPoolExecutor:
    pool = ThreadPoolExecutor(threads, "tiles", initializer=_work_alone)
    gate = threading.Barrier(threads)
    for started in [pool.submit(gate.wait) for _ in range(threads)]:
        started.result()
    # what a thread sets is also what threads born later begin with: they get their number back
    torch.set_num_threads(threads)
    return pool


def _work_alone() -> None:
    """Let this thread's operations run on no other; asking makes the setting stick."""
    torch.set_num_threads(1)
    torch.get_num_threads()
