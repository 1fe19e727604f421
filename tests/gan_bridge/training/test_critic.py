"""The critic: real and made are told apart, gradients reach the maps, the seed decides."""

from pathlib import Path

import torch

from faces.sets import load_faceset
from gan_bridge.training.critic import FeatureCritic, critic_loss, mean_score
from vae.checkpoint import load_run
from vae.codes import to_tensor

SHAPES = [(16, 32), (32, 16), (32, 16), (64, 8), (64, 4)]


def test_it_learns_to_tell_faces_from_blurred_ones(tiny_faceset: Path) -> None:
    faces = load_faceset(tiny_faceset)
    real = to_tensor(faces.read(faces.rows("train")[:32]))
    blurred = torch.nn.functional.interpolate(
        torch.nn.functional.avg_pool2d(real, 4), (64, 64), mode="bilinear"
    )
    encoder = load_run("grey-vae").model
    with torch.no_grad():
        maps = [encoder.feature_maps(images)[0] for images in (real, blurred)]
    critic = FeatureCritic([(each.shape[1], each.shape[2]) for each in maps[0]])
    optimizer = torch.optim.Adam(critic.parameters(), 1e-3, betas=(0.0, 0.99))
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


def test_it_looks_at_the_last_map_of_each_side_and_gradients_reach_it() -> None:
    critic = FeatureCritic(SHAPES)
    maps = [torch.rand(2, wide, side, side, requires_grad=True) for wide, side in SHAPES]
    mean_score(critic(maps)).backward()
    reached = [each.grad is not None and bool(each.grad.any()) for each in maps]
    assert reached == [True, False, True, True, False]


def test_the_same_seed_gives_the_same_heads() -> None:
    one, two, other = (FeatureCritic(SHAPES, seed=seed) for seed in (1, 1, 2))
    weights = [next(each.parameters()) for each in (one, two, other)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def test_the_hinge_is_zero_beyond_the_margin() -> None:
    far = [torch.full((2, 1, 3, 3), 2.0)]
    assert critic_loss(far, [-far[0]]) == 0
    assert critic_loss([-far[0]], far) == 6
