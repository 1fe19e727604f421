"""The fitted reader and the table: what it learns, its file, and what it says of real faces."""

import json
from pathlib import Path

import numpy as np
import pytest

from faces.ground.artefacts import read_artefact, write_artefact
from faces.ground.errors import CircumplexError
from faces.readers import Landmarks
from faces.readers.action_units.measures import unit_signals
from faces.readers.action_units.units import affect_by_table, read_units
from faces.readers.affect.from_action_units import (
    BUNDLED,
    AffectConfig,
    AffectReader,
    TableReader,
    fit_affect,
)
from faces.readers.affect.shape_scores import score_names, shape_scores
from vae.probing.metrics import ccc, rmse


def made(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Faces whose valence is a product of two scores and whose arousal is one score."""
    units = shape_scores(rng.uniform(0, 1, (count, 52)) ** 2)
    smile, raised = (units[:, score_names().index(name)] for name in ("AU12L", "AU1"))
    labels = np.stack([np.sqrt(smile * raised) - 0.4, raised - 0.3], 1)
    return units, labels + 0.05 * rng.normal(size=labels.shape)


@pytest.fixture(scope="module")
def fitted() -> AffectReader:
    return fit_affect(*made(np.random.default_rng(1), 500))


def test_products_are_learnt_and_plain_roots_miss_them(fitted: AffectReader) -> None:
    units, labels = made(np.random.default_rng(2), 500)
    plain = fit_affect(*made(np.random.default_rng(1), 500), AffectConfig(products=False))
    assert (ccc(labels, fitted.read(units)) > 0.9).all()
    assert rmse(labels, fitted.read(units))[0] < rmse(labels, plain.read(units))[0]
    assert len(plain.weights) == len(score_names()) < len(fitted.weights)


def test_readings_spread_as_the_labels_do() -> None:
    units, labels = made(np.random.default_rng(1), 500)
    noisy = labels + np.random.default_rng(3).normal(scale=0.3, size=labels.shape)
    stretched = fit_affect(units, noisy).read(units)
    shrunk = fit_affect(units, noisy, AffectConfig(stretch=False)).read(units)
    assert np.allclose(stretched.std(0), np.clip(noisy, -1, 1).std(0), rtol=0.1)
    assert (shrunk.std(0) < 0.9 * stretched.std(0)).all()
    assert np.allclose(shrunk.mean(0), noisy.mean(0), atol=0.02)


def test_rows_without_face_or_label_are_left_out_and_stay_without_reading(
    fitted: AffectReader,
) -> None:
    units, labels = made(np.random.default_rng(1), 500)
    more = np.concatenate([units, np.full((2, units.shape[1]), np.nan), units[:1]])
    known = np.concatenate([labels, np.zeros((2, 2)), [[np.nan, 0.0]]])
    again = fit_affect(more, known)
    assert np.allclose(again.weights, fitted.weights, atol=1e-5)
    assert again.provenance["fitted_faces"] == len(units)
    assert np.isnan(again.read(more)[-3:-1]).all() and np.isfinite(again.read(more)[-1]).all()


def test_readings_stay_on_the_square_and_do_not_depend_on_the_batch(fitted: AffectReader) -> None:
    units = shape_scores(np.random.default_rng(4).uniform(0, 1, (8200, 52)))
    read = fitted.read(units)
    assert read.dtype == np.float32 and (np.abs(read) <= 1).all()
    assert np.allclose(read[:5], fitted.read(units[:5]), atol=1e-6)
    assert fitted.read(units[:0]).shape == (0, 2)


def test_the_file_gives_the_same_reader_and_the_same_bytes(
    fitted: AffectReader, tmp_path: Path
) -> None:
    first, again = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    fitted.save(first)
    opened = AffectReader.load(first)
    opened.save(again)
    assert first.read_bytes() == again.read_bytes()
    units, _ = made(np.random.default_rng(2), 50)
    assert np.allclose(opened.read(units), fitted.read(units), atol=1e-6)
    assert opened.config == fitted.config and opened.provenance == fitted.provenance


def test_a_file_that_does_not_fit_is_refused(fitted: AffectReader, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    fitted.save(path)
    arrays, header = read_artefact(path)
    with pytest.raises(CircumplexError, match="missing"):
        AffectReader.load(tmp_path / "none.safetensors")
    write_artefact(path, arrays, header | {"units": json.dumps(["AU1"])})
    with pytest.raises(CircumplexError, match="other scores"):
        AffectReader.load(path)
    write_artefact(path, arrays, header | {"schema": "circumplex/vae"})
    with pytest.raises(CircumplexError, match="not circumplex/affect-reader"):
        AffectReader.load(path)
    write_artefact(path, arrays | {"weights": arrays["weights"][:-1]}, header)
    with pytest.raises(CircumplexError, match="weights"):
        AffectReader.load(path)
    write_artefact(path, arrays, {k: v for k, v in header.items() if k != "config"})
    with pytest.raises(CircumplexError, match="header"):
        AffectReader.load(path)


def test_too_little_and_nonsense_are_refused() -> None:
    units, labels = made(np.random.default_rng(1), 50)
    with pytest.raises(CircumplexError, match="50 of 50 faces"):
        fit_affect(units, labels)
    with pytest.raises(ValueError, match="values have shape"):
        TableReader().read(units[:, :5])
    with pytest.raises(CircumplexError, match="penalties"):
        AffectConfig(penalties=())


def test_the_bundled_reader_says_what_it_was_fitted_on_and_reads_prototypes_right() -> None:
    reader = AffectReader.load()
    assert BUNDLED.stat().st_size < 100_000
    assert reader.provenance["faces"] == "FER+ train; neutral: FairFace train"
    assert reader.provenance["neutral_faces"] > 2000
    smile = shape_scores(np.zeros((2, 52)))
    for side in "LR":
        smile[1, score_names().index(f"AU12{side}")] = 1
    neutral, happy = reader.read(smile)
    assert happy[0] > neutral[0] + 0.2


def test_on_real_faces_fit_and_table_order_the_expressions_alike(
    val_faces: list[Landmarks],
) -> None:
    units = read_units(unit_signals(val_faces))
    scores = shape_scores(np.stack([face.blendshapes for face in val_faces]))
    fitted, table = AffectReader.load().read(scores), TableReader().read(units)
    assert np.array_equal(table, affect_by_table(units))
    assert np.corrcoef(fitted[:, 0], table[:, 0])[0, 1] > 0.5
    assert np.corrcoef(fitted[:, 1], table[:, 1])[0, 1] > 0.5
