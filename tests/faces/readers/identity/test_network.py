"""The identity network against dlib."""

from pathlib import Path

import numpy as np
import pytest
import torch

from faces.ground.errors import CircumplexError
from faces.readers.identity import IdentityNetwork


@pytest.fixture(scope="module")
def network() -> IdentityNetwork:
    return IdentityNetwork.load()


def as_input(chips: list[np.ndarray]) -> torch.Tensor:
    return torch.from_numpy(np.stack(chips)).permute(0, 3, 1, 2).float() / 127.5 - 1


def test_dlibs_own_faces_give_dlibs_embeddings(network: IdentityNetwork, dlibs) -> None:
    with torch.inference_mode():
        found = network(as_input(list(dlibs.chips.values()))).numpy()
    expected = np.stack([dlibs.of(name) for name in dlibs.chips])
    # what eight bits cost: 0.027 at most on 216 pictures
    assert np.linalg.norm(found - expected, axis=1).max() < 0.03
    assert np.linalg.norm(expected - expected.mean(0), axis=1).min() > 0.3


def test_it_is_differentiable_in_the_picture(network: IdentityNetwork, dlibs) -> None:
    first, second, *_ = dlibs.chips.values()
    chip = as_input([first]).requires_grad_(True)
    target = network(as_input([second]))
    distance = (network(chip) - target).square().sum()
    distance.backward()
    assert chip.grad is not None and torch.isfinite(chip.grad).all()
    with torch.no_grad():
        nearer = chip - 0.3 * chip.grad / chip.grad.norm()
        assert (network(nearer) - target).square().sum() < distance
    assert not any(weight.requires_grad for weight in network.parameters())


def test_maps_come_after_every_block(network: IdentityNetwork) -> None:
    with torch.inference_mode():
        maps, embedding = network.maps(torch.zeros(2, 3, 150, 150))
    assert [each.shape[1] for each in maps] == [32] * 3 + [64] * 4 + [128] * 3 + [256] * 4
    assert embedding.shape == (2, 128)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CircumplexError, match=r"gone\.safetensors"):
        IdentityNetwork.load(tmp_path / "gone.safetensors")
    pixel = Path(__file__).parents[4] / "faces" / "weights" / "pixel_reader.safetensors"
    with pytest.raises(CircumplexError, match="pixel-reader"):
        IdentityNetwork.load(pixel)
