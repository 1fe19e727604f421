"""The critic: gradients reach the pictures, real and made are told apart, the reader stays."""

from pathlib import Path

import torch

from faces.sets import load_faceset
from gan_bridge.training.critic import FeatureCritic, critic_loss, mean_score
from vae.codes import to_tensor


def test_it_learns_to_tell_faces_from_blurred_ones(tiny_faceset: Path) -> None:
    faces = load_faceset(tiny_faceset)
    real = to_tensor(faces.read(faces.rows("train")[:32]))
    blurred = torch.nn.functional.interpolate(
        torch.nn.functional.avg_pool2d(real, 4), (64, 64), mode="bilinear"
    )
    critic = FeatureCritic.bundled()
    before = [value.clone() for value in critic._reader[0].parameters()]
    optimizer = torch.optim.Adam(critic.parameters(), 1e-3, betas=(0.0, 0.99))
    with torch.no_grad():
        maps = critic.features(real), critic.features(blurred)
    losses = []
    for _ in range(24):
        loss = critic_loss(critic(maps[0]), critic(maps[1]))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
    # so short a training is ragged, and threads round differently: the best of its end counts
    assert min(losses[-6:]) < 0.8 * losses[0]
    assert mean_score(critic(maps[0])) > mean_score(critic(maps[1]))
    for old, new in zip(before, critic._reader[0].parameters(), strict=True):
        assert torch.equal(old, new) and new.grad is None
    assert not any("reader" in name for name in critic.state_dict())


def test_it_is_differentiable_in_grey_and_colour() -> None:
    critic = FeatureCritic.bundled()
    grey = torch.rand(2, 1, 64, 64, requires_grad=True)
    mean_score(critic(critic.features(grey))).backward()
    assert grey.grad is not None and grey.grad.abs().max() > 0
    colour = grey.detach().expand(2, 3, 64, 64)
    for one, three in zip(critic.features(grey), critic.features(colour), strict=True):
        assert torch.allclose(one, three, atol=0.1)


def test_the_same_seed_gives_the_same_heads() -> None:
    one, two, other = (FeatureCritic.bundled(seed=seed) for seed in (1, 1, 2))
    weights = [next(each.parameters()) for each in (one, two, other)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def test_the_hinge_is_zero_beyond_the_margin() -> None:
    far = [torch.full((2, 1, 3, 3), 2.0)]
    assert critic_loss(far, [-far[0]]) == 0
    assert critic_loss([-far[0]], far) == 6
