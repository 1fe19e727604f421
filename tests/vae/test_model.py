import pytest
import torch

from faces.ground.errors import CircumplexError
from vae.codes import to_tensor, to_uint8
from vae.config import TrainConfig, VAEConfig
from vae.model import BetaVAE, stage_channels


@pytest.mark.parametrize(("size", "channels"), [(64, 1), (64, 3), (128, 1), (256, 3)])
def test_shapes_follow_the_config(size: int, channels: int) -> None:
    config = VAEConfig(size, channels, 12, encoder_width=4, decoder_width=4)
    model = BetaVAE(config).eval()
    images, noise = torch.rand(2, channels, size, size), torch.zeros(2, 12)
    output, mean, log_variance, affect = model(images, noise)
    assert output.shape == images.shape
    assert mean.shape == log_variance.shape == (2, 12)
    assert affect.shape == (2, 2)


def test_without_noise_the_mean_code_is_decoded() -> None:
    torch.manual_seed(0)
    model = BetaVAE(VAEConfig(64, 1, 5, encoder_width=4, decoder_width=4)).eval()
    images = torch.rand(3, 1, 64, 64)
    output, mean, _, _ = model(images, torch.zeros(3, 5))
    torch.testing.assert_close(output, model.decode(mean))


def test_stages_double_up_to_eight_times() -> None:
    assert stage_channels(32, 64) == [32, 64, 128, 256]
    assert stage_channels(32, 256) == [32, 64, 128, 256, 256, 256]


def test_every_level_survives_the_way_to_the_tensor_and_back() -> None:
    levels = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16).numpy()
    back = to_uint8(to_tensor(levels))
    assert back.shape == (1, 16, 16, 3)
    for channel in range(3):
        assert (back[0, :, :, channel] == levels[0, 0]).all()


def test_values_outside_the_range_are_clipped() -> None:
    assert to_uint8(torch.tensor([[[[-3.0, 3.0]]]]))[0, 0].tolist() == [[0] * 3, [255] * 3]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"image_size": 100}, "image_size"),
        ({"channels": 2}, "channels"),
        ({"latent_dim": 0}, "latent_dim"),
        ({"encoder_width": 1}, "encoder_width"),
    ],
)
def test_a_network_that_cannot_be_is_refused(settings: dict[str, int], named: str) -> None:
    with pytest.raises(CircumplexError, match=named):
        VAEConfig(**settings)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"epochs": 0}, "epochs"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"beta": -1.0}, "beta"),
        ({"schedule": "linear"}, "schedule"),
        ({"precision": "int8"}, "precision"),
        ({"ema_decay": 1.0}, "ema_decay"),
        ({"dev_share": 0.0}, "dev_share"),
    ],
)
def test_a_training_that_cannot_be_is_refused(settings: dict[str, object], named: str) -> None:
    with pytest.raises(CircumplexError, match=named):
        TrainConfig(**settings)  # type: ignore[arg-type]


def test_configs_travel_as_json() -> None:
    import json

    for record in (VAEConfig(64, 3, 7), TrainConfig(epochs=3, beta=0.5, schedule="tc")):
        assert type(record).from_dict(json.loads(record.to_json())) == record
    with pytest.raises(CircumplexError, match="betta"):
        TrainConfig.from_dict({"betta": 1})
