import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from left_group import PROBE

from faces.ground.artefacts import read_artefact, write_artefact
from faces.ground.errors import CircumplexError
from faces.ground.files import read_json, write_json
from faces.ground.training.streams import epoch_order
from faces.sets import load_faceset
from vae.checkpoint import load_run
from vae.config import TrainConfig, VAEConfig
from vae.training.batches import loss_weights, split_holdout, step_generator
from vae.training.state import STATE
from vae.training.train import train

SMALL = VAEConfig(64, 1, 6, encoder_width=8, decoder_width=8)
SHORT = TrainConfig(epochs=3, batch_size=32, warmup_steps=5, checkpoint_steps=2, preview_faces=4)

SCRIPT = """
import sys
from faces.sets import load_faceset
from vae.config import TrainConfig, VAEConfig
from vae.training.train import train

def progress(items, label, total=None):
    for item in items:
        print(f"{label} {item}\\n", end="", flush=True)
        yield item

train(load_faceset(sys.argv[1]), sys.argv[2], VAEConfig.from_dict(eval(sys.argv[3])),
      TrainConfig.from_dict(eval(sys.argv[4])), progress=progress)
"""


@pytest.fixture(scope="module")
def finished(tiny_faceset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "whole"
    train(load_faceset(tiny_faceset), folder, SMALL, SHORT)
    return folder


def test_training_learns_and_leaves_what_people_look_at(finished: Path) -> None:
    rows = [line.split(",") for line in (finished / "metrics.csv").read_text().splitlines()]
    losses = [float(row[rows[0].index("train_reconstruction")]) for row in rows[1:]]
    assert len(losses) == SHORT.epochs
    assert losses[-1] < 0.9 * losses[0]
    assert len(list((finished / "previews").glob("*.png"))) == SHORT.epochs
    assert list((finished / "events").iterdir())
    run = load_run(finished)
    assert run.training == SHORT
    assert run.config == SMALL
    assert not run.model.training
    assert run.model.posterior_factor.diagonal().min() > 0


def test_killed_and_resumed_ends_with_the_same_bytes(
    finished: Path, tiny_faceset: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "killed"
    arguments = [str(tiny_faceset), str(folder), repr(SMALL.__dict__), repr(SHORT.__dict__)]
    # sums are split over the threads: the same bytes are promised for the same number of them
    threads = {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **threads},
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("train (1, 3)"):
            process.kill()
            break
    process.stdout.close()
    assert process.wait() != 0
    assert not (folder / "vae.safetensors").exists()
    train(load_faceset(tiny_faceset), folder, SMALL, SHORT, resume=True)
    for name in ("vae.safetensors", "metrics.csv", STATE, "previews/epoch_003.png"):
        assert (folder / name).read_bytes() == (finished / name).read_bytes(), name


def test_resuming_a_finished_run_changes_nothing(finished: Path, tiny_faceset: Path) -> None:
    before = (finished / "vae.safetensors").read_bytes()
    train(load_faceset(tiny_faceset), finished, SMALL, SHORT, resume=True)
    assert (finished / "vae.safetensors").read_bytes() == before


def test_a_finished_run_is_not_overwritten(finished: Path, tiny_faceset: Path) -> None:
    with pytest.raises(CircumplexError, match="already holds a run"):
        train(load_faceset(tiny_faceset), finished, SMALL, SHORT)


def test_other_settings_do_not_resume(finished: Path, tiny_faceset: Path) -> None:
    other = TrainConfig(**{**SHORT.__dict__, "beta": 9.0})
    with pytest.raises(CircumplexError, match="other settings"):
        train(load_faceset(tiny_faceset), finished, SMALL, other, resume=True)


def test_a_state_of_another_version_names_it(
    finished: Path, tiny_faceset: Path, tmp_path: Path
) -> None:
    tensors, header = read_artefact(finished / STATE)
    old = {"training": "of that time", "software": "circumplex-studio 0.0.9"}
    (tmp_path / STATE).parent.mkdir()
    write_artefact(tmp_path / STATE, tensors, header | old)
    with pytest.raises(CircumplexError, match=r"begun by circumplex-studio 0\.0\.9, this is"):
        train(load_faceset(tiny_faceset), tmp_path, SMALL, SHORT, resume=True)


def test_another_machines_copy_of_the_face_set_resumes(
    finished: Path, tiny_faceset: Path, tmp_path: Path
) -> None:
    shutil.copytree(tiny_faceset, tmp_path / "set")
    info = read_json(tmp_path / "set" / "faceset.json")
    write_json(tmp_path / "set" / "faceset.json", info | {"integrity": "0" * 64})
    shutil.copytree(finished, tmp_path / "run")
    theirs = load_faceset(tmp_path / "set")
    assert train(theirs, tmp_path / "run", SMALL, SHORT, resume=True).provenance["faces"] == (
        load_faceset(tiny_faceset).identity
    )
    write_json(tmp_path / "set" / "faceset.json", info | {"identity": "0" * 64})
    with pytest.raises(CircumplexError, match="other settings, faces"):
        train(load_faceset(tmp_path / "set"), tmp_path / "run", SMALL, SHORT, resume=True)


def test_nothing_to_resume(tiny_faceset: Path, tmp_path: Path) -> None:
    with pytest.raises(CircumplexError, match="nothing to resume"):
        train(load_faceset(tiny_faceset), tmp_path, SMALL, SHORT, resume=True)


def test_faces_of_another_size_are_refused(tiny_faceset: Path, tmp_path: Path) -> None:
    large = VAEConfig(128, 1, 6, encoder_width=8, decoder_width=8)
    with pytest.raises(CircumplexError, match="--size 128"):
        train(load_faceset(tiny_faceset), tmp_path, large, SHORT)


def test_patience_stops_early(tiny_faceset: Path, tmp_path: Path) -> None:
    config = TrainConfig(
        epochs=30, batch_size=64, learning_rate=1e-9, ema_decay=0.0, patience=2, guide=0
    )
    # at such a rate nothing is learnt, and batch statistics alone move the dev loss
    train(load_faceset(tiny_faceset), tmp_path, SMALL, config)
    assert len((tmp_path / "metrics.csv").read_text().splitlines()) < 31


@pytest.mark.parametrize("schedule", ["capacity", "tc"])
def test_the_other_schedules_train(schedule: str, tiny_faceset: Path, tmp_path: Path) -> None:
    config = TrainConfig(
        epochs=2, batch_size=64, schedule=schedule, guide=0, class_balance=0.5, augment=False
    )
    train(load_faceset(tiny_faceset), tmp_path, SMALL, config)
    rows = [line.split(",") for line in (tmp_path / "metrics.csv").read_text().splitlines()]
    first, last = (float(row[rows[0].index("train_reconstruction")]) for row in rows[1:])
    assert last < first


def test_order_and_chance_depend_on_their_place_alone() -> None:
    rows = np.arange(100)
    assert (epoch_order(rows, 0, 3) == epoch_order(rows, 0, 3)).all()
    assert (epoch_order(rows, 0, 3) != epoch_order(rows, 0, 4)).any()
    seeds = {
        step_generator(0, epoch, step, 0).initial_seed() for epoch in range(9) for step in range(9)
    }
    assert len(seeds) == 81


def test_dev_rows_are_held_out() -> None:
    fitted, dev = split_holdout(np.arange(50), 0.1, 0)
    assert len(dev) == 5
    assert sorted([*fitted, *dev]) == list(range(50))


def test_a_person_is_not_on_both_sides() -> None:
    people = np.array([f"p{number // 4}" for number in range(48)] + [None, None], object)
    fitted, dev = split_holdout(np.arange(50), 0.2, 0, people)
    assert not set(people[fitted[fitted < 48]]) & set(people[dev[dev < 48]])
    assert sorted([*fitted, *dev]) == list(range(50))
    assert 4 <= len(dev) <= 16


def test_loss_weights_follow_the_class_weights(tiny_faceset: Path) -> None:
    faces = load_faceset(tiny_faceset)
    rows = faces.rows("train")
    weights = loss_weights(faces, rows, balance=1.0)
    names = faces.manifest(["expression"])["expression"].to_numpy()
    by_class = faces.class_weights()
    ratio = weights[names == "surprise"][0] / weights[names == "neutral"][0]
    assert ratio == pytest.approx(by_class[3] / by_class[0], rel=1e-5)
    assert weights[rows].mean() == pytest.approx(1, rel=1e-5)


def test_two_processes_on_one_folder(tiny_faceset: Path, tmp_path: Path) -> None:
    from faces.ground.files import only_writer

    with only_writer(tmp_path), pytest.raises(CircumplexError, match="another process"):
        train(load_faceset(tiny_faceset), tmp_path, SMALL, SHORT)


def test_two_processes_train_one_run(tiny_faceset: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(PROBE + SCRIPT)
    folder = tmp_path / "run"
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    arguments = [str(tiny_faceset), str(folder), repr(SMALL.__dict__), repr(SHORT.__dict__)]
    done = subprocess.run(
        [*launch, str(script), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("left False 0") == 2, done.stdout
    assert len((folder / "metrics.csv").read_text().splitlines()) == 1 + SHORT.epochs
    assert load_run(folder).provenance["dev"]["dev_loss"] > 0
