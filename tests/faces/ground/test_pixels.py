"""Levels of pictures come back from the values of networks."""

import numpy as np
import torch

from faces.ground.pixels import to_tensor, to_uint8

LEVELS = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)


def test_every_level_comes_back() -> None:
    images = to_tensor(LEVELS)
    assert images.dtype == torch.float32 and images.shape == LEVELS.shape
    assert (images.min(), images.max()) == (-1, 1)
    assert (images.flatten().diff() > 0).all()
    assert (to_uint8(images).numpy() == LEVELS).all()


def test_values_are_rounded_and_clipped() -> None:
    images = torch.tensor([-1.5, -1 + 0.4 / 127.5, -1 + 0.6 / 127.5, 1.5], requires_grad=True)
    assert to_uint8(images).tolist() == [0, 0, 1, 255]


def test_the_pictures_stay_as_they_are() -> None:
    before = LEVELS.copy()
    to_uint8(to_tensor(LEVELS))
    assert (before == LEVELS).all()
