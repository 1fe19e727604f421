"""Packed weights: the error is half a step of each filter, and what is no weight stays."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from faces.ground.packing import packed, unpacked

SHAPES = array_shapes(min_dims=2, max_dims=4, max_side=5)
NUMBERS = st.floats(-1e3, 1e3, width=32)


@given(arrays(np.float32, SHAPES, elements=NUMBERS))
def test_each_filter_is_off_by_half_a_step_at_most(weight: np.ndarray) -> None:
    stored = packed({"w": weight})
    assert stored["w"].dtype == np.int8 and set(stored) == {"w", "w.scale"}
    back = unpacked(stored)["w"]
    axes = tuple(range(1, weight.ndim))
    step = np.abs(weight).max(axes, keepdims=True) / 127
    assert back.shape == weight.shape and back.dtype == np.float32
    assert (np.abs(back - weight) <= 0.5001 * step + 1e-9).all()


@given(arrays(np.float32, SHAPES, elements=NUMBERS))
def test_packed_again_it_is_the_same(weight: np.ndarray) -> None:
    once = unpacked(packed({"w": weight}))
    twice = unpacked(packed(once))
    assert np.allclose(once["w"], twice["w"], rtol=1e-6, atol=0)


def test_vectors_and_whole_numbers_stay() -> None:
    given_ = {
        "bias": np.linspace(0, 1, 7, dtype=np.float32),
        "count": np.array(3),
        "half.w": np.full((2, 2), 1 / 3, np.float32),
        "w.scale": np.ones(3, np.float32),  # nobody's scale
    }
    stored = packed(given_, at_half="half")
    assert stored["half.w"].dtype == np.float16 and np.array_equal(stored["bias"], given_["bias"])
    back = unpacked(stored)
    assert set(back) == set(given_) and back["count"] == 3
