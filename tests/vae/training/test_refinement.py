from pathlib import Path

import numpy as np
import pytest
import torch

from faces.ground.errors import CircumplexError
from faces.sets import load_faceset
from vae.checkpoint import load_run, save_run
from vae.config import TrainConfig
from vae.model import BetaVAE
from vae.packaged import WEIGHTS
from vae.probing.bases import make_directions
from vae.probing.probes import Probes
from vae.probing.readback import read_back
from vae.training.refinement import moved_codes
from vae.training.state import STATE
from vae.training.train import train


def _tensors(model: BetaVAE, part: str) -> dict[str, torch.Tensor]:
    return {name: value for name, value in model.state_dict().items() if name.startswith(part)}


def test_moved_codes_read_as_asked_and_move_no_further_than_needed(tiny_run: Path) -> None:
    model = load_run(tiny_run).model
    codes, asked = torch.randn(5, 8), torch.rand(5, 2) - 0.5
    moved = moved_codes(model, codes, asked)
    torch.testing.assert_close(model.affect(moved), asked)
    step = moved - codes
    within = step @ torch.linalg.pinv(model.affect_head.weight) @ model.affect_head.weight
    torch.testing.assert_close(within, step, atol=1e-4, rtol=1e-3)


def test_a_refinement_keeps_the_encoder_and_teaches_the_decoder(
    tiny_run: Path, tiny_faceset: Path, tmp_path: Path
) -> None:
    base, faces = load_run(tiny_run), load_faceset(tiny_faceset)
    config = TrainConfig(epochs=3, batch_size=32, learning_rate=5e-3, warmup_steps=5)
    refined = train(faces, tmp_path, base.config, config, refine=base)
    for part in ("encoder", "affect_head"):
        after = _tensors(refined.model, part)
        for name, value in _tensors(base.model, part).items():
            assert torch.equal(after[name], value), name
    rows = [line.split(",") for line in (tmp_path / "metrics.csv").read_text().splitlines()]
    losses = [float(row[rows[0].index("train_reconstruction")]) for row in rows[1:]]
    assert losses[-1] < losses[0]
    assert refined.provenance["base"]["digest"] == base.digest
    assert refined.provenance["epoch"] == config.epochs


def test_a_refinement_that_was_interrupted_ends_with_the_same_bytes(
    tiny_run: Path, tiny_faceset: Path, tmp_path: Path
) -> None:
    base, faces = load_run(tiny_run), load_faceset(tiny_faceset)
    config = TrainConfig(epochs=2, batch_size=64, warmup_steps=2, checkpoint_steps=2)

    def breaks_off(items, label, total=None):
        for number, item in enumerate(items):
            if label == "train" and number == 3:
                raise KeyboardInterrupt
            yield item

    train(faces, tmp_path / "whole", base.config, config, refine=base)
    with pytest.raises(KeyboardInterrupt):
        train(faces, tmp_path / "broken", base.config, config, progress=breaks_off, refine=base)
    train(faces, tmp_path / "broken", base.config, config, resume=True, refine=base)
    for name in (WEIGHTS, "metrics.csv", STATE):
        whole, broken = tmp_path / "whole" / name, tmp_path / "broken" / name
        assert whole.read_bytes() == broken.read_bytes(), name


def test_an_unguided_run_cannot_be_refined(
    tiny_run: Path, tiny_faceset: Path, tmp_path: Path
) -> None:
    base = load_run(tiny_run)
    save_run(tmp_path / "plain", base.model, TrainConfig(guide=0), {})
    plain = load_run(tmp_path / "plain")
    with pytest.raises(CircumplexError, match="refine a guided run"):
        train(
            load_faceset(tiny_faceset), tmp_path / "run", base.config, TrainConfig(), refine=plain
        )


def test_reading_back_scores_what_the_pictures_show(tiny_run: Path) -> None:
    run = load_run(tiny_run)
    weights = np.random.default_rng(0).standard_normal((2, 8))
    probes = Probes(weights, np.zeros(2), np.ones(2), np.zeros(8), 5, 100)
    directions = make_directions(probes, model=run.digest, faceset="any")
    found = read_back(run, directions, faces=4, side=3)
    assert found["points"] == 9
    for name in ("valence", "arousal"):
        assert -1 <= found[name]["ccc"] <= 1
        assert found[name]["rmse"] > 0
    assert read_back(run, directions, faces=4, side=3) == found
    with pytest.raises(CircumplexError, match="belong to the model"):
        read_back(load_run(tiny_run), make_directions(probes, model="other", faceset="any"))
