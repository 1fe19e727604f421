"""Hopenet: its decode, its published form, and what is refused."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from faces.ground.errors import CircumplexError
from faces.readers.pose.hopenet import BINS, Hopenet, HopenetReader, decode, head_crop, load_state


@pytest.fixture(scope="module")
def network() -> Iterator[Hopenet]:
    """Random weights that name one bin of each head, whatever the picture: 10°, -30°, 60°."""
    torch.manual_seed(0)
    made = Hopenet()
    for name, angle in (("yaw", 9.0), ("pitch", -30.0), ("roll", 60.0)):
        head = made.get_submodule(f"fc_{name}")
        torch.nn.init.zeros_(head.weight)
        torch.nn.init.zeros_(head.bias)
        with torch.no_grad():
            head.bias[round((angle + 99) / 3)] = 40.0
    return made


@pytest.fixture(scope="module")
def weights(network: Hopenet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file as it was published: names of a network on several devices, no counted batches."""
    path = tmp_path_factory.mktemp("hopenet") / "hopenet.pkl"
    state = {
        f"module.{name}": value
        for name, value in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    torch.save(state, path)
    return path


@given(st.integers(0, BINS - 1))
def test_a_certain_bin_is_its_angle(k: int) -> None:
    logits = torch.full((1, BINS), -50.0)
    logits[0, k] = 50.0
    assert decode(logits).item() == pytest.approx(3 * k - 99, abs=1e-3)


def test_the_angle_is_the_mean_over_the_bins() -> None:
    logits = torch.full((2, BINS), -math.inf)
    logits[0, [10, 20]] = 0.0
    logits[1, :] = 0.0
    assert decode(logits)[0].item() == pytest.approx(3 * 15 - 99, abs=1e-4)
    assert decode(logits)[1].item() == pytest.approx(3 * (BINS - 1) / 2 - 99, abs=1e-4)


def test_published_weights_are_read_with_our_signs(weights: Path) -> None:
    rng = np.random.default_rng(0)
    heads = [rng.integers(0, 256, (side, 40, 3), dtype=np.uint8) for side in (40, 50, 300)]
    angles = HopenetReader.load(weights).read(heads)
    assert angles.shape == (3, 3) and angles.dtype == np.float32
    # the network's yaw is positive towards the viewer's left, ours towards the right
    assert np.allclose(angles, [[-9.0, -30.0, 60.0]] * 3, atol=0.01)


def test_the_backbone_is_torchvisions(network: Hopenet) -> None:
    from torchvision.models import resnet50

    backbone = resnet50(weights=None)
    own = {n: v for n, v in network.state_dict().items() if not n.startswith("fc_")}
    backbone.load_state_dict(own | {n: v for n, v in backbone.state_dict().items() if "fc" in n})
    backbone.fc = torch.nn.Identity()
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        features = backbone.eval()(picture)
        yaw, _, _ = network.eval()(picture)
        assert torch.allclose(network.fc_yaw(features), yaw)


class _Payload:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("the file ran code",)


def test_what_is_no_such_file_of_weights_is_refused(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CircumplexError, match="missing"):
        HopenetReader.load(tmp_path / "none.pkl")
    hostile = tmp_path / "hostile.pkl"
    torch.save({"conv1.weight": _Payload()}, hostile)
    with pytest.raises(CircumplexError, match="not a plain file of weights"):
        HopenetReader.load(hostile)
    assert "ran code" not in capsys.readouterr().out
    broken = tmp_path / "broken.pkl"
    broken.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(CircumplexError, match=r"broken\.pkl"):
        HopenetReader.load(broken)
    torch.save([1, 2], broken)
    with pytest.raises(CircumplexError, match="no state dict"):
        HopenetReader.load(broken)


def test_weights_of_another_network_are_refused(network: Hopenet) -> None:
    state = network.state_dict()
    with pytest.raises(CircumplexError, match=r"a\.pkl lacks the tensor fc_roll"):
        load_state(network, {n: v for n, v in state.items() if "fc_roll" not in n}, "a.pkl")
    with pytest.raises(CircumplexError, match="no known use, fc_gaze"):
        load_state(network, state | {"fc_gaze": torch.zeros(5)}, "a.pkl")
    with pytest.raises(CircumplexError, match=r"fc_yaw.bias is \(5,\)"):
        load_state(network, state | {"fc_yaw.bias": torch.zeros(5)}, "a.pkl")


def test_the_crop_leaves_room_around_the_landmarks_and_stays_in_the_picture() -> None:
    picture = np.arange(100 * 120 * 3, dtype=np.int64).reshape(100, 120, 3).astype(np.uint8)
    crop = head_crop(picture, np.array([40.0, 50.0, 60.0, 70.0]))
    assert crop.shape == (31, 26, 3)
    assert np.array_equal(crop, picture[42:73, 37:63])
    assert head_crop(picture, np.array([-20.0, -30.0, 130.0, 140.0])).shape == picture.shape
