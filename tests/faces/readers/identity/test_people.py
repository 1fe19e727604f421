"""Who is who, where the truth is known by construction."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faces.ground.errors import CircumplexError
from faces.readers.identity import distances, group_people, people


@given(st.lists(st.integers(0, 4), min_size=1, max_size=20), st.integers(0, 100))
@settings(max_examples=50, deadline=None)
def test_people_are_numbered_as_they_appear(who: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = np.eye(5, 128)  # 1.41 apart
    embeddings = places[who] + rng.normal(0, 0.01, (len(who), 128))
    order = list(dict.fromkeys(who))
    assert group_people(embeddings).tolist() == [1 + order.index(each) for each in who]


def test_a_chain_of_lookalikes_is_not_one_person() -> None:
    line = np.arange(4)[:, None] * np.array([[0.5, 0.0]])
    found = group_people(line, 0.6)
    assert found.max() == 2 and found[0] != found[3]
    apart = distances(line)
    assert all(apart[i, j] <= 0.6 for i in range(4) for j in range(4) if found[i] == found[j])
    assert group_people(line, 2.0).tolist() == [1] * 4


def test_faces_that_are_not_there_are_nobody() -> None:
    embeddings = np.array([[np.nan] * 3, [1.0, 0, 0], [np.nan] * 3, [1.0, 0, 0]])
    assert group_people(embeddings).tolist() == [0, 1, 0, 1]
    assert group_people(embeddings[:2]).tolist() == [0, 1]
    assert group_people(np.zeros((0, 3))).tolist() == []
    assert np.isnan(distances(embeddings)[0]).all() and distances(embeddings)[1, 3] == 0
    assert distances(embeddings[1:2], embeddings[3:]).shape == (1, 1)


def test_too_many_faces_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "MOST_FACES", 3)
    with pytest.raises(CircumplexError, match="4 faces are too many"):
        group_people(np.zeros((4, 2)))
