"""Seeds that took part in what is evaluated."""

import pytest

from studio.engine import Engine
from studio.evaluation.config import EvaluateConfig
from studio.evaluation.seeds import check_seeds, fitted_seeds, free_seeds
from studio.model_choice import ModelChoice
from studio.validation import RequestError

FITTED = {"the directions": range(0, 10_000), "what aims the edits": range(20_010, 20_020)}


def test_seeds_that_fitted_are_refused_and_fresh_ones_named() -> None:
    with pytest.raises(RequestError, match=r"2 of the seeds \(9998, 9999\).*20000-20003"):
        check_seeds((9998, 9999, 10_000, 10_001), FITTED, allowed=False)
    assert free_seeds(64, FITTED) == range(20_020, 20_084)
    assert free_seeds(4, FITTED) == range(20_000, 20_004)


def test_allowed_ones_are_counted() -> None:
    found = check_seeds((9999, 10_000, 20_015), FITTED, allowed=True)
    assert found["overlap"] == 2 and found["fitted"]["the directions"] == [0, 9999]
    assert check_seeds((10_000,), FITTED, allowed=False)["overlap"] == 0


@pytest.mark.parametrize("generator", ["stylegan3", "grey", "bundled", "grey-vae"])
def test_the_defaults_are_fresh_to_every_model_in_the_package(
    engine: Engine, generator: str
) -> None:
    choice = ModelChoice(generator=generator)
    fitted = fitted_seeds(engine, choice, engine.explorer(choice))
    assert check_seeds(EvaluateConfig().seeds, fitted, allowed=False)["overlap"] == 0
    network = generator in ("stylegan3", "grey")
    assert ("what aims the edits" in fitted) == network
    if network:
        assert 1_000_000 in fitted["what aims the edits"]


def test_a_bridge_over_random_faces_says_which(engine: Engine) -> None:
    choice = ModelChoice(generator="grey", raw=True)
    fitted = fitted_seeds(engine, choice, engine.explorer(choice))
    assert fitted["the directions"] == range(0, 10_000)
    assert set(fitted) == {"the directions", "the choice of layers"}


def test_a_bridge_over_encoded_faces_took_no_seeds(engine: Engine) -> None:
    choice = ModelChoice(generator="stylegan3")
    fitted = fitted_seeds(engine, choice, engine.explorer(choice))
    assert "the directions" not in fitted
    assert fitted["the choice of layers"] == range(4000, 4016)
