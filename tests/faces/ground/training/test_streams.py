import numpy as np
import pytest

from faces.ground.training.streams import EndlessOrder, folded_seed, stream, stream_seed


def test_a_key_names_the_same_seed_in_every_version() -> None:
    """What trainings began with: half of one must go on with the same numbers."""
    assert stream_seed(0, 1, 2) == 1535930435702422785
    assert folded_seed(0, 2, 1, 3, 0, bits=63) == 8887625248371525514
    assert folded_seed(0, 5, 2, 7, 0, bits=62) == 3078236573464584026


@pytest.mark.parametrize("bits", [62, 63])
def test_seeds_differ_and_fit(bits: int) -> None:
    seeds = {folded_seed(0, a, b, bits=bits) for a in range(20) for b in range(20)}
    assert len(seeds) == 400 and max(seeds) < 2**bits
    seeds = {stream_seed(0, a, b) for a in range(20) for b in range(20)}
    assert len(seeds) == 400 and max(seeds) < 2**63
    assert stream(stream_seed(1)).initial_seed() == stream_seed(1)


def test_the_endless_order_visits_each_row_once_an_epoch() -> None:
    rows = np.arange(10, 17)
    order = EndlessOrder(rows, 3)
    whole = order.batch(0, 21)
    for epoch in np.split(whole, 3):
        assert sorted(epoch) == list(rows)
    assert (whole[:7] != whole[7:14]).any()
    assert (EndlessOrder(rows, 3).batch(5, 9) == whole[5:14]).all()
