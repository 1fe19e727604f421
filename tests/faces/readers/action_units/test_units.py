"""Action units: ranges, sides, tables that people edit, and what they say of real faces."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from faces.circumplex import EXPRESSIONS, PLACES
from faces.ground.errors import CircumplexError
from faces.readers import Landmarks
from faces.readers.action_units import units as action_units
from faces.readers.action_units.measures import SIGNALS, unit_signals
from faces.readers.action_units.units import NAMES, PARTS, TABLES, read_units
from faces.readers.landmarks.table import BLENDSHAPES

SCORES = arrays(np.float64, (3, len(SIGNALS)), elements=st.floats(0, 1))
#: Units that the evidence in the card says cannot be measured.
UNMEASURED = {"AU9", "AU16", "AU23", "AU24", "AD29", "AD34"}


def signals(**values: float) -> np.ndarray:
    row = np.zeros((1, len(SIGNALS)))
    for name, value in values.items():
        row[0, SIGNALS.index(name)] = value
    return row


def intensity(name: str, **values: float) -> float:
    return float(read_units(signals(**values))[0, NAMES.index(name)])


def edited(tmp_path: Path, name: str, change: Any) -> Path:
    table = json.loads((TABLES / name).read_text())
    change(table)
    path = tmp_path / name
    path.write_text(json.dumps(table))
    return path


@given(SCORES)
def test_intensities_stay_between_0_and_1(scores: np.ndarray) -> None:
    units = read_units(scores)
    assert units.shape == (3, len(NAMES)) and units.dtype == np.float32
    read = units[:, action_units.load_units().measurable]
    assert (read >= 0).all() and (read <= 1).all()


def test_what_cannot_be_measured_is_missing_and_never_a_number() -> None:
    units = read_units(np.random.default_rng(0).uniform(0, 1, (50, len(SIGNALS))))
    missing = {name for name, unit in zip(NAMES, units.T, strict=True) if np.isnan(unit).any()}
    assert missing == {name for name in NAMES if name.rstrip("LR") in UNMEASURED}
    assert np.isnan(units[:, [NAMES.index(name) for name in missing]]).all()


@given(SCORES, st.sampled_from(range(len(SIGNALS))))
def test_a_unit_moves_with_the_signals_of_its_row_only(scores: np.ndarray, signal: int) -> None:
    weights = action_units.load_units().weights
    moved = scores.copy()
    moved[:, signal] = 1 - moved[:, signal]
    before, after = (np.nan_to_num(read_units(each)) for each in (scores, moved))
    named = {name for k, name in enumerate(NAMES) if weights[signal, k]}
    named |= {name[:-1] for name in named if name[:-1] in NAMES}
    changed = (before != after).any(0)
    assert {name for name, c in zip(NAMES, changed, strict=True) if c} <= named


def test_sides_are_named_and_their_mean_bears_the_plain_name() -> None:
    scores = {"mouthSmileLeft": 0.9}
    left, right, both = (intensity(f"AU12{side}", **scores) for side in ("L", "R", ""))
    assert left > 0.8 and right == 0 and both == pytest.approx(left / 2)
    for name in set(NAMES) - set(PARTS):
        assert {f"{name}L", f"{name}R"} <= set(PARTS)


def test_a_smile_a_frown_and_an_open_mouth_are_their_units() -> None:
    assert intensity("AU4", browDownLeft=0.8, browDownRight=0.8) > 0.9
    assert intensity("AU26", jawOpen=0.3) > 0.5 and intensity("AU27", jawOpen=0.3) == 0
    assert intensity("AU27", jawOpen=0.8) == 1
    assert intensity("AU25", jawOpen=0.5) > intensity("AU25", jawOpen=0.5, mouthClose=0.3) > 0
    looks_left = {"eyeLookOutLeft": 0.9, "eyeLookInRight": 0.9}
    assert intensity("AU61", **looks_left) > 0.9 and intensity("AU62", **looks_left) == 0


def test_a_face_that_was_not_found_stays_without_units() -> None:
    units = read_units(np.stack([np.full(len(SIGNALS), np.nan), np.zeros(len(SIGNALS))]))
    assert np.isnan(units[0]).all() and np.isfinite(units[1, NAMES.index("AU12")])
    read = action_units.affect_by_table(units)
    assert np.isnan(read[0]).all() and np.isfinite(read[1]).all()
    with pytest.raises(ValueError, match=str(len(SIGNALS))):
        read_units(np.zeros((2, 52)))


def test_a_hidden_unit_is_unknown_and_one_that_nothing_measures_is_absent() -> None:
    units = read_units(signals(mouthSmileLeft=0.9, mouthSmileRight=0.9))
    assert np.isnan(units[0, NAMES.index("AU9")])  # and counts for valence, where it is read
    (whole,) = action_units.affect_by_table(units)
    assert np.isfinite(whole).all() and whole[0] > 0.5
    (mouth,) = action_units.affect_by_table(action_units.without_hidden(units, [("mouth",)]))
    assert np.isnan(mouth).all()  # the smile that is hidden is not absent
    brows = units.copy()
    brows[0, NAMES.index("AU2")] = np.nan  # which counts for arousal alone
    (read,) = action_units.affect_by_table(brows)
    assert read[0] == whole[0] and np.isnan(read[1])


def test_what_a_table_of_ones_own_measures_can_be_hidden(tmp_path: Path) -> None:
    def measured(table: Any) -> None:
        for row in table["units"]:
            if row["unit"] in ("AU9L", "AU9R"):
                del row["unmeasurable"]
                row |= {"terms": {"noseSneerLeft": 1}, "from": 0, "full": 1}

    own = action_units.load_units(edited(tmp_path, "action_units.json", measured))
    units = read_units(signals(noseSneerLeft=0.9), own)
    assert action_units.affect_by_table(units, units=own)[0, 0] < 0.1
    units[0, NAMES.index("AU9")] = np.nan
    assert np.isnan(action_units.affect_by_table(units, units=own)[0]).all()
    assert np.isfinite(action_units.affect_by_table(units)[0]).all()


def test_every_row_of_every_table_has_its_source() -> None:
    rows = json.loads((TABLES / "action_units.json").read_text())["units"]
    assert [row["unit"] for row in rows] == list(PARTS)
    for row in rows:
        assert len(row.get("unmeasurable", row.get("source"))) > 10
        assert ("unmeasurable" in row) == (row["unit"].rstrip("LR") in UNMEASURED)
        assert "unmeasurable" in row or row["terms"]
    rows = json.loads((TABLES / "affect.json").read_text())["units"]
    rows.append(json.loads((TABLES / "affect.json").read_text())["intercept"])
    for row in json.loads((TABLES / "expressions.json").read_text())["expressions"]:
        rows += row["units"]
    assert all(len(row["source"]) > 10 for row in rows)


def test_the_table_of_affect_says_that_it_is_set_by_hand() -> None:
    assert "set by hand" in json.loads((TABLES / "affect.json").read_text())["about"]


def test_every_blendshape_is_in_a_unit_or_said_to_be_left_out() -> None:
    used = action_units.load_units().weights.any(1)[: len(BLENDSHAPES)]
    left_out = json.loads((TABLES / "action_units.json").read_text())["left_out"]
    unused = [name for name, each in zip(BLENDSHAPES, used, strict=True) if not each]
    assert sorted(unused) == sorted(left_out)


def test_no_unit_rests_on_a_blendshape_that_stays_near_zero() -> None:
    dead = ("cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "cheekPuff")
    weights = action_units.load_units().weights
    assert not weights[[SIGNALS.index(name) for name in (*dead, "jawForward")]].any()


def test_prototypes_name_the_units_that_their_sources_do() -> None:
    weights = action_units.prototypes()
    shown = {
        name: {NAMES[k] for k in np.flatnonzero(weights[EXPRESSIONS.index(name)])}
        for name in EXPRESSIONS
    }
    assert shown["neutral"] == set() and {"AU6", "AU12"} <= shown["happiness"]
    assert {"AU4", "AU5", "AU7", "AU23"} <= shown["anger"]
    assert {"AU1", "AU2", "AU4", "AU5", "AU7", "AU20", "AU26"} <= shown["fear"]
    assert shown["contempt"] == {"AU12R", "AU14R"}  # on one side


def test_prototypes_agree_with_the_affect_table_on_the_side_of_the_circumplex() -> None:
    read = action_units.affect_by_table(action_units.prototypes())
    for name in ("happiness", "sadness", "fear", "disgust", "anger", "surprise"):
        k = EXPRESSIONS.index(name)
        assert np.sign(read[k, 1]) == np.sign(PLACES[name][1]), name
    smile, sad = (read[EXPRESSIONS.index(name), 0] for name in ("happiness", "sadness"))
    assert smile > 0 > sad


def test_an_edited_table_is_used(tmp_path: Path) -> None:
    def stronger(table: Any) -> None:
        next(row for row in table["units"] if row["unit"] == "AU12L")["full"] = 0.5

    own = action_units.load_units(edited(tmp_path, "action_units.json", stronger))
    smile = signals(mouthSmileLeft=0.25)
    at = NAMES.index("AU12L")
    assert read_units(smile, own)[0, at] == pytest.approx(0.5)
    assert read_units(smile)[0, at] < 0.3

    def upside_down(table: Any) -> None:
        for row in table["units"]:
            row["valence"] = -row["valence"]
        table["intercept"]["valence"] = 0.0

    path = edited(tmp_path, "affect.json", upside_down)
    units = read_units(signals(mouthSmileLeft=0.9, mouthSmileRight=0.9))
    assert action_units.affect_by_table(units, action_units.load_affect(path))[0, 0] < 0
    assert action_units.affect_by_table(units)[0, 0] > 0


def _drop_au1(table: Any) -> None:
    table["units"] = [row for row in table["units"] if row["unit"] != "AU1"]


def _name_nothing(table: Any) -> None:
    table["units"][0]["terms"] = {"browUp": 1.0}


def _no_range(table: Any) -> None:
    table["units"][0]["full"] = table["units"][0]["from"]


def _words(table: Any) -> None:
    table["units"][0]["full"] = "much"


def _unknown_unit(table: Any) -> None:
    table["units"][0]["unit"] = "AU99"


def _other_version(table: Any) -> None:
    table["version"] = 99


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_drop_au1, "has no row for AU1"),
        (_name_nothing, "'browUp', which is no blendshape and no measure"),
        (_no_range, "full of AU1 must be above from"),
        (_words, "full of AU1 is 'much'"),
        (_unknown_unit, "AU"),
        (_other_version, "version 99"),
    ],
)
def test_a_table_that_makes_no_sense_says_where(change: Any, message: str, tmp_path: Path) -> None:
    path = edited(tmp_path, "action_units.json", change)
    with pytest.raises(CircumplexError, match=message) as error:
        action_units.load_units(path)
    assert str(path) in str(error.value)


def test_other_tables_say_where_as_well(tmp_path: Path) -> None:
    with pytest.raises(CircumplexError, match="'AU99' is no action unit"):
        action_units.load_affect(edited(tmp_path, "affect.json", _unknown_unit))

    def joy(table: Any) -> None:
        table["expressions"][1]["expression"] = "joyfulness"

    with pytest.raises(CircumplexError, match="'joyfulness' is none of neutral"):
        action_units.prototypes(edited(tmp_path, "expressions.json", joy))
    with pytest.raises(CircumplexError, match="not circumplex/action-units-to-affect"):
        action_units.load_affect(TABLES / "action_units.json")
    with pytest.raises(CircumplexError, match="missing"):
        action_units.load_units(tmp_path / "none.json")


def test_real_faces_that_smile_show_the_smile(val_faces: list[Landmarks]) -> None:
    units = read_units(unit_signals(val_faces))
    smile = units[:, NAMES.index("AU12")]
    read = action_units.affect_by_table(units)
    assert smile.max() > 0.5 > np.median(smile)
    assert read[smile > 0.5, 0].mean() > read[smile < 0.1, 0].mean()


def test_units_of_hidden_parts_are_missing() -> None:
    whole = np.full((5, len(NAMES)), 0.5, np.float32)
    read = action_units.without_hidden(
        whole, [(), ("eyes",), ("mouth",), ("left",), ("eyes", "right")]
    )
    missing = [{n for n, v in zip(NAMES, row, strict=True) if np.isnan(v)} for row in read]
    assert missing[0] == set() and not np.isnan(whole).any()
    assert {"AU1", "AU4", "AU4L", "AU43R", "AU61"} <= missing[1]
    assert {"AU12", "AU12L", "AU25", "AU9R", "AU28T", "AD30L"} <= missing[2]
    assert missing[1] | missing[2] == set(NAMES)
    assert missing[1] & missing[2] == {"AU6", "AU6L", "AU6R"}  # of lids and cheeks
    assert {"AU12", "AU12L", "AU4"} <= missing[3]
    assert not {"AU12R", "AU25", "AU1"} & missing[3]
    assert {"AU12R", "AU12", "AU1", "AU4L"} <= missing[4] and "AU12L" not in missing[4]
