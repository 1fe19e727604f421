"""Intraclass correlations of readers at the same request."""

import numpy as np
import pytest

from studio.evaluation.reliability import LEVEL, reliability

#: Table 2 of Shrout and Fleiss (1979): six targets by four judges.
JUDGED = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)


def at_one_request(values: np.ndarray) -> np.ndarray:
    """Faces by readers as readings (S, 1, R, 2) of both targets."""
    return np.stack([values, values], -1)[:, None]


def test_the_published_example() -> None:
    found = reliability(at_one_request(JUDGED))["valence"]
    assert found["icc2"] == pytest.approx(0.29, abs=0.005)
    assert found["icc3"] == pytest.approx(0.71, abs=0.005)
    # MSW and its parts of their table 3: BMS 11.24, JMS 32.49, EMS 1.02
    assert found["variance"]["error"] == pytest.approx(1.02, abs=0.005)
    assert found["variance"]["face"] == pytest.approx((11.24 - 1.02) / 4, abs=0.01)
    assert found["variance"]["reader"] == pytest.approx((32.49 - 1.02) / 6, abs=0.01)
    sem = np.sqrt(found["variance"]["reader"] + found["variance"]["error"])
    assert found["sem"] == pytest.approx(sem) and found["half_width"] == pytest.approx(LEVEL * sem)


def made(face: float, reader: float, error: float, seeds: int = 200, requests: int = 6):
    """Readings (S, P, 4, 2) with those deviations; each request has a level of its own."""
    rng = np.random.default_rng(0)
    shape = (seeds, requests, 4, 2)
    levels = rng.normal(0, 5, (1, requests, 1, 2))
    own = rng.normal(0, face, (seeds, 1, 1, 2))
    bias = rng.normal(0, reader, (1, requests, 4, 2))
    return levels + own + bias + rng.normal(0, error, shape)


def test_what_the_requests_do_has_no_part_in_it() -> None:
    found = reliability(made(face=0.2, reader=0.0, error=0.1))["arousal"]
    assert found["icc2"] == pytest.approx(0.04 / 0.05, abs=0.04)
    assert found["icc3"] == pytest.approx(found["icc2"], abs=0.02)
    assert found["sem"] == pytest.approx(0.1, rel=0.05)
    low, high = found["icc2_interval"]
    assert low < 0.8 < high


def test_a_readers_level_counts_against_absolute_agreement_alone() -> None:
    biased = made(face=0.2, reader=0.0, error=0.1) + np.array([0, 0, 0, 0.6])[:, None]
    found = reliability(biased)["valence"]
    assert found["icc3"] == pytest.approx(0.8, abs=0.04)
    assert found["icc2"] < 0.5 and found["sem"] > 0.25


def test_readers_of_nothing_in_common() -> None:
    found = reliability(made(face=0.0, reader=0.0, error=0.1))["valence"]
    assert found["icc2"] == pytest.approx(0, abs=0.03)
    low, high = found["icc2_interval"]
    assert low < 0.02 and high > -0.02


def test_a_picture_that_one_cannot_read_is_left_out_for_all() -> None:
    readings = at_one_request(np.concatenate([JUDGED, [[np.nan, 3, 3, 3]]]))
    found = reliability(readings)
    assert found["n"] == 6
    assert found["valence"]["icc2"] == pytest.approx(0.29, abs=0.005)


@pytest.mark.parametrize("few", [JUDGED[:1], JUDGED[:, :1]])
def test_one_face_or_one_reader_says_nothing(few: np.ndarray) -> None:
    assert reliability(at_one_request(few))["valence"] is None
