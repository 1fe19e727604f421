from pathlib import Path

import pytest
import torch

from faces.ground.errors import CircumplexError
from vae.checkpoint import load_run, on_device, read_tensors, save_run, write_tensors
from vae.config import TrainConfig
from vae.packaged import WEIGHTS


@pytest.fixture
def stored(tiny_run: Path, tmp_path: Path):
    """The run's tensors and header, and a way to write them changed."""
    tensors, header = read_tensors(tiny_run / WEIGHTS)

    def write(tensors=tensors, header=header) -> Path:
        write_tensors(tmp_path / WEIGHTS, tensors, header)
        return tmp_path

    return tensors, header, write


def test_a_run_comes_back_as_it_was(tiny_run: Path, tmp_path: Path) -> None:
    run = load_run(tiny_run)
    save_run(tmp_path, run.model, run.training, run.provenance)
    assert (tmp_path / WEIGHTS).read_bytes() == (tiny_run / WEIGHTS).read_bytes()
    assert load_run(tmp_path).digest == run.digest


def test_half_precision_is_half_the_size_and_nearly_the_same(
    tiny_run: Path, tmp_path: Path
) -> None:
    run = load_run(tiny_run)
    save_run(tmp_path, run.model, TrainConfig(), {}, dtype=torch.float16)
    assert (tmp_path / WEIGHTS).stat().st_size < 0.6 * (tiny_run / WEIGHTS).stat().st_size
    codes = torch.zeros(1, run.config.latent_dim)
    torch.testing.assert_close(
        load_run(tmp_path).model.decode(codes), run.model.decode(codes), atol=1e-2, rtol=1e-2
    )


def test_the_digest_follows_the_weights(tiny_run: Path, stored) -> None:
    tensors, _, write = stored
    changed = {**tensors, "affect_head.bias": tensors["affect_head.bias"] + 1}
    assert load_run(write(changed)).digest != load_run(tiny_run).digest


def test_wrong_tensors_are_named(stored) -> None:
    tensors, _, write = stored
    name = "affect_head.weight"
    rest = {key: value for key, value in tensors.items() if key != name}
    for changed, said in [
        (rest, "lacks the tensor affect_head.weight"),
        ({**tensors, "stranger": torch.ones(1)}, "stranger"),
        ({**tensors, name: tensors[name][:1]}, r"affect_head.weight is \(1, 8\)"),
        ({**tensors, name: tensors[name] * float("nan")}, "NaN"),
    ]:
        with pytest.raises(CircumplexError, match=said):
            load_run(write(changed))


def test_another_version_is_named_with_the_remedy(stored) -> None:
    _, header, write = stored
    with pytest.raises(CircumplexError, match="version 9, this program reads version 1"):
        load_run(write(header={**header, "version": "9"}))
    with pytest.raises(CircumplexError, match="not circumplex/vae"):
        load_run(write(header={**header, "schema": "something/else"}))


def test_a_damaged_file_is_one_line(tiny_run: Path, tmp_path: Path) -> None:
    data = (tiny_run / WEIGHTS).read_bytes()
    for damaged in (b"", data[:100], data[:-100], b"\xff" * 64):
        (tmp_path / WEIGHTS).write_bytes(damaged)
        with pytest.raises(CircumplexError, match="cannot be read") as caught:
            load_run(tmp_path)
        assert "\n" not in str(caught.value)


def test_a_folder_without_a_run_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CircumplexError, match="circumplex train"):
        load_run(tmp_path / "nowhere")


def test_a_run_for_another_device_leaves_the_first_where_it_is(tiny_run: Path) -> None:
    run = load_run(tiny_run)
    assert on_device(run, "cpu") is run
    elsewhere = on_device(run, "meta")
    assert {each.device.type for each in elsewhere.model.parameters()} == {"meta"}
    assert {each.device.type for each in run.model.parameters()} == {"cpu"}
    assert elsewhere.digest == run.digest
