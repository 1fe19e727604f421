"""A small StyleGAN2, by its side the files of other programs are tried."""

import pytest
import torch

from gan_bridge.generators.stylegan import StyleGANGenerator
from gan_bridge.networks.config import StyleGAN2Config
from gan_bridge.networks.files import build_network


@pytest.fixture(scope="session")
def generator() -> StyleGANGenerator:
    torch.manual_seed(1)
    config = StyleGAN2Config(img_resolution=64, z_dim=32, w_dim=32, channel_base=512, channel_max=8)
    network = build_network(config).eval().requires_grad_(False)
    network.mapping.w_avg.copy_(torch.randn(32))
    return StyleGANGenerator(network)
