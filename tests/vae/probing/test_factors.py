"""Further factors: probes that tell, directions that leave what was before, files that hold."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from faces.ground.errors import CircumplexError
from faces.ground.files import read_json
from faces.sets import load_faceset
from faces.sets.label_columns import LabelColumn
from vae.checkpoint import load_run
from vae.codes import encode_batches
from vae.packaged import PACKAGED
from vae.probing.bases import make_directions
from vae.probing.directions import BASES, Directions
from vae.probing.factor_fitting import LabelledFaces, add_factor, read_factor_labels
from vae.probing.metrics import r2
from vae.probing.probes import fit_probes
from vae.probing.rows import choose_rows

WIDTH = 12


def made(basis: str = "orthogonal", seed: int = 0) -> tuple[Directions, dict[str, Any]]:
    """Directions with two further factors, whose labels go with valence and with each other."""
    rng = np.random.default_rng(seed)
    codes = rng.normal(size=(600, WIDTH))
    labels = codes @ rng.normal(size=(WIDTH, 4)) + rng.normal(size=(600, 4))
    labels[:, 2] += labels[:, 0]
    labels[:, 3] += labels[:, 2]
    fit = slice(0, 400)
    probes = fit_probes(codes[fit], labels[fit, :2])
    directions = make_directions(
        probes, basis, model="ab" * 32, faceset="cd" * 32, patterns=rng.normal(size=(2, WIDTH))
    )
    evidence = {}
    for k, name in ((2, "age"), (3, "rating")):
        column = 50 + 10 * labels[:, k]
        column[::5] = np.nan
        parts = {
            "fit": LabelledFaces(codes[fit], column[fit]),
            "held_out": LabelledFaces(codes[400:], column[400:]),
        }
        directions, evidence[name] = add_factor(directions, name, parts)
    return directions, evidence


@pytest.mark.parametrize("basis", BASES)
@given(
    seed=st.integers(0, 99), valence=st.floats(-1, 1), age=st.floats(20, 80),
    rating=st.floats(20, 80),
)  # fmt: skip
@settings(max_examples=15, deadline=None)
def test_factors_move_to_what_is_asked_and_leave_what_was_before(
    basis: str, seed: int, valence: float, age: float, rating: float
) -> None:
    directions, _ = made(basis)
    z = np.random.default_rng(seed).normal(size=(3, WIDTH))
    moved = directions.move(z, valence, 0.2)
    older = directions.move_others(moved, {"age": age})
    both = directions.move_others(moved, {"age": age, "rating": rating})
    np.testing.assert_allclose(directions.predict(both), [[valence, 0.2]] * 3, atol=1e-9)
    np.testing.assert_allclose(directions.predict_others(both), [[age, rating]] * 3, atol=1e-6)
    np.testing.assert_allclose(directions.predict_others(older)[:, 0], age, atol=1e-6)
    assert np.array_equal(directions.move_others(moved, {}), moved)


def test_the_order_is_that_of_adding_and_each_is_orthogonal_to_all_before() -> None:
    directions, evidence = made()
    assert directions.factors == ("valence", "arousal", "age", "rating")
    vectors = np.stack(
        [directions.valence, directions.arousal, *(each.vector for each in directions.others)]
    )
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(4), atol=1e-12)
    assert evidence["rating"]["order"] == ["valence", "arousal", "age"]
    assert evidence["age"]["cosine_before"]["valence"] > 0.2  # the labels go together
    assert max(map(abs, evidence["rating"]["cosine_after"].values())) < 1e-12
    assert max(map(abs, evidence["age"]["moves"].values())) < 1e-12


def test_missing_labels_are_counted_and_left_out() -> None:
    directions, evidence = made()
    age = evidence["age"]
    assert (age["n"], age["unlabelled"]) == (320, 80)
    assert (age["held_out"]["n_test"], age["held_out"]["unlabelled"]) == (160, 40)
    assert directions.others[0].count == 320


def test_a_factor_that_the_codes_do_not_tell_says_so() -> None:
    directions, evidence = made()
    assert evidence["age"]["held_out"]["told"]
    rng = np.random.default_rng(1)
    codes, noise = rng.normal(size=(200, WIDTH)), rng.normal(size=200)
    parts = {
        "fit": LabelledFaces(codes[:100], noise[:100]),
        "held_out": LabelledFaces(codes[100:], noise[100:]),
    }
    assert not add_factor(directions, "noise", parts)[1]["held_out"]["told"]


def test_real_votes_are_told_on_faces_never_seen(factored: Path, rated_faceset: Path) -> None:
    faces, run = load_faceset(rated_faceset), load_run("grey-vae")
    directions = Directions.load(factored, run.digest)
    smile, wide = read_json(factored / "report.json")["factors"]
    assert smile["held_out"]["told"] and smile["held_out"]["r2"] > 0.3
    rows = faces.rows("val")
    codes = np.concatenate(list(encode_batches(run.model, faces, rows)))
    truth = faces.manifest(["smile"])["smile"].to_numpy(float)[rows]
    known = np.isfinite(truth)
    assert 0 < (~known).sum() == smile["held_out"]["unlabelled"]
    predicted = directions.predict_others(codes)[known, 0]
    assert smile["held_out"]["r2"] == pytest.approx(r2(truth[known], predicted), abs=1e-9)
    assert directions.others[0].r2 == smile["held_out"]["r2"]
    assert wide["classes"] == ["no", "yes"] == list(directions.others[1].classes or ())
    low, high = wide["held_out"]["balanced_accuracy_interval"]
    assert 0.5 < low < wide["held_out"]["balanced_accuracy"] < high


def test_a_file_reads_back_the_same(tmp_path: Path, factored: Path) -> None:
    first = Directions.load(factored)
    first.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == (
        factored / "directions.safetensors"
    ).read_bytes()
    alone = replace(first, others=())
    assert alone.digest != first.digest and first.matches(alone.digest)
    assert not alone.matches(first.digest)
    smile, wide = first.others
    before = replace(first, others=(smile,))
    assert first.matches(before.digest) and before.matches(alone.digest)
    assert not before.matches(first.digest)
    # without the smile before it, the other is not what it is here
    assert not first.matches(replace(first, others=(wide,)).digest)
    assert not first.matches(replace(first, others=(replace(smile, intercept=0.1),)).digest)


@pytest.mark.parametrize("name", PACKAGED)
def test_files_without_further_factors_stay_what_they_were(name: str, tmp_path: Path) -> None:
    directions = Directions.load(name)
    assert directions.factors == ("valence", "arousal")
    directions.save(tmp_path / "again.safetensors")
    file = PACKAGED[name] / "directions.safetensors"
    assert (tmp_path / "again.safetensors").read_bytes() == file.read_bytes()


def _units(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _damaged(file: Path, target: Path, arrays: Any, said: Any) -> Path:
    """The file with other tensors, and other words about its factors."""
    raw = file.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])["__metadata__"]
    header["others"] = json.dumps(said(json.loads(header["others"])))
    target.write_bytes(save(arrays(load(raw)), metadata=header))
    return target


@pytest.mark.parametrize(
    ("arrays", "said", "message"),
    [
        (lambda a: a | {"other_vectors": a["other_weights"]}, None, "does not move it"),
        (
            lambda a: a | {"other_vectors": np.tile(a["valence"], (2, 1))},
            None,
            "moves what was|not",
        ),
        (lambda a: a | {"other_ranges": a["other_ranges"][:, ::-1].copy()}, None, "cannot be"),
        (lambda a: a | {"other_weights": a["other_weights"] * np.nan}, None, "cannot be"),
        (lambda a: {n: a[n] for n in a if n != "other_ranges"}, None, "lacks .* other_ranges"),
        (None, lambda said: [each | {"name": "smile"} for each in said], "smile is there twice"),
        (None, lambda said: said[:1], "is damaged"),
        (None, lambda said: [{}, {}], "is damaged"),
    ],
)
def test_a_file_that_is_not_right_is_refused(
    factored: Path, tmp_path: Path, arrays: Any, said: Any, message: str
) -> None:
    def same(found: Any) -> Any:
        return found

    file = factored / "directions.safetensors"
    path = _damaged(file, tmp_path / "d.safetensors", arrays or same, said or same)
    with pytest.raises(CircumplexError, match=message) as error:
        Directions.load(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({}, True),
        ({"r2_interval": [-0.2, 0.1]}, False),
        ({"shuffled_r2": 0.9}, False),
        ({"r2_interval": None}, False),
        ({"r2": None, "r2_interval": None, "shuffled_r2": None}, None),  # never measured
    ],
)
def test_files_that_did_not_say_whether_a_factor_is_told_are_judged_by_their_figures(
    factored: Path, tmp_path: Path, words: dict[str, Any], told: bool | None
) -> None:
    def said_before(said: list[dict[str, Any]]) -> list[dict[str, Any]]:
        smile, *others = said
        return [{k: v for k, v in (smile | words).items() if k != "told"}, *others]

    file = factored / "directions.safetensors"
    path = _damaged(file, tmp_path / "d.safetensors", lambda arrays: arrays, said_before)
    assert Directions.load(path).others[0].told is told


def test_requests_are_checked_and_go_no_further_than_the_labels() -> None:
    directions, _ = made()
    age = directions.others[0]
    assert directions.aim_others({"rating": 50.0, "age": 1e6}) == {"age": age.high, "rating": 50.0}
    with pytest.raises(CircumplexError, match="'mood'; they have valence, arousal, age, rating"):
        directions.aim_others({"mood": 1.0})
    with pytest.raises(CircumplexError, match="'valence'"):
        directions.aim_others({"valence": 1.0})
    with pytest.raises(CircumplexError, match="age is nan"):
        directions.aim_others({"age": float("nan")})


def test_a_factor_that_is_another_is_refused() -> None:
    directions, _ = made()
    codes = np.random.default_rng(4).normal(size=(500, WIDTH))
    copied = directions.predict(codes)[:, 0]
    parts = {
        "fit": LabelledFaces(codes[:300], copied[:300]),
        "held_out": LabelledFaces(codes[300:], copied[300:]),
    }
    with pytest.raises(CircumplexError, match="copy cannot be told from valence, arousal"):
        add_factor(directions, "copy", parts)


@pytest.mark.parametrize(
    ("keep", "value", "message"),
    [
        ("train", 3.0, "age is 3 in all .* faces to fit on"),
        ("val", None, r"only 0 of \d+ faces to fit on carry age"),
        ("train", None, "fewer than two of the faces to report on carry age"),
    ],
)
def test_labels_that_no_probe_can_be_fitted_to_are_refused(
    monkeypatch: pytest.MonkeyPatch,
    rated_faceset: Path,
    keep: str,
    value: float | None,
    message: str,
) -> None:
    faces = load_faceset(rated_faceset)
    values = np.full(len(faces), np.nan)
    rows = faces.rows(keep)
    values[rows] = np.arange(len(rows)) if value is None else value
    monkeypatch.setattr(
        "vae.probing.factor_fitting.read_label_column", lambda _, name: LabelColumn(name, values)
    )
    choices = choose_rows([load_run("grey-vae")], faces, None)
    with pytest.raises(CircumplexError, match=message):
        read_factor_labels(["age"], choices)


def test_a_factor_named_twice_is_refused(rated_faceset: Path) -> None:
    choices = choose_rows([load_run("grey-vae")], load_faceset(rated_faceset), None)
    with pytest.raises(CircumplexError, match="named twice"):
        read_factor_labels(["smile", "smile"], choices)


def test_a_test_set_may_lack_the_label(rated_faceset: Path, tiny_faceset: Path) -> None:
    faces, run = load_faceset(rated_faceset), load_run("grey-vae")
    for test, parts in ((tiny_faceset, {"fit", "held_out"}), (rated_faceset, {"test"})):
        choices = choose_rows([run], faces, load_faceset(test))
        (smile,) = read_factor_labels(["smile"], choices)
        assert parts <= set(smile.by_part) and ("test" in smile.by_part) == ("test" in parts)
        for part, labels in smile.by_part.items():
            assert len(labels) == len(choices[part].rows)
