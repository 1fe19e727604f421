"""Which parts of the networks are trained."""

import pytest

from faces.ground.errors import CircumplexError
from gan_bridge.networks.alias_free import StyleGAN3
from gan_bridge.networks.config import DiscriminatorConfig, StyleGAN2Config, StyleGAN3Config
from gan_bridge.networks.discriminator import Discriminator
from gan_bridge.networks.stylegan2 import StyleGAN2
from gan_bridge.training.layers import choose_parameters, discriminator_parameters
from gan_bridge.training.steps import frozen

SHAPE = {"img_resolution": 16, "img_channels": 1, "z_dim": 8, "w_dim": 8, "channel_max": 8}


@pytest.fixture(scope="module")
def third() -> StyleGAN3:
    return StyleGAN3(StyleGAN3Config(**SHAPE, num_layers=4, margin_size=2))


@pytest.fixture(scope="module")
def second() -> StyleGAN2:
    return StyleGAN2(StyleGAN2Config(**SHAPE, mapping_layers=2))


def modules(network: StyleGAN3 | StyleGAN2, wanted: str) -> set[str]:
    chosen = {id(parameter) for parameter in choose_parameters(network, wanted)}
    named = dict(network.named_parameters())
    assert {id(p) for p in named.values() if p.requires_grad} == chosen
    return {name.split(".")[-2 if "affine" not in name else -3] for name, p in named.items()
            if id(p) in chosen}  # fmt: skip


def test_parts_of_stylegan3(third: StyleGAN3) -> None:
    names = third.synthesis.layer_names
    assert len(choose_parameters(third, "all")) == len(list(third.parameters()))
    assert modules(third, "mapping") == {"fc0", "fc1"}
    assert modules(third, "0") == {"input"}
    assert modules(third, "1-2") == set(names[:2])
    assert modules(third, "L3_*, 5") == {names[3], names[4]}
    assert modules(third, "synthesis") == {"input", *names}


def test_parts_of_stylegan2(second: StyleGAN2) -> None:
    together = choose_parameters(second, "b16")
    assert {id(p) for p in together} == {id(p) for p in second.synthesis.b16.parameters()}
    # the second w feeds block 4's way to RGB and block 8's first convolution
    fed = {id(p) for p in choose_parameters(second, "1")}
    block4, block8 = second.synthesis.b4, second.synthesis.b8
    assert fed == {id(p) for m in (block4.torgb, block8.conv0) for p in m.parameters()}
    every = choose_parameters(second, f"0-{second.config.num_ws - 1}")
    assert len(every) == len(list(second.synthesis.parameters()))


@pytest.mark.parametrize("wanted", ["L9_*", "17", "head", "all,nothing"])
def test_names_of_nothing_are_refused(third: StyleGAN3, wanted: str) -> None:
    with pytest.raises(CircumplexError, match="names nothing in this network"):
        choose_parameters(third, wanted)


def test_blocks_of_the_discriminator() -> None:
    network = Discriminator(DiscriminatorConfig(16, 1, channel_max=8))
    assert len(discriminator_parameters(network, 0)) == len(list(network.parameters()))
    discriminator_parameters(network, 1)
    assert not any(p.requires_grad for p in network.b16.parameters())
    assert all(p.requires_grad for p in network.b8.parameters())
    with pytest.raises(CircumplexError, match="2 blocks"):
        discriminator_parameters(network, 3)


def test_an_error_releases_frozen_parameters(third: StyleGAN3) -> None:
    parameters = choose_parameters(third, "mapping")
    with pytest.raises(ArithmeticError), frozen(parameters):
        assert not any(each.requires_grad for each in parameters)
        raise ArithmeticError
    assert all(each.requires_grad for each in parameters)
