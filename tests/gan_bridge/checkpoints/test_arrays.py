"""Latents and directions that other programs stored."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from faces.ground.errors import CircumplexError
from gan_bridge.editing.explorer import EmotionExplorer
from gan_bridge.editing.foreign_directions import foreign_files, load_foreign_directions
from gan_bridge.generators.opening import load_generator
from gan_bridge.inversion.latents import load_inverted

RNG = np.random.default_rng(4)
W_PLUS = RNG.standard_normal((1, 10, 32)).astype(np.float32)
W = RNG.standard_normal((1, 32)).astype(np.float32)
REPEATED = np.broadcast_to(W, (18, 32))[None]  # of a network of 1024 pixels


def write(path: Path, value: Any) -> Path:
    if path.suffix == ".npz":
        np.savez(path, **value)
    elif path.suffix == ".npy":
        np.save(path, value)
    else:
        torch.save(value, path)
    return path


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("projected_w.npz", {"w": W_PLUS}, W_PLUS[0]),
        ("wplus.npy", W_PLUS[0], W_PLUS[0]),
        ("latent.npy", W, np.repeat(W, 10, 0)),
        ("latents.pt", torch.from_numpy(W_PLUS), W_PLUS[0]),
        ("a.npz", {"w": REPEATED}, np.repeat(W, 10, 0)),
        (
            "me.pt",
            {"me.jpg": {"img": torch.zeros(3, 8, 32), "latent": torch.from_numpy(W_PLUS[0])}},
            W_PLUS[0],
        ),
    ],
)
def test_latents_of_other_programs_start_an_edit(
    tmp_path, generator, name, value, expected
) -> None:
    found = load_inverted(write(tmp_path / name, value), generator)
    assert found.w.dtype == np.float32 and np.array_equal(found.w, expected[None])
    assert found.figures is None and found.verdict.passed
    assert found.generator == found.pivot_of == generator.digest


def test_one_of_several_latents_is_named_by_its_number(tmp_path, generator) -> None:
    three = RNG.standard_normal((3, 10, 32)).astype(np.float32)
    path = write(tmp_path / "faces.npy", three)
    assert np.array_equal(load_inverted(f"{path}#2", generator).w[0], three[2])
    with pytest.raises(CircumplexError, match=r"holds 3 latents; .*faces\.npy#0 to #2"):
        load_inverted(path, generator)
    with pytest.raises(CircumplexError, match="holds 3 latents; the first is #0"):
        load_inverted(f"{path}#3", generator)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (np.zeros((1, 18, 512), np.float32), r"no latent of width 32, but array \(1, 18, 512\)"),
        (RNG.standard_normal((1, 7, 32)), "is of 7 layers of 32, stylegan2-.* takes 10"),
        (np.full((10, 32), np.nan), "NaN or infinity"),
        (np.array(["a"]), "no real numbers"),
        (np.array([{"a": 1}], object), "cannot be read"),
    ],
)
def test_latents_that_do_not_fit_say_why(tmp_path, generator, value, reason) -> None:
    with pytest.raises(CircumplexError, match=reason):
        load_inverted(write(tmp_path / "w.npy", value), generator)


def moved(generator: Any, name: str, valence: float, arousal: float = 0.0) -> np.ndarray:
    """Where the mean face goes, (32,)."""
    explorer = EmotionExplorer(generator, load_foreign_directions(foreign_files(name), generator))
    start = generator.sample_w([0], 0.0)
    return (explorer.move(start, valence, arousal) - start)[0, 0].astype(np.float64)


def test_a_boundary_moves_valence_three_units_and_knows_no_arousal(tmp_path, generator) -> None:
    path = write(tmp_path / "smile_w_boundary.npy", 7 * W)
    unit = W[0] / np.linalg.norm(W)
    assert np.allclose(moved(generator, str(path), 0.5), 1.5 * unit, atol=1e-5)
    with pytest.raises(CircumplexError, match="stands for valence; leave arousal at 0"):
        moved(generator, str(path), 0.5, 0.1)


def test_components_go_by_their_standard_deviations(tmp_path, generator) -> None:
    basis = np.linalg.qr(RNG.standard_normal((32, 32)))[0].astype(np.float32)
    stored = {"lat_comp": basis[:4, None], "lat_stdev": np.array([4.0, 3, 2, 1], np.float32)}
    path = write(tmp_path / "ganspace.npz", stored | {"act_comp": np.zeros((2, 7), np.float32)})
    assert np.allclose(moved(generator, f"{path}#2", 1.0), 6 * basis[2], atol=1e-5)
    pair = moved(generator, f"{path}#2,{path}#3", 1.0, -1.0)
    assert np.allclose(pair, 6 * basis[2] - 3 * basis[3], atol=1e-5)
    sefa = write(tmp_path / "factor.pt", {"ckpt": "a.pt", "eigvec": torch.from_numpy(basis)})
    assert np.allclose(moved(generator, f"{sefa}#5", 1.0), 3 * basis[:, 5], atol=1e-5)
    with pytest.raises(CircumplexError, match=r"holds 4 directions; name one"):
        moved(generator, str(path), 1.0)


def test_two_boundaries_are_made_orthogonal_and_their_digest_is_stable(tmp_path, generator) -> None:
    first, second = (RNG.standard_normal((1, 32)).astype(np.float32) for _ in range(2))
    names = f"{write(tmp_path / 'v.npy', first)},{write(tmp_path / 'a.npy', second)}"
    directions = load_foreign_directions(foreign_files(names), generator)
    assert abs(directions.valence @ directions.arousal) < 1e-6
    reached = directions.predict(directions.move(np.zeros((1, 32)), 0.3, -0.4))
    assert np.allclose(reached, [[0.3, -0.4]])
    again = load_foreign_directions(foreign_files(names), generator)
    assert again.digest == directions.digest
    with pytest.raises(CircumplexError, match="point the same way"):
        moved(generator, f"{tmp_path / 'v.npy'},{tmp_path / 'v.npy'}", 0.1)


def test_directions_of_another_width_and_others_are_refused(tmp_path, generator) -> None:
    wide = write(tmp_path / "wide.npy", np.ones((1, 512), np.float32))
    with pytest.raises(CircumplexError, match=r"is of width 512, stylegan2-.* has a w of 32"):
        moved(generator, str(wide), 0.1)
    zero = write(tmp_path / "zero.npy", np.zeros((1, 32), np.float32))
    with pytest.raises(CircumplexError, match="holds no direction"):
        moved(generator, str(zero), 0.1)
    with pytest.raises(CircumplexError, match="is missing"):
        moved(generator, str(tmp_path / "gone.npy"), 0.1)


def test_artefacts_of_ours_are_not_foreign(tmp_path) -> None:
    for name in (None, "bundled", "runs/a", tmp_path / "directions.safetensors"):
        assert foreign_files(name) == ()


def test_damaged_compressed_arrays_say_so(tmp_path, generator) -> None:
    path = tmp_path / "w.npz"
    np.savez_compressed(path, w=W_PLUS)
    data = bytearray(path.read_bytes())
    data[60:200] = b"\xff" * 140
    path.write_bytes(data)
    with pytest.raises(CircumplexError, match="cannot be read"):
        load_inverted(path, generator)


@pytest.mark.parametrize("layers", [10, 18])
def test_a_direction_with_a_row_a_layer_is_not_taken_for_several(
    tmp_path, generator, layers
) -> None:
    rows = RNG.standard_normal((layers, 32)).astype(np.float32)
    path = write(tmp_path / "smile.npy", rows)
    with pytest.raises(CircumplexError, match="with a row a layer, save their mean"):
        load_foreign_directions(foreign_files(path), generator)
    named = load_foreign_directions(foreign_files(f"{path}#3"), generator)
    assert np.allclose(named.valence, rows[3] / np.linalg.norm(rows[3]), atol=1e-5)


def test_one_row_is_a_direction_where_there_is_one_layer(tmp_path) -> None:
    generator = load_generator("grey-vae")
    assert generator.num_layers == 1
    row = RNG.standard_normal((1, generator.w_dim)).astype(np.float32)
    path = write(tmp_path / "smile.npy", row)
    directions = load_foreign_directions(foreign_files(path), generator)
    assert np.allclose(directions.valence, row[0] / np.linalg.norm(row[0]), atol=1e-5)
