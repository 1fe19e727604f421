"""Labels of AFLW2000-3D and Pointing'04, in files made as they are published; and errors."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.io import savemat

from faces.ground.errors import CircumplexError
from faces.readers.pose.labels import ANGLES, pose_errors, read_aflw2000, read_pointing04

DEGREES = st.floats(-180, 180)


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (16, 16)).save(path)


def test_aflw_angles_come_in_degrees_with_our_signs(tmp_path: Path) -> None:
    pitch, yaw, roll = np.radians([10.0, 25.0, -5.0])
    picture(tmp_path / "image00002.jpg")
    para = np.array([[pitch, yaw, roll, 200.0, 210.0, -60.0, 0.001]], np.float32)
    savemat(tmp_path / "image00002.mat", {"Pose_Para": para, "pt2d": np.zeros((2, 21))})
    picture(tmp_path / "unlabelled.jpg")
    labels = read_aflw2000(tmp_path)
    assert labels.paths == (tmp_path / "image00002.jpg",)
    # 3DDFA's yaw is positive towards the viewer's left
    assert np.allclose(labels.angles, [[-25.0, 10.0, -5.0]], atol=1e-4)
    assert labels.people is None


def test_aflw_files_that_are_none_say_so(tmp_path: Path) -> None:
    with pytest.raises(CircumplexError, match=r"no picture with a \.mat"):
        read_aflw2000(tmp_path)
    with pytest.raises(CircumplexError, match="is no folder"):
        read_aflw2000(tmp_path / "none")
    picture(tmp_path / "a.jpg")
    savemat(tmp_path / "a.mat", {"pt2d": np.zeros((2, 21))})
    with pytest.raises(CircumplexError, match="no Pose_Para"):
        read_aflw2000(tmp_path)
    savemat(tmp_path / "a.mat", {"Pose_Para": np.zeros((1, 2))})
    with pytest.raises(CircumplexError, match="short"):
        read_aflw2000(tmp_path)
    (tmp_path / "a.mat").write_bytes(b"no mat file at all")
    with pytest.raises(CircumplexError, match=r"a\.mat is no readable"):
        read_aflw2000(tmp_path)


@pytest.mark.parametrize(
    ("name", "person", "tilt", "pan"),
    [
        ("personne08123-30+45.jpg", "08", -30, 45),
        ("personne01146+0+0.jpg", "01", 0, 0),
        ("personne15292+90+0.jpg", "15", 90, 0),
        ("person03201-90+0.jpg", "03", -90, 0),
        ("personne02100+15-90.jpg", "02", 15, -90),
    ],
)
def test_pointing_names_are_angles(
    name: str, person: str, tilt: float, pan: float, tmp_path: Path
) -> None:
    picture(tmp_path / "Person" / name)
    picture(tmp_path / "Front" / "other.jpg")
    labels = read_pointing04(tmp_path)
    assert len(labels.paths) == 1 and labels.people is not None
    assert labels.people.tolist() == [person]
    assert labels.angles[0, :2].tolist() == [pan, tilt] and np.isnan(labels.angles[0, 2])
    assert read_pointing04(tmp_path, "viewer left").angles[0, 0] == -pan


def test_pointing_without_such_names_says_so(tmp_path: Path) -> None:
    picture(tmp_path / "someone.jpg")
    with pytest.raises(CircumplexError, match=r"personne01146\+0\+15"):
        read_pointing04(tmp_path)
    with pytest.raises(CircumplexError, match="positive_pan"):
        read_pointing04(tmp_path, "left")  # type: ignore[arg-type]


def test_errors_are_means_of_each_angle() -> None:
    labels = np.array([[0.0, 10.0, np.nan], [20.0, -10.0, np.nan], [40.0, 0.0, np.nan]])
    measured = labels + np.array([[3.0, -1.0, 5.0], [-3.0, -1.0, 5.0], [9.0, -1.0, 5.0]])
    measured = np.concatenate([measured, np.full((1, 3), np.nan)])
    found = pose_errors(np.concatenate([labels, [[0.0, 0.0, np.nan]]]), measured)
    assert found["n"] == 4 and found["missing"] == 1
    assert found["yaw"]["mean"] == pytest.approx(5.0) and found["yaw"]["n"] == 3
    assert found["yaw"]["within_5"] == pytest.approx(2 / 3)
    assert found["pitch"]["median"] == pytest.approx(1.0)
    assert found["pitch"]["correlation"] == pytest.approx(1.0)
    assert found["roll"] == {
        "n": 0, "mean": None, "median": None, "within_5": None, "correlation": None,
    }  # fmt: skip
    assert found["mean"] == pytest.approx(3.0)
    flipped = pose_errors(labels, -labels)
    assert flipped["yaw"]["correlation"] == pytest.approx(-1.0)


@given(DEGREES, DEGREES, st.integers(-2, 2))
def test_errors_go_around_the_circle(label: float, measured: float, turns: int) -> None:
    def mean(a: float, b: float) -> float:
        return pose_errors(np.full((1, 3), a), np.full((1, 3), b))["yaw"]["mean"]

    error = mean(label, measured)
    assert 0 <= error <= 180
    assert error == pytest.approx(mean(measured, label), abs=1e-9)
    assert error == pytest.approx(mean(label, measured + 360 * turns), abs=1e-6)


def test_shapes_must_pair_up() -> None:
    with pytest.raises(ValueError, match="do not pair up"):
        pose_errors(np.zeros((3, 3)), np.zeros((2, 3)))
    assert ANGLES == ("yaw", "pitch", "roll")
