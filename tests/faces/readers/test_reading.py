"""All readers together: in order, in one process and in several; what is missing says why."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from made_videos import write_video
from PIL import Image

from faces import FaceReader
from faces.circumplex import EXPRESSIONS
from faces.ground.errors import CircumplexError
from faces.readers import LandmarkerConfig
from faces.readers.action_units import units as action_units
from faces.readers.affect.registry import AFFECT_READERS, PIXEL, UNITS
from faces.readers.face_reading import FaceReading
from faces.readers.inputs import find_inputs
from faces.readers.reading import NO_LANDMARKER

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def reader() -> "Iterator[FaceReader]":
    with FaceReader(pixel=None, affect=None) as opened:
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, val_pictures: list[np.ndarray]) -> Path:
    """train/happy and validation/fear: pictures, one of them no picture, and a video."""
    folder = tmp_path_factory.mktemp("classes")
    for place in ("train/happy", "validation/fear"):
        (folder / place).mkdir(parents=True)
    for number in range(4):
        Image.fromarray(val_pictures[number]).save(folder / f"train/happy/{number}.png")
    (folder / "train/happy/bad.png").write_bytes(b"no picture")
    (folder / "train/happy/.hidden.png").write_bytes(b"")
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(folder / "validation/fear/black.png")
    frames = [np.asarray(Image.fromarray(p).resize((96, 96))) for p in val_pictures[4:7]]
    write_video(folder / "validation/fear/clip.mkv", frames)
    return folder


def test_pictures_are_read_in_their_order(
    reader: FaceReader, val_pictures: list[np.ndarray]
) -> None:
    blank = np.zeros((48, 48, 3), np.uint8)
    readings = reader.read([val_pictures[0], blank, val_pictures[1]])
    assert [each.found for each in readings] == [True, False, True]
    again = reader.read([val_pictures[1]])[0]
    assert again.landmarks is not None and readings[2].landmarks is not None
    assert np.allclose(again.landmarks.points, readings[2].landmarks.points, atol=1e-5)
    assert reader.read([]) == []


def test_a_reading_says_what_it_shows_as_json(
    reader: FaceReader, val_pictures: list[np.ndarray]
) -> None:
    told = json.loads(json.dumps(reader.read(val_pictures[:1])[0].to_json(), allow_nan=False))
    assert told["found"] is True and told["reason"] is None
    assert set(told["action_units"]) == set(action_units.NAMES)
    read = {name: value for name, value in told["action_units"].items() if value is not None}
    assert all(0 <= value <= 1 for value in read.values()) and {"AU4", "AU6", "AU12"} <= set(read)
    assert told["action_units"]["AU9"] is None  # not measurable, and told as missing
    assert list(told["pose"]) == ["yaw", "pitch", "roll"]
    assert "action_units_table" in told["readers"]
    assert not {"pixel", "action_units"} & set(told["readers"])
    assert all(-1 <= value <= 1 for value in told["readers"]["action_units_table"].values())
    assert 0 < told["confidence"] <= 1 and len(told["box"]) == 4
    assert told["expression"] is None and told["probabilities"] is None


def test_nothing_is_made_up_where_there_is_no_face(reader: FaceReader) -> None:
    told = reader.read([np.zeros((48, 48, 3), np.uint8)])[0].to_json()
    assert told["found"] is False and told["reason"] == "blank picture: all black"
    for name in ("box", "expression", "probabilities", "readers", "action_units", "pose"):
        assert told[name] is None
    assert told["confidence"] is None


def test_several_processes_read_what_one_reads(folder: Path, reader: FaceReader) -> None:
    alone = list(reader.read_files([folder]))
    with FaceReader(pixel=None, affect=None, processes=2, crops=True) as pool:
        together = list(pool.read_files([folder]))
        assert len(pool.read([])) == 0
    assert [r.to_json() for r in together] == [r.to_json() for r in alone]
    assert all((r.crop is not None) == r.found for r in together)
    names = [(Path(r.path).name, r.frame) for r in alone]
    assert names == [
        *(("0.png", 0), ("1.png", 0), ("2.png", 0), ("3.png", 0), ("bad.png", 0)),
        *(("black.png", 0), ("clip.mkv", 0), ("clip.mkv", 1), ("clip.mkv", 2)),
    ]
    assert [(r.label, r.split) for r in alone] == [("happiness", "train")] * 5 + [
        ("fear", "val")
    ] * 4
    reasons = {Path(r.path).name: str(r.missing) for r in alone if not r.found}
    assert reasons["bad.png"].startswith("damaged picture")
    assert reasons["black.png"] == "blank picture: all black"


def test_a_large_photo_has_its_box_in_its_own_pixels(reader: FaceReader, portraits: Path) -> None:
    (reading,) = reader.read_files([portraits / "a.jpg"])
    with Image.open(portraits / "a.jpg") as photo:
        size = np.array(photo.size)
    face = reading.landmarks
    assert face is not None and max(size) > 1024
    corners = np.stack([face.points[:, :2].min(0), face.points[:, :2].max(0)]) * size
    assert np.allclose(face.box, corners.ravel(), atol=1)


def test_without_the_landmarker_every_row_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, val_pictures: list[np.ndarray]
) -> None:
    monkeypatch.setenv("CIRCUMPLEX_LANDMARKER", str(tmp_path / "gone.task"))
    with FaceReader(pixel=None, affect=None, processes=2) as blind:
        assert "gone.task" in blind.missing["landmarks"]
        readings = blind.read(val_pictures[:3])
    assert [each.found for each in readings] == [False] * 3
    assert all(r.missing is not None and r.missing.reason == NO_LANDMARKER for r in readings)


def test_readers_that_are_missing_cost_only_what_they_would_have_read(
    tmp_path: Path, val_pictures: list[np.ndarray]
) -> None:
    gone = tmp_path / "gone.safetensors"
    with FaceReader(pixel=gone, affect=gone) as partial:
        assert set(partial.missing) == {PIXEL, UNITS}
        reading = partial.read(val_pictures[:1])[0]
    told = reading.to_json()
    assert list(told["readers"]) == list(AFFECT_READERS)
    assert told["readers"]["pixel"] is None and told["readers"]["action_units_table"] is not None
    assert all("gone.safetensors" in why for why in told["unread"].values())


def test_a_reading_of_probabilities_names_the_most_probable() -> None:
    chances = np.full(8, 0.1, np.float32)
    chances[EXPRESSIONS.index("fear")] = 0.3
    assert FaceReading(probabilities=chances).expression == "fear"


def test_all_faces_of_a_picture_are_rows(portraits: Path) -> None:
    pair = []
    for name in ("a", "c"):
        with Image.open(portraits / f"{name}.jpg") as photo:
            pair.append(np.asarray(photo.convert("RGB").resize((400, 500))))
    couple = np.concatenate(pair, axis=1)
    with FaceReader(LandmarkerConfig(faces="all"), pixel=None, affect=None) as every:
        readings = every.read([couple, pair[0]])
    assert [(r.face, r.face_count, r.found) for r in readings] == [
        (0, 2, True), (1, 2, True), (0, 1, True)
    ]  # fmt: skip


def test_tables_of_pictures_name_labels_and_splits(drawn: Path, few_faces: Path) -> None:
    tasks = list(find_inputs([few_faces]).tasks())
    assert len(tasks) == 320 and {task.split for task in tasks} == {"train", "val"}
    assert all(Path(task.path).is_file() for task in tasks)
    assert {task.emotion for task in tasks} <= {*EXPRESSIONS, None}


def test_how_many_pictures_there_are(folder: Path, few_faces: Path) -> None:
    assert find_inputs([folder / "train"]).count == 5
    assert find_inputs([folder]).count is None and find_inputs([few_faces]).count == 320


def test_what_is_no_picture_is_a_row_and_what_is_hidden_is_counted(folder: Path) -> None:
    place = folder / "train"
    (place / "happy/notes.txt").write_text("no face")
    try:
        inputs = find_inputs([place])
        told = {Path(task.path).name: str(task.missing) for task in inputs.tasks() if task.missing}
        assert told == {"notes.txt": "no picture or video (.txt)"}
        assert inputs.count == 6 and inputs.hidden_counts == {"hidden file": 1}
    finally:
        (place / "happy/notes.txt").unlink()


def test_an_address_is_said_to_be_one() -> None:
    with pytest.raises(CircumplexError, match=r"https:/.*is an address.*download it"):
        find_inputs([Path("https://example.org/face.jpg")])


def test_paths_that_mean_nothing_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("no face")
    for name in ("gone", "empty", "notes.txt"):
        with pytest.raises(CircumplexError, match=name):
            find_inputs([tmp_path / name])


@pytest.mark.parametrize(("processes", "file"), [(1, "other.zip"), (2, "other.zip")])
def test_a_file_that_is_no_model_is_said(
    tmp_path: Path, processes: int, file: str, val_pictures: list[np.ndarray]
) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / file, "w") as archive:
        archive.writestr("a", "b")
    with FaceReader(
        landmarker=tmp_path / file, pixel=None, affect=None, processes=processes
    ) as blind:
        if processes == 1:
            assert "no face landmarker" in blind.missing["landmarks"]
        else:
            with pytest.raises(CircumplexError, match="no face landmarker"):
                blind.read(val_pictures[:1])


def test_what_is_hidden_is_not_made_up(tmp_path: Path) -> None:
    from made_pictures import masked, portrait

    picture = portrait("female_03")
    with FaceReader(pixel=None) as reader:
        (bare,) = reader.read([np.array(picture)])
        assert bare.landmarks is not None
        (covered,) = reader.read([masked(picture, bare.landmarks.points)])
    with FaceReader(LandmarkerConfig(visibility=False), pixel=None) as reader:
        (trusting,) = reader.read([masked(picture, bare.landmarks.points)])
    told = covered.to_json()
    assert told["found"] and told["hidden"] == {
        "eyes": False, "mouth": True, "left": False, "right": False,
    }  # fmt: skip
    assert told["action_units"]["AU12"] is None and told["action_units"]["AU4"] is not None
    assert told["readers"][UNITS] is None and told["unread"][UNITS] == "hidden: mouth"
    assert bare.to_json()["readers"][UNITS] is not None and bare.obstacle is None
    plain = trusting.to_json()
    assert plain["hidden"] is None and plain["readers"][UNITS] is not None
    assert plain["action_units"]["AU12"] is not None


def test_a_neutral_face_that_cannot_be_read_is_refused() -> None:
    from made_pictures import masked, portrait

    from faces.readers.baseline import Baseline

    picture = portrait("female_03")
    with FaceReader(pixel=None) as reader:
        (bare,) = reader.read([np.array(picture)])
        assert bare.landmarks is not None
        covered = reader.read([masked(picture, bare.landmarks.points)])
    with pytest.raises(CircumplexError, match="hidden: mouth"):
        Baseline.of(covered)
