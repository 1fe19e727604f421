"""Pictures on their side or head are turned before they are read."""

from pathlib import Path

import numpy as np
import pytest
from made_pictures import in_frame, portrait
from made_videos import write_video
from PIL import Image

from faces import FaceReader
from faces.readers import Landmarker, LandmarkerConfig, Landmarks, Missing, head_angles
from faces.readers.done_files import DoneFile, file_stamp
from faces.readers.inputs import find_inputs
from faces.sets.turning import turned_picture

NAMES = ("female_03", "female_00", "female_05", "male_01")


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_picture_is_read_as_the_upright_one(landmarker: Landmarker, degrees: int) -> None:
    for name in NAMES:
        upright = np.array(portrait(name))
        (expected,) = landmarker.read([upright])[0]
        (found,) = landmarker.read([turned_picture(upright, degrees)])[0]
        assert isinstance(expected, Landmarks) and isinstance(found, Landmarks)
        assert (expected.turned, found.turned) == (0, 360 - degrees)
        assert np.allclose(found.points, expected.points, atol=1e-5)
        assert np.allclose(found.blendshapes, expected.blendshapes, atol=1e-5)
        assert abs(head_angles(found.matrix[None])[0, 2]) < 20


def test_a_small_turned_face_is_found_too(landmarker: Landmarker) -> None:
    frame = in_frame([(portrait("male_01"), 160, (400, 200))], (960, 540))
    (found,) = landmarker.read([turned_picture(frame, 180)])[0]
    assert isinstance(found, Landmarks) and found.turned == 180
    assert 400 < found.box[0] < found.box[2] < 560


def test_a_head_that_leans_is_no_turned_picture(landmarker: Landmarker) -> None:
    for lean in (-40, -20, 20, 40):
        picture = portrait("female_03").rotate(lean, Image.Resampling.BICUBIC, fillcolor="grey")
        (found,) = landmarker.read([np.array(picture)])[0]
        assert isinstance(found, Landmarks) and found.turned == 0
        assert abs(head_angles(found.matrix[None])[0, 2] + lean) < 12


def test_without_visibility_nothing_is_turned_by_the_pixels() -> None:
    with Landmarker(LandmarkerConfig(visibility=False, confidence=False)) as landmarker:
        (found,) = landmarker.read([np.array(portrait("male_00"))])[0]
    assert isinstance(found, Landmarks) and found.visibility is None


def test_files_are_cut_and_told_as_turned(tmp_path: Path) -> None:
    upright = portrait("female_02")
    upright.crop((0, 0, 300, 320)).save(tmp_path / "a.png")
    upright.crop((0, 0, 300, 320)).rotate(-90, expand=True).save(tmp_path / "b.png")
    with FaceReader(pixel=None, affect=None, crops=True) as reader:
        one, other = reader.read_files([tmp_path])
    assert one.crop is not None and other.crop is not None
    assert np.array_equal(one.crop.pixels, other.crop.pixels)
    assert (one.place["turned"], other.place["turned"]) == (0, 270)
    assert one.place | {"turned": 270} == other.place
    assert other.to_json()["turned"] == 270


@pytest.mark.parametrize("processes", [1, 2])
def test_frames_are_turned_as_the_first_of_their_clip(tmp_path: Path, processes: int) -> None:
    """A small face that lies on its side is seen once the picture is turned alone."""
    frame = in_frame([(portrait("male_01"), 100, (400, 100))], (960, 540))
    upright = [np.roll(frame, 2 * k, axis=1) for k in range(3)]
    lying = [turned_picture(each, 90) for each in upright]
    nobody = turned_picture(in_frame([], (960, 540)), 90)
    clips = {"lying": lying, "other": [nobody, *lying[1:]], "upright": upright}
    for name, frames in clips.items():
        write_video(tmp_path / f"{name}.mp4", frames)
    config = LandmarkerConfig(confidence=False)
    with FaceReader(config, pixel=None, affect=None, tracks=False, processes=processes) as reader:
        readings = list(reader.read_files([tmp_path]))
        found = [each.place.get("turned") for each in readings]
        assert found == [270, 270, 270, None, None, None, 0, 0, 0]
        # a reading that goes on in the middle of a clip knows how it was turned
        path = tmp_path / "lying.mp4"
        done = DoneFile(str(path), 0, False, None, None, file_stamp(path), 270)
        remaining = find_inputs([path]).remaining([done])
        assert remaining is not None
        assert [each.place["turned"] for each in reader.read_tasks(remaining)] == [270, 270]


@pytest.mark.parametrize(("side", "looks"), [(160, 0), (200, 3)])
def test_small_pictures_without_a_face_are_not_turned(
    landmarker: Landmarker, monkeypatch: pytest.MonkeyPatch, side: int, looks: int
) -> None:
    """Those are of sets that were cut, where speed counts."""
    monkeypatch.setattr(landmarker._finder, "find", lambda *_: [])
    turned: list[int] = []
    monkeypatch.setattr(landmarker._finder, "find_sure", lambda *_: turned.append(1) or [])
    noise = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    assert landmarker.read([noise]) == [[Missing("no face")]]
    assert len(turned) == looks
