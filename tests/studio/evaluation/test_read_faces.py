"""Readings beside their faces, and who says which faces are neutral."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from faces.circumplex import EXPRESSIONS
from faces.ground.errors import CircumplexError
from studio.evaluation.invariance_config import AT_REST, BY_LABELS, BY_PIXEL, BY_UNITS
from studio.evaluation.listed_faces import ListedFaces
from studio.evaluation.read_faces import ReadFaces, join_readings, outcomes_of


def listed(labels: list[str | None]) -> ListedFaces:
    n = len(labels)
    return ListedFaces(
        "list.csv",
        "0",
        np.array([f"/photos/{k}.png" for k in range(n)], object),
        {"sex": np.array(["f", "m"] * n, object)[:n]},
        None,
        np.array(labels, object),
        np.full((n, 2), np.nan),
        {},
    )


def readings(tmp_path: Path, n: int, **columns: object) -> Path:
    table = {"path": [f"elsewhere/{k}.png" for k in reversed(range(n))], "reason": [None] * n}
    table |= {f"p_{name}": np.zeros(n) for name in EXPRESSIONS} | dict.fromkeys(AT_REST, 0.0)
    for reader in ("pixel", "action_units"):
        table |= {f"{reader}_valence": np.arange(n) / 10, f"{reader}_arousal": np.zeros(n)}
    pd.DataFrame(table | columns).to_csv(tmp_path / "readings.csv", index=False)
    return tmp_path / "readings.csv"


def states(read: ReadFaces, reader: str) -> list[str | None]:
    outcome = next(each for each in read.values if each.reader == reader)
    return list(read.states(outcome))


def test_readings_find_their_faces_by_name(tmp_path: Path) -> None:
    read = join_readings(listed(["neutral"] * 3), readings(tmp_path, 3), (), "happiness")
    (valence,) = [v for each, v in read.values.items() if each.column == "pixel_valence"]
    assert list(valence) == [0.2, 0.1, 0.0]
    assert set(read.judges) == {BY_LABELS} and not read.unread and read.relative == 0
    again = readings(tmp_path, 3, relative=[True, False, True])
    assert join_readings(listed(["neutral"] * 3), again, (), "happiness").relative == 2


def test_without_labels_the_other_kind_of_reader_tells(tmp_path: Path) -> None:
    file = readings(
        tmp_path,
        3,  # in the order 2, 1, 0
        p_neutral=[0.9, 0.1, 0.2],
        p_happiness=[0.0, 0.8, 0.2],
        AU12=[0.6, 0.05, 0.3],
        AU4=[0.0, 0.4, 0.0],
    )
    read = join_readings(listed([None] * 3), file, ("p_anger", "AU12"), "happiness")
    assert set(read.judges) == {BY_PIXEL, BY_UNITS}
    by_pixel, by_units = [None, "happiness", "neutral"], [None, "neutral", "happiness"]
    assert states(read, "action_units") == by_pixel == states(read, "blendshapes")
    assert states(read, "pixel") == by_units
    assert [each.reader for each in read.values if each.column == "p_anger"] == ["pixel"]
    with pytest.raises(CircumplexError, match="smiles alone are told from neutral"):
        join_readings(listed([None] * 3), file, (), "anger")
    hidden = readings(tmp_path, 3, AU12=[0.6, None, 0.3])  # a hidden mouth is not at rest
    assert states(join_readings(listed([None] * 3), hidden, (), "happiness"), "pixel")[1] is None


def test_what_was_not_read_is_counted_by_reason(tmp_path: Path) -> None:
    nothing = {f"{r}_{t}": [None, None, 0.5] for r in ("pixel", "action_units")
               for t in ("valence", "arousal")}  # fmt: skip
    file = readings(tmp_path, 3, reason=["no face: too dark", None, None], **nothing)
    read = join_readings(listed(["neutral"] * 4), file, (), "happiness")
    assert read.unread == {
        "no face": 1,
        "not read (hidden, dark or burnt out)": 1,
        "not in the readings": 1,
    }


def test_requests_are_no_readings_and_what_is_missing_is_named(tmp_path: Path) -> None:
    columns = [f"{r}_{t}" for r in ("requested", "aimed") for t in ("valence", "arousal")]
    with pytest.raises(CircumplexError, match="no columns READER_valence"):
        outcomes_of([*columns, "mine_valence"], (), tmp_path)
    file = readings(tmp_path, 2)
    with pytest.raises(CircumplexError, match="has no column 'AU99'"):
        join_readings(listed(["neutral"] * 2), file, ("AU99",), "happiness")
    pd.DataFrame({"path": ["other.png"], "my_valence": [0], "my_arousal": [0]}).to_csv(file)
    with pytest.raises(CircumplexError, match="names none of the faces"):
        join_readings(listed(["neutral"] * 2), file, (), "happiness")
    pd.DataFrame({"path": ["1.png"], "my_valence": [0], "my_arousal": [0]}).to_csv(file)
    with pytest.raises(CircumplexError, match="has no column 'p_neutral' by which"):
        join_readings(listed([None] * 2), file, (), "happiness")
