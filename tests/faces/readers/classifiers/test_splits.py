"""Who is trained on and who is scored."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faces.ground.errors import CircumplexError
from faces.readers.classifiers import Samples, split_samples
from faces.readers.classifiers.samples import make_samples, relabelled

WORDS = ("happiness", "anger", "bored")


def samples(labels, groups=None, split=None, usable=None) -> Samples:
    inputs = np.arange(len(labels), dtype=np.float32)[:, None]
    return make_samples(
        "made", "0", "pose", lambda rows: inputs[rows], labels,
        groups=groups, split=split, usable=usable,
    )  # fmt: skip


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.sampled_from(WORDS), st.integers(0, 20)), min_size=6, max_size=120),
    st.floats(0.1, 0.6),
    st.integers(0, 5),
)
def test_no_group_stands_on_both_sides(faces, held_out: float, seed: int) -> None:
    labels, groups = zip(*faces, strict=True)
    try:
        made = samples(labels, [f"video {g}" for g in groups])
        split = split_samples(made, held_out, seed)
    except CircumplexError:
        return  # one class, or nothing left to score: refused rather than split badly
    assert sorted([*split.train, *split.test]) == list(range(len(made)))
    if made.groups is not None:
        assert split.kind == "grouped" and split.shared == 0
        assert not {*made.groups[split.train]} & {*made.groups[split.test]}
        assert split.groups == len({*made.groups[split.test]})


def test_each_class_gives_its_share() -> None:
    labels = ["happiness"] * 500 + ["anger"] * 50 + ["bored"] * 10
    split = split_samples(samples(labels), 0.2, 0)
    made = samples(labels)
    held = np.bincount(made.labels[split.test])
    assert split.kind == "ungrouped" and held.tolist() == [100, 10, 2]
    assert made.classes == ("happiness", "anger", "bored")


def test_the_split_is_the_same_for_a_seed_and_another_for_another() -> None:
    made = samples(["happiness", "anger"] * 100)
    first, again, other = (split_samples(made, 0.2, seed).test for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_a_split_of_the_data_is_kept_and_shared_groups_are_counted() -> None:
    labels = ["happiness", "anger"] * 6
    split = ["train"] * 8 + ["val"] * 3 + ["test"]
    made = samples(labels, [f"person {k // 3}" for k in range(12)], split)
    found = split_samples(made, 0.2, 0)
    assert found.kind == "given" and found.train.tolist() == list(range(8))
    assert found.test.tolist() == [8, 9, 10] and found.groups == 2 and found.shared == 1
    ungrouped = split_samples(made, 0.2, 0, "ungrouped")
    assert ungrouped.kind == "ungrouped" and ungrouped.shared > 0


def test_what_cannot_be_used_is_left_out_and_counted() -> None:
    labels = ["happy", None, "anger", "angry", "happiness", ""]
    made = samples(labels, usable=np.array([True, True, False, True, True, True]))
    assert made.classes == ("happiness", "anger") and made.labels.tolist() == [0, 1, 0]
    assert made.take(np.array([1, 2])).ravel().tolist() == [3.0, 4.0]
    assert made.dropped == {"without a label": 2, "without pose": 1}


def test_where_nobody_has_a_second_face_there_are_no_groups() -> None:
    labels = ["happiness", "anger"] * 5
    assert samples(labels, [f"clip {k}" for k in range(10)]).groups is None
    assert samples(labels, [None] * 10).groups is None
    assert samples(labels, split=["train"] * 10).split is None


def test_what_cannot_be_split_says_why() -> None:
    with pytest.raises(CircumplexError, match="at least two"):
        samples(["happiness"] * 5)
    one_each = samples(["happiness"] * 3 + ["anger"] * 3, ["a"] * 3 + ["b"] * 3)
    with pytest.raises(CircumplexError, match="nothing to score"):
        split_samples(one_each, 0.2, 0)
    with pytest.raises(CircumplexError, match="no split of its own"):
        split_samples(one_each, 0.2, 0, "given")
    with pytest.raises(CircumplexError, match="neither videos nor people"):
        split_samples(samples(["happiness", "anger"] * 4), 0.2, 0, "grouped")


def test_classes_are_matched_by_name() -> None:
    made = samples(["anger", "bored", "happiness", "anger"])
    rows, labels = relabelled(made, ("anger", "happiness"))
    assert rows.tolist() == [0, 2, 3] and labels.tolist() == [0, 1, 0]
