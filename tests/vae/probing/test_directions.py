"""The directions artefact: geometry, exact moves, and a file that refuses to be misread."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors.numpy import load, save

from faces.ground.errors import CircumplexError
from vae.probing.bases import label_patterns, make_directions, unit_vectors
from vae.probing.directions import BASES, Directions
from vae.probing.probes import Probes, fit_probes

MODEL, FACESET = "ab" * 32, "cd" * 32


def some_probes(seed: int = 0, width: int = 64) -> Probes:
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(2, width))
    weights[1] += 0.5 * weights[0]
    return Probes(weights, rng.normal(size=2), np.ones(2), rng.normal(size=width), 5, 100)


def some_directions(seed: int = 0, width: int = 64, basis: str = "orthogonal") -> Directions:
    patterns = np.random.default_rng(seed + 1).normal(size=(2, width))
    return make_directions(
        some_probes(seed, width),
        basis,
        model=MODEL,
        faceset=FACESET,
        patterns=patterns,
        r2=(0.8, 0.75),
        r2_interval=((0.78, 0.82), (0.7, 0.8)),
        r2_alone=(0.79, 0.7),
    )


vectors = st.integers(2, 80).flatmap(
    lambda width: arrays(
        np.float64, (2, width), elements=st.floats(-10, 10, allow_nan=False, width=32)
    )
)


def usable(weights: np.ndarray) -> bool:
    sizes = np.linalg.norm(weights, axis=1)
    if sizes.min() < 1e-3:
        return False
    first, second = weights / sizes[:, None]
    return np.linalg.norm(second - (second @ first) * first) > 1e-4


@given(weights=vectors.filter(usable))
@settings(max_examples=100, deadline=None)
def test_gram_schmidt_is_orthogonal_and_spans_the_same_plane(weights):
    valence, arousal = unit_vectors(weights)
    assert abs(valence @ arousal) < 1e-12
    rounded = np.stack([valence, arousal]).astype(np.float32)
    assert abs(float(rounded[0] @ rounded[1])) <= 1e-6
    np.testing.assert_allclose(np.linalg.norm([valence, arousal], axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(valence * np.linalg.norm(weights[0]), weights[0], atol=1e-9)
    plane = np.stack([valence, arousal])
    np.testing.assert_allclose(weights @ plane.T @ plane, weights, atol=1e-8)


@given(weights=vectors.filter(usable))
@settings(max_examples=100, deadline=None)
def test_dual_moves_one_prediction_and_leaves_the_other(weights):
    gain = weights @ unit_vectors(weights, "dual").T
    scale = np.linalg.norm(weights, axis=1)[:, None]
    np.testing.assert_allclose((gain - np.diag(np.diag(gain))) / scale, 0, atol=1e-9)
    assert (np.diag(gain) > 0).all()


@pytest.mark.parametrize("basis", BASES)
@given(seed=st.integers(0, 999), valence=st.floats(-1, 1), arousal=st.floats(-1, 1))
@settings(max_examples=30, deadline=None)
def test_move_gives_exactly_what_is_asked_for(basis, seed, valence, arousal):
    directions = some_directions(seed, 16, basis)
    z = np.random.default_rng(seed).normal(size=(5, 16))
    moved = directions.move(z, valence, arousal)
    np.testing.assert_allclose(directions.predict(moved), [[valence, arousal]] * 5, atol=1e-9)
    plane = np.stack([directions.valence, directions.arousal])
    way = moved - z
    np.testing.assert_allclose(way, way @ np.linalg.pinv(plane) @ plane, atol=1e-9)


def test_move_takes_one_request_a_code_and_keeps_float32():
    directions, z = some_directions(), np.zeros((3, 64), np.float32)
    asked = np.array([-0.5, 0.0, 0.5])
    moved = directions.move(z, asked, 0.2)
    assert moved.dtype == np.float32
    np.testing.assert_allclose(directions.predict(moved)[:, 0], asked, atol=1e-5)
    np.testing.assert_allclose(directions.predict(moved)[:, 1], 0.2, atol=1e-5)


def test_step_is_the_length_per_unit_of_prediction():
    directions = some_directions()
    there = directions.centre + directions.step[1] * directions.arousal
    gained = directions.predict(there[None])[0, 1] - directions.intercept[1]
    assert gained == pytest.approx(1, abs=1e-12)


def test_patterns_are_the_slopes_of_the_codes_on_the_labels(rng):
    labels = rng.normal(size=(3000, 2)) @ np.array([[1, 0.4], [0, 1]])
    slopes = rng.normal(size=(2, 8))
    codes = labels @ slopes + 1e-3 * rng.normal(size=(3000, 8))
    labels[7] = np.nan
    np.testing.assert_allclose(label_patterns(codes, labels), slopes, atol=1e-3)


def test_directions_agree_with_the_probes_they_come_from(rng):
    labels = rng.uniform(-1, 1, (300, 2))
    codes = labels @ rng.normal(size=(2, 6)) + 0.1 * rng.normal(size=(300, 6))
    probes = fit_probes(codes, labels)
    directions = make_directions(probes, model=MODEL, faceset=FACESET)
    np.testing.assert_allclose(directions.predict(codes), probes.predict(codes), atol=1e-12)


@pytest.mark.parametrize("basis", BASES)
def test_a_saved_file_reads_back_the_same(tmp_path, basis):
    first = some_directions(basis=basis)
    path = tmp_path / "spaced näme" / "directions.safetensors"
    first.save(path)
    again = Directions.load(path, model_digest=MODEL)
    for name in ("centre", "weights", "intercept", "valence", "arousal", "step"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    for name in ("space", "model", "basis", "faceset", "r2", "r2_interval", "r2_alone"):
        assert getattr(first, name) == getattr(again, name)
    again.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()
    assert Directions.load(path.parent).basis == basis


def test_bytes_do_not_depend_on_the_process(tmp_path):
    """The header's order once did: a hash seed of each process lay behind it."""
    some_directions().save(tmp_path / "here.safetensors")
    script = (
        "import sys; from vae.probing.directions import Directions; "
        "Directions.load(sys.argv[1]).save(sys.argv[2])"
    )
    there = tmp_path / "there.safetensors"
    command = [sys.executable, "-c", script, str(tmp_path / "here.safetensors"), str(there)]
    root = Path(__file__).parents[3]
    subprocess.run(command, check=True, cwd=root)
    assert there.read_bytes() == (tmp_path / "here.safetensors").read_bytes()


def test_cosine_after_survives_float32(tmp_path):
    some_directions(width=512).save(tmp_path / "d.safetensors")
    stored = load((tmp_path / "d.safetensors").read_bytes())
    valence, arousal = (stored[name].astype(np.float32) for name in ("valence", "arousal"))
    cosine = valence @ arousal / (np.linalg.norm(valence) * np.linalg.norm(arousal))
    assert abs(cosine) <= 1e-6


def rewritten(path, tensors=None, header=None):
    """The file at `path` with other tensors and header entries."""
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    metadata = json.loads(raw[8 : 8 + length])["__metadata__"] | (header or {})
    metadata = {name: value for name, value in metadata.items() if value is not None}
    path.write_bytes(save((tensors or (lambda found: found))(load(raw)), metadata=metadata))
    return path


def without(name):
    return lambda found: {key: value for key, value in found.items() if key != name}


def with_value(name, value):
    return lambda found: found | {name: np.full_like(found["valence"], value)}


@pytest.mark.parametrize(
    ("tensors", "header", "message"),
    [
        (None, {"version": "2"}, "version 2, this program reads version 1"),
        (None, {"schema": "circumplex/vae"}, "not circumplex/directions"),
        (None, {"basis": "diagonal"}, "basis"),
        (None, {"r2": "[0.1"}, "header of .* is damaged"),
        (None, {"space": None}, "header of .* is damaged"),
        (without("arousal"), None, "lacks the tensor arousal"),
        (with_value("anger", 0.0), None, "no known use, anger"),
        (with_value("arousal", np.nan), None, "NaN"),
        (with_value("valence", 0.5), None, "unit"),
        (with_value("intercept", 0.5), None, "shape"),
        (lambda found: found | {"arousal": found["valence"]}, None, "alike"),
        (lambda found: found | {"step": found["step"] * 2}, None, "step"),
    ],
)
def test_a_file_that_is_not_right_is_refused(tmp_path, tensors, header, message):
    path = tmp_path / "d.safetensors"
    some_directions().save(path)
    with pytest.raises(CircumplexError, match=message) as error:
        Directions.load(rewritten(path, tensors, header))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("damage", [lambda raw: b"", lambda raw: raw[:-7], lambda raw: b"x" * 90])
def test_a_damaged_file_is_refused(tmp_path, damage):
    path = tmp_path / "d.safetensors"
    some_directions().save(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(CircumplexError, match="cannot be read"):
        Directions.load(path)


def test_a_missing_file_and_another_model_are_refused(tmp_path):
    with pytest.raises(CircumplexError, match="missing"):
        Directions.load(tmp_path / "none.safetensors")
    some_directions().save(tmp_path / "directions.safetensors")
    with pytest.raises(CircumplexError, match=r"abababababab.*ffffffffffff"):
        Directions.load(tmp_path, model_digest="ff" * 32)


def test_orthogonal_and_dual_move_a_code_identically():
    codes = np.random.default_rng(5).normal(size=(20, 64))
    valence, arousal = np.random.default_rng(6).uniform(-1, 1, (2, 20))
    moved = {name: some_directions(basis=name).move(codes, valence, arousal) for name in BASES}
    np.testing.assert_allclose(moved["dual"], moved["orthogonal"], atol=1e-10)
    assert np.abs(moved["pattern"] - moved["orthogonal"]).max() > 0.1
    steps = [some_directions(basis=name).step for name in ("orthogonal", "dual")]
    assert np.abs(steps[0] - steps[1]).max() > 1e-3  # what differs


@pytest.mark.parametrize("basis", ["orthogonal", "dual"])
@pytest.mark.parametrize(
    ("second", "message"), [(0.0, "nothing to hold on to"), (-2.0, "the same way")]
)
def test_probes_without_two_directions_are_refused(basis, second, message):
    probes = some_probes()
    weights = np.stack([probes.weights[0], second * probes.weights[0]])
    with pytest.raises(CircumplexError, match=message):
        make_directions(replace(probes, weights=weights), basis, model=MODEL, faceset=FACESET)


def test_arrays_cannot_be_changed_behind_the_digest():
    with pytest.raises(ValueError, match="read-only"):
        some_directions().valence[0] = 1


def rounded_otherwise(directions: Directions, floats: int) -> Directions:
    """As a machine made them whose kernels round the step and the cosine that far away."""
    step, cosine = directions.step, directions.cosine_before
    for _ in range(floats):
        step, cosine = np.nextafter(step, np.inf), float(np.nextafter(cosine, 1))
    return replace(directions, step=step, cosine_before=cosine)


@pytest.mark.parametrize("floats", [1, 9])
def test_what_another_machine_rounded_stays_as_it_is(tmp_path, floats):
    made = rounded_otherwise(some_directions(), floats)
    made.save(tmp_path / "made.safetensors")
    read = Directions.load(tmp_path / "made.safetensors")
    read.save(tmp_path / "again.safetensors")
    assert read.digest == made.digest != some_directions().digest
    assert (tmp_path / "again.safetensors").read_bytes() == (
        tmp_path / "made.safetensors"
    ).read_bytes()


@pytest.mark.parametrize("basis", BASES)
def test_the_names_of_version_0_1_0_hold_for_these_numbers_alone(basis):
    made = some_directions(basis=basis)

    def named(directions):
        digest = hashlib.sha256()
        for name in ("centre", "weights", "intercept", "valence", "arousal", "step"):
            digest.update(getattr(directions, name).tobytes())
        return digest.hexdigest()

    assert made.matches(named(made)) and made.matches(made.digest)
    assert made.matches(named(rounded_otherwise(made, 20)))
    assert not made.matches(named(rounded_otherwise(made, 200)))
    assert not made.matches(named(replace(made, intercept=made.intercept + 1e-12)))


def test_cosines_of_other_vectors_are_refused(tmp_path):
    path = tmp_path / "d.safetensors"
    some_directions().save(path)
    with pytest.raises(CircumplexError, match="cosine_before does not fit"):
        Directions.load(rewritten(path, header={"cosine_before": "0.1"}))
