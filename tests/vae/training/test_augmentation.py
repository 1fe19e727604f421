import torch

from vae.training.augmentation import augment


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(5)


def _faces() -> torch.Tensor:
    ramp = torch.linspace(-0.8, 0.8, 32)
    return (ramp[:, None] * 0.3 + ramp[None, :] * 0.7).expand(40, 1, 32, 32).clone()


def test_the_same_generator_gives_the_same_batch() -> None:
    first, again = augment(_faces(), _generator()), augment(_faces(), _generator())
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


def test_ranges_hold_and_only_the_input_has_holes() -> None:
    inputs, targets = augment(_faces(), _generator())
    assert targets.abs().max() <= 1
    differs = (inputs != targets).flatten(1).any(1)
    assert 8 < differs.sum() < 32
    changed = inputs != targets
    assert (inputs[changed] == 0).all()
    share = changed.float().mean((1, 2, 3))[differs]
    assert share.min() > 0.01
    assert share.max() < 0.2


def test_about_half_are_mirrored() -> None:
    _, targets = augment(_faces(), _generator())
    slope = targets[:, 0, :, -8:].mean((1, 2)) - targets[:, 0, :, :8].mean((1, 2))
    assert 10 < (slope > 0).sum() < 30
