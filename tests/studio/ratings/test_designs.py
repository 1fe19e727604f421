"""Lists: balanced, random, and with one person's pictures apart."""

from collections import Counter

import pytest

from faces.ground.errors import CircumplexError
from studio.ratings.designs import (
    INSTRUCTED,
    RATING,
    REPEAT,
    StudyConfig,
    make_lists,
    neighbours_alike,
)
from studio.ratings.scales import SCALES

PEOPLE = [f"person {k // 4}" for k in range(40)]  # ten people, four pictures each


def rated(trials):
    return [trial.row for trial in trials if trial.kind == RATING]


def test_every_rater_sees_every_picture_once() -> None:
    lists = make_lists(PEOPLE, StudyConfig(raters=7, repeats=4, instructed=3))
    assert len(lists) == 7
    assert all(sorted(rated(trials)) == list(range(40)) for trials in lists)
    assert len({tuple(rated(trials)) for trials in lists}) == 7
    assert all(neighbours_alike(trials, PEOPLE) == 0 for trials in lists)


@pytest.mark.parametrize(("raters", "share"), [(20, 10), (7, 15), (4, 10)])
def test_a_share_is_dealt_evenly(raters: int, share: int) -> None:
    lists = make_lists(PEOPLE, StudyConfig(raters=raters, share=share, repeats=2))
    counts = Counter(row for trials in lists for row in rated(trials))
    assert all(len(set(rated(trials))) == share for trials in lists)
    assert len(counts) == 40 and max(counts.values()) - min(counts.values()) <= 1


def test_a_list_repeats_itself_with_its_seed_alone() -> None:
    assert make_lists(PEOPLE, StudyConfig(seed=4)) == make_lists(PEOPLE, StudyConfig(seed=4))
    assert make_lists(PEOPLE, StudyConfig(seed=4)) != make_lists(PEOPLE, StudyConfig(seed=5))


@pytest.mark.parametrize("scale", list(SCALES))
def test_checks_of_attention_stand_where_they_should(scale: str) -> None:
    config = StudyConfig(raters=5, repeats=6, instructed=3, blocks=4, scale=scale)
    for trials in make_lists(PEOPLE, config):
        kinds = Counter(trial.kind for trial in trials)
        assert kinds == {RATING: 40, REPEAT: 6, INSTRUCTED: 3}
        for at, trial in enumerate(trials):
            assert trial.block == at // 13 + 1  # 49 trials in four blocks
            if trial.kind == REPEAT:
                assert at > 20 and trial.row in rated(trials[:at])
            if trial.kind == INSTRUCTED:
                assert at > 0 and trial.row is None
                assert SCALES[scale].holds(trial.expected).all()
                assert abs(SCALES[scale].to_unit(trial.expected)).min() >= 0.5  # off the middle


def test_one_person_with_most_of_the_pictures() -> None:
    crowd = ["a"] * 5 + ["b", "c", "d", "e"]  # a b a c a d a e a is the only way
    for trials in make_lists(crowd, StudyConfig(raters=20, repeats=0, instructed=0)):
        assert neighbours_alike(trials, crowd) == 0
    alone = make_lists(["a"] * 6, StudyConfig(raters=1, repeats=0, instructed=0))[0]
    assert neighbours_alike(alone, ["a"] * 6) == 5
    unknown = make_lists([None] * 6, StudyConfig(raters=1, repeats=0, instructed=0))[0]
    assert neighbours_alike(unknown, [None] * 6) == 0


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (StudyConfig(share=41), "there are 40 pictures"),
        (StudyConfig(raters=3, share=10), "leave some of 40 unseen"),
        (StudyConfig(share=6, repeats=4), "at most 3 can be shown again"),
    ],
)
def test_a_layout_that_cannot_be_is_refused(config: StudyConfig, message: str) -> None:
    with pytest.raises(CircumplexError, match=message):
        make_lists(PEOPLE, config)
