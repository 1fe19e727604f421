"""From a generator and a run to directions in w, on a tiny network of random weights."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from faces.ground.errors import CircumplexError
from faces.ground.files import read_json, write_json
from gan_bridge import Bridge, BridgeConfig, EmotionExplorer, StyleGANGenerator, build_bridge
from gan_bridge.bridging.artefact import EVIDENCE
from gan_bridge.bridging.nuisances import BY_BUNDLED, COMPONENTS
from gan_bridge.generators.sampling import ResumableCache
from gan_bridge.networks.config import StyleGAN2Config, StyleGAN3Config
from gan_bridge.networks.files import build_network
from vae.checkpoint import Run, load_run
from vae.probing.directions import FILE, Directions

SMALL: dict[str, Any] = {
    "img_resolution": 16, "img_channels": 1, "z_dim": 8, "w_dim": 8, "mapping_layers": 1,
    "channel_base": 128, "channel_max": 8,
}  # fmt: skip
CONFIG = BridgeConfig(samples=150, truncation=1.0, crop="whole", faces=2)


def tiny_stylegan3(seed: int = 0, **changes: Any) -> StyleGANGenerator:
    config = StyleGAN3Config(num_layers=4, margin_size=4, **SMALL | changes)
    torch.manual_seed(seed)
    return StyleGANGenerator(build_network(config).eval().requires_grad_(False))


def conditional(label: int) -> StyleGANGenerator:
    torch.manual_seed(0)
    network = build_network(StyleGAN2Config(c_dim=3, **SMALL)).eval().requires_grad_(False)
    return StyleGANGenerator(network, label)


def brightness(images: np.ndarray) -> np.ndarray:
    return images.mean((1, 2, 3))


@pytest.fixture(scope="module")
def run() -> Run:
    return load_run("grey-vae")


@pytest.fixture(scope="module")
def probes() -> Directions:
    return Directions.load("grey-vae")


@pytest.fixture(scope="module")
def generator() -> StyleGANGenerator:
    return tiny_stylegan3()


@pytest.fixture(scope="module")
def bridge(generator: StyleGANGenerator, run: Run, probes: Directions) -> Bridge:
    return build_bridge(generator, run, probes, CONFIG).bridge


def test_directions_come_with_their_evidence(
    bridge: Bridge, generator: StyleGANGenerator, run: Run
) -> None:
    found, evidence = bridge.directions, bridge.evidence
    assert found.space == "stylegan3/w" and found.model == generator.digest
    assert found.weights.shape == (2, 8) and abs(found.cosine_after) < 1e-12
    assert evidence["run"]["digest"] == run.digest
    assert evidence["fit"]["n"] == 120 and evidence["held_out"]["n"] == 30
    for k, name in enumerate(("valence", "arousal")):
        score = evidence["held_out"][name]
        low, high = score["r2_interval"]
        assert low < score["r2"] < high and found.r2[k] == score["r2"]
        assert score["shuffled_r2"] < 0.25
    assert len(evidence["profile"]["single"]) == generator.num_layers
    assert len(evidence["profile"]["ranges"]) == generator.num_layers
    assert evidence["profile"]["pose"] is False
    assert set(bridge.layers) <= set(range(generator.num_layers))
    assert json.dumps(evidence, allow_nan=False)


def test_w_tells_what_the_probes_read(bridge: Bridge) -> None:
    # a random network's pictures vary little, yet w decides over them
    scores = [bridge.evidence["held_out"][name]["r2"] for name in ("valence", "arousal")]
    assert max(scores) > 0.2


def test_the_same_call_gives_the_same_bytes_and_a_kill_changes_none(
    bridge: Bridge, generator: StyleGANGenerator, run: Run, probes: Directions, tmp_path: Path
) -> None:
    bridge.save(tmp_path / "first")
    kept, calls = tmp_path / "kept", []

    def killed(items: Any, label: str, total: int | None = None) -> Any:
        for item in items:
            calls.append(item)
            if len(calls) == 6:
                raise KeyboardInterrupt
            yield item

    with pytest.raises(KeyboardInterrupt):
        build_bridge(generator, run, probes, CONFIG, folder=kept, progress=killed)
    assert any(kept.iterdir())
    again = build_bridge(generator, run, probes, CONFIG, folder=kept)
    again.bridge.save(tmp_path / "second")
    for name in (FILE, EVIDENCE):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_a_saved_bridge_opens_and_edits_its_layers(
    bridge: Bridge, generator: StyleGANGenerator, tmp_path: Path
) -> None:
    bridge.save(tmp_path)
    opened = Bridge.load(tmp_path)
    assert opened.evidence == bridge.evidence and opened.layers == bridge.layers
    assert Directions.load(tmp_path, generator.digest).digest == bridge.directions.digest
    explorer = EmotionExplorer(generator, opened)
    w = explorer.latent(5, 0.7)
    moved = explorer.move(w, 0.02, 0.01)
    edited = np.flatnonzero((moved != w).any((0, 2)))
    assert tuple(edited) == bridge.layers
    assert np.allclose(explorer.predict(moved), (0.02, 0.01), atol=1e-4)
    assert explorer.grid(5, n=3).shape == (3, 3, 16, 16, 3)


def test_another_generator_is_refused(bridge: Bridge) -> None:
    with pytest.raises(CircumplexError, match="belong to the model"):
        EmotionExplorer(tiny_stylegan3(seed=1), bridge)


def test_a_class_is_part_of_the_directions(run: Run, probes: Directions) -> None:
    small = replace(CONFIG, samples=60)
    bridge = build_bridge(conditional(1), run, probes, small).bridge
    assert bridge.label == 1 and bridge.directions.space == "stylegan2/w"
    EmotionExplorer(conditional(1), bridge)
    with pytest.raises(CircumplexError, match=r"found for class 1.*opened with class 2"):
        EmotionExplorer(conditional(2), bridge)


@pytest.mark.parametrize("basis", ["dual", "pattern"])
def test_a_reading_of_ones_own_is_taken_out(
    generator: StyleGANGenerator, run: Run, probes: Directions, basis: str
) -> None:
    config = replace(CONFIG, basis=basis, without=("brightness",))
    built = build_bridge(generator, run, probes, config, readings={"brightness": brightness})
    (found,) = built.bridge.evidence["nuisances"]
    assert found["name"] == "brightness" and found["n"] == 150
    assert found["r2_interval"][0] < found["r2"] < found["r2_interval"][1]
    assert set(built.bridge.evidence["cost"]) == {"valence", "arousal", "cosine"}
    assert built.bridge.evidence["config"]["basis"] == basis


def test_identity_is_taken_out_by_the_packages_own_network(run: Run, probes: Directions) -> None:
    generator = tiny_stylegan3(w_dim=3 * COMPONENTS)  # room beside identity's own directions
    config = replace(CONFIG, samples=60, without=("identity",))
    evidence = build_bridge(generator, run, probes, config).bridge.evidence
    names = [each["name"] for each in evidence["nuisances"]]
    assert names == [f"identity {k}" for k in range(1, COMPONENTS + 1)]
    assert evidence["profile"]["identity_by"] == BY_BUNDLED


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"without": ("mood",)}, "no reading is called 'mood'; there are yaw, pitch, roll"),
        ({"samples": 50, "crop": "detect"}, "a face was found in only 0 of 50 pictures"),
        ({"samples": 50, "crop": "auto"}, "say --crop whole"),
        ({"samples": 50, "without": ("yaw",)}, "yaw could be read in only 0 of 50"),
    ],
)
def test_what_cannot_be_done_is_said(
    generator: StyleGANGenerator,
    run: Run,
    probes: Directions,
    changes: dict[str, Any],
    message: str,
) -> None:
    with pytest.raises(CircumplexError, match=message):
        build_bridge(generator, run, probes, replace(CONFIG, **changes))


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"samples": 10}, "samples is 10"),
        ({"truncation": 0}, "truncation is 0"),
        ({"basis": "none"}, "basis is 'none'"),
        ({"crop": "half"}, "crop is 'half'"),
        ({"faces": 1}, "faces is 1"),
        ({"without": ("yaw", "yaw")}, "without is"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_settings_out_of_range_are_refused(values: dict[str, Any], name: str) -> None:
    with pytest.raises(CircumplexError, match=name):
        BridgeConfig(**values)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version 2"),
        ({"schema": "circumplex/report"}, "is circumplex/report"),
        ({"directions": {"digest": "0" * 64}}, "belongs to other directions"),
        ({"profile": {"layers": [99]}}, "layers that cannot be"),
        ({"profile": {"layers": []}}, "layers that cannot be"),
        ({"profile": {}}, "is damaged"),
        ({"generator": None}, "is damaged"),
    ],
)
def test_a_folder_that_was_meddled_with_is_refused(
    bridge: Bridge, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    bridge.save(tmp_path)
    write_json(tmp_path / EVIDENCE, read_json(tmp_path / EVIDENCE) | change)
    with pytest.raises(CircumplexError, match=message):
        Bridge.load(tmp_path)


def test_bridge_json_that_is_no_object_is_refused(bridge: Bridge, tmp_path: Path) -> None:
    bridge.save(tmp_path)
    write_json(tmp_path / EVIDENCE, [1])
    with pytest.raises(CircumplexError, match="is damaged"):
        Bridge.load(tmp_path)


def test_what_was_kept_for_fewer_faces_is_not_taken(
    generator: StyleGANGenerator, run: Run, probes: Directions, bridge: Bridge, tmp_path: Path
) -> None:
    for faces in (2, 3, 2):
        config = replace(CONFIG, faces=faces)
        built = build_bridge(generator, run, probes, config, folder=tmp_path)
        assert built.bridge.evidence["profile"]["faces"] == faces
    assert built.bridge.evidence == bridge.evidence


def test_what_was_kept_for_another_run_is_not_taken(
    generator: StyleGANGenerator, run: Run, probes: Directions, bridge: Bridge, tmp_path: Path
) -> None:
    ResumableCache(tmp_path, {"other": True})("samples-00000000-affect", lambda: np.zeros((64, 2)))
    built = build_bridge(generator, run, probes, CONFIG, folder=tmp_path)
    assert built.bridge.directions.digest == bridge.directions.digest


def test_further_factors_come_along(
    generator: StyleGANGenerator, run: Run, factored: Path, bridge: Bridge, tmp_path: Path
) -> None:
    probes = Directions.load(factored)
    built = build_bridge(generator, run, probes, CONFIG).bridge
    assert built.directions.factors == ("valence", "arousal", "smile", "open")
    smile, wide = built.evidence["factors"]
    assert (smile["n"], smile["held_out"]["n_test"]) == (120, 30)
    assert wide["classes"] == ["no", "yes"] and wide["order"][-1] == "smile"
    assert "balanced_accuracy" not in wide["held_out"]  # its labels are scores, not classes
    built.save(tmp_path)
    explorer = EmotionExplorer(generator, Bridge.load(tmp_path))
    w = explorer.latent(5, 0.7)
    middle = built.directions.others[0].mean
    moved = explorer.with_others({"smile": middle}).move(w, 0.02, 0.01)
    assert np.allclose(explorer.predict(moved), (0.02, 0.01), atol=1e-4)
    assert abs(explorer.predict_others(moved)[0, 0] - middle) < 1e-4
    assert tuple(np.flatnonzero((moved != w).any((0, 2)))) == built.layers


def test_further_factors_go_beside_directions_that_stay(
    generator: StyleGANGenerator,
    run: Run,
    probes: Directions,
    factored: Path,
    bridge: Bridge,
    tmp_path: Path,
) -> None:
    config = replace(CONFIG, without=("brightness",))
    with_factors = Directions.load(factored)
    readings = {"brightness": brightness}
    built = build_bridge(
        generator, run, with_factors, config, readings=readings, beside=bridge
    ).bridge
    assert built.layers == bridge.layers and built.evidence["run"] == bridge.evidence["run"]
    for name in ("centre", "weights", "intercept", "valence", "arousal", "step"):
        kept = getattr(bridge.directions, name)
        np.testing.assert_array_equal(getattr(built.directions, name), kept)
    assert built.directions.matches(bridge.directions.digest)
    assert built.evidence["factors_from"]["config"]["without"] == ["brightness"]
    built.save(tmp_path)
    assert Bridge.load(tmp_path).directions.factors[2:] == ("smile", "open")
    with pytest.raises(CircumplexError, match="nothing to add"):
        build_bridge(generator, run, probes, CONFIG, beside=bridge)
    with pytest.raises(CircumplexError, match="have open already"):
        build_bridge(generator, run, with_factors, CONFIG, beside=built)
