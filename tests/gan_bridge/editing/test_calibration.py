"""The response surface of version 0.1: its inverse, and what it refuses."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faces.ground.errors import CircumplexError
from gan_bridge.bridging.artefact import Bridge
from gan_bridge.editing.calibration import FILE, Calibration
from gan_bridge.editing.explorer import EmotionExplorer
from gan_bridge.generators.opening import load_generator, network_path


def made(scale: float, reach: float = 1.5) -> Calibration:
    """Readings that are the moves times `scale`: hidden units in their straight part."""
    small = 1e-3
    return Calibration(
        centre=np.zeros(4),
        components=np.eye(4)[:1],
        by_move=np.eye(2) * small,
        by_face=np.array([[small, 0.0]]),
        bias=np.zeros(2),
        out=np.eye(2) * scale / small,
        level=np.zeros(2),
        reach=reach,
        effort=0.003,
        hull=np.zeros((0, 2)),
        evidence={"generator": "g", "directions": "d", "layers": [0]},
    )


@pytest.fixture(scope="module")
def explorer() -> EmotionExplorer:
    return EmotionExplorer(load_generator("grey"), Bridge.load(network_path("grey").parent))


@pytest.fixture(scope="module")
def measured() -> Calibration:
    """The one that version 0.1 shipped."""
    return Calibration.load(network_path("grey").with_name(FILE))


@settings(deadline=None, max_examples=25)
@given(scale=st.floats(0.9, 2.0), valence=st.floats(-0.8, 0.8), arousal=st.floats(-0.8, 0.8))
def test_a_straight_surface_is_inverted(scale: float, valence: float, arousal: float) -> None:
    calibration = made(scale)
    latent_targets, shown = calibration.solve(np.zeros((1, 4)), np.array([[valence, arousal]]))
    assert np.abs(latent_targets * scale - [valence, arousal]).max() < 0.02
    assert np.allclose(shown, latent_targets * scale, atol=1e-4)


def test_what_cannot_be_shown_gets_the_nearest_move_within_reach() -> None:
    latent_targets, shown = made(0.2, reach=1.5).solve(np.zeros((1, 4)), np.array([[0.9, 0.0]]))
    assert latent_targets[0, 0] == pytest.approx(1.5, abs=0.01) and abs(latent_targets[0, 1]) < 0.05
    assert shown[0, 0] == pytest.approx(0.3, abs=0.01)
    far = made(0.2).solve(np.zeros((1, 4)), np.array([[0.9, 0.9]]))[0]
    assert np.hypot(*far[0]) <= 1.5 + 1e-6  # a disc: corners were not measured


def test_each_face_has_its_own_answer() -> None:
    calibration = made(1.0)
    w = np.array([[0.3, 9.0, 9.0, 9.0]])  # its first coordinate alone is known
    assert np.allclose(calibration.predict(w, np.array([[0.2, 0.1]])), [[0.5, 0.1]], atol=1e-4)
    latent_targets, _ = calibration.solve(w, np.array([[0.5, 0.1]]))
    assert np.allclose(latent_targets, [[0.2, 0.1]], atol=0.01)


def test_an_explorer_aims_by_it(explorer: EmotionExplorer, measured: Calibration) -> None:
    bridge = Bridge.load(network_path("grey").parent)
    aimed = EmotionExplorer(explorer.generator, bridge, calibration=measured)
    w = explorer.latent(3, 0.7)
    moved = aimed.move(w, 0.5, 0.3)
    latent_target, _ = measured.solve(explorer.neutral_mean(w), np.array([[0.5, 0.3]]))
    assert np.allclose(aimed.predict(moved)[0], latent_target[0], atol=1e-3)
    assert np.allclose(aimed.predict(aimed.move_latent(w, 0.5, 0.3)), [[0.5, 0.3]], atol=1e-4)
    both = aimed.move(np.repeat(w, 2, axis=0), np.array([0.5, -0.2]), 0.3)
    assert np.array_equal(both[:1], moved)  # a request does not depend on its batch


def test_it_comes_back_from_its_file(measured: Calibration, tmp_path: Path) -> None:
    measured.save(tmp_path / "c.safetensors")
    again = Calibration.load(tmp_path / "c.safetensors")
    assert again.digest == measured.digest and again.evidence == measured.evidence
    assert np.array_equal(again.hull, measured.hull)
    assert replace(measured, reach=9.0).digest != measured.digest
    assert replace(measured, effort=9.0).digest != measured.digest


def test_the_shipped_one_knows_its_name_of_version_0_1_0() -> None:
    shipped = Calibration.load(network_path("grey").with_name(FILE))
    bare = hashlib.sha256()
    for name in ("centre", "components", "by_move", "by_face", "bias", "out", "level"):
        bare.update(getattr(shipped, name).tobytes())
    bare.update(np.array([shipped.reach, shipped.effort]).tobytes())
    assert shipped.matches(bare.hexdigest()) and shipped.matches(shipped.digest)
    assert not replace(shipped, effort=9.0).matches(bare.hexdigest())


def test_what_does_not_fit_is_told(
    explorer: EmotionExplorer, measured: Calibration, tmp_path: Path
) -> None:
    other = replace(measured, evidence={**measured.evidence, "directions": "0" * 64})
    with pytest.raises(CircumplexError, match="calibrates directions 000000000000"):
        EmotionExplorer(explorer.generator, explorer.directions, calibration=other)
    for wrong in (
        replace(measured, reach=float("nan")),
        replace(measured, by_move=measured.by_move[:1]),
        replace(measured, evidence={}),
    ):
        wrong.save(tmp_path / "wrong.safetensors")
        with pytest.raises(CircumplexError, match="damaged"):
            Calibration.load(tmp_path / "wrong.safetensors")
