"""Nuisances planted in made latents are found, and taken out of the directions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from faces.ground.errors import CircumplexError
from gan_bridge.bridging.fitting import ScoredSamples, find_directions
from gan_bridge.bridging.nuisances import COMPONENTS, facenet_reading, fit_nuisance, project_out

WIDTH, COUNT = 12, 600


@pytest.fixture(scope="module")
def planted() -> tuple[ScoredSamples, dict[str, np.ndarray], np.ndarray]:
    """Latents; scores that lean on the yaw of the head; yaw read with noise, at times not."""
    rng = np.random.default_rng(4)
    w = rng.normal(size=(COUNT, WIDTH)).astype(np.float32)
    truth = rng.normal(size=(3, WIDTH))
    truth[0] += 0.7 * truth[2]  # a smile that comes with a turn
    read = w @ truth.T + 0.3 * rng.normal(size=(COUNT, 3))
    yaw = read[:, 2:].copy()
    yaw[::17] = np.nan
    scored = ScoredSamples("made", "a" * 64, "stylegan3/w", "b" * 64, w, read[:, :2])
    return scored, {"yaw": yaw}, truth


@pytest.mark.parametrize("basis", ["orthogonal", "dual", "pattern"])
def test_a_move_leaves_the_nuisance_and_meets_the_request(
    planted: tuple[ScoredSamples, dict[str, np.ndarray], np.ndarray], basis: str
) -> None:
    scored, readings, truth = planted
    plain, _ = find_directions(scored, {}, basis)
    clean, evidence = find_directions(scored, readings, basis)
    for directions, turned in ((plain, True), (clean, False)):
        moved = directions.move(scored.w.astype(float), 0.5, -0.2)
        assert np.allclose(directions.predict(moved), (0.5, -0.2))
        change = np.abs((moved - scored.w) @ truth[2]) / np.linalg.norm(truth[2])
        lengths = np.linalg.norm(moved - scored.w, axis=1)
        assert ((change / lengths).mean() > 0.2) == turned
    (found,) = evidence["nuisances"]
    assert found["name"] == "yaw" and found["n"] == np.isfinite(readings["yaw"]).sum()
    low, high = found["r2_interval"]
    assert 0.9 < low < found["r2"] < high <= 1
    assert abs(found["cosine"]["valence"]) > 0.2
    cost = evidence["cost"]["valence"]
    assert cost["r2_after"] < cost["r2_before"] and cost["cosine_kept"] < 0.99
    assert abs(clean.valence @ _unit(fit_nuisance("yaw", *_rows(scored, readings))[0].weights)) < (
        1e-9
    )


def test_without_nuisances_nothing_changes_and_nothing_is_said_of_a_cost(
    planted: tuple[ScoredSamples, dict[str, np.ndarray], np.ndarray],
) -> None:
    directions, evidence = find_directions(planted[0], {}, "orthogonal")
    assert evidence["nuisances"] == [] and evidence["cost"] is None
    assert abs(directions.cosine_after) < 1e-12
    held = evidence["held_out"]
    assert held["n"] == 120 and evidence["fit"]["n"] == 480
    for name in ("valence", "arousal"):
        low, high = held[name]["r2_interval"]
        assert 0.9 < low < held[name]["r2"] < high <= 1
        assert held[name]["shuffled_r2"] < 0.1


def test_intervals_are_of_people_where_they_are_known(
    planted: tuple[ScoredSamples, dict[str, np.ndarray], np.ndarray],
) -> None:
    """Six people, each read too high or too low as a whole: as sure as of six, not of hundreds."""
    scored, readings, _ = planted
    who = np.arange(COUNT) % 6
    aside = np.array([-2.0, 2, -1, 1, 0, 3])[who, None]
    offset = replace(scored, scores=scored.scores + aside)
    turned = {"yaw": readings["yaw"] + aside}
    alone, known = (
        find_directions(replace(offset, groups=groups), turned, "orthogonal")[1]
        for groups in (None, who)
    )
    for find in (
        lambda found: found["held_out"]["valence"]["r2_interval"],
        lambda found: found["nuisances"][0]["r2_interval"],
    ):
        assert np.ptp(find(known)) > 1.5 * np.ptp(find(alone))


def test_many_columns_are_reduced_to_their_components() -> None:
    rng = np.random.default_rng(0)
    w = rng.normal(size=(300, WIDTH)).astype(np.float32)
    embedded = w[:, :2] @ rng.normal(size=(2, 40)) + 0.01 * rng.normal(size=(300, 40))
    held = np.arange(300) >= 240
    found = fit_nuisance("identity", w, embedded, held)
    assert [each.name for each in found] == [f"identity {k}" for k in range(1, COMPONENTS + 1)]
    assert found[0].r2 > 0.99 and found[1].r2 > 0.99 and found[-1].r2 < 0.3
    axes = np.eye(4, WIDTH)
    left = project_out(axes[:2] + axes[2:], found[:2])
    assert np.allclose(left, axes[2:], atol=0.05)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.full((50, 1), np.nan), "yaw could be read in only 0 of 50 pictures"),
        (np.where(np.arange(50) < 5, 1.0, np.nan)[:, None], "in only 5 of 50"),
        (np.ones((50, 1)), "yaw is the same in all pictures"),
    ],
)
def test_a_nuisance_that_cannot_be_fitted_is_named(values: np.ndarray, message: str) -> None:
    w = np.random.default_rng(0).normal(size=(50, 4))
    with pytest.raises(CircumplexError, match=message):
        fit_nuisance("yaw", w, values, np.arange(50) >= 40)


def test_directions_that_are_all_nuisance_are_refused() -> None:
    w = np.random.default_rng(0).normal(size=(200, 3))
    held = np.arange(200) >= 160
    everything = [n for k in range(3) for n in fit_nuisance("x", w, w[:, k : k + 1], held)]
    with pytest.raises(CircumplexError, match="nothing is left to move"):
        project_out(np.eye(2, 3), everything)


def test_identity_is_embedded_by_the_network_in_a_file(tmp_path: Path) -> None:
    import torch
    from facenet_pytorch import InceptionResnetV1
    from safetensors.torch import save_file

    torch.manual_seed(0)
    save_file(InceptionResnetV1().state_dict(), tmp_path / "faces.safetensors")
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    embedded = facenet_reading(tmp_path / "faces.safetensors")(images)
    assert embedded.shape == (2, 512)
    assert np.allclose(np.linalg.norm(embedded, axis=1), 1, atol=1e-5)
    with pytest.raises(CircumplexError, match=r"gone\.pt"):
        facenet_reading(tmp_path / "gone.pt")


def _rows(
    scored: ScoredSamples, readings: dict[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return scored.w, readings["yaw"], scored.held_out


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)
