"""How a learning rate, or a weight in the loss, goes with the steps: shares of its peak."""

import math


def linear_warmup(done: float, length: float) -> float:
    """A line from 0 up to 1 at `length`, and 1 from then on; 1 where the length is 0."""
    return min(1.0, done / length) if length else 1.0


def cosine_decay(done: float, length: float, last: float = 0.0) -> float:
    """Half a cosine from 1 down to `last` at `length` (Loshchilov & Hutter 2017, eq. 5)."""
    return last + (1 - last) * (0.5 * (1 + math.cos(math.pi * done / length)))
