"""Likeness: nothing for the same face, more for another person's than for a changed picture."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from faces.ground.pixels import to_tensor
from faces.sets import PrepareConfig
from faces.sets.preparing import prepare_picture
from vae.training.likeness import Likeness

PEOPLE = Path(__file__).parents[2] / "data" / "people"
CONFIG = PrepareConfig(size=128, channels=3)


def face(name: str) -> torch.Tensor:
    return to_tensor(prepare_picture(PEOPLE / name, CONFIG)[None])


def test_it_knows_a_person() -> None:
    likeness = Likeness(CONFIG.margin)
    neutral, smiling = face("001_neutral.jpg"), face("001_smiling.jpg")
    stranger = face("017_neutral.jpg")
    assert likeness(neutral, neutral).abs().max() < 1e-3
    assert likeness(smiling, neutral) < 0.7 * likeness(stranger, neutral)


def test_gradients_reach_the_output_alone() -> None:
    likeness = Likeness(CONFIG.margin)
    output = face("001_neutral.jpg").requires_grad_(True)
    target = face("017_neutral.jpg").requires_grad_(True)
    likeness(output, target).sum().backward()
    assert output.grad is not None and output.grad.any() and target.grad is None
    assert not [p for p in likeness.parameters() if p.requires_grad]


def test_grey_pictures_are_taken() -> None:
    grey = np.asarray(Image.open(PEOPLE / "001_neutral.jpg").convert("L").resize((64, 64)))
    images = to_tensor(grey[None, None].copy())
    assert torch.isfinite(Likeness(0.0)(images, images)).all()
