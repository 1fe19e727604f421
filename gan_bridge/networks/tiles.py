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
_TILE, _CHANNELS = 40, 64
#: Outputs of a block, upsampling and downsampling; measured, flat around the best.
_UP_ROWS, _DOWN_ROWS = 14, 8

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
    """Cut one axis of a layer into tiles; √2 of the nonlinearity is folded into one of two axes'
    gains by the caller's filters."""
    tiles = -(-out_of.out // _TILE)
    size = -(-out_of.out // tiles)
    size += size % 2  # every tile begins at the same phase of the upsampling
    down_count = max(round(size / _DOWN_ROWS), 1)
    down_rows = -(-size // down_count)
    middle = (down_count * down_rows - 1) * out_of.down + out_of.taps
    up_count = max(round(middle / _UP_ROWS), 1)
    up_rows = -(-middle // (up_count * into.up)) * into.up
    first = -(into.before // into.up)  # ceil(-before / up)
    window = (up_rows - 1 - into.before + into.taps - 1) // into.up - first + 1
    before = into.before + first * into.up
    rising = Axis(
        window, into.up, 1, before, up_rows + into.taps - 1 - window * into.up - before, into.taps
    )
    reach = (down_rows - 1) * out_of.down + out_of.taps
    falling = Axis(reach, 1, out_of.down, 0, 0, out_of.taps)
    matrices = [falling.matrix(kernel).float() for kernel in down_filters]
    stride = down_rows * out_of.down
    return TileSide(
        size=size,
        tiles=tiles,
        up=Blocks(rising.matrix(up_filter, into.up).float(), up_count, up_rows // into.up),
        downs=tuple(Blocks(matrix, down_count, stride) for matrix in matrices),
        stacked=Blocks(torch.cat(matrices), down_count, stride),
        first=first,
        step=size * out_of.down // into.up,
    )


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
    torch.addcmul(shift, x[rows, columns], scale, out=inside)


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
