"""Which readers err alike."""

from pathlib import Path

import numpy as np
import pytest

from faces.ground.errors import CircumplexError
from faces.ground.files import read_json, write_json
from studio.evaluation.kinship import ReaderErrors, kinship, kinship_of
from studio.evaluation.readers import OWN, TOOK_NO_PART, ReaderPart, affect_digests, run_digests


def errors_of(shared: float, count: int = 4000) -> ReaderErrors:
    """Two pairs of readers; those of a pair correlate by `shared`, else not at all."""
    rng = np.random.default_rng(0)
    own = rng.normal(size=(count, 4, 2))
    common = np.repeat(rng.normal(size=(count, 2, 2)), 2, axis=1)
    errors = np.sqrt(shared) * common + np.sqrt(1 - shared) * own
    names = ("a", "b", "c", "d")
    return ReaderErrors(errors, names, {name: f"digest {name}" for name in names}, "made faces")


@pytest.mark.parametrize("shared", [0.0, 0.8])
def test_effective_numbers_are_those_of_the_correlations(shared: float) -> None:
    found = kinship(errors_of(shared))
    # eigenvalues 1 + shared and 1 − shared, twice each; mean off the diagonal shared / 3
    participation = 16 / (2 * (1 + shared) ** 2 + 2 * (1 - shared) ** 2)
    assert found["valence"]["participation"] == pytest.approx(participation, rel=0.03)
    assert found["valence"]["equivalent"] == pytest.approx(4 / (1 + shared), rel=0.03)
    for name in ("participation", "equivalent"):
        low, high = found["arousal"][f"{name}_interval"]
        assert low <= found["arousal"][name] <= high
    assert found["valence"]["correlation"][0][1] == pytest.approx(shared, abs=0.05)
    assert found["families"] == ([["a", "b"], ["c", "d"]] if shared else [[x] for x in "abcd"])


def test_an_equal_reader_adds_nothing() -> None:
    one = errors_of(0.0).errors[:, :1]
    same = ReaderErrors(np.repeat(one, 3, 1), ("a", "b", "c"), {}, "")
    found = kinship(same)["valence"]
    assert found["participation"] == pytest.approx(1) and found["equivalent"] == pytest.approx(1)


def test_they_travel_as_a_file(tmp_path: Path) -> None:
    made = errors_of(0.5, count=20)
    made.save(tmp_path / "kin.json")
    loaded = ReaderErrors.load(tmp_path / "kin.json")
    assert loaded.readers == made.readers and loaded.faces == "made faces"
    assert loaded.errors == pytest.approx(made.errors, abs=6e-4)
    write_json(tmp_path / "kin.json", read_json(tmp_path / "kin.json") | {"errors": ["[1, 2]"]})
    with pytest.raises(CircumplexError, match=r"kin\.json is damaged"):
        ReaderErrors.load(tmp_path / "kin.json")


def part(name: str, known_as: str | None, digest: str | None) -> ReaderPart:
    return ReaderPart(name, "", digest, TOOK_NO_PART, known_as)


def test_an_evaluations_readers_are_found_by_their_names() -> None:
    parts = {
        "a": part("a", "a", "digest a"),
        OWN: part(OWN, "d", "another"),
        "new": part("new", "new", None),
    }
    found = kinship_of(parts, errors_of(0.5))
    assert found is not None
    assert found["readers"] == ["a", OWN] and found["changed"] == [OWN]
    assert kinship_of({"a": parts["a"]}, errors_of(0.5)) is None


def test_the_package_carries_the_errors_of_its_readers() -> None:
    found = ReaderErrors.load()
    assert set(found.readers) == set(affect_digests()) | set(run_digests())
    assert len(found.errors) >= 500
    result = kinship(found)
    assert 1 < result["valence"]["equivalent"] < len(found.readers) / 2
    assert result["valence"]["correlation"][1][2] > 0.5  # both readers of action units
