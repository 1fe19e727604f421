"""Layers named in many ways, and the strengths that they become."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from faces.ground.errors import CircumplexError
from gan_bridge.editing.layer_strengths import layer_strengths, name_layers


@pytest.mark.parametrize(
    ("layers", "strengths"),
    [
        (None, [1, 1, 1, 1, 1]),
        ("all", [1, 1, 1, 1, 1]),
        ("1-3", [0, 1, 1, 1, 0]),
        ("4", [0, 0, 0, 0, 1]),
        ("0, 2-3:0.5, 4:-.25", [1, 0, 0.5, 0.5, -0.25]),
        (range(1, 3), [0, 1, 1, 0, 0]),
        (slice(-2, None), [0, 0, 0, 1, 1]),
        ([0, 3], [1, 0, 0, 1, 0]),
        (np.array([2]), [0, 0, 1, 0, 0]),
        ({1: 0.5, 2: 2}, [0, 0.5, 2, 0, 0]),
        ([0.5, 0, 0, 0, 1], [0.5, 0, 0, 0, 1]),
        (np.array([True, False, False, False, True]), [1, 0, 0, 0, 1]),
    ],
)
def test_layers_by_every_name(layers: object, strengths: list[float]) -> None:
    found = layer_strengths(layers, 5)
    assert found.dtype == np.float64 and found.tolist() == strengths


@given(
    hnp.arrays(
        np.float64, st.integers(1, 20), elements=st.sampled_from([0.0, 1.0, 0.5, -0.25, 1.75, 2.0])
    ).filter(np.any)
)
def test_a_name_gives_its_strengths_again(strengths: np.ndarray) -> None:
    assert np.array_equal(layer_strengths(name_layers(strengths), len(strengths)), strengths)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ("5", "layer 5 does not exist; there are 0 to 4"),
        ([-1], "layer -1 does not exist"),
        ({7: 1.0}, "layer 7 does not exist"),
        ("3-1", "run backwards"),
        ("", "cannot be read"),
        ("1,,2", "cannot be read"),
        ("1e3", "cannot be read"),
        ([], "no layer is to be moved"),
        ({2: 0.0}, "no layer is to be moved"),
        (slice(5, None), "no layer is to be moved"),
        ([0.5, 1.0], "2 strengths do not fit 5 layers"),
        (np.full(5, np.nan), "cannot go nan of the way"),
        ({1: 99.0}, "cannot go 99.0 of the way"),
        (np.array(["a"] * 5), "do not fit"),
    ],
)
def test_what_names_no_layers_is_refused(layers: object, message: str) -> None:
    with pytest.raises(CircumplexError, match=message):
        layer_strengths(layers, 5)
