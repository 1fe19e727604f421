"""Augmentation: nothing at p = 0, invertible maps at p > 0, one stream a picture."""

import math

import pytest
import torch

from gan_bridge.training.augmentation import (
    RandomNumbers,
    augment,
    blur,
    colour_map,
    move,
    place_map,
    recolour,
)
from gan_bridge.training.config import GANTrainConfig


def stream(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(count: int = 6, channels: int = 3, side: int = 16) -> torch.Tensor:
    return torch.rand(count, channels, side, side, generator=stream(9)) * 2 - 1


def test_nothing_happens_at_p_0() -> None:
    images = pictures()
    assert augment(images, 0.0, stream()) is images


@pytest.mark.parametrize("channels", [1, 3])
def test_at_p_1_shapes_stay_and_everything_moves(channels: int) -> None:
    images = pictures(channels=channels)
    changed = augment(images, 1.0, stream())
    assert changed.shape == images.shape
    assert torch.isfinite(changed).all()
    assert ((changed - images).abs().amax((1, 2, 3)) > 0.1).all()


def test_places_alone_keep_the_range() -> None:
    images = pictures(64)
    moved = move(images, place_map(RandomNumbers(64, 1.0, stream()), 16))
    assert moved.abs().max() < 1.6  # cubic interpolation overshoots a little
    flat = torch.full((8, 1, 16, 16), 0.7)
    turned = move(flat, place_map(RandomNumbers(8, 1.0, stream()), 16))
    torch.testing.assert_close(turned, flat)


def test_one_seed_one_change_whatever_the_batch() -> None:
    images = pictures()
    whole = augment(images, 0.7, stream(3))
    torch.testing.assert_close(augment(images, 0.7, stream(3)), whole, rtol=0, atol=0)
    torch.testing.assert_close(augment(images[:2], 0.7, stream(3)), whole[:2])
    assert (augment(images, 0.7, stream(4)) != whole).any()


def test_it_is_differentiable_and_affine_in_the_pictures() -> None:
    images, other = pictures(), pictures().flip(0)
    middle = augment((images + other) / 2, 1.0, stream())
    ends = (augment(images, 1.0, stream()) + augment(other, 1.0, stream())) / 2
    torch.testing.assert_close(middle, ends, rtol=1e-4, atol=1e-4)
    images.requires_grad_(True)
    augment(images, 1.0, stream()).square().sum().backward()
    assert (images.grad.abs().amax((1, 2, 3)) > 0).all()


def test_exact_places() -> None:
    images = pictures(1)
    turn = torch.tensor([[[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]])
    torch.testing.assert_close(move(images, turn), images.rot90(1, (2, 3)), rtol=1e-4, atol=1e-4)
    flip = torch.diag(torch.tensor([-1.0, 1, 1]))[None]
    torch.testing.assert_close(move(images, flip), images.flip(3), rtol=1e-4, atol=1e-4)
    shift = torch.eye(3)[None].clone()
    shift[0, 0, 2] = 2 * 3 / 16  # three pixels: what is seen comes from the right
    moved = move(images, shift)
    torch.testing.assert_close(moved[..., :-3], images[..., 3:], rtol=1e-4, atol=1e-4)


def test_changes_happen_as_often_as_asked() -> None:
    places = place_map(RandomNumbers(4000, 0.3, stream()), 16)
    still = (places == torch.eye(3)).all(2).all(1).float().mean().item()
    # flips and turns by a random whole number leave 1/2 and 1/4 of those they meet as they are;
    # whole translations below half a pixel, 1/4 of 16 · 0.125 · 2 an axis
    expected = (1 - 0.15) * (1 - 0.225) * (1 - 0.3 * 0.75) ** 2 * (0.7**2 * 0.7) * 0.7**2
    assert still == pytest.approx(expected, abs=0.03)


def test_grey_pictures_change_in_brightness_and_contrast_alone() -> None:
    images = pictures(5, 1)
    colour = colour_map(RandomNumbers(5, 1.0, stream()), images)
    assert colour.shape == (5, 2, 2)
    assert (colour[:, 0, 0] > 0).all()  # never inverted
    changed = recolour(images, colour)
    by_hand = images * colour[:, 0, 0].view(-1, 1, 1, 1) + colour[:, 0, 1].view(-1, 1, 1, 1)
    torch.testing.assert_close(changed, by_hand)


def test_hue_and_saturation_leave_grey_pixels_grey() -> None:
    grey = torch.linspace(-1, 1, 16).expand(50, 3, 16, 16)
    changed = recolour(grey, colour_map(RandomNumbers(50, 1.0, stream()), grey))
    torch.testing.assert_close(changed, changed.mean(1, keepdim=True).expand_as(changed))


def test_blur() -> None:
    images = pictures()
    assert blur(images, 0.0) is images
    assert blur(images, 2.0).var() < 0.2 * images.var()
    flat = torch.full((2, 1, 16, 16), -0.3)
    torch.testing.assert_close(blur(flat, 10.0), flat)


def test_the_probability_follows_the_sign() -> None:
    config = GANTrainConfig(batch_size=32, ada_interval=4, ada_kimg=100, ada_target=0.6)
    step = 32 * 4 / 100_000
    assert config.next_p(0.1, sign=0.9) == pytest.approx(0.1 + step)  # too sure: more of it
    assert config.next_p(0.1, sign=0.2) == pytest.approx(0.1 - step)
    assert config.next_p(0.0, sign=-1) == 0
    assert config.next_p(config.ada_limit, sign=1) == config.ada_limit
    assert GANTrainConfig(ada_target=0).next_p(0.3, sign=1) == 0.3


def test_the_average_follows_with_its_half_life() -> None:
    config = GANTrainConfig(batch_size=100, ema_kimg=1.0, ema_ramp=0)
    assert config.ema_decay(0) ** 10 == pytest.approx(0.5)
    ramped = GANTrainConfig(batch_size=100, ema_kimg=1.0, ema_ramp=0.05)
    assert ramped.ema_decay(0) == pytest.approx(0.5 ** (100 / 5))
    assert ramped.ema_decay(0, ramp=False) == config.ema_decay(0)
    assert ramped.ema_decay(10**6) == pytest.approx(math.pow(0.5, 0.1))
