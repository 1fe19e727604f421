from pathlib import Path

import pytest
import torch
from torch import nn

from faces.ground.errors import CircumplexError
from faces.ground.provenance import software
from faces.ground.training.state import StateFile, restore_trained, trained_tensors
from faces.ground.training.tensors import read_tensors, write_tensors


class Training:
    """A convolution, channels last in memory, and fused Adam."""

    def __init__(self, seed: int) -> None:
        torch.manual_seed(seed)
        self.network = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.Adam(self.network.parameters(), fused=True)

    def parts(self) -> tuple[dict[str, nn.Module], dict[str, torch.optim.Optimizer]]:
        return {"model.": self.network}, {"optimizer.": self.optimizer}

    def step(self, seed: int) -> None:
        torch.manual_seed(seed)
        self.network(torch.randn(2, 3, 5, 5)).square().mean().backward()
        self.optimizer.step()
        self.optimizer.zero_grad()


def state(folder: Path, training: str = "a", **more: bool) -> StateFile:
    return StateFile(folder, "state/x.safetensors", "circumplex/x", 1, training, **more)


def test_what_was_saved_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    first, second = Training(0), Training(1)
    first.step(5)
    state(tmp_path).write(trained_tensors(*first.parts()), {"step": 1})
    first.step(6)
    tensors, position = state(tmp_path).read()
    restore_trained(tensors, *second.parts(), tmp_path)
    second.step(6)
    assert position == {"step": 1}
    for name, value in first.network.state_dict().items():
        assert torch.equal(value, second.network.state_dict()[name]), name


def test_only_its_own_training_takes_a_state_up(tmp_path: Path) -> None:
    with pytest.raises(CircumplexError, match="nothing to resume"):
        state(tmp_path).read()
    state(tmp_path).write({}, {})
    with pytest.raises(CircumplexError, match="begun with other settings, faces or networks"):
        state(tmp_path, "b").read()
    other = StateFile(tmp_path, "state/x.safetensors", "circumplex/y", 1, "a")
    with pytest.raises(CircumplexError, match="circumplex/y"):
        other.read()


def test_a_state_of_another_version_says_which(tmp_path: Path) -> None:
    path = state(tmp_path).path
    state(tmp_path).write({}, {})
    tensors, header = read_tensors(path)
    assert header["software"] == software()
    write_tensors(path, tensors, header | {"software": "circumplex-studio 0.0.9"})
    with pytest.raises(CircumplexError, match=r"begun by circumplex-studio 0\.0\.9"):
        state(tmp_path, "b").read()


def test_tensors_of_other_networks_are_refused(tmp_path: Path) -> None:
    training = Training(0)
    tensors = trained_tensors(*training.parts())
    del tensors["model.bias"]
    with pytest.raises(CircumplexError, match=r"x\.safetensors does not hold the networks"):
        restore_trained(tensors, *training.parts(), "x.safetensors")
