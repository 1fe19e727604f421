"""Valence and arousal out of tables of readings, and a face set under them."""

import numpy as np
import pandas as pd
import pytest

from faces.ground.errors import CircumplexError
from faces.readers.affect.of_tables import read_affect, relabel
from faces.readers.other_tables import read_faces
from faces.sets import load_faceset

FEAR_TO_SADNESS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")


def _fex(shown: list[str], paths: list[str]) -> pd.DataFrame:
    """py-feat's table of faces that each show one expression alone."""
    shares = {name: [float(name == each) for each in shown] for name in FEAR_TO_SADNESS}
    angles = {"FaceRectX": 1.0, "Pitch": 1.0, "Roll": 20.0, "Yaw": 3.0}
    return pd.DataFrame({"input": paths} | shares).assign(**angles)


def test_pyfeats_expressions_lie_where_the_circumplex_has_them(tmp_path):
    _fex(["happiness", "sadness", "anger", "neutral"], list("abcd")).to_csv(tmp_path / "fex.csv")
    affect, note = read_affect(read_faces(tmp_path / "fex.csv")[0], tmp_path / "fex.csv")
    (happy, sad, angry, neutral) = affect
    assert happy[0] > 0.5 and sad[0] < -0.3 and sad[1] < 0 < angry[1] and angry[0] < 0
    assert np.abs(neutral).max() < 0.1
    assert "py-feat" in note


def test_openfaces_smile_is_pleasant_and_a_lost_face_says_nothing(tmp_path):
    (tmp_path / "of.csv").write_text(
        "frame, success, pose_Rx, pose_Ry, pose_Rz, AU06_r, AU12_r, AU04_r, AU15_r\n"
        "1, 1, 0, 0, 0, 4, 5, 0, 0\n2, 1, 0, 0, 0, 0, 0, 5, 4\n3, 0, 0, 0, 0, 4, 5, 0, 0\n"
    )
    affect, note = read_affect(read_faces(tmp_path / "of.csv")[0], tmp_path / "of.csv")
    assert affect[0, 0] > 0.3 > -0.2 > affect[1, 0]
    assert np.isnan(affect[2]).all()
    assert "OpenFace" in note


def test_a_face_set_under_other_labels(tiny_faceset, tmp_path):
    faces = load_faceset(tiny_faceset)
    paths = faces.manifest(["path"])["path"].tolist()
    known = [path.rsplit("/", 1)[-1] for path in paths[:2]]
    table = pd.DataFrame({"file": known, "Valence": [0.5, -0.5], "Arousal": [0.25, -0.25]})
    table.to_csv(tmp_path / "labels.csv", index=False)
    other = relabel(faces, tmp_path / "labels.csv")
    rows = np.arange(len(faces))
    assert other.labels(rows)[:2].tolist() == [[0.5, 0.25], [-0.5, -0.25]]
    assert np.isnan(other.labels(rows)[2:]).all()
    assert np.array_equal(other.read(rows[:3]), faces.read(rows[:3]))
    assert other.identity != faces.identity and not other.is_known_as(faces.identity)
    assert other.info["labels"] == "valence and arousal, of labels.csv"


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        ({"path": ["nowhere.png"], "valence": [0.1], "arousal": [0.1]}, "none of the files"),
        ({"path": ["a.png"], "valence": [5], "arousal": [0.1]}, r"outside \[-1, 1\]"),
        ({"path": ["a.png"], "valence": [0.1]}, "neither valence and arousal"),
        ({"who": ["a.png"], "valence": [0.1], "arousal": [0.1]}, "names no files"),
    ],
)
def test_tables_that_will_not_do_say_so(tiny_faceset, tmp_path, columns, match):
    pd.DataFrame(columns).to_csv(tmp_path / "labels.csv", index=False)
    with pytest.raises(CircumplexError, match=match):
        relabel(load_faceset(tiny_faceset), tmp_path / "labels.csv")


def test_cells_without_a_number_and_minus_two_are_no_labels(tmp_path):
    rows = {"path": list("abc"), "valence": ["0.5", "high", "-2"], "arousal": ["0,25", "0", "-2"]}
    affect, _ = read_affect(pd.DataFrame(rows), tmp_path / "labels.csv")
    assert affect[0].tolist() == [0.5, 0.25]
    assert np.isnan(affect[1, 0]) and affect[1, 1] == 0 and np.isnan(affect[2]).all()
