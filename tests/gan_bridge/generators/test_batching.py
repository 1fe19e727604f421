"""Batches that fit the memory given; on a CPU pictures are made one at a time."""

from pathlib import Path

import pytest

from gan_bridge import load_generator
from gan_bridge.generators.batching import fitting_batch, pictures_that_fit, spare_gigabytes


@pytest.mark.parametrize(
    ("gigabytes", "batch"), [(0.1, 1), (1.5, 1), (2.0, 2), (3.9, 5), (500.0, 64)]
)
def test_as_many_as_fit_beside_the_network(gigabytes: float, batch: int) -> None:
    resting, one = 2**30, 2**29
    assert pictures_that_fit(gigabytes, resting, resting + one) == batch


def test_a_cpu_makes_one_at_a_time(tiny_run: Path) -> None:
    generator = load_generator(tiny_run)
    assert fitting_batch(generator, 8.0) == 1
    assert spare_gigabytes(generator) is None
