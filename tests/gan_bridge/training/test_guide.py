"""A guided training: latents are codes, and the generator becomes their decoder."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch

from faces.ground.artefacts import read_artefact, write_artefact
from faces.ground.errors import CircumplexError
from faces.sets import FaceSet, load_faceset
from gan_bridge.networks.config import DiscriminatorConfig, StyleGAN3Config
from gan_bridge.networks.files import load_networks
from gan_bridge.training.config import GANTrainConfig
from gan_bridge.training.guide import Guide, GuideConfig, linearize_styles
from gan_bridge.training.loop import FinishedTraining, train_gan
from gan_bridge.training.start import Start, random_networks
from gan_bridge.training.state import STATE, read_measured
from vae.checkpoint import Run, load_run
from vae.codes import to_tensor

NETWORK = StyleGAN3Config(
    img_resolution=64, img_channels=1, z_dim=12, w_dim=20, mapping_layers=1, num_layers=3,
    num_critical=1, channel_base=256, channel_max=16, first_cutoff=4.0, first_stopband=8.0,
    filter_size=4, lrelu_upsampling=1, margin_size=1,
)  # fmt: skip
CRITIC = DiscriminatorConfig(img_resolution=64, img_channels=1, channel_base=256, channel_max=8)
HOW = GANTrainConfig(
    steps=14, batch_size=8, g_rate=0.003, score_faces=20, sheet_side=2, log_steps=2,
    checkpoint_steps=2, snapshot_steps=7,
)  # fmt: skip
GUIDED = GuideConfig(regress_steps=10, warmup=2, measured=100)


@pytest.fixture(scope="module")
def faces(tiny_faceset: Path) -> FaceSet:
    return load_faceset(tiny_faceset)


@pytest.fixture(scope="module")
def run(tiny_run: Path) -> Run:
    return load_run(tiny_run)


@pytest.fixture(scope="module")
def guide(run: Run, faces: FaceSet) -> Guide:
    return Guide.measure(run, faces, faces.rows("train"), GUIDED)


def begin() -> Start:
    start = random_networks(NETWORK, CRITIC, 0)
    for network in (start.generator, start.average):
        linearize_styles(network, 8)
    return start


@pytest.fixture(scope="module")
def finished(
    faces: FaceSet, guide: Guide, tmp_path_factory: pytest.TempPathFactory
) -> FinishedTraining:
    folder = tmp_path_factory.mktemp("guided") / "whole"
    return train_gan(faces, folder, begin(), HOW, guide=guide, device="cpu")


def test_codes_are_normal_over_the_training_faces(run: Run, faces: FaceSet) -> None:
    guide = Guide.measure(run, faces, faces.rows("train"), GuideConfig())
    guide.precision = torch.float32
    images = to_tensor(faces.read(faces.rows("train")))
    with torch.no_grad():
        codes = torch.cat([guide.encode(view).codes for view in (images, images.flip(3))])
    assert codes.mean(0).abs().max() < 1e-3
    assert torch.allclose(torch.cov(codes.T), torch.eye(8), atol=1e-3)


def test_latents_stand_for_what_varies(run: Run, faces: FaceSet) -> None:
    """Units that hardly vary, which rounding would drown, are left out."""
    rows = faces.rows("train")
    whole = Guide.measure(run, faces, rows, GuideConfig())
    part = Guide.measure(run, faces, rows, GuideConfig(explained=0.8))
    assert whole.width == 8 and 1 < part.width < 8
    assert torch.allclose(part.whitening, whole.whitening[:, : part.width])


def test_styles_begin_linear_in_the_codes() -> None:
    network = begin().generator
    z = torch.randn(6, 12, generator=torch.Generator().manual_seed(1))
    z = z / z.square().mean(1, keepdim=True).sqrt()  # what the mapping would do itself
    far = z.clone()
    far[:, :8] = z[:, :8].flip(0)
    far = far / far.square().mean(1, keepdim=True).sqrt()
    layer = network.synthesis.layers[1]

    def styles(z: torch.Tensor) -> torch.Tensor:
        return layer.affine(network.mapping(z)[:, 0]) - layer.affine.bias

    of_codes = layer.affine.weight[:, :8] / 20**0.5 * 2**0.5 * 1.2
    of_noise = layer.affine.weight[:, 16:] / 20**0.5
    for each in (z, far):
        noise = network.mapping(each)[:, 0, 16:] @ of_noise.T
        assert torch.allclose(styles(each), each[:, :8] @ of_codes.T + noise, atol=1e-4)


def test_the_distance_to_itself_is_nothing(guide: Guide, faces: FaceSet) -> None:
    real = to_tensor(faces.read(faces.rows("train")[:4]))
    encoded = guide.encode(real)
    z = guide.latents(encoded.codes, torch.zeros(4, 12))
    assert torch.equal(z[:, :8], encoded.codes) and not z[:, 8:].any()
    same, own = guide.compare(real, z, real, encoded, alone=True)
    other, _ = guide.compare(real.flip(0), z, real, encoded, alone=True)
    assert torch.equal(own.codes, encoded.codes)
    assert all(value < 1e-6 for value in same.values())
    assert all(value > 1e-3 for value in other.values())


def test_a_generator_learns_to_decode(
    run: Run, faces: FaceSet, guide: Guide, tmp_path: Path
) -> None:
    longer = GuideConfig(regress_steps=60, warmup=5, measured=100)
    rows: list[dict[str, float]] = []
    train_gan(
        faces,
        tmp_path / "decoder",
        begin(),
        GANTrainConfig(steps=60, batch_size=8, log_steps=10, score_faces=0),
        guide=Guide.measure(run, faces, faces.rows("train"), longer),
        report=rows.append,
        device="cpu",
    )
    assert rows[-1]["pictures"] < 0.85 * rows[0]["pictures"]
    assert rows[-1]["loss_d"] == 0  # no adversary yet


def test_the_adversary_comes_later(finished: FinishedTraining) -> None:
    assert finished.figures["loss_d"] > 0 and finished.figures["code"] > 0
    stored = load_networks(finished.network, ("G_ema", "D"))
    assert stored.provenance["guide"]["settings"]["regress_steps"] == 10
    critic = begin().discriminator.state_dict()
    moved = stored.networks["D"].state_dict()
    assert not torch.equal(critic["b64.conv0.weight"], moved["b64.conv0.weight"])


def measured_elsewhere(guide: Guide) -> Guide:
    """The guide as another machine might measure it again; off by more, to be seen for sure."""
    other = copy.copy(guide)
    other.mean, other.whitening = guide.mean + 0.01, guide.whitening * 1.01
    return other


def test_resumed_it_ends_with_the_same_bytes(
    finished: FinishedTraining, faces: FaceSet, guide: Guide, tmp_path: Path
) -> None:
    """Stopped while it regresses, and then beside the adversary; each time on another machine."""
    folder, here = tmp_path / "stopped", guide
    for steps, resume in ((6, False), (12, True), (14, True)):
        how = GANTrainConfig(**{**HOW.__dict__, "steps": steps})
        train_gan(faces, folder, begin(), how, guide=here, resume=resume, device="cpu")
        here = measured_elsewhere(guide)
    assert torch.equal(read_measured(folder)["mean"], guide.mean)
    ours, theirs = (load_networks(f / "network.safetensors") for f in (folder, finished.folder))
    for (name, one), two in zip(
        ours.generator.state_dict().items(), theirs.generator.state_dict().values(), strict=True
    ):
        assert torch.equal(one, two), name


def test_a_state_that_does_not_hold_what_was_measured_is_resumed(
    faces: FaceSet, guide: Guide, tmp_path: Path
) -> None:
    """As version 0.1.0 wrote it."""
    begun = GANTrainConfig(**{**HOW.__dict__, "steps": 2})
    train_gan(faces, tmp_path, begin(), begun, guide=guide, device="cpu")
    tensors, header = read_artefact(tmp_path / STATE)
    bare = {name: value for name, value in tensors.items() if not name.startswith("measured/")}
    assert len(bare) == len(tensors) - 2
    write_artefact(tmp_path / STATE, bare, header)
    more = GANTrainConfig(**{**HOW.__dict__, "steps": 4})
    tuned = train_gan(faces, tmp_path, begin(), more, guide=guide, resume=True, device="cpu")
    assert tuned.steps == 4 and set(read_measured(tmp_path)) == {"mean", "whitening"}


def test_another_guide_is_another_training(
    finished: FinishedTraining, faces: FaceSet, run: Run
) -> None:
    other = Guide.measure(
        run, faces, faces.rows("train"), GuideConfig(regress_steps=10, warmup=2, code=9.0)
    )
    with pytest.raises(CircumplexError, match="settings"):
        train_gan(faces, finished.folder, begin(), HOW, guide=other, resume=True, device="cpu")


def test_what_does_not_fit_is_told(run: Run, faces: FaceSet, guide: Guide, tmp_path: Path) -> None:
    with pytest.raises(CircumplexError, match="codes spread"):
        Guide.measure(run, faces, faces.rows("train")[:10], GUIDED)
    narrow = random_networks(StyleGAN3Config(**{**NETWORK.__dict__, "z_dim": 4}), CRITIC, 0)
    with pytest.raises(CircumplexError, match="z_dim"):
        linearize_styles(narrow.generator, 8)
    with pytest.raises(CircumplexError, match="z_dim"):
        train_gan(faces, tmp_path / "a", narrow, HOW, guide=guide, device="cpu")
    mixing = GANTrainConfig(**{**HOW.__dict__, "style_mixing": 0.5})
    with pytest.raises(CircumplexError, match="style_mixing"):
        train_gan(faces, tmp_path / "b", begin(), mixing, guide=guide, device="cpu")


def test_rates_rise_fall_and_rise_again() -> None:
    config = GuideConfig(regress_steps=100, regress_rate=0.02, warmup=10)
    rates = np.array([config.rate(step, 0.003) for step in range(130)])
    assert rates[0] == pytest.approx(0.002) and rates[:10].max() < 0.02
    assert rates[99] == pytest.approx(0.02 * 0.208) and rates[100] == pytest.approx(0.0003)
    assert (rates[110:] == 0.003).all()
