"""A training that learned nothing is told from one that learned."""

from pathlib import Path

import numpy as np
import pytest
import torch

from faces.ground.errors import CircumplexError
from faces.sets import load_faceset
from studio.cli import main
from vae.checkpoint import load_run, save_run
from vae.config import TrainConfig, VAEConfig
from vae.model import BetaVAE
from vae.probing.verdict import judge_labels, label_problems, refuse_constant
from vae.training.verdict import judge_reconstruction, reconstruction_problems

SMALL = ["--latent-dim", "6", "--encoder-width", "8", "--decoder-width", "8"]


class _Copy(BetaVAE):
    """Its code is the picture in 64 × 64, and so is what it decodes."""

    def encode(self, images):
        return images.flatten(1), images.flatten(1)

    def decode(self, codes):
        return codes.reshape(-1, 1, 64, 64)


class _MeanFace(_Copy):
    """What it decodes is the same face for all."""

    face: torch.Tensor

    def decode(self, codes):
        return self.face.expand(len(codes), -1, -1, -1)


def test_the_mean_face_is_what_a_network_must_beat(tiny_faceset: Path) -> None:
    faces = load_faceset(tiny_faceset)
    fitted, held = faces.rows("train"), faces.rows("val")
    found = judge_reconstruction(_Copy(VAEConfig(64, 1, 4)), faces, fitted, held)
    assert found["learned"] and found["mse"] == 0 and found["faces"] == len(held)
    assert reconstruction_problems(found) == []
    mean = faces.read(fitted).mean(0) / 127.5 - 1
    pixels = faces.read(held) / 127.5 - 1
    assert found["mean_face_mse"] == pytest.approx(((pixels - mean) ** 2).mean(), rel=1e-3)
    blank = _MeanFace(VAEConfig(64, 1, 4))
    blank.face = torch.from_numpy(mean).float()
    found = judge_reconstruction(blank, faces, fitted, held)
    assert not found["learned"]
    assert "is no better than the mean face" in reconstruction_problems(found)[0]


@pytest.mark.parametrize(
    ("intervals", "learned"),
    [
        (((0.2, 0.4), (-0.1, 0.1)), True),
        (((-0.1, 0.1), (-0.1, 0.1)), False),
        (((0.001, 0.1), (-0.02, 0.01)), False),
        (((None, None), (None, None)), False),
    ],
)
def test_labels_must_be_told_better_than_shuffled_ones(intervals, learned) -> None:
    score = dict(zip(("r2_interval", "shuffled_r2_interval"), intervals, strict=True))
    chance = {"r2_interval": (-0.1, 0.0), "shuffled_r2_interval": (-0.1, 0.0)}
    evidence = {"held_out": {"valence": chance, "arousal": score}}
    assert judge_labels(evidence) is learned
    assert bool(label_problems(evidence)) is not learned


def test_constant_codes_are_one_line(
    tiny_faceset: Path, tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dead = BetaVAE(VAEConfig(64, 1, 8, encoder_width=8, decoder_width=8))
    with torch.no_grad():
        dead.encoder[-1].weight.zero_()
    save_run(tmp_path / "dead", dead, TrainConfig(), {"faces_settings": {}})
    line = ["probe", str(tiny_run), str(tiny_faceset), "--compare", str(tmp_path / "dead")]
    assert main([*line, "--out", str(tmp_path / "out")]) == 1
    shown = capsys.readouterr().err
    assert f"{tmp_path / 'dead'} gives every face the same code" in shown
    assert shown.count("\n") == 1
    refuse_constant(load_run(tiny_run), np.array([[1.0, 2.0], [1.0, 2.1]], np.float32))
    with pytest.raises(CircumplexError):
        refuse_constant(load_run(tiny_run), np.array([[1.0, 2.0], [1.0, 2.0]], np.float32))


def test_a_training_without_a_lesson_says_so_and_keeps_the_run(
    tiny_faceset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    options = ["--epochs", "1", "--learning-rate", "1e-9", "--guide", "0", "-q"]
    assert main(["train", str(tiny_faceset), str(run), *SMALL, *options]) == 1
    assert "this run learned nothing" in capsys.readouterr().out
    assert load_run(run).provenance["reconstruction"]["learned"] is False


def test_a_short_training_learns(tiny_faceset: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    options = ["--epochs", "15", "--batch-size", "32", "--guide", "0", "--precision", "no", "-q"]
    assert main(["train", str(tiny_faceset), str(run), *SMALL, *options]) == 0
    assert load_run(run).provenance["reconstruction"]["learned"] is True
