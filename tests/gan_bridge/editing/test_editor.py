"""An editor: begins as the linear move, learns through the generator, keeps to the bit."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from faces.circumplex import EXPRESSIONS
from faces.ground.errors import CircumplexError
from gan_bridge.editing.editor import Editor
from gan_bridge.editing.editor_config import EditorConfig
from gan_bridge.editing.editor_faces import FaceViewer
from gan_bridge.editing.editor_losses import expression_targets
from gan_bridge.editing.editor_network import EditorNetwork, EditorSize
from gan_bridge.editing.editor_training import train_editor
from gan_bridge.editing.explorer import EmotionExplorer
from gan_bridge.editing.face_senses import FaceSenses
from gan_bridge.editing.reachable import region_of_labels
from gan_bridge.generators.opening import load_generator
from gan_bridge.generators.protocol import Differentiable
from vae.probing.directions import Directions

SIZE = EditorSize(coordinates=6, hidden=8, directions=5)
CONFIG = EditorConfig(
    faces=16, checked=4, steps=120, learning_rate=0.01, seed=5,
    expression=0.0, identity=0.0, pose=0.0, light=0.0, appearance=0.0,
)  # fmt: skip
CORNERS = np.array([[0.8, 0.1], [0.3, 0.7], [-0.4, 0.7], [-0.7, -0.4], [0.2, -0.3]])


@pytest.fixture(scope="module")
def explorer() -> EmotionExplorer:
    return EmotionExplorer(load_generator("grey-vae"), Directions.load("grey-vae"))


def viewer_of(explorer: EmotionExplorer) -> FaceViewer:
    assert isinstance(explorer.generator, Differentiable)
    return FaceViewer(explorer.generator.differentiable_renderer(), FaceSenses(0.0))


@pytest.fixture(scope="module")
def trained(explorer: EmotionExplorer) -> tuple[Editor, list[dict[str, float]]]:
    rows: list[dict[str, float]] = []
    region = region_of_labels(CORNERS, 1.0)
    editor = train_editor(explorer, viewer_of(explorer), region, CONFIG, SIZE, report=rows.append)
    return editor, rows


def test_it_begins_as_the_linear_move(explorer: EmotionExplorer) -> None:
    w = explorer.generator.sample_w(range(8), 0.7)
    neutral = np.concatenate([explorer.neutral_mean(each[None]) for each in w])
    network = EditorNetwork(neutral, 1, SIZE)
    with torch.no_grad():
        targets, residuals = network(torch.from_numpy(neutral).float(), torch.full((8, 2), 0.3))
    assert torch.allclose(targets, torch.full((8, 2), 0.3)) and not residuals.any()


def test_an_expression_belongs_to_its_angle_far_out() -> None:
    angles = np.radians([7.8, 115.8, 123.0, 207.5, 300.0])
    points = 0.7 * np.stack([np.cos(angles), np.sin(angles)], 1)
    kinds, weights = expression_targets(torch.from_numpy(np.concatenate([points, points / 9])))
    named = [EXPRESSIONS[k] for k in kinds]
    assert named[:2] == ["happiness", "fear"] and named[3] == "sadness"
    assert weights[0] > 0.99 and weights[1] > 0.99 and 0.1 < weights[2] < 0.5
    assert weights[4] < 0.001 and not weights[5:].any()


def test_requests_come_nearer(trained: tuple[Editor, list[dict[str, float]]]) -> None:
    editor, rows = trained
    linear, learned = (editor.evidence["terms"][name]["affect"] for name in ("linear", "editor"))
    assert learned < 0.9 * linear
    assert {
        "affect",
        "expression",
        "identity",
        "pose",
        "light",
        "appearance",
        "smooth",
        "short",
    } < set(rows[0])


def test_a_share_of_the_requests_is_neutral(explorer: EmotionExplorer) -> None:
    seen: list[np.ndarray] = []

    class Watched(EditorNetwork):
        def forward(self, neutral: torch.Tensor, points: torch.Tensor):  # type: ignore[no-untyped-def]
            seen.append(points.numpy().copy())
            return super().forward(neutral, points)

    import gan_bridge.editing.editor_training as module

    region = region_of_labels(CORNERS, 1.0)
    config = replace(CONFIG, steps=1, batch_size=8, neutral=0.25)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "EditorNetwork", Watched)
        train_editor(explorer, viewer_of(explorer), region, config, SIZE)
    requested = seen[0]
    assert (np.linalg.norm(requested, axis=1) == 0).tolist() == [True] * 2 + [False] * 6


def test_affect_is_read_in_the_face_as_it_was_moved(explorer: EmotionExplorer) -> None:
    w = torch.from_numpy(explorer.generator.sample_w(range(4), 0.7))
    viewer = viewer_of(explorer)
    still = np.tile(np.eye(2, 3), (4, 1, 1))
    aside = still + np.array([[0, 0, 0.2], [0, 0, 0]])
    plain, same, moved = (viewer.see(w, None, crops) for crops in (None, still, aside))
    assert torch.allclose(plain.affect, same.affect, atol=0.02)
    assert (moved.affect - plain.affect).abs().max() > 0.05
    assert torch.equal(moved.embedding, plain.embedding)


def test_it_is_checked_on_fresh_faces(trained: tuple[Editor, list[dict[str, float]]]) -> None:
    check = trained[0].evidence["check"]
    assert check["faces"] == 4 and check["requests"] == 24
    assert check["editor"]["valence"] > check["linear"]["valence"]
    assert 0 < check["linear"]["identity_distance"] < 1


class Killed(Exception):
    pass


def test_a_training_that_was_killed_goes_on_where_it_was(
    explorer: EmotionExplorer, tmp_path: Path
) -> None:
    config = replace(CONFIG, steps=150, checked=2, batch_size=2)
    region = region_of_labels(CORNERS, 1.0)

    def run(folder: Path | None, report: Callable[[dict[str, float]], None]) -> Editor:
        return train_editor(
            explorer, viewer_of(explorer), region, config, SIZE, folder=folder, report=report
        )

    def kill(row: dict[str, float]) -> None:
        if row["step"] > 110:
            raise Killed

    with pytest.raises(Killed):
        run(tmp_path, kill)
    rows: list[dict[str, float]] = []
    again = run(tmp_path, rows.append)
    assert rows[0]["step"] > 100
    assert again.digest == run(None, lambda row: None).digest


def test_the_artefact_does_what_the_network_learned(
    trained: tuple[Editor, list[dict[str, float]]], explorer: EmotionExplorer, tmp_path: Path
) -> None:
    editor, _ = trained
    editor.save(tmp_path / "editor.safetensors")
    again = Editor.load(tmp_path / "editor.safetensors")
    assert again.digest == editor.digest and again.matches(editor.digest)
    edited = EmotionExplorer(explorer.generator, explorer.directions, calibration=again)
    w = explorer.generator.sample_w([3, 4], 0.7)
    moved = edited.move(w, np.array([0.4, -0.3]), 0.2)
    assert np.array_equal(moved[1:], edited.move(w[1:], -0.3, 0.2))
    assert not np.array_equal(moved, explorer.move(w, np.array([0.4, -0.3]), 0.2))
    raw = edited.move_latent(w, 0.4, 0.2)
    assert np.array_equal(raw, explorer.move(w, 0.4, 0.2))


def test_a_further_factor_moves_beside_the_editor(
    trained: tuple[Editor, list[dict[str, float]]], explorer: EmotionExplorer, factored: Path
) -> None:
    other = Directions.load(factored)
    vector = other.others[0].vector
    bare = explorer.directions
    left = vector - np.linalg.pinv(bare.weights) @ (bare.weights @ vector)
    smile = replace(other.others[0], vector=left / np.linalg.norm(left))
    directions = replace(bare, others=(smile,))
    # an editor of valence and arousal serves these with whatever stands beside them
    edited = EmotionExplorer(explorer.generator, directions, calibration=trained[0])
    w = explorer.generator.sample_w([3], 0.7)
    without, moved = (each.move(w, 0.3, 0.2) for each in (edited, edited.with_others({"smile": 1})))
    assert edited.is_calibrated() and not np.array_equal(without, edited.move_latent(w, 0.3, 0.2))
    assert np.abs(edited.predict(moved) - edited.predict(without)).max() < 1e-4
    assert abs(edited.predict_others(moved)[0, 0] - smile.aim(1)) < 1e-4


def test_what_no_face_shows_is_pulled_to_what_faces_show(
    trained: tuple[Editor, list[dict[str, float]]], explorer: EmotionExplorer
) -> None:
    editor, _ = trained
    edited = EmotionExplorer(explorer.generator, explorer.directions, calibration=editor)
    targets = np.array([[0.1, 0.1], [0.0, -0.9]])
    assert edited.covers(targets).tolist() == [True, False]
    near, far = edited.aim(targets)
    assert np.allclose(near, targets[0], atol=0.01) and -0.5 < far[1] < -0.05
    assert np.array_equal(explorer.aim(targets), targets)


def test_another_generator_or_a_damaged_file_is_refused(
    trained: tuple[Editor, list[dict[str, float]]], explorer: EmotionExplorer, tmp_path: Path
) -> None:
    editor, _ = trained
    with pytest.raises(CircumplexError, match="edits with generator"):
        editor.check("0" * 64, explorer.directions, "it")
    path = tmp_path / "editor.safetensors"
    editor.save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CircumplexError, match="cannot be read"):
        Editor.load(path)
