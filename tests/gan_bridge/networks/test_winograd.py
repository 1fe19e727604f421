"""Winograd's convolution against the plain one."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from gan_bridge.networks import winograd
from gan_bridge.networks.alias_free import StyleGAN3
from gan_bridge.networks.config import StyleGAN3Config


@settings(deadline=None, max_examples=20)
@given(
    height=st.integers(1, 80),
    width=st.integers(1, 40),
    wide=st.sampled_from([(3, 5), (16, 8), (130, 129)]),
    seed=st.integers(0, 99),
)
def test_convolution(height: int, width: int, wide: tuple[int, int], seed: int) -> None:
    stream = torch.Generator().manual_seed(seed)
    x = torch.randn(height, width, wide[0], generator=stream)
    scale = torch.rand(wide[0], generator=stream) + 0.5
    weight = torch.randn(wide[1], wide[0], 3, 3, generator=stream)
    with torch.inference_mode():
        made = winograd.convolve(x, scale, winograd.prepare_kernel(weight), wide[1])
    signal = (x * scale).double().permute(2, 0, 1)[None]
    exact = functional.conv2d(signal, weight.double(), padding=2)[0].permute(1, 2, 0)
    assert made.shape == exact.shape
    assert (made - exact).abs().max() < 3e-5 * exact.std() + 1e-6


@pytest.mark.parametrize("wide", [(170, 180), (512, 200)])
def test_products_in_bf16_are_near(wide: tuple[int, int]) -> None:
    torch.manual_seed(0)
    x, scale, weight = (
        torch.randn(40, 36, wide[0]),
        torch.rand(wide[0]),
        torch.randn(*wide[::-1], 3, 3),
    )
    kernel = winograd.prepare_kernel(weight)
    with torch.inference_mode():
        exact = winograd.convolve(x, scale, kernel, wide[1])
        near = winograd.convolve(x.bfloat16(), scale, kernel, wide[1], torch.bfloat16)
    assert near.dtype == torch.float32
    assert 0 < (near - exact).square().mean().sqrt() < 0.03 * exact.std()


def test_a_wide_network_keeps_its_picture_and_follows_its_weights() -> None:
    torch.manual_seed(0)
    config = StyleGAN3Config(16, 3, 16, 0, 16, channel_base=4096, channel_max=128, num_layers=6)
    network = StyleGAN3(config).eval()
    ws = network.mapping(torch.randn(1, 16)).detach()
    for _ in range(2):
        with torch.inference_mode():
            quick = network.synthesis(ws)
        plain = network.synthesis(ws).detach()
        assert (quick - plain).abs().max() < 2e-6 * plain.abs().max().clamp(min=1)
        with torch.no_grad():  # as a training does, between two looks at it
            network.synthesis.layers[1].weight.mul_(torch.rand(128, 128, 3, 3) + 0.5)
