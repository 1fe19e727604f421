"""Training the pixel reader on votes: it learns, it resumes to the same bytes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from faces.ground.artefacts import read_artefact, write_artefact
from faces.ground.errors import CircumplexError
from faces.readers.pixels.augmentation import random_views
from faces.readers.pixels.config import PixelConfig, PixelTrainConfig
from faces.readers.pixels.network import PixelNetwork, anchors
from faces.readers.pixels.training import PixelTraining
from faces.readers.pixels.voted_scores import concordance, voted_loss
from faces.readers.pixels.votes import VotedFaces, read_voted
from vae.probing.metrics import ccc

TINY = PixelConfig(size=24, stem=8, widths=(12, 24), depths=(1, 1), squeeze=4, dropout=0.1)
SHORT = PixelTrainConfig(
    epochs=3, batch_size=16, held_out=0.1, small_size=20, average=0.9, checkpoint_steps=3
)


@pytest.fixture(scope="module")
def smiles(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> VotedFaces:
    """Some 120 faces drawn for happiness or surprise, with nine votes or more for it."""
    table = pd.read_csv(drawn / "manifest.csv")
    table = table[table["split"] == "train"]
    table = table[table[["votes_happiness", "votes_surprise"]].max(axis=1) >= 9].copy()
    table["path"] = [str(drawn / path) for path in table["path"]]
    folder = tmp_path_factory.mktemp("smiles")
    table.to_csv(folder / "manifest.csv", index=False)
    return read_voted(folder, "train")


def test_it_learns_to_tell_smiles_from_surprise(smiles: VotedFaces, tmp_path: Path) -> None:
    config = PixelTrainConfig(
        epochs=8,
        batch_size=10,
        held_out=0.2,
        small_share=0,
        strength=0.4,
        average=0.9,
        learning_rate=0.05,
    )
    training = PixelTraining(smiles, tmp_path, TINY, config)
    seen: list[dict[str, float]] = []
    training.run(report=seen.append)
    assert [row["epoch"] for row in seen] == list(range(1, 9))
    assert seen[-1]["loss"] < 0.6 * seen[0]["loss"]
    assert seen[-1]["dev_accuracy"] > 0.7
    assert seen[-1]["dev_ccc_arousal"] > 0.4


def test_a_stopped_training_goes_on_to_the_same_bytes(smiles: VotedFaces, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    few = smiles[np.arange(100)]
    PixelTraining(few, whole, TINY, SHORT).run()
    steps = PixelTraining(few, parts, TINY, SHORT).steps_per_epoch
    for most in (1, steps, None):
        PixelTraining(few, parts, TINY, SHORT).run(max_steps=most)
    state = "training.safetensors"
    assert (whole / state).read_bytes() == (parts / state).read_bytes()


def test_a_state_of_other_settings_is_refused(smiles: VotedFaces, tmp_path: Path) -> None:
    PixelTraining(smiles, tmp_path, TINY, SHORT).run(max_steps=1)
    other = PixelTrainConfig.from_dict({**SHORT.__dict__, "seed": 1})
    with pytest.raises(CircumplexError, match="begun with other settings, faces"):
        PixelTraining(smiles, tmp_path, TINY, other).run(max_steps=1)
    with pytest.raises(CircumplexError, match="begun with other settings, faces"):
        PixelTraining(smiles[np.arange(60)], tmp_path, TINY, SHORT).run(max_steps=1)


def test_a_training_is_named_by_what_was_read_and_not_by_what_was_drawn(
    smiles: VotedFaces, tmp_path: Path
) -> None:
    few, start = smiles[np.arange(40)], PixelNetwork(TINY)
    names = [PixelTraining(few, tmp_path, TINY, SHORT, first).identity for first in (None, start)]
    with torch.no_grad():
        start.stem.weight[0, 0, 0, 0] += 1
    names.append(PixelTraining(few, tmp_path, TINY, SHORT, start).identity)
    assert len(set(names)) == 3
    # as another machine does, another precision draws other weights from the same seed
    torch.set_default_dtype(torch.float64)
    try:
        elsewhere = PixelTraining(few, tmp_path, TINY, SHORT)
    finally:
        torch.set_default_dtype(torch.float32)
    assert elsewhere.identity == names[0]


def test_a_state_of_another_version_names_it(smiles: VotedFaces, tmp_path: Path) -> None:
    few, state = smiles[np.arange(40)], tmp_path / "training.safetensors"
    PixelTraining(few, tmp_path, TINY, SHORT).run(max_steps=1)
    arrays, header = read_artefact(state)
    old = {"training": "of that time", "software": "circumplex-studio 0.0.9"}
    write_artefact(state, arrays, header | old)
    with pytest.raises(CircumplexError, match=r"begun by circumplex-studio 0\.0\.9, this is"):
        PixelTraining(few, tmp_path, TINY, SHORT).run(max_steps=1)


def test_the_loss_is_least_where_the_votes_are() -> None:
    shares = torch.tensor(
        [[0.6, 0.4, 0, 0, 0, 0, 0, 0], [0, 0, 0.5, 0, 0, 0, 0.5, 0], [0, 0, 0, 0.9, 0.1, 0, 0, 0]]
    )
    right = shares.clamp_min(1e-6).log()
    least = voted_loss(right, shares @ anchors(), shares, 1.0)
    entropy = -(shares * right).sum(1).mean()
    assert least.item() == pytest.approx(entropy.item(), abs=1e-4)
    assert voted_loss(right.flip(0), shares @ anchors(), shares, 1.0) > least
    assert voted_loss(right, (shares @ anchors()).flip(0), shares, 1.0) > least


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 40), st.integers(0, 2**32 - 1))
def test_concordance_is_the_one_that_numpy_gives(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, count, 2))
    ours = concordance(torch.from_numpy(x), torch.from_numpy(y)).numpy()
    assert np.allclose(ours, ccc(y, x), atol=1e-5)


def test_views_depend_on_their_generator_alone(smiles: VotedFaces) -> None:
    x = torch.from_numpy(smiles.images[:8]).float()[:, None] / 127.5 - 1
    first, again = (random_views(x, 36, torch.Generator().manual_seed(5)) for _ in range(2))
    other = random_views(x, 36, torch.Generator().manual_seed(6))
    assert first.shape == (8, 1, 36, 36)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.isfinite(first).all()


def test_copies_of_a_picture_are_held_out_together(smiles: VotedFaces) -> None:
    twice = smiles[np.tile(np.arange(len(smiles)), 2)]
    fitted, held = twice.hold_out(0.3)
    assert held is not None
    assert len(fitted) + len(held) == len(twice)
    assert not set(fitted.digests()) & set(held.digests())


def test_tables_that_do_not_serve_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CircumplexError, match=r"no readable manifest\.csv"):
        read_voted(tmp_path, "train")
    table = tmp_path / "manifest.csv"
    table.write_text("path,split,expression\na.png,train,happiness\n")
    with pytest.raises(CircumplexError, match="no column 'votes_"):
        read_voted(tmp_path, "train")


def test_faces_without_votes_are_refused(smiles: VotedFaces) -> None:
    with pytest.raises(CircumplexError, match="no votes"):
        VotedFaces(smiles.images, 0 * smiles.votes, smiles.labels)
    with pytest.raises(CircumplexError, match="uint8"):
        VotedFaces(smiles.images.astype(np.float32), smiles.votes, smiles.labels)
    with pytest.raises(CircumplexError, match="votes"):
        VotedFaces(smiles.images, smiles.votes[:, :7], smiles.labels)


@pytest.mark.parametrize(
    "values", [{"epochs": 0}, {"learning_rate": float("nan")}, {"held_out": 1.0}, {"average": -0.1}]
)
def test_settings_out_of_range_are_refused(values: dict) -> None:
    with pytest.raises(CircumplexError, match=next(iter(values))):
        PixelTrainConfig(**values)
