"""The official generators beside ours: saved, opened and rendered alike, and timed."""

import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from faces.ground.errors import CircumplexError
from gan_bridge.generators.opening import open_networks
from gan_bridge.networks.config import DiscriminatorConfig, StyleGAN2Config, StyleGAN3Config
from gan_bridge.official import save_official_network, submodule_folder, time_official

THEIRS = {"dnnlib", "legacy", "metrics", "pkg_resources", "torch_utils", "training"}


@pytest.fixture
def official() -> Path:
    """The official code, in `stylegan3/` or where CIRCUMPLEX_STYLEGAN3 says."""
    try:
        return submodule_folder()
    except CircumplexError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(
    "config",
    [
        StyleGAN3Config(16, 1, 24, 3, 24, channel_base=512, channel_max=16, num_layers=8),
        StyleGAN2Config(16, 1, 24, 0, 24, channel_base=512, channel_max=16),
    ],
    ids=["StyleGAN3", "StyleGAN2"],
)
def test_what_the_official_code_saves_opens_and_renders_the_same(
    official: Path, tmp_path: Path, config: StyleGAN3Config | StyleGAN2Config
) -> None:
    critic = DiscriminatorConfig(16, 1, channel_base=512, channel_max=16)
    pictures = tmp_path / "pictures.safetensors"
    save_official_network(tmp_path / "net.pkl", config, critic, seed=3, pictures=pictures)
    networks = open_networks(tmp_path / "net.pkl", ("G_ema", "G", "D")).networks
    assert networks["G_ema"].config == config
    stored = load_file(pictures)
    with torch.no_grad():
        ws = networks["G_ema"].mapping(stored["z"], stored.get("c"))
        images = networks["G_ema"].synthesis(ws)
    assert (ws - stored["ws"]).abs().max() < 2e-5
    assert (images - stored["images"]).abs().max() < 2e-5
    assert stored["images"].std() > 0.01
    other = dict(networks["G"].named_parameters())
    assert all((p != other[name]).any() for name, p in networks["G_ema"].named_parameters())
    assert not THEIRS & set(sys.modules)


def test_the_official_generator_is_timed(official: Path) -> None:
    config = StyleGAN2Config(16, 1, 24, 0, 24, channel_base=512, channel_max=16)
    timing = time_official(config, repeats=2, tuned=True, threads=1)
    assert len(timing.seconds) == 2
    assert 0 < timing.best == min(timing.seconds)
    assert timing.peak > 50
    assert timing.torch == torch.__version__
    with pytest.raises(ValueError, match="repeat"):
        time_official(config, repeats=0)
