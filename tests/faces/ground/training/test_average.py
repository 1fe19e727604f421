import torch
from torch import nn

from faces.ground.training.average import start_average, update_average, warmed_decay


def network(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    made = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    made(torch.randn(8, 3))  # moves the batch statistics
    return made


def test_early_decays_are_those_of_a_plain_mean() -> None:
    assert warmed_decay(0.995, 0) == 0.1
    assert warmed_decay(0.995, 8) == 0.5
    assert warmed_decay(0.995, 10**6) == 0.995


def test_the_average_moves_by_the_share_that_is_left() -> None:
    average, target = start_average(network(0)), network(1)
    before = {name: value.clone() for name, value in average.state_dict().items()}
    update_average(average, target, 0.75)
    for name, value in average.state_dict().items():
        if value.is_floating_point():
            expected = 0.75 * before[name] + 0.25 * target.state_dict()[name]
            assert torch.allclose(value, expected, atol=1e-6), name
    assert not average.training
    assert not any(value.requires_grad for value in average.parameters())


def test_buffers_are_averaged_or_copied_and_counts_always_copied() -> None:
    target = network(1)
    target(torch.randn(8, 3))
    statistics = target.state_dict()["1.running_mean"]
    for average_buffers in (True, False):
        average = start_average(network(0))
        update_average(average, target, 0.5, average_buffers)
        found = average.state_dict()
        assert torch.equal(found["1.running_mean"], statistics) != average_buffers
        assert found["1.num_batches_tracked"] == 2
        assert not torch.equal(found["0.weight"], target.state_dict()["0.weight"])
