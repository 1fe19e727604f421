"""The door to the official code: what is asked of it, what is mended, and what stays outside."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from faces.ground.errors import CircumplexError
from faces.sets import load_faceset
from gan_bridge.datasets.official_zip import DatasetInfo, write_dataset_zip, write_images
from gan_bridge.datasets.zip_reader import DatasetZip
from gan_bridge.generators.opening import open_networks
from gan_bridge.networks.config import DiscriminatorConfig
from gan_bridge.networks.files import build_network, save_networks
from gan_bridge.official import (
    OfficialConfig,
    config_like,
    finetune_command,
    network_config,
    run_finetune,
    submodule_folder,
)
from gan_bridge.official.door import VARIABLE
from gan_bridge.official.repairs import _or_plain, _strtobool

THEIRS = {"dnnlib", "legacy", "metrics", "pkg_resources", "torch_utils", "training"}
TINY = OfficialConfig(cfg="stylegan2", batch=250, mbstd_group=5, kimg=1, cbase=64, cmax=8)


@pytest.fixture
def official() -> Path:
    """The official code, in `stylegan3/` or where CIRCUMPLEX_STYLEGAN3 says."""
    try:
        return submodule_folder()
    except CircumplexError as error:
        pytest.skip(str(error))


@pytest.fixture
def child(official: Path) -> Callable[[str], str]:
    """Runs code where the official modules can be imported."""

    def run(code: str) -> str:
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                f"from gan_bridge.official.repairs import repair\nrepair()\n{code}",
            ],
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def zipped(tmp_path: Path) -> Path:
    """64 grey pictures of noise, 16 pixels a side, of three classes."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (64, 1, 16, 16), dtype=np.uint8)
    write_images(tmp_path / "noise.zip", images, np.arange(64) % 3)
    return tmp_path / "noise.zip"


def start_from(path: Path, config: OfficialConfig, info: DatasetInfo, names: str = "GD") -> Path:
    """Networks of random weights such as train.py builds for the config."""
    generator = network_config(config, info)
    critic = DiscriminatorConfig(
        info.size, info.channels, generator.c_dim, "resnet", config.cbase, config.cmax,
        mbstd_group_size=config.mbstd_group,
    )  # fmt: skip
    torch.manual_seed(5)
    networks = {"G_ema": build_network(generator)}
    if "D" in names:
        networks |= {"G": build_network(generator), "D": build_network(critic)}
    for network in networks.values():
        for value in network.parameters():
            value.data += 0.1 * torch.randn(value.shape)
    save_networks(path, networks)
    return path


def test_a_clone_without_the_submodule_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(CircumplexError) as caught:
        submodule_folder()
    assert str(tmp_path) in str(caught.value)
    assert "git submodule update --init" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_command_says_everything(zipped: Path, tmp_path: Path) -> None:
    config = OfficialConfig(cfg="stylegan3-r", batch=16, batch_gpu=8, mirror=False, glr=0.0)
    command = finetune_command(config, zipped, tmp_path / "runs", dry_run=True)
    assert command[:4] == [sys.executable, "-m", "gan_bridge.official", "train"]
    assert {
        f"--outdir={tmp_path}/runs", f"--data={zipped}", "--cfg=stylegan3-r", "--batch=16",
        "--batch-gpu=8", "--mirror=0", "--glr=0.0", "--metrics=none", "--dry-run",
    } <= set(command)  # fmt: skip
    assert not [option for option in command if "None" in option or "resume" in option]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"cfg": "stylegan4"}, "cfg"),
        ({"aug": "some"}, "aug"),
        ({"batch": 0}, "batch"),
        ({"gpus": 3, "batch": 32}, "a multiple of gpus"),
        ({"batch": 32, "batch_gpu": 12}, "times batch_gpu"),
        ({"batch": 2}, "mbstd_group"),
        ({"gamma": -1.0}, "gamma"),
        ({"glr": -1.0}, "glr"),
        ({"p": 1.5}, "p is"),
        ({"map_depth": 0}, "map_depth"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, object], said: str) -> None:
    with pytest.raises(CircumplexError, match=said):
        OfficialConfig(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("cfg", ["stylegan3-t", "stylegan3-r", "stylegan2"])
def test_a_networks_settings_lead_back_to_it(cfg: str) -> None:
    config = OfficialConfig(cfg=cfg, cbase=512, cmax=32)  # type: ignore[arg-type]
    network = network_config(config, DatasetInfo(5, 32, 3))
    assert network_config(config_like(OfficialConfig(), network), DatasetInfo(5, 32, 3)) == network
    assert network.channel_max == (64 if cfg == "stylegan3-r" else 32)


@pytest.mark.parametrize(
    ("changes", "info", "said"),
    [
        ({}, DatasetInfo(5, 32, 1), "img_resolution 32, the training would have 16"),
        ({}, DatasetInfo(5, 16, 3), "prepare the faces with --channels 3"),
        ({"cmax": 4}, DatasetInfo(5, 16, 1), "channel_max 4, the training would have 8"),
        ({"map_depth": 2}, DatasetInfo(5, 16, 1), "give map_depth 2"),
        ({"cfg": "stylegan3-t"}, DatasetInfo(5, 16, 1), "cfg asks for a StyleGAN2"),
        ({"cond": True}, DatasetInfo(5, 16, 1, 1, 3), "c_dim 3, the training would have 0"),
    ],
)
def test_a_network_that_would_not_fit_is_refused(
    zipped: Path, tmp_path: Path, changes: dict[str, object], info: DatasetInfo, said: str
) -> None:
    config = OfficialConfig(**({"cfg": "stylegan2", "cbase": 64, "cmax": 8} | changes))  # type: ignore[arg-type]
    network = start_from(tmp_path / "net.safetensors", config, info, "G")
    with pytest.raises(CircumplexError) as caught:
        finetune_command(TINY, zipped, tmp_path, network)
    assert said in str(caught.value)


def test_labels_and_files_that_are_not_there(zipped: Path, tmp_path: Path) -> None:
    write_images(tmp_path / "plain.zip", np.zeros((4, 1, 16, 16), np.uint8))
    asked = OfficialConfig(cfg="stylegan2", cond=True)
    with pytest.raises(CircumplexError, match="cond asks for labels"):
        finetune_command(asked, tmp_path / "plain.zip", tmp_path)
    with pytest.raises(CircumplexError, match=r"no\.zip is missing"):
        finetune_command(TINY, tmp_path / "no.zip", tmp_path)
    with pytest.raises(CircumplexError, match=r"no\.pkl"):
        finetune_command(TINY, zipped, tmp_path, tmp_path / "no.pkl")


def test_without_cuda_nothing_starts(
    official: Path, zipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(CircumplexError, match="trains on CUDA"):
        run_finetune(TINY, zipped, tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("cfg", ["stylegan3-t", "stylegan3-r", "stylegan2"])
def test_the_official_dry_run_takes_zip_and_command(
    official: Path, tiny_faceset: Path, tmp_path: Path, cfg: str
) -> None:
    faceset = load_faceset(tiny_faceset)
    write_dataset_zip(tmp_path / "faces.zip", faceset, faceset.rows("train")[:50])
    said: list[str] = []
    config = OfficialConfig(cfg=cfg, batch=8, cond=cfg == "stylegan2")  # type: ignore[arg-type]
    run = run_finetune(
        config, tmp_path / "faces.zip", tmp_path / "runs", dry_run=True, say=said.append
    )
    assert said[0].endswith("--dry-run")
    text = "\n".join(said)
    assert "Dataset size:        50 images" in text
    assert "Dataset resolution:  64" in text
    assert f"Dataset labels:      {config.cond}" in text
    assert "Dry run; exiting." in text
    assert run.folder == tmp_path / "runs" / f"00000-{cfg}-faces-gpus1-batch8-gamma2"
    assert run.snapshot is None
    assert not (tmp_path / "runs").exists()


def test_what_the_official_code_refuses_is_one_line(
    official: Path, zipped: Path, tmp_path: Path
) -> None:
    config = OfficialConfig(cfg="stylegan2", metrics="beauty")
    with pytest.raises(CircumplexError) as caught:
        run_finetune(config, zipped, tmp_path, dry_run=True, say=lambda line: None)
    assert str(caught.value).startswith("the official train failed: --metrics can only contain")
    assert "\n" not in str(caught.value)


def test_the_official_training_runs_and_starts_from_a_native_network(
    official: Path, zipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole loop, with learning rates of 0: its snapshot holds what it started from."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    config = OfficialConfig.from_dict(
        TINY.__dict__ | {"cond": True, "map_depth": 1, "glr": 0.0, "dlr": 0.0, "workers": 1}
    )
    info = DatasetInfo(64, 16, 1, 1, 3)
    start = start_from(tmp_path / "start.safetensors", config, info)
    files = sorted(official.rglob("*"))
    run = run_finetune(
        config, zipped, tmp_path / "runs", start, device="cpu", say=lambda line: None
    )
    assert sorted(official.rglob("*")) == files
    assert run.snapshot is not None and run.snapshot.parent == run.folder
    before = open_networks(start, ("G_ema", "G", "D")).networks
    after = open_networks(run.snapshot, ("G_ema", "G", "D")).networks
    for name in ("G", "D"):
        found = dict(after[name].named_parameters())
        assert all((found[key] == value).all() for key, value in before[name].named_parameters())
    # the average moves on toward G: half the way in batch · 10 / 32 thousand faces
    left = 0.5 ** (1000 / (config.batch * 10 / 32 * 1000))
    follows, moved = (dict(each.named_parameters()) for each in (before["G"], after["G_ema"]))
    for key, value in before["G_ema"].named_parameters():
        wanted = follows[key] + left * (value - follows[key])
        # the mapping's raw weights have a standard deviation of 100
        torch.testing.assert_close(moved[key], wanted, rtol=1e-5, atol=1e-4)
    assert not THEIRS & set(sys.modules)
    assert torch.optim.Adam.__module__.startswith("torch")


def test_the_official_reader_finds_every_picture_and_label(
    child: Callable[[str], str], zipped: Path
) -> None:
    """And what today's libraries took away is there, in that process."""
    told = child(
        f"""
import hashlib, torch, numpy as np, scipy.linalg
from training.dataset import ImageFolderDataset
data = ImageFolderDataset({str(zipped)!r}, use_labels=True)
pixels = np.stack([data[row][0] for row in range(len(data))])
classes = [int(data[row][1].argmax()) for row in range(6)]
print(hashlib.sha256(pixels.tobytes()).hexdigest(), classes)
from torch_utils.misc import InfiniteSampler
rows = iter(InfiniteSampler(data, shuffle=False))
print([int(next(rows)) for _ in range(70)] == [*range(64), *range(6)])
torch.optim.Adam([torch.nn.Parameter(torch.ones(1))], betas=[0, 0.99])
root, error = scipy.linalg.sqrtm(np.diag([4.0, 9.0]), disp=False)
print(np.allclose(root, np.diag([2, 3])), error < 1e-12)
import legacy
print(legacy.load_network_pkl.__module__)
"""
    ).splitlines()
    with DatasetZip(zipped) as opened:
        digest = hashlib.sha256(opened.read(np.arange(64)).tobytes()).hexdigest()
    assert told == [
        f"{digest} [0, 1, 2, 0, 1, 2]",
        "True",
        "True True",
        "gan_bridge.official.repairs",
    ]


def test_kernels_that_cannot_be_compiled_give_way(capsys: pytest.CaptureFixture[str]) -> None:
    tries: list[int] = []

    def fail() -> bool:
        tries.append(1)
        raise OSError("CUDA_HOME is not set\nset it")

    init = _or_plain("upfirdn2d", fail)
    assert [init(), init()] == [False, False]
    assert len(tries) == 1
    assert capsys.readouterr().out.count("CUDA_HOME is not set") == 1
    assert _or_plain("upfirdn2d", lambda: True)()


def test_words_for_true_and_false() -> None:
    assert [_strtobool(word) for word in ("Yes", "on", "1", "F", "0")] == [1, 1, 1, 0, 0]
    with pytest.raises(ValueError, match="neither"):
        _strtobool("maybe")
