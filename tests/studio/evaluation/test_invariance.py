"""The study of invariance on simulated readings whose truth is known."""

from typing import Any

import numpy as np
import pytest

from studio.evaluation.invariance import (
    BEFORE,
    DIFFERENT,
    EQUIVALENT,
    RESPONSE,
    SLOPE,
    UNDECIDED,
    UNTESTED,
    WITHIN,
    compare_groups,
    verdict,
)
from studio.evaluation.invariance_accounts import people_of
from studio.evaluation.invariance_config import BY_LABELS, InvarianceConfig
from studio.evaluation.listed_faces import ListedFaces
from studio.evaluation.read_faces import NEUTRAL, Outcome, ReadFaces, corrected

VALENCE = Outcome("reader", "valence", "reader_valence")
HAPPY = "happiness"
QUICK = InvarianceConfig(draws=200, shuffles=100)


def faces_of(
    rows: list[tuple[str | None, str | None, str | None, float]], *, people: bool = True
) -> ReadFaces:
    """Faces of (person, group, label, reading)."""
    who, group, label, value = (np.array(column, object) for column in zip(*rows, strict=True))
    listed = ListedFaces(
        "list.csv",
        "0",
        np.array([f"{k}.png" for k in range(len(rows))], object),
        {"sex": group},
        who if people else None,
        label,
        np.full((len(rows), 2), np.nan),
        {},
    )
    return ReadFaces(listed, {VALENCE: value.astype(float)}, {BY_LABELS: label}, {})


def simulated(
    rng: np.random.Generator,
    n: int,
    *,
    at_rest: float = 0.0,
    response: float = 0.0,
    people: bool = True,
    photos: int = 1,
) -> ReadFaces:
    """n women and n men, who differ by `at_rest` in neutral and by `response` in their smile."""
    rows: list[tuple[str | None, str | None, str | None, float]] = []
    for sex, sign in (("female", 0.5), ("male", -0.5)):
        for k in range(n):
            own = rng.normal(sign * at_rest, 0.3)
            smile = own + 0.5 + sign * response + rng.normal(0, 0.05)
            for _ in range(photos):
                rows.append((f"{sex}{k}", sex, NEUTRAL, own + rng.normal(0, 0.05)))
                rows.append((f"{sex}{k}", sex, HAPPY, smile + rng.normal(0, 0.05)))
    return faces_of(rows, people=people)


def row_of(found: dict[str, Any], measure: str, kind: str = "comparisons") -> dict[str, Any]:
    (row,) = [each for each in found[kind] if each["measure"] == measure]
    return row


def test_the_level_differs_and_the_response_does_not() -> None:
    found = compare_groups(
        simulated(np.random.default_rng(0), 150, at_rest=0.3), QUICK, own_neutral=True
    )
    level, response = row_of(found, NEUTRAL), row_of(found, RESPONSE)
    assert level["verdict"] == DIFFERENT and level["low"] < 0.3 < level["high"]
    assert (level["group"], level["against"], level["n"]) == ("female", "male", 150)
    assert response["verdict"] == EQUIVALENT and abs(response["difference"]) < 0.05
    # the correction by people's own neutral takes the difference of the smiles away
    before = row_of(found, BEFORE)
    assert before["verdict"] == DIFFERENT and before["low"] > 0.1
    assert row_of(found, NEUTRAL, "spreads")["p"] < 0.02


def test_the_response_differs_and_the_level_is_undecided_among_few() -> None:
    found = compare_groups(simulated(np.random.default_rng(1), 30, response=0.3), QUICK)
    assert row_of(found, NEUTRAL)["verdict"] == UNDECIDED
    response = row_of(found, RESPONSE)
    assert response["verdict"] == DIFFERENT and response["low"] < 0.3 < response["high"]
    assert not [each for each in found["comparisons"] if each["measure"] == BEFORE]


def test_people_are_the_units_whatever_the_number_of_their_photos() -> None:
    """Intervals cover with people as units; photos as units make them far too narrow."""
    hits = {True: 0, False: 0}
    for run in range(120):
        for people in hits:
            read = simulated(np.random.default_rng(run), 15, photos=8, people=people)
            row = row_of(compare_groups(read, QUICK), NEUTRAL)
            assert row["n"] == (15 if people else 120)
            hits[people] += row["low"] <= 0 <= row["high"]
    assert hits[True] >= 0.9 * 120 and hits[False] < 0.7 * 120


def test_unknown_people_respond_by_the_means_of_different_faces() -> None:
    read = simulated(np.random.default_rng(2), 200, response=0.3, people=False)
    found = compare_groups(read, QUICK)
    values, states, sex = read.values[VALENCE], read.listed.labels, read.listed.groups["sex"]
    means = {
        (g, s): values[(sex == g) & (states == s)].mean()
        for g in ("female", "male")
        for s in (NEUTRAL, HAPPY)
    }
    expected = means["female", HAPPY] - means["female", NEUTRAL]
    expected -= means["male", HAPPY] - means["male", NEUTRAL]
    row = row_of(found, RESPONSE)
    assert row["difference"] == pytest.approx(expected)
    # the faces at rest are not taken out, which within people they are
    within = row_of(
        compare_groups(simulated(np.random.default_rng(2), 200, response=0.3), QUICK), RESPONSE
    )
    assert row["error"] > 3 * within["error"]


def test_three_groups_are_each_set_against_the_mean_of_the_others() -> None:
    rng = np.random.default_rng(3)
    rows = [
        (None, group, NEUTRAL, rng.normal(level, 0.05))
        for group, level, n in (("a", 0.3, 20), ("b", 0.0, 200), ("c", 0.0, 20))
        for _ in range(n)
    ]
    read = faces_of(rows, people=False)
    found = compare_groups(read, QUICK)
    values, groups = read.values[VALENCE], read.listed.groups["sex"]
    mean = {name: values[groups == name].mean() for name in "abc"}
    by_group = {row["group"]: row for row in found["comparisons"] if row["measure"] == NEUTRAL}
    assert by_group["b"]["difference"] == pytest.approx(mean["b"] - (mean["a"] + mean["c"]) / 2)
    assert by_group["b"]["against"] == "the others" and by_group["b"]["n_against"] == 40
    # more tests, larger p
    assert all(row["p_holm"] >= row["p"] for row in by_group.values())
    assert by_group["a"]["verdict"] == DIFFERENT


def test_all_tests_of_a_reader_together_err_as_rarely_as_one() -> None:
    rng, wrong, runs = np.random.default_rng(4), 0, 150
    for _ in range(runs):
        rows = [(None, f"g{k}", NEUTRAL, rng.normal(0, 0.2)) for k in range(8) for _ in range(12)]
        found = compare_groups(faces_of(rows, people=False), QUICK)
        wrong += any(row["verdict"] in (DIFFERENT, WITHIN) for row in found["comparisons"])
    assert wrong / runs <= 0.1


def test_groups_that_cannot_be_compared_are_named_with_their_sizes() -> None:
    rng = np.random.default_rng(5)
    rows = [(None, g, NEUTRAL, rng.normal()) for g in ("a", "b") for _ in range(6)]
    rows += [(None, "one", NEUTRAL, 5.0), (None, None, NEUTRAL, 9.0)]
    read = faces_of(rows, people=False)
    read.listed.groups["country"] = np.array(["here"] * len(rows), object)
    found = compare_groups(read, QUICK)
    too_small = [(row["group"], row["n"]) for row in found["too_small"]]
    assert too_small == [("one", 1)]
    assert found["single"] == [{"attribute": "country", "groups": ["here"]}]
    assert {row["group"] for row in found["means"]} == {"a", "b"}
    assert max(abs(row["value"]) for row in found["means"]) < 3  # 5 and 9 are in no mean


def test_people_without_a_neutral_and_in_two_groups_are_named() -> None:
    rng = np.random.default_rng(6)
    read = simulated(rng, 8)
    rows = [
        ("no neutral", "female", HAPPY, 9.0),
        ("both", "female", NEUTRAL, 9.0),
        ("both", "male", HAPPY, 9.0),
    ]
    listed = read.listed
    base = list(
        zip(listed.people, listed.groups["sex"], listed.labels, read.values[VALENCE], strict=True)
    )
    with_them = faces_of([*base, *rows])
    people = people_of(with_them)
    assert people is not None
    assert people["without_neutral"][BY_LABELS] == ["no neutral"]
    assert people["in_two_groups"] == {"sex": ["both"]}
    found = compare_groups(with_them, QUICK)
    assert row_of(found, RESPONSE)["n"] == 8 == row_of(found, RESPONSE)["n_against"]
    assert row_of(found, NEUTRAL)["n"] == 8  # "both" is in neither group
    alone = compare_groups(read, QUICK)
    assert row_of(found, RESPONSE)["difference"] == row_of(alone, RESPONSE)["difference"]


def test_a_neutral_face_is_corrected_by_the_others_never_by_itself() -> None:
    read = faces_of(
        [
            ("a", "x", NEUTRAL, 0.1),
            ("a", "x", NEUTRAL, 0.3),
            ("a", "x", HAPPY, 0.9),
            ("b", "x", NEUTRAL, 0.2),
            ("c", "x", HAPPY, 0.5),
        ]
    )
    found = corrected(read, VALENCE)
    assert found[:3] == pytest.approx([-0.2, 0.2, 0.7]) and np.isnan(found[3:]).all()


def test_slopes_on_labels_differ_where_a_group_is_read_flatter() -> None:
    rng = np.random.default_rng(7)
    labels = rng.uniform(-1, 1, 600)
    sex = np.repeat(["female", "male"], 300).astype(object)
    values = np.where(sex == "female", 0.8, 0.5) * labels + rng.normal(0, 0.1, 600)
    read = faces_of([(None, g, NEUTRAL, v) for g, v in zip(sex, values, strict=True)], people=False)
    read.listed.affect[:, 0] = labels
    found = compare_groups(read, QUICK, slopes=True)
    row = row_of(found, SLOPE)
    assert row["difference"] == pytest.approx(0.3, abs=0.05) and row["verdict"] == DIFFERENT
    assert row["effect"] is None
    means = {each["group"]: each["value"] for each in found["means"] if each["measure"] == SLOPE}
    assert means == pytest.approx({"female": 0.8, "male": 0.5}, abs=0.05)


@pytest.mark.parametrize(
    ("p", "equivalence", "expected"),
    [
        (0.2, 0.01, EQUIVALENT),
        (0.01, 0.01, WITHIN),
        (0.01, 0.2, DIFFERENT),
        (0.2, 0.2, UNDECIDED),
        (None, None, UNTESTED),
    ],
)
def test_the_two_tests_come_to_one_of_five(
    p: float | None, equivalence: float | None, expected: str
) -> None:
    assert verdict(p, equivalence, 0.05) == expected
