import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from vae.config import TrainConfig
from vae.training import losses


@pytest.fixture
def codes() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    mean = torch.randn(64, 4, generator=generator)
    log_variance = torch.randn(64, 4, generator=generator) * 0.3 - 1
    return mean, log_variance, torch.randn(64, 4, generator=generator)


def test_kl_is_that_of_the_distributions(codes) -> None:
    mean, log_variance, _ = codes
    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(losses.kl_divergence(mean, log_variance), expected)


def test_reconstruction_is_the_gaussian_log_likelihood_less_its_constant() -> None:
    output, target = torch.zeros(2, 1, 3, 3), torch.full((2, 1, 3, 3), 0.2)
    constant = 9 * math.log(0.1 * math.sqrt(2 * math.pi))
    expected = -Normal(output, 0.1).log_prob(target).flatten(1).sum(1) - constant
    torch.testing.assert_close(losses.reconstruction_loss(output, target, 0.1), expected)


def test_the_three_parts_of_the_decomposition_add_up(codes) -> None:
    mean, log_variance, noise = codes
    sampled = mean + (log_variance / 2).exp() * noise
    parts = losses.decomposed_kl(sampled, mean, log_variance, faces=64)
    posterior = Normal(mean, (log_variance / 2).exp()).log_prob(sampled).sum(1)
    prior = Normal(0.0, 1.0).log_prob(sampled).sum(1)
    torch.testing.assert_close(sum(parts), posterior - prior)


def test_total_correlation_sees_dependent_units(codes) -> None:
    mean, log_variance, noise = codes
    tied = mean.clone()
    tied[:, 1:] = tied[:, :1]
    narrow = torch.full_like(log_variance, -4.0)
    free = losses.decomposed_kl(mean + 0.1 * noise, mean, narrow, 64)[1].mean()
    dependent = losses.decomposed_kl(tied + 0.1 * noise, tied, narrow, 64)[1].mean()
    assert dependent > free + 1


def test_a_missing_label_guides_nothing() -> None:
    predicted = torch.tensor([[0.5, 0.5], [0.5, 0.5]], requires_grad=True)
    labels = torch.tensor([[float("nan")] * 2, [0.0, float("nan")]])
    loss = losses.guidance_loss(predicted, labels, torch.tensor([0.25, 0.25]))
    assert loss.tolist() == [0.0, 1.0]
    loss.sum().backward()
    assert predicted.grad is not None
    assert predicted.grad.tolist() == [[0.0, 0.0], [4.0, 0.0]]


def test_schedules(codes) -> None:
    mean, log_variance, noise = codes
    kl = losses.kl_divergence(mean, log_variance).sum(1)

    def latent(risen: float, **settings) -> torch.Tensor:
        config = TrainConfig(**settings)
        return losses.latent_loss(config, mean, log_variance, noise, risen, faces=64)

    torch.testing.assert_close(latent(0.5, beta=4.0), 2 * kl)
    torch.testing.assert_close(
        latent(0.5, schedule="capacity", beta=3.0, capacity=20.0), 3 * (kl - 10).abs()
    )
    parts = losses.decomposed_kl(mean + (log_variance / 2).exp() * noise, mean, log_variance, 64)
    torch.testing.assert_close(
        latent(1.0, schedule="tc", beta=6.0), parts[0] + 6 * parts[1] + parts[2]
    )
