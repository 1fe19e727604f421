"""Factors beside directions that stay: each is reported on faces enough, that carry it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from faces.ground.errors import CircumplexError
from faces.sets import FaceSet, load_faceset
from faces.sets.label_columns import LabelColumn
from vae.checkpoint import load_run
from vae.probing.beside import FEWEST_REPORTED, probe_factors
from vae.probing.directions import Directions


@pytest.fixture
def faces(rated_faceset: Path) -> FaceSet:
    return load_faceset(rated_faceset)


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch, faces: FaceSet) -> Any:
    """Probes factors that so many faces of each split carry, by name: what is said of the parts
    and of the factors."""

    def probed(**carried: dict[str, int]) -> tuple[dict[str, Any], dict[str, Any]]:
        columns = {}
        for k, (name, counts) in enumerate(carried.items()):
            values = np.full(len(faces), np.nan)
            for split, count in counts.items():
                rows = faces.rows(split)[:count]
                values[rows] = np.random.default_rng(k).normal(size=count)
            columns[name] = LabelColumn(name, values)
        monkeypatch.setattr("vae.probing.beside.read_label_column", lambda _, name: columns[name])
        run = load_run("grey-vae")
        _, found = probe_factors(run, Directions.load("grey-vae"), {}, faces, list(carried))
        return found["factors_from"]["parted"], {each["name"]: each for each in found["factors"]}

    return probed


def test_a_split_that_hardly_carries_a_factor_is_not_reported_on(probe: Any) -> None:
    parted, found = probe(age={"train": 200, "val": 2})
    assert parted["age"] == {
        "fit": {"n": 180},
        "held_out": {"n": 20},
        "rule": "a tenth of the train split, by face: the val split has only 2 with it",
    }
    assert (found["age"]["n"], found["age"]["held_out"]["n_test"]) == (180, 20)


def test_each_factor_is_parted_by_the_faces_that_carry_it(probe: Any) -> None:
    parted, found = probe(
        age={"train": 200, "val": 60}, mood={"train": 150, "val": 3}, rare={"train": 30, "val": 5}
    )
    assert parted["age"] == {
        "fit": {"n": 200}, "held_out": {"n": 60}, "rule": "the val split",
    }  # fmt: skip
    assert (parted["mood"]["fit"]["n"], parted["mood"]["held_out"]["n"]) == (135, 15)
    # a tenth would be even fewer
    assert (parted["rare"]["fit"]["n"], parted["rare"]["held_out"]["n"]) == (30, 5)
    for name, parts in parted.items():
        assert found[name]["n"] == parts["fit"]["n"]
        assert found[name]["held_out"]["n_test"] == parts["held_out"]["n"]


@pytest.mark.parametrize("short", [0, 1])
def test_a_split_is_taken_from_the_fewest_on(probe: Any, short: int) -> None:
    parted, _ = probe(age={"train": 240, "val": FEWEST_REPORTED - short})
    assert (parted["age"]["rule"] == "the val split") is not bool(short)


def test_too_few_faces_are_refused(probe: Any) -> None:
    with pytest.raises(CircumplexError, match="only 0 of 0 faces to fit on carry age"):
        probe(age={"val": 10})
    with pytest.raises(CircumplexError, match="faces to fit on carry age"):
        probe(age={"train": 4})
