"""Ratings of valence and arousal: their scale, and the signs for a missing one."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from faces.ground.errors import CircumplexError
from faces.sets.sources.ratings import normalise_ratings, parse_scales

TABLE = Path("ratings.csv")
VALENCE = np.linspace(-0.8, 0.8, 12)


def columns(valence: np.ndarray, arousal: np.ndarray) -> dict[str, pd.Series]:
    return {"valence": pd.Series(valence), "arousal": pd.Series(arousal)}


@pytest.mark.parametrize("sign", [-5.0, -999.0, 99.0])
def test_a_lone_number_far_off_is_a_sign_for_no_label(sign):
    rated = columns(VALENCE.copy(), VALENCE / 2)
    for ratings in rated.values():
        ratings[[1, 4, 7]] = sign
    assert normalise_ratings(rated, None, TABLE) == [f"{sign:g} is read as no label (6 ratings)"]
    assert np.flatnonzero(rated["valence"].isna()).tolist() == [1, 4, 7]
    assert rated["valence"].drop([1, 4, 7]).tolist() == np.delete(VALENCE, [1, 4, 7]).tolist()


@pytest.mark.parametrize(
    "ratings",
    [[1, 1, 5, 5, 1, 5], [-1, 0, 1, 2, 2, 2], [0.5, 0.2, 4, 4, 4, 4], [0.5, 7, 8, 9, 6, 7]],
    ids=["two steps of five", "-2 to 2", "near", "several"],
)
def test_what_may_be_a_rating_is_no_sign(ratings):
    rated = columns(np.array(ratings, float), np.array(ratings, float))
    with pytest.raises(CircumplexError, match="say on which scale"):
        normalise_ratings(rated, None, TABLE)


def test_arousal_alone_from_0_to_1_is_pointed_out_and_scaled_alone():
    arousal = np.linspace(0.0, 0.9, 12)
    rated = columns(VALENCE, arousal)
    (note,) = normalise_ratings(rated, None, TABLE)
    assert note.startswith("no arousal is below 0") and note.endswith("--scale arousal=0:1")
    rated = columns(VALENCE, arousal)
    notes = normalise_ratings(rated, "arousal=0:1", TABLE)
    assert notes == ["arousal from 0 to 1, 0.5 becomes 0"]
    assert rated["valence"].tolist() == VALENCE.tolist()
    assert rated["arousal"].tolist() == pytest.approx(2 * arousal - 1)


def test_each_may_have_its_scale():
    rated = columns(np.array([1.0, 9.0]), np.array([0.0, 0.5]))
    normalise_ratings(rated, "valence=1:9, arousal=0:1", TABLE)
    assert rated["valence"].tolist() == [-1, 1] and rated["arousal"].tolist() == [-1, 0]
    with pytest.raises(CircumplexError, match="not of 'dominance'"):
        parse_scales("dominance=1:9")
    with pytest.raises(CircumplexError, match="no arousal to scale"):
        normalise_ratings({"valence": pd.Series([0.5])}, "arousal=0:1", TABLE)


NINE = np.round(np.linspace(2.1, 8.3, 40), 2)


@pytest.mark.parametrize(
    "sign, scale", [(-99, "1:9"), (-5, "1:9"), (99, "1:9"), (999, "1:9"), (-1, "1:9")]
)
def test_a_lone_number_far_off_takes_no_part_in_the_scale_and_is_no_label_on_it(sign, scale):
    ratings = NINE.copy()
    ratings[7] = sign
    rated = columns(ratings, ratings[::-1].copy())
    with pytest.raises(CircumplexError) as refused:
        normalise_ratings(rated, None, TABLE)
    assert str(refused.value).endswith(
        f"from 2.1 to 8.3, not in [-1, 1]; say on which scale people rated, such as --scale {scale}"
        f"; {sign} in 2 ratings is perhaps a sign for missing, and read as no label then"
    )
    notes = normalise_ratings(rated, scale, TABLE)
    assert notes == ["ratings from 1 to 9, 5 becomes 0", f"{sign} is read as no label (2 ratings)"]
    assert np.flatnonzero(rated["valence"].isna()).tolist() == [7]
    assert rated["valence"][0] == pytest.approx((2.1 - 5) / 4)


def test_two_rare_signs_are_both_named():
    ratings = np.repeat(NINE, 2)
    ratings[[3, 8]] = -99, -98
    with pytest.raises(CircumplexError, match=r"1:9; -9\d in 2 .*; -9\d in 2 ratings"):
        normalise_ratings(columns(ratings, ratings), None, TABLE)


@pytest.mark.parametrize(
    "ratings, proposed",
    [
        (np.append(np.tile(np.arange(1, 6), 8), 9), "1:9"),  # a step of the scale
        (np.append(NINE, -4.5), "-10:10"),  # no whole number
        (np.append(NINE, [-3, -7, -8]), "-10:10"),  # several
        (np.append(NINE * 5, 100), "0:100"),
    ],
)
def test_what_may_be_on_a_wider_scale_is_no_sign_there(ratings, proposed):
    with pytest.raises(CircumplexError, match=f"--scale {proposed}$"):
        normalise_ratings(columns(ratings, ratings), None, TABLE)


def test_a_slip_near_the_scale_stays_to_be_rejected_by_its_row():
    rated = columns(np.append(NINE, 11.0), np.append(NINE, 5.0))
    assert normalise_ratings(rated, "1:9", TABLE) == ["ratings from 1 to 9, 5 becomes 0"]
    assert rated["valence"].iloc[-1] == 1.5
