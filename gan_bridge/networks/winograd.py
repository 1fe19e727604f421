"""3 × 3 convolutions of wide layers on a CPU, with a quarter of the products.

Winograd's minimal filtering F(4 × 4, 3 × 3) (Lavin & Gray 2016, section 4.1): tiles of 6 × 6
inputs and the kernel are evaluated at six points each way, multiplied point by point, which is one
matrix product a point over all channels, and interpolated to 4 × 4 outputs. Points ±√½ and ±√2
about halve the rounding error of the usual ±1 and ±2 (after Barabasz et al. 2020).
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from gan_bridge.networks.tiles import run_parallel, scratch

#: Outputs and inputs of a tile, each way.
_OUT, _IN = 4, 6
#: Rows of tiles that are evaluated together.
_ROWS = 10
_POINTS = (0.0, 0.5**0.5, -(0.5**0.5), 2.0**0.5, -(2.0**0.5))


def pays(wide_in: int, wide_out: int, kernel: int, side: int) -> bool:
    """Whether the products saved outweigh the transforms of the plane and of the kernel."""
    return kernel == 3 and min(wide_in, wide_out) >= 128 and side >= 32


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
    """(O, I, 3, 3) laid out for `convolve`: (9, I · O)."""
    return weight.permute(2, 3, 1, 0).reshape(9, -1).contiguous()


def convolve(x: Tensor, scale: Tensor, kernel: Tensor, wide_out: int) -> Tensor:
    """Full convolution of x · scale: (H, W, I) and (I,) to (H + 2, W + 2, O), float32.

    `kernel` comes from `prepare_kernel`.
    """
    height, width, wide_in = x.shape
    y = x.new_empty(height + 2, width + 2, wide_out)
    with torch.inference_mode():  # as all that works in scratch memory
        plan = _Plan.of(height + 2, width + 2)
        change = transforms()
        both = torch.kron(change.kernel, change.kernel)  # (36, 9)
        taps = scratch("kernel", _IN * _IN, wide_in, wide_out)
        torch.mm(both, kernel, out=taps.flatten(1))
        points = scratch("points", plan.blocks, _IN, plan.rows, plan.across, _IN, wide_in)
        products = scratch("products", plan.blocks, _IN, _IN, plan.rows * plan.across, wide_out)

        def evaluate(job: tuple[int]) -> None:
            _evaluate_block(x, scale, plan, job[0], points[job[0]])

        def multiply(job: tuple[int, int]) -> None:
            i, j = job
            for block in range(plan.blocks):
                seen = points[block, i, :, :, j].reshape(-1, wide_in)
                torch.mm(seen, taps[i * _IN + j], out=products[block, i, j])

        def interpolate(job: tuple[int]) -> None:
            _interpolate_block(products[job[0]], plan, job[0], y)

        blocks = [(block,) for block in range(plan.blocks)]
        run_parallel(evaluate, blocks)
        run_parallel(multiply, [(i, j) for i in range(_IN) for j in range(_IN)])
        run_parallel(interpolate, blocks)
    return y


@dataclass(frozen=True)
class _Plan:
    """Tiles: `across` in a row, `rows` of them in a block, `blocks`."""

    across: int
    rows: int
    blocks: int

    @classmethod
    def of(cls, height: int, width: int) -> "_Plan":
        down = -(-height // _OUT)
        # blocks that waste the fewest rows; of those the smallest
        rows = min(range(_ROWS // 2, _ROWS + 1), key=lambda rows: -(-down // rows) * rows)
        return cls(-(-width // _OUT), rows, -(-down // rows))

    @property
    def span(self) -> int:
        """Input rows of a block."""
        return self.rows * _OUT + 2


def _evaluate_block(x: Tensor, scale: Tensor, plan: _Plan, block: int, out: Tensor) -> None:
    """Values at the points: (6, rows, across, 6, I), of one block."""
    height, width, channels = x.shape
    pitch = plan.across * _OUT
    # two zeros begin each row; the last tile of a row looks into those of the next
    padded = scratch("tile", plan.span + 1, pitch, channels)
    padded.zero_()
    first = block * plan.rows * _OUT - 2
    start, stop = max(first, 0), min(first + plan.span, height)
    if start < stop:
        inside = padded[start - first : stop - first, 2 : 2 + width]
        torch.mul(x[start:stop], scale, out=inside)
    tiles = plan.span * plan.across
    windows = padded.as_strided((tiles, _IN, channels), (_OUT * channels, channels, 1))
    across = scratch("risen", tiles, _IN, channels)
    torch.bmm(transforms().inputs.expand(tiles, _IN, _IN), windows, out=across)
    torch.mm(_stacked(plan.rows), across.view(plan.span, -1), out=out.view(_IN * plan.rows, -1))


@lru_cache
def _stacked(rows: int) -> Tensor:
    """The input transform down `rows` tiles at once, sorted by point: (6 · rows, 4 · rows + 2)."""
    inputs = transforms().inputs
    stacked = torch.zeros(_IN, rows, rows * _OUT + 2)
    for row in range(rows):
        stacked[:, row, row * _OUT : row * _OUT + _IN] = inputs
    return stacked.flatten(0, 1)


def _interpolate_block(products: Tensor, plan: _Plan, block: int, y: Tensor) -> None:
    """Products (6, 6, tiles, O) of one block to its rows of y."""
    wide_out = products.shape[3]
    outputs = transforms().outputs
    down = scratch("risen", _OUT, _IN, products.shape[2], wide_out)
    torch.mm(outputs, products.view(_IN, -1), out=down.view(_OUT, -1))
    both = scratch("tile", _OUT, _OUT, plan.rows, plan.across, wide_out)
    matrix = outputs.expand(_OUT, _OUT, _IN)
    torch.bmm(matrix, down.view(_OUT, _IN, -1), out=both.view(_OUT, _OUT, -1))
    first = block * plan.rows * _OUT
    for p in range(_OUT):
        target = y[first + p : first + plan.rows * _OUT : _OUT]
        for q in range(_OUT):
            columns = target[:, q::_OUT]
            columns.copy_(both[p, q, : columns.shape[0], : columns.shape[1]])
