"""Losses against values worked out by hand."""

import math

import pytest
import torch

from gan_bridge.training.losses import discriminator_loss, generator_loss, path_penalty, r1_penalty


def test_generator_loss_by_hand() -> None:
    # softplus(0) = ln 2, softplus(-ln 3) = ln(1 + 1/3)
    scores = torch.tensor([[0.0], [math.log(3)]])
    expected = (math.log(2) + math.log(4 / 3)) / 2
    assert generator_loss(scores).item() == pytest.approx(expected)


def test_discriminator_loss_by_hand() -> None:
    real = torch.tensor([[math.log(3)]])
    fake = torch.tensor([[math.log(3)], [0.0]])
    expected = math.log(4 / 3) + (math.log(4) + math.log(2)) / 2
    assert discriminator_loss(real, fake).item() == pytest.approx(expected)


def test_r1_is_the_squared_gradient_and_has_its_own() -> None:
    weight = torch.tensor(1.5, requires_grad=True)
    images = torch.randn(4, 1, 3, 3, requires_grad=True)
    scores = weight * images.sum((1, 2, 3))[:, None]
    penalty = r1_penalty(scores, images)
    assert penalty.item() == pytest.approx(1.5**2 * 9, rel=1e-5)
    penalty.backward()
    assert weight.grad.item() == pytest.approx(2 * 1.5 * 9, rel=1e-5)


def test_r1_follows_each_picture() -> None:
    images = torch.arange(8.0).view(2, 1, 2, 2).requires_grad_(True)
    scores = images.square().sum((1, 2, 3))[:, None] / 2  # the gradient is the picture
    expected = (0 + 1 + 4 + 9 + 16 + 25 + 36 + 49) / 2
    assert r1_penalty(scores, images).item() == pytest.approx(expected)


def test_path_length_by_hand() -> None:
    # a picture of 2 × 2 whose pixels are all 3 w, seen along y = 1: the gradient of
    # sum(picture · y) / 2 in w is 3 · 4 / 2 = 6
    ws = torch.ones(5, 1, 1, requires_grad=True)
    images = 3 * ws[:, :, :, None].expand(5, 1, 2, 2)
    penalty, mean = path_penalty(images, ws, torch.ones(5, 1, 2, 2), torch.tensor(0.0), decay=0.9)
    assert mean.item() == pytest.approx(0.6)
    assert penalty.item() == pytest.approx((6 - 0.6) ** 2)
