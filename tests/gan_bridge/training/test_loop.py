"""The training loop on real faces of 16 pixels: small, but nothing in it is a stand-in."""

import copy
import csv
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from left_group import PROBE
from PIL import Image

from faces.ground.errors import CircumplexError
from faces.ground.files import only_writer
from faces.sets import FaceSet, load_faceset
from gan_bridge.networks.alias_free import StyleGAN3
from gan_bridge.networks.config import StyleGAN3Config
from gan_bridge.networks.files import load_networks, save_networks
from gan_bridge.training.config import GANTrainConfig
from gan_bridge.training.loop import FinishedTraining, train_gan
from gan_bridge.training.plan import NetworkPlan
from gan_bridge.training.start import random_start, start_from
from gan_bridge.training.state import STATE
from gan_bridge.training.steps import Steps

PLAN = NetworkPlan(channel_base=256, channel_max=8, w_dim=16, num_layers=4, margin_size=2)
SHORT = GANTrainConfig(
    steps=6, batch_size=8, augment_p=0.5, ada_interval=2, r1_interval=2, ema_kimg=0.02,
    score_faces=20, sheet_side=2, log_steps=2, checkpoint_steps=2, snapshot_steps=3,
)  # fmt: skip
LEFT = ("network.safetensors", "best.safetensors", "metrics.csv", "scores.csv", "curves.png",
        "sheets/real.png", "sheets/step_0000003.png", "sheets/step_0000006.png", STATE)  # fmt: skip

SCRIPT = """
import sys
from faces.sets import load_faceset
from gan_bridge.training.config import GANTrainConfig
from gan_bridge.training.loop import train_gan
from gan_bridge.training.plan import NetworkPlan
from gan_bridge.training.start import random_start

def progress(items, label, total=None):
    for item in items:
        print(label, item if isinstance(item, int) else "", flush=True)
        yield item

faces = load_faceset(sys.argv[1])
start = random_start(NetworkPlan.from_dict(eval(sys.argv[3])), faces, 0)
train_gan(faces, sys.argv[2], start, GANTrainConfig.from_dict(eval(sys.argv[4])), progress=progress,
     device="cpu")
"""


@pytest.fixture(scope="module")
def faces(tiny_faceset: Path, tmp_path_factory: pytest.TempPathFactory) -> FaceSet:
    """`tiny_faceset` at a quarter of its size."""
    folder = tmp_path_factory.mktemp("sixteen") / "set"
    shutil.copytree(tiny_faceset, folder)
    whole = np.load(folder / "faces.npy")
    count, channels, side, _ = whole.shape
    small = whole.reshape(count, channels, side // 4, 4, side // 4, 4).mean((3, 5))
    np.save(folder / "faces.npy", small.astype(np.uint8))
    info = json.loads((folder / "faceset.json").read_text())
    info |= {"size": 16, "identity": "0" * 64}
    info["files"]["faces.npy"] = (folder / "faces.npy").stat().st_size
    (folder / "faceset.json").write_text(json.dumps(info))
    return load_faceset(folder)


@pytest.fixture(scope="module")
def finished(faces: FaceSet, tmp_path_factory: pytest.TempPathFactory) -> FinishedTraining:
    folder = tmp_path_factory.mktemp("tuned") / "whole"
    return train_gan(faces, folder, random_start(PLAN, faces, 0), SHORT, device="cpu")


def arguments(faces: FaceSet, folder: Path) -> list[str]:
    return [str(faces.folder), str(folder), repr(PLAN.__dict__), repr(SHORT.__dict__)]


def test_a_training_leaves_what_people_look_at(finished: FinishedTraining) -> None:
    for name in LEFT:
        assert (finished.folder / name).is_file(), name
    assert list((finished.folder / "events").iterdir())
    rows = list(csv.DictReader((finished.folder / "metrics.csv").read_text().splitlines()))
    assert [row["step"] for row in rows] == ["2", "4", "6"]
    assert float(rows[-1]["kimg"]) == 6 * 8 / 1000
    assert float(rows[-1]["r1"]) > 0 and "path" not in rows[-1]
    assert [row["step"] for row in finished.scores] == [3, 6]
    assert finished.features == "random convolutions, seed 0"
    with Image.open(finished.folder / "sheets/step_0000006.png") as sheet:
        assert sheet.size == (32, 32)


def test_the_networks_open_and_moved(finished: FinishedTraining, faces: FaceSet) -> None:
    stored = load_networks(finished.network, ("G_ema", "G", "D"))
    assert stored.provenance["step"] == 6
    assert stored.provenance["score"]["features"] == finished.features
    start = random_start(PLAN, faces, 0)
    for name, begun in (("G", start.generator), ("D", start.discriminator)):
        trained = stored.networks[name].state_dict()
        for key, value in begun.named_parameters():
            assert not torch.equal(value, trained[key]), key
    average, generator = stored.networks["G_ema"], stored.networks["G"]
    assert torch.equal(average.mapping.w_avg, generator.mapping.w_avg)
    first, last = average.synthesis.layers[1], generator.synthesis.layers[1]
    assert first.magnitude_ema == last.magnitude_ema != 1
    assert not torch.equal(first.weight, last.weight)


def test_killed_and_resumed_ends_with_the_same_bytes(
    finished: FinishedTraining, faces: FaceSet, tmp_path: Path
) -> None:
    folder = tmp_path / "killed"
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *arguments(faces, folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("fine-tune 5"):  # after the snapshot of step 3 and the state of step 4
            process.kill()
            break
    process.stdout.close()
    assert process.wait() != 0
    train_gan(faces, folder, random_start(PLAN, faces, 0), SHORT, resume=True, device="cpu")
    for name in LEFT:
        assert (folder / name).read_bytes() == (finished.folder / name).read_bytes(), name


def test_a_finished_training_goes_on_for_more_steps(
    finished: FinishedTraining, faces: FaceSet
) -> None:
    more = GANTrainConfig(**{**SHORT.__dict__, "steps": 7})
    before = finished.network.read_bytes()
    same = train_gan(
        faces, finished.folder, random_start(PLAN, faces, 0), SHORT, resume=True, device="cpu"
    )
    assert same.network.read_bytes() == before
    folder = finished.folder.with_name("more")
    shutil.copytree(finished.folder, folder)
    longer = train_gan(faces, folder, random_start(PLAN, faces, 0), more, resume=True, device="cpu")
    assert longer.steps == 7
    assert longer.network.read_bytes() != before


def test_what_does_not_resume(finished: FinishedTraining, faces: FaceSet, tmp_path: Path) -> None:
    start = random_start(PLAN, faces, 0)
    with pytest.raises(CircumplexError, match="already holds a training"):
        train_gan(faces, finished.folder, start, SHORT, device="cpu")
    other = GANTrainConfig(**{**SHORT.__dict__, "g_rate": 0.1})
    with pytest.raises(CircumplexError, match="other settings"):
        train_gan(faces, finished.folder, start, other, resume=True, device="cpu")
    with pytest.raises(CircumplexError, match="other settings, faces"):
        rows = faces.rows("train")[:-1]
        train_gan(faces, finished.folder, start, SHORT, rows=rows, resume=True, device="cpu")
    with pytest.raises(CircumplexError, match="nothing to resume"):
        train_gan(faces, tmp_path / "none", start, SHORT, resume=True, device="cpu")
    with only_writer(tmp_path), pytest.raises(CircumplexError, match="another process"):
        train_gan(faces, tmp_path, start, SHORT, device="cpu")


def test_only_the_layers_asked_for_change(
    finished: FinishedTraining, faces: FaceSet, tmp_path: Path
) -> None:
    config = GANTrainConfig(
        steps=2, batch_size=4, train_layers="2-3", freeze_d=1, score_faces=0, precision="no"
    )
    start = start_from(finished.network, faces, 0)
    assert not start.new_discriminator
    before = copy.deepcopy(start)
    tuned = train_gan(faces, tmp_path, start, config, device="cpu")
    assert tuned.best is None and not tuned.scores
    after = load_networks(tuned.network, ("G_ema", "G", "D")).networks
    trained = tuple(f"synthesis.{name}." for name in before.generator.synthesis.layer_names[1:3])
    for key, value in before.generator.named_parameters():
        assert torch.equal(value, dict(after["G"].named_parameters())[key]) != key.startswith(
            trained
        ), key
    for key, value in before.discriminator.named_parameters():
        held = torch.equal(value, dict(after["D"].named_parameters())[key])
        assert held == key.startswith("b16."), key


def test_optimizers_are_slowed_down_only_where_something_is_regularised(faces: FaceSet) -> None:
    rates = {}
    for gamma in (0.0, 1.0):
        config = replace(SHORT, r1_gamma=gamma, r1_interval=16)
        steps = Steps(Accelerator(cpu=True), random_start(PLAN, faces, 0), config)
        rates[gamma] = {name: each.defaults for name, each in steps.optimizers.items()}
    plain, slowed = rates[0.0]["D"], rates[1.0]["D"]
    assert (plain["lr"], plain["betas"]) == (SHORT.d_rate, (0.0, 0.99))
    assert slowed["lr"] == pytest.approx(SHORT.d_rate * 16 / 17)
    assert slowed["betas"][1] == pytest.approx(0.99 ** (16 / 17))
    assert rates[0.0]["G"]["lr"] == rates[1.0]["G"]["lr"] == SHORT.g_rate


def test_a_new_discriminator_warms_up_alone(faces: FaceSet, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = StyleGAN3(PLAN.generator(16, 1))
    save_networks(tmp_path / "g.safetensors", {"G_ema": network})
    start = start_from(tmp_path / "g.safetensors", faces, 0)
    assert start.new_discriminator
    critic = copy.deepcopy(start.discriminator)
    config = GANTrainConfig(steps=2, batch_size=4, d_warmup=2, score_faces=0)
    tuned = train_gan(faces, tmp_path / "out", start, config, device="cpu")
    after = load_networks(tuned.network, ("G", "D")).networks
    for key, value in network.named_parameters():
        assert torch.equal(value, dict(after["G"].named_parameters())[key]), key
    assert not torch.equal(critic.b4.out.weight, after["D"].b4.out.weight)


def test_stylegan2_with_path_lengths_mixing_and_blur(faces: FaceSet, tmp_path: Path) -> None:
    plan = NetworkPlan("stylegan2", channel_base=128, channel_max=8, w_dim=16)
    config = GANTrainConfig(
        steps=2, batch_size=4, path_weight=2.0, path_interval=1, style_mixing=0.9, blur_sigma=2.0,
        score_faces=0,
    )  # fmt: skip
    first, second = (
        train_gan(faces, tmp_path / name, random_start(plan, faces, 0), config, device="cpu")
        for name in "ab"
    )
    assert first.figures["path"] > 0
    assert first.network.read_bytes() == second.network.read_bytes()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"img_resolution": 32}, "--size 32"),
        ({"img_channels": 3}, "--channels 3"),
        ({"c_dim": 2}, "conditional"),
    ],
)
def test_networks_that_do_not_fit(
    changed: dict[str, int], message: str, faces: FaceSet, tmp_path: Path
) -> None:
    config = StyleGAN3Config(**{**PLAN.generator(16, 1).__dict__, **changed})
    save_networks(tmp_path / "g.safetensors", {"G_ema": StyleGAN3(config)})
    with pytest.raises(CircumplexError, match=message):
        start_from(tmp_path / "g.safetensors", faces, 0)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"batch_size": 6}, "multiple of 4"),
        ({"path_weight": 1.0}, "StyleGAN2"),
        ({"train_layers": "L9_*"}, "names nothing"),
        ({"freeze_d": 9}, "2 blocks"),
    ],
)
def test_settings_that_do_not_fit(
    changed: dict[str, object], message: str, faces: FaceSet, tmp_path: Path
) -> None:
    config = GANTrainConfig(**{**SHORT.__dict__, **changed})
    with pytest.raises(CircumplexError, match=message):
        train_gan(faces, tmp_path, random_start(PLAN, faces, 0), config, device="cpu")
    assert not (tmp_path / "network.safetensors").exists()


def test_losses_that_explode_are_told(faces: FaceSet, tmp_path: Path) -> None:
    config = GANTrainConfig(steps=40, batch_size=4, g_rate=1e30, d_rate=1e30, log_steps=1)
    with pytest.raises(CircumplexError, match="no longer finite"):
        train_gan(faces, tmp_path, random_start(PLAN, faces, 0), config, device="cpu")
    assert not (tmp_path / STATE).exists()


def test_two_processes_train_one_network(faces: FaceSet, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(PROBE + SCRIPT)
    folder = tmp_path / "run"
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [*launch, str(script), *arguments(faces, folder)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("left False 0") == 2, done.stdout
    assert len((folder / "metrics.csv").read_text().splitlines()) == 4
    assert load_networks(folder / "network.safetensors").provenance["step"] == 6
