"""A guided training on colour faces that takes expressions from grey ones beside them."""

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from faces.sets import FaceSet, PrepareConfig, load_faceset, prepare
from gan_bridge.networks.config import DiscriminatorConfig, StyleGAN3Config
from gan_bridge.networks.files import load_networks
from gan_bridge.training.config import GANTrainConfig
from gan_bridge.training.guide import Guide, GuideConfig, linearize_styles
from gan_bridge.training.loop import train_gan
from gan_bridge.training.start import random_networks
from vae.checkpoint import load_run, save_run
from vae.config import TrainConfig, VAEConfig
from vae.model import BetaVAE
from vae.training.greyness import grey_rows

PEOPLE = Path(__file__).parents[2] / "data" / "people"
NETWORK = StyleGAN3Config(
    img_resolution=64, img_channels=3, z_dim=8, w_dim=16, mapping_layers=1, num_layers=3,
    num_critical=1, channel_base=256, channel_max=16, first_cutoff=4.0, first_stopband=8.0,
    filter_size=4, lrelu_upsampling=1, margin_size=1,
)  # fmt: skip
CRITIC = DiscriminatorConfig(img_resolution=64, img_channels=3, channel_base=256, channel_max=8)
HOW = GANTrainConfig(steps=4, batch_size=8, score_faces=0, sheet_side=2, log_steps=2)
GUIDED = GuideConfig(regress_steps=2, warmup=1, measured=100, grey=0.25, likeness=0.2)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> FaceSet:
    """Two dozen people in colour, and the same in grey."""
    folder = tmp_path_factory.mktemp("mixed")
    rows = ["path,split"]
    for path in sorted(PEOPLE.glob("*.jpg")):
        colour = Image.open(path).convert("RGB")
        colour.save(folder / f"{path.stem}.png")
        colour.convert("L").save(folder / f"{path.stem}_grey.png")
        rows += [f"{path.stem}.png,train", f"{path.stem}_grey.png,train"]
    (folder / "faces.csv").write_text("\n".join(rows), encoding="utf-8")
    prepare(folder / "faces.csv", folder / "set", PrepareConfig(size=64, channels=3))
    return load_faceset(folder / "set")


@pytest.fixture(scope="module")
def guide(mixed: FaceSet, tmp_path_factory: pytest.TempPathFactory) -> Guide:
    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("run")
    model = BetaVAE(VAEConfig(64, 3, 8, encoder_width=8, decoder_width=8))
    save_run(folder, model, TrainConfig(), {})
    return Guide.measure(load_run(folder), mixed, mixed.rows("train"), GUIDED)


def test_grey_faces_are_anchors_and_no_pictures_for_the_adversary(
    mixed: FaceSet, guide: Guide, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gan_bridge.training.guided import GuidedSteps

    real: list[np.ndarray] = []
    grey: list[np.ndarray] = []
    take = GuidedSteps.take

    def watched(self, step, faces, position, others=None):  # type: ignore[no-untyped-def]
        for seen, batch in ((real, faces), (grey, others)):
            seen.append(((batch.numpy() + 1) * 127.5).round().astype(np.uint8))
        take(self, step, faces, position, others)

    monkeypatch.setattr(GuidedSteps, "take", watched)
    start = random_networks(NETWORK, CRITIC, 0)
    for network in (start.generator, start.average):
        linearize_styles(network, guide.width)
    done = train_gan(mixed, tmp_path, start, HOW, guide=guide, device="cpu")
    assert not grey_rows(np.concatenate(real)).any() and len(real[0]) == 8
    assert grey_rows(np.concatenate(grey)).all() and len(grey[0]) == 2
    figures = done.figures
    assert figures["likeness"] > 0 and figures["critic_real"] != 0 and figures["loss_d"] > 0
    assert all(np.isfinite(value) for value in figures.values())


def test_a_critic_on_imagenet_may_stand_in_for_the_discriminator(
    mixed: FaceSet, guide: Guide, tmp_path: Path
) -> None:
    config = replace(GUIDED, adversary=0.0, critic_on="imagenet")
    other = copy.copy(guide)
    other.config = config
    start = random_networks(NETWORK, CRITIC, 0)
    discriminator = {k: v.clone() for k, v in start.discriminator.state_dict().items()}
    done = train_gan(mixed, tmp_path, start, HOW, guide=other, device="cpu")
    assert done.figures["critic_real"] != 0 and done.figures["loss_d"] == 0
    kept = load_networks(done.network, ("D",)).networks["D"].state_dict()
    assert all(torch.equal(kept[name], value) for name, value in discriminator.items())


def test_without_a_guide_grey_pictures_are_learned_from_like_others(
    mixed: FaceSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gan_bridge.training.steps import Steps

    seen: list[np.ndarray] = []
    take = Steps.take

    def watched(self, step, faces, position, grey=None):  # type: ignore[no-untyped-def]
        seen.append(((faces.numpy() + 1) * 127.5).round().astype(np.uint8))
        assert grey is None
        take(self, step, faces, position, grey)

    monkeypatch.setattr(Steps, "take", watched)
    train_gan(mixed, tmp_path, random_networks(NETWORK, CRITIC, 0), HOW, device="cpu")
    assert 0 < grey_rows(np.concatenate(seen)).sum() < 32
