"""Tables of other programs: their names and signs become this package's."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from faces.ground.errors import CircumplexError
from faces.readers.classifiers import open_samples
from faces.readers.other_tables import read_faces

CASES = Path(__file__).parents[2] / "data" / "cases"
#: OpenFace's header, a space after each comma; the second face was lost.
OPENFACE = (
    "frame, timestamp, confidence, success, pose_Tx, pose_Rx, pose_Ry, pose_Rz, AU12_r\n"
    "1, 0.00, 0.98, 1, 3.1, -0.2, 0.4, 0.1, 1.5\n"
    "2, 0.04, 0.02, 0, 3.1, -0.2, 0.4, 0.1, 0.0\n"
)


def test_openfaces_signs_and_lost_faces(tmp_path):
    (tmp_path / "clip.csv").write_text(OPENFACE)
    table, notes = read_faces(tmp_path / "clip.csv")
    # up is negative there, and the subject's right, the viewer's left, positive
    assert table.loc[0, ["yaw", "pitch", "roll"]].tolist() == pytest.approx(
        np.degrees([-0.4, 0.2, 0.1]).tolist()
    )
    assert table.loc[1, ["yaw", "pitch", "roll"]].isna().all()
    assert table["path"].tolist() == ["clip", "clip"]
    assert "OpenFace's angles, radians to degrees" in notes


def test_a_folder_of_openfaces_tables_is_labelled_by_its_videos(tmp_path):
    tables = tmp_path / "processed"
    tables.mkdir()
    for name in ("a", "b", "c"):
        (tables / f"{name}.csv").write_text(OPENFACE)
    (tmp_path / "labels.csv").write_text(
        "path,label\nclips/a.mp4,3\nclips/b.mp4,4\nclips/c.mp4,4\n"
    )
    with pytest.raises(CircumplexError, match="--codes"):
        open_samples(tables, "pose", tmp_path / "labels.csv")
    samples = open_samples(tables, "pose", tmp_path / "labels.csv", "fer2013")
    assert samples.classes == ("happiness", "sadness") and len(samples) == 3
    (tmp_path / "german.csv").write_text("Datei,Gefühl\na.mp4,Freude\nb.mp4,sad\n", "utf-8")
    meant = {"path": "Datei", "expression": "Gefühl"}, {"Freude": "happiness"}
    german = open_samples(tables, "pose", tmp_path / "german.csv", None, *meant)
    assert german.classes == ("happiness", "sadness") and len(german) == 2
    with pytest.raises(CircumplexError, match="--column is for a list of faces"):
        open_samples(tables, "pose", None, None, *meant)
    assert samples.dropped["without pose"] == 3
    assert samples.take(np.arange(1))[0, 0] == pytest.approx(np.degrees(-0.4), rel=1e-5)


@pytest.mark.parametrize("unit", [1.0, np.pi / 180])
def test_pyfeats_signs_and_units(tmp_path, unit):
    rng = np.random.default_rng(0)
    angles = rng.normal(scale=15, size=(20, 3))
    table = pd.DataFrame(angles * unit, columns=["Pitch", "Roll", "Yaw"])
    table = table.assign(FaceRectX=1.0, happiness=0.9, input=[f"{k}.png" for k in range(20)])
    table.to_csv(tmp_path / "fex.csv")
    read, notes = read_faces(tmp_path / "fex.csv")
    assert np.allclose(read[["pitch", "roll"]], angles[:, :2])
    assert np.allclose(read["yaw"], -angles[:, 2])
    assert read["path"].tolist()[0] == "0.png"
    assert any("radians" in note for note in notes) == (unit != 1.0)


def test_names_in_capitals_are_known():
    table, notes = read_faces(CASES / "pose_capital.csv")
    assert {"path", "yaw", "pitch", "roll", "emotion"} <= set(table.columns)
    assert "yaw from Yaw" in notes
    samples = open_samples(CASES / "pose_capital.csv", "pose")
    assert set(samples.classes) <= {"happiness", "sadness", "fear", "anger"}
    raw = pd.read_csv(CASES / "pose_capital.csv")
    assert np.allclose(samples.take(np.arange(len(samples)))[:, 0], raw["Yaw"], atol=1e-4)


def _mesh(names: str, points: int, count: int = 12, first: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    values = rng.random((count, points, 3)).astype(np.float32)
    values[count // 2 :, :, 1] += 1.0  # so that there is something to learn
    columns = {
        names.format(a=axis, k=number + first): values[:, number, at]
        for number in range(points)
        for at, axis in enumerate("xyz")
    }
    labels = ["happy"] * (count // 2) + ["sad"] * (count - count // 2)
    return pd.DataFrame({"path": [f"{k}.png" for k in range(count)], "label": labels} | columns)


@pytest.mark.parametrize(
    "names", ["{a}_{k}", "{a}{k}", "landmark_{k}_{a}", "LM_{a}_{k}", "{k}_{a}"]
)
@pytest.mark.parametrize("first", [0, 1])
def test_landmarks_of_468_points_under_other_names(tmp_path, names, first):
    plain = _mesh("{a}_{k}", 468)
    plain.to_parquet(tmp_path / "plain.parquet")
    _mesh(names, 468, first=first).to_csv(tmp_path / "other.csv", index=False)
    for kind, width in (("landmarks", 3 * 468), ("features", 53)):
        ours, theirs = (
            open_samples(tmp_path / name, kind) for name in ("plain.parquet", "other.csv")
        )
        rows = np.arange(12)
        assert ours.take(rows).shape == (12, width)
        assert np.allclose(ours.take(rows), theirs.take(rows), atol=1e-4)


def test_a_classifier_of_one_mesh_does_not_read_the_other(tmp_path):
    from faces.readers.classifiers import ClassifierConfig, fit_classifier

    for points in (468, 478):
        _mesh("{a}_{k}", points).to_parquet(tmp_path / f"{points}.parquet")
    older = open_samples(tmp_path / "468.parquet", "landmarks")
    config = ClassifierConfig(model="mlp", epochs=1)
    classifier = fit_classifier(older, np.arange(12), config)
    assert classifier.of_samples(older, np.arange(12)).shape == (12, 2)
    newer = open_samples(tmp_path / "478.parquet", "landmarks")
    with pytest.raises(CircumplexError, match=r"has 478 landmarks a face, this classifier.* 468"):
        classifier.of_samples(newer, np.arange(12))


def test_landmarks_that_are_not_all_there_are_refused_in_one_line(tmp_path):
    _mesh("{a}_{k}", 68).to_parquet(tmp_path / "68.parquet")
    with pytest.raises(CircumplexError, match="no column 'x_68', so no landmarks"):
        open_samples(tmp_path / "68.parquet", "landmarks")
