"""Filters against SciPy's, and banded matrices against stuffing zeros and convolving."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from gan_bridge.networks.alias_free import StyleGAN3
from gan_bridge.networks.config import StyleGAN3Config
from gan_bridge.networks.filters import (
    Axis,
    BandedMap,
    design_lowpass,
    filter_plane,
    separable_terms,
)
from gan_bridge.networks.layers import leaky
from gan_bridge.networks.tiles import TiledActivation, plan_tiles


@settings(deadline=None)
@given(
    taps=st.integers(2, 48),
    rate=st.sampled_from([16.0, 32.0, 512.0]),
    cutoff=st.floats(0.05, 0.9),
    width=st.floats(0.02, 0.95),
)
def test_filters_are_scipys(taps: int, rate: float, cutoff: float, width: float) -> None:
    from scipy.signal import firwin

    made = design_lowpass(taps, cutoff * rate / 2, width * rate / 2, rate)
    expected = firwin(taps, cutoff * rate / 2, width=width * rate / 2, fs=rate)
    assert np.allclose(made.numpy(), expected, atol=1e-6)


def test_one_tap_is_no_filter() -> None:
    assert design_lowpass(1, 2, 1, 16) is None


def test_radial_filters_are_the_same_in_all_directions() -> None:
    kernel = design_lowpass(12, 4, 6, 32, radial=True)
    assert kernel.sum().item() == pytest.approx(1, abs=1e-6)
    assert torch.allclose(kernel, kernel.T) and torch.allclose(kernel, kernel.flip(0))
    rebuilt = sum(torch.outer(*pair) for pair in separable_terms(kernel))
    assert (rebuilt - kernel).abs().max() < 1e-8
    assert 2 <= len(separable_terms(kernel)) <= 6


def stuffed(x: Tensor, axis: Axis, kernel: Tensor | None) -> Tensor:
    """The definition: zeros between samples, padding, convolution, every `down`-th kept."""
    signal = x.new_zeros(len(x), axis.size * axis.up, x.shape[2])
    signal[:, :: axis.up] = x
    signal = functional.pad(signal, (0, 0, axis.before, axis.after))
    taps = torch.ones(1) if kernel is None else kernel.flip(0)
    rows = signal.transpose(1, 2).flatten(0, 1)[:, None]
    made = functional.conv1d(rows, taps[None, None])[..., :: axis.down]
    return made.unflatten(0, (len(x), -1)).squeeze(2).transpose(1, 2)


@settings(deadline=None)
@given(
    size=st.integers(8, 70),
    rates=st.sampled_from([(1, 1), (2, 1), (3, 1), (4, 1), (1, 2), (1, 3), (1, 4)]),
    taps=st.sampled_from([1, 4, 6, 12, 24]),
    before=st.integers(-3, 14),
    after=st.integers(-3, 14),
    whole=st.sampled_from([0, 10_000]),
    seed=st.integers(0, 99),
)
def test_banded_maps_filter(
    size: int, rates: tuple[int, int], taps: int, before: int, after: int, whole: int, seed: int
) -> None:
    axis = Axis(size, *rates, before, after, taps)
    assume(size * rates[0] + before + after >= taps)
    stream = torch.Generator().manual_seed(seed)
    kernel = torch.rand(taps, generator=stream) if taps > 1 else None
    x = torch.randn(2, size, 3, generator=stream)
    made = BandedMap(axis, kernel, whole=whole)(x)
    assert made.shape == (2, axis.out, 3)
    assert torch.allclose(made, stuffed(x, axis, kernel), atol=1e-5)


def test_a_banded_map_survives_other_dtypes() -> None:
    banded = BandedMap(Axis(20, 2, 1, 5, 6, 12), torch.rand(12))
    x = torch.randn(1, 20, 4)
    before = banded(x)
    assert banded(x.bfloat16()).dtype == torch.bfloat16
    assert torch.equal(banded(x), before)


@settings(deadline=None, max_examples=25)
@given(
    size=st.integers(20, 110),
    up=st.sampled_from([1, 2, 4, 8]),
    down=st.sampled_from([1, 2]),
    shift=st.integers(0, 3),
    falling=st.sampled_from(["line", "plane", "none"]),
    channels=st.sampled_from([1, 7, 70]),
    clamp=st.sampled_from([None, 0.8]),
)
def test_tiles_are_the_plain_chain(
    size: int, up: int, down: int, shift: int, falling: str, channels: int, clamp: float | None
) -> None:
    stream = torch.Generator().manual_seed(size)
    filtered = up > 1
    into = Axis(size, up, 1, 3 * up + shift, 4 * up + 1 - shift, 6 * up if filtered else 1)
    rising = torch.rand(6 * up, generator=stream) - 0.3 if filtered else None
    taps = 1 if falling == "none" else 12
    assume((into.out - taps) % down == 0)
    out_of = Axis(into.out, 1, down, 0, 0, taps)
    shape = {"line": (12,), "plane": (12, 12), "none": ()}[falling]
    filter_down = torch.rand(shape, generator=stream) - 0.3 if shape else None
    x = torch.randn(size, size, channels, generator=stream)
    scale = torch.rand(channels, generator=stream)
    bias = torch.randn(channels, generator=stream)
    with torch.inference_mode():
        tiled = TiledActivation(into, out_of, rising, filter_down, clamp)(x, scale, bias)
        middle = BandedMap(into, rising, gain=up)
        bent = leaky(filter_plane((x * scale + bias)[None], middle, middle), clamp=clamp)
        pairs = separable_terms(filter_down) if falling == "plane" else [(filter_down, filter_down)]
        plain = torch.zeros_like(tiled)
        for rows, columns in pairs:
            plain += filter_plane(bent, BandedMap(out_of, rows), BandedMap(out_of, columns))[0]
    assert tiled.shape == plain.shape
    assert torch.allclose(tiled, plain, atol=1e-4 * plain.abs().max().item())


def test_small_layers_are_not_cut_into_wasteful_tiles() -> None:
    """A side of 36 is one tile of 36, not two of 32."""
    into = Axis(38, 2, 1, 9, 8, 12)
    plan = plan_tiles(into, Axis(into.out, 1, 2, 0, 0, 12), torch.ones(12))
    assert (plan.tiles, plan.size) == (1, 36)


@pytest.mark.parametrize("up", [1, 2, 4, 8, 16])
def test_every_tile_meets_the_same_phase(up: int) -> None:
    into = Axis(70, up, 1, 6 * up, 6 * up, 6 * up)
    plan = plan_tiles(into, Axis(into.out, 1, 2, 0, 0, 12), torch.ones(6 * up))
    assert plan.tiles * plan.size >= (into.out - 12) // 2 + 1
    assert plan.size * 2 == plan.step * up


@pytest.mark.parametrize("over", [1, 2, 3])
def test_any_config_gives_the_same_picture_with_and_without_gradients(over: int) -> None:
    """Few layers multiply the rate by four and more in one of them; `over` 1 has no filter where
    the rate stays."""
    config = StyleGAN3Config(
        128, 1, 8, w_dim=8, channel_base=256, channel_max=8, num_layers=4, lrelu_upsampling=over
    )
    torch.manual_seed(0)
    network = StyleGAN3(config).eval()
    ws = network.mapping(torch.randn(1, 8))
    plain = network.synthesis(ws).detach()
    with torch.no_grad():
        tiled = network.synthesis(ws)
    assert torch.allclose(tiled, plain, atol=1e-5)


def test_a_config_plans_band_limited_stages() -> None:
    from gan_bridge.networks.signals import plan_signals

    signals = plan_signals(StyleGAN3Config(256))
    cutoffs = [signal.cutoff for signal in signals]
    assert cutoffs == sorted(cutoffs) and cutoffs[-1] == 128
    for signal in signals[:-2]:
        assert signal.cutoff + signal.half_width >= signal.rate / 2
        assert signal.size == signal.rate + 20


@pytest.mark.parametrize("whole", [0, 10_000])
@pytest.mark.parametrize(("up", "down"), [(2, 1), (3, 1), (4, 1), (1, 2), (1, 3)])
def test_the_gradient_of_a_map_is_its_transpose(up: int, down: int, whole: int) -> None:
    torch.manual_seed(0)
    axis = Axis(37, up, down, 5, 4, 12)
    kernel = torch.rand(12)
    dense = axis.matrix(kernel).float()
    x = torch.randn(2, 37, 3, requires_grad=True)
    weight = torch.randn(2, axis.out, 3)
    (BandedMap(axis, kernel, whole=whole)(x) * weight).sum().backward()
    assert torch.allclose(x.grad, dense.T @ weight, atol=1e-4)


@pytest.mark.parametrize("clamp", [None, 0.9])
def test_the_gradient_of_the_rectifier_is_autograds(clamp: float | None) -> None:
    torch.manual_seed(0)
    x = torch.randn(200, requires_grad=True)
    weight = torch.randn(200)
    (given,) = torch.autograd.grad((leaky(x, clamp=clamp) * weight).sum(), x)
    plain = functional.leaky_relu(x, 0.2) * 2**0.5
    plain = plain if clamp is None else plain.clamp(-clamp, clamp)
    (expected,) = torch.autograd.grad((plain * weight).sum(), x)
    assert torch.allclose(given, expected, atol=1e-6)


@pytest.mark.parametrize("padding", [(0, 0), (2, 2), (-1, -1), (3, -2)])
def test_a_plane_that_is_only_padded_is_what_the_dense_map_makes(padding: tuple[int, int]) -> None:
    axis = Axis(9, 1, 1, *padding, 1)
    band = BandedMap(axis, None)
    x = torch.randn(2, 9, 9, 3, requires_grad=True)
    made = filter_plane(x, band, band)
    dense = axis.matrix(None).float()
    expected = torch.einsum("ai,bj,nijc->nabc", dense, dense, x)
    assert made.shape == (2, axis.out, axis.out, 3)
    assert torch.equal(made, expected)
