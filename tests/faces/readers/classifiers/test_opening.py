"""What other verbs wrote, opened as samples of a classifier."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faces.circumplex import EXPRESSIONS
from faces.ground.digests import file_digest
from faces.ground.errors import CircumplexError
from faces.readers import FEATURE_NAMES, Landmarks, Missing, geometric_features
from faces.readers.classifiers import open_samples
from faces.readers.classifiers.opening import normalised_landmarks
from faces.readers.landmarks.table import LandmarkTable, read_landmarks
from faces.sets import load_faceset


@pytest.fixture(scope="module")
def table(val_faces: list[Landmarks], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Landmarks of three videos of four frames; the last frame shows no face."""
    path = tmp_path_factory.mktemp("landmarks") / "landmarks.parquet"
    with LandmarkTable(path) as rows:
        for k in range(12):
            found = val_faces[k] if k < 11 else Missing("no face")
            emotion = ("happiness", "anger", "anger")[k // 4]
            rows.add(f"clips/{k // 4}.mp4", k % 4, emotion, found)
    return path


def test_landmarks_and_their_features_come_with_videos_as_groups(
    table: Path, val_faces: list[Landmarks]
) -> None:
    points = np.stack([face.points for face in val_faces[:11]])
    samples = open_samples(table, "landmarks")
    assert samples.classes == ("happiness", "anger") and len(samples) == 11
    assert samples.groups is not None and len({*samples.groups}) == 3
    assert samples.dropped["without landmarks"] == 1
    assert np.allclose(samples.take(np.arange(11)), normalised_landmarks(points))
    features = open_samples(table, "features")
    assert np.allclose(features.take(np.arange(11)), geometric_features(points), atol=1e-5)


def write_landmarks(path: Path, faces: list[Landmarks], pictures: list[str | None]) -> Path:
    with LandmarkTable(path) as rows:
        for k, (face, picture) in enumerate(zip(faces, pictures, strict=True)):
            rows.add(f"{k}.png", 0, ("happiness", "anger")[k % 2], face, picture)
    return path


def test_landmarks_of_another_machine_are_the_same_data(
    val_faces: list[Landmarks], tmp_path: Path
) -> None:
    faces = val_faces[:6]
    rounded = [replace(face, points=np.nextafter(face.points, np.float32(9))) for face in faces]
    pictures: list[str | None] = [sha256(bytes([k])).hexdigest() for k in range(6)]
    ours, theirs, other = (
        open_samples(write_landmarks(tmp_path / f"{k}.parquet", *each), "landmarks")
        for k, each in enumerate(((faces, pictures), (rounded, pictures), (faces, pictures[::-1])))
    )
    assert ours.digest == theirs.digest != other.digest
    assert ours.integrity != theirs.integrity
    trained = ours.training_faces(np.arange(4))
    assert trained is not None
    assert theirs.trained_on(trained).tolist() == [True] * 4 + [False] * 2
    bare = write_landmarks(tmp_path / "bare.parquet", rounded, [None] * 6)
    unknown = open_samples(bare, "landmarks")
    assert not unknown.trained_on(trained).any()
    assert theirs.by_picture and not unknown.by_picture


def test_a_table_of_version_0_1_0_is_named_by_its_bytes(
    val_faces: list[Landmarks], tmp_path: Path
) -> None:
    path = write_landmarks(tmp_path / "a.parquet", val_faces[:6], [None] * 6)
    read_landmarks(path).drop(columns="reason").to_parquet(path)  # which says nothing of pictures
    samples = open_samples(path, "landmarks")
    assert samples.digest == samples.integrity == file_digest(path)
    again = open_samples(path, "landmarks").training_faces(np.array([1, 3]))
    assert again is not None
    assert samples.trained_on(again).tolist() == [False, True, False, True, False, False]


def test_a_list_of_faces_labels_a_table_by_file(table: Path, tmp_path: Path) -> None:
    faces = pd.DataFrame(
        {
            "path": ["0.mp4", "1.mp4", "other.mp4"],
            "expression": ["surprise", "fear", "fear"],
            "split": ["train", "val", "val"],
            "identity": ["ann", "ben", "ben"],
        }
    )
    faces.to_csv(tmp_path / "faces.csv", index=False)
    samples = open_samples(table, "landmarks", tmp_path / "faces.csv")
    assert samples.classes == ("surprise", "fear") and len(samples) == 8
    assert samples.split is not None and {*samples.split} == {"train", "val"}
    assert samples.groups is not None and {*samples.groups} == {"ann", "ben"}
    assert samples.digest != open_samples(table, "landmarks").digest
    faces.tail(1).to_csv(tmp_path / "faces.csv", index=False)
    with pytest.raises(CircumplexError, match="names none of the files"):
        open_samples(table, "landmarks", tmp_path / "faces.csv")


def test_arrays_of_features_come_with_their_split(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for split, count in (("train", 30), ("validation", 10)):
        np.save(tmp_path / f"X_{split}.npy", rng.normal(size=(count, 53)).astype(np.float32))
        np.save(tmp_path / f"y_{split}.npy", np.arange(count) % 3)
    with pytest.raises(CircumplexError, match=r"by codes \(0, 1, 2\)"):
        open_samples(tmp_path, "features")
    named = open_samples(tmp_path, "features", codes="fer2013")
    assert named.classes == ("fear", "disgust", "anger")
    (tmp_path / "features.json").write_text(json.dumps({"classes": EXPRESSIONS}))
    samples = open_samples(tmp_path, "features")
    assert samples.classes == EXPRESSIONS[:3] and samples.split is not None
    assert (samples.split == "train").sum() == 30 and (samples.split == "val").sum() == 10
    np.save(tmp_path / "y_train.npy", np.array(["happy", "sad", "boredom"] * 10))
    assert open_samples(tmp_path, "features").classes[-1] == "boredom"
    np.save(tmp_path / "y_train.npy", np.arange(3))
    with pytest.raises(CircumplexError, match="write both anew"):
        open_samples(tmp_path, "features")
    np.save(tmp_path / "y_train.npy", np.array([object()]), allow_pickle=True)
    with pytest.raises(CircumplexError, match="no readable array"):
        open_samples(tmp_path, "features")
    (tmp_path / "y_train.npy").unlink()
    with pytest.raises(CircumplexError, match=r"y_train\.npy is missing"):
        open_samples(tmp_path, "features")


def test_a_face_set_gives_pixels_and_pose(tiny_faceset: Path) -> None:
    faces = load_faceset(tiny_faceset)
    pixels = open_samples(tiny_faceset, "pixels")
    assert pixels.split is not None and {*pixels.split} == {"train", "val"}
    assert pixels.groups is None and pixels.digest == faces.identity
    names = faces.manifest(["expression"])["expression"]
    row = int(np.flatnonzero(names.notna().to_numpy())[5])
    assert np.array_equal(pixels.take(np.array([5])), faces.read(np.array([row])))
    assert pixels.classes[pixels.labels[5]] == names[row]
    pose = open_samples(tiny_faceset, "pose")
    assert pose.take(np.arange(4)).shape == (4, 3)
    with pytest.raises(CircumplexError, match="circumplex measure"):
        open_samples(tiny_faceset, "landmarks")


def test_what_annotators_say_comes_before_what_the_reader_says(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "path": [f"{k}.png" for k in range(4)],
            "label": ["happiness", "anger"] * 2,
            "expression": ["sadness", "fear"] * 2,
            **{name: [0.0, 1.0, 2.0, 3.0] for name in ("yaw", "pitch", "roll")},
        }
    )
    table.to_csv(tmp_path / "readings.csv", index=False)
    samples = open_samples(tmp_path / "readings.csv", "pose")
    assert samples.classes == ("happiness", "anger")
    with pytest.raises(CircumplexError, match=f"no column '{FEATURE_NAMES[0]}', so no features"):
        open_samples(tmp_path / "readings.csv", "features")
    table.drop(columns=["label", "expression"]).to_csv(tmp_path / "bare.csv", index=False)
    with pytest.raises(CircumplexError, match="--labels"):
        open_samples(tmp_path / "bare.csv", "pose")


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda p: p / "none", "landmarks", "is missing"),
        (lambda p: p, "features", "holds no features"),
        (lambda p: _file(p / "a.txt", b"x"), "pose", "is no table"),
        (lambda p: _file(p / "a.parquet", b"x"), "pose", "not a readable table"),
        (lambda p: _file(p / "a.csv", b""), "pose", "is empty"),
        (lambda p: _file(p / "a.csv", b"a,b\n1,2\n"), "pixels", "circumplex prepare"),
    ],
)
def test_what_is_none_says_so(make, kind: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CircumplexError, match=message):
        open_samples(make(tmp_path), kind)


@given(st.floats(-3, 3), st.floats(0.1, 10), st.floats(-5, 5), st.integers(0, 100))
def test_place_size_and_roll_are_taken_out(
    turn: float, scale: float, shift: float, seed: int
) -> None:
    points = np.random.default_rng(seed).normal(size=(2, 478, 3))
    points[:, 263, 0] = points[:, 33, 0] + 2  # outer corners of the eyes, well apart
    around = np.array(
        [[np.cos(turn), np.sin(turn), 0], [-np.sin(turn), np.cos(turn), 0], [0, 0, 1]]
    )
    moved = scale * (points @ around) + shift
    assert np.allclose(normalised_landmarks(moved), normalised_landmarks(points), atol=1e-4)
    level = normalised_landmarks(points).reshape(2, 478, 3)
    assert np.allclose(level[:, 263, 1], level[:, 33, 1], atol=1e-5)


def _file(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
