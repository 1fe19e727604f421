"""Two generators beside each other."""

import dataclasses

import numpy as np
import pytest
from edit_readings import edit_readings, targets_of

from studio.evaluation.comparison import compare

SEEDS = 24
ALL = {"all": np.ones(len(targets_of()) - 1, bool)}


def with_face_noise(slope: float, light: float, shift: int = 0):
    """Readings and light that differ much by face and little by generator."""
    rng = np.random.default_rng(5)
    own = rng.normal(0, 0.3, (SEEDS, 1, 2))
    made = edit_readings({"one": slope * targets_of() + own}, seeds=SEEDS)
    made.picture[:, 1:, 0] += (light + 5 * rng.normal(size=(SEEDS, 1))) * made.points[:, 1]
    return dataclasses.replace(made, seeds=tuple(range(shift, shift + SEEDS)))


def test_the_difference_is_paired_by_seed() -> None:
    one, other = with_face_noise(0.9, 4.0), with_face_noise(0.7, 1.0)
    found = compare(one, other, ALL)
    assert found["paired"]
    bias = found["readers"]["one"]["all"]["valence"]["bias"]
    slope = found["readers"]["one"]["all"]["valence"]["slope"]
    assert slope["values"] == pytest.approx([0.9, 0.7])
    assert slope["difference"] == pytest.approx(0.2)
    assert bias["interval"] == pytest.approx([0, 0], abs=1e-9)  # the same faces in both
    light = found["side_effects"]["light"]["per_unit"]["arousal"]
    assert light["difference"] == pytest.approx(3.0)
    assert [
        low < value < high
        for value, (low, high) in zip(light["values"], light["intervals"], strict=True)
    ] == [True, True]
    assert light["interval"] == pytest.approx([3.0, 3.0])


def test_each_is_set_against_what_its_own_readers_are_to_find() -> None:
    expected = targets_of() * [1.5, 0.8] + [0.1, -0.2]
    rated = edit_readings({"one": lambda _: expected}, expected=expected)
    plain = edit_readings({"one": lambda targets: targets})
    for made in (rated, plain):  # 2 levels for a unit that readers are to find
        made.picture[:, 1:, 0] += 2 * made.expected_change[:, 0]
    found = compare(rated, plain, ALL)
    for target in ("valence", "arousal"):
        scores = found["readers"]["one"]["all"][target]
        assert scores["bias"]["values"] == pytest.approx([0, 0], abs=1e-9)
        assert scores["ccc"]["values"] == pytest.approx([1, 1])
    light = found["side_effects"]["light"]["per_unit"]["valence"]
    assert light["values"] == pytest.approx([2, 2])


def test_other_seeds_are_drawn_by_themselves() -> None:
    found = compare(with_face_noise(0.9, 4.0), with_face_noise(0.7, 1.0, shift=100), ALL)
    assert not found["paired"]
    low, high = found["readers"]["one"]["all"]["valence"]["bias"]["interval"]
    assert high - low > 0.1
    low, high = found["side_effects"]["light"]["per_unit"]["arousal"]["interval"]
    assert low < 3.0 < high and high - low > 2


def test_one_face_has_a_difference_without_an_interval() -> None:
    one, other = (edit_readings({"one": lambda t, s=s: s * t}, seeds=1) for s in (1.0, 0.5))
    found = compare(one, other, ALL)["readers"]["one"]["all"]["arousal"]["slope"]
    assert found["difference"] == pytest.approx(0.5) and found["interval"] == [None, None]


def test_readers_of_one_alone_are_not_compared() -> None:
    one = edit_readings({"a": lambda t: t, "b": lambda t: t})
    other = edit_readings({"b": lambda t: t})
    assert set(compare(one, other, ALL)["readers"]) == {"b"}
