"""Apparent age, sex and origin: of people whose age and sex are known, and with gradients."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from faces.ground.errors import CircumplexError
from faces.ground.pixels import to_tensor
from faces.readers.appearance.reader import ETHNICITIES, AppearanceReader
from faces.readers.identity.alignment import chip_of_points
from faces.sets.detection import Detector

DATA = Path(__file__).parents[3] / "data"


@pytest.fixture(scope="module")
def reader() -> AppearanceReader:
    return AppearanceReader.load()


@pytest.fixture(scope="module")
def chips() -> torch.Tensor:
    """Aligned faces (N, 3, 150, 150) of the pictures that travel with the tests."""
    paths = sorted((DATA / "people").glob("*.jpg"))
    pictures = [np.asarray(Image.open(path).convert("RGB")) for path in paths]
    found = [each.points[0] for each in Detector()(pictures)]
    cut = [chip_of_points(*pair) for pair in zip(pictures, found, strict=True)]
    return to_tensor(np.stack(cut).transpose(0, 3, 1, 2).copy())


def test_its_own_figures_travel_with_it(reader: AppearanceReader) -> None:
    held_out = reader.provenance["held_out"]
    assert held_out["female_accuracy"] > 0.9 and held_out["age_error_years"] < 7
    assert held_out["yaw_r2"] > 0.7 and held_out["pitch_r2"] > 0.6


def test_what_it_says_are_shares_years_and_degrees(
    reader: AppearanceReader, chips: torch.Tensor
) -> None:
    seen = reader(chips)
    assert seen.ethnicity.shape == (len(chips), len(ETHNICITIES))
    assert torch.allclose(seen.ethnicity.sum(1), torch.ones(len(chips)), atol=1e-5)
    assert ((seen.female >= 0) & (seen.female <= 1)).all()
    assert ((seen.age > 10) & (seen.age < 90)).all() and (seen.yaw.abs() < 30).all()
    assert seen.embedding.shape == (len(chips), 128)


def test_the_sex_of_adults_is_seen(reader: AppearanceReader, chips: torch.Tensor) -> None:
    table = pd.read_csv(DATA / "people.csv").sort_values("path")
    known = (table["gender"] == "female").to_numpy()
    assert ((reader(chips).female.numpy() > 0.5) == known).mean() >= 0.9


def test_gradients_reach_the_picture(reader: AppearanceReader, chips: torch.Tensor) -> None:
    images = chips[:1].clone().requires_grad_(True)
    seen = reader(images)
    (seen.age.sum() + seen.female.sum() + seen.pitch.sum()).backward()
    assert images.grad is not None and images.grad.abs().max() > 0
    assert not any(parameter.requires_grad for parameter in reader.parameters())


def test_saved_and_opened_it_says_the_same(
    reader: AppearanceReader, chips: torch.Tensor, tmp_path: Path
) -> None:
    reader.save(tmp_path / "appearance.safetensors")
    again = AppearanceReader.load(tmp_path / "appearance.safetensors")
    assert torch.equal(again(chips).age, reader(chips).age)
    assert again.provenance == reader.provenance


def test_another_file_is_refused() -> None:
    other = Path(__file__).parents[4] / "faces" / "weights" / "identity.safetensors"
    with pytest.raises(CircumplexError, match="identity-network"):
        AppearanceReader.load(other)
