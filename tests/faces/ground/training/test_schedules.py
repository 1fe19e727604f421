import pytest
import torch
from torch import nn

from faces.ground.training.optimizers import decay_groups, set_learning_rate
from faces.ground.training.schedules import cosine_decay, linear_warmup


def test_warm_up_rises_in_a_line_and_stays() -> None:
    assert [linear_warmup(done, 4) for done in (0, 1, 2, 4, 9)] == [0, 0.25, 0.5, 1, 1]
    assert linear_warmup(0, 0) == 1


def test_the_cosine_falls_from_one_to_its_last_share() -> None:
    assert cosine_decay(0, 10) == 1
    assert cosine_decay(5, 10) == pytest.approx(0.5)
    assert cosine_decay(10, 10) == pytest.approx(0)
    assert cosine_decay(10, 10, last=0.01) == pytest.approx(0.01)
    shares = [cosine_decay(done, 10, last=0.1) for done in range(11)]
    assert shares == sorted(shares, reverse=True)


def test_biases_norms_and_frozen_parameters_do_not_decay() -> None:
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    network[2].requires_grad_(False)
    optimizer = torch.optim.SGD(decay_groups(network), lr=0.1, weight_decay=0.5)
    set_learning_rate(optimizer, 0.25)
    decayed, plain = optimizer.param_groups
    assert [each is network[0].weight for each in decayed["params"]] == [True]
    assert len(plain["params"]) == 3
    assert (decayed["weight_decay"], plain["weight_decay"]) == (0.5, 0.0)
    assert decayed["lr"] == plain["lr"] == 0.25
