"""`circumplex measure` on videos: time stamps, people followed, and calls that were killed."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pytest
from made_videos import write_video
from PIL import Image

from faces.readers.face_columns import FACE, PLACE
from faces.readers.identity_table import read_identity
from faces.readers.landmarks.model_file import BUNDLED, VARIABLE
from faces.readers.landmarks.table import FACE_COLUMNS
from faces.readers.reading import FaceReader
from studio.cli import main

PEOPLE = Path(__file__).parents[2] / "data" / "people"
PORTRAITS = Path(__file__).parents[2] / "data" / "portraits"
FIRST, SECOND = "female_00", "male_03"
TIMES = [0.0, 0.04, 0.3, 0.35, 1.0, 1.5, 1.54, 1.6]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people side by side who change places in the middle, at times of their own."""
    one, other = (
        np.asarray(Image.open(PORTRAITS / f"{name}.jpg").convert("RGB").resize((160, 160)))
        for name in (FIRST, SECOND)
    )
    before, after = np.hstack([one, other]), np.hstack([other, one])
    frames = [np.roll(before if k < 4 else after, k, axis=0) for k in range(len(TIMES))]
    path = tmp_path_factory.mktemp("clip") / "two.mp4"
    return write_video(path, frames, times=TIMES, options={"g": "3", "bf": "0"})


def measured(table: Path) -> list[dict[str, Any]]:
    with table.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def run(*arguments: object) -> int:
    return main(["measure", *map(str, arguments), "--processes", "1", "--quiet"])


def test_every_table_has_the_time_and_the_person(clip: Path, tmp_path: Path) -> None:
    files = ["--table", tmp_path / "t.csv", "--landmarks", tmp_path / "l.parquet"]
    files += ["--features", tmp_path / "f", "--identity", tmp_path / "i.parquet"]
    assert run(clip, "--faces", "all", *files) == 0
    rows = measured(tmp_path / "t.csv")
    assert [float(row["time_s"]) for row in rows] == [t for t in TIMES for _ in range(2)]
    assert [int(row["frame"]) for row in rows] == [k for k in range(len(TIMES)) for _ in range(2)]
    # who stands on the left is another one after the cut
    left = [row["person"] for row in rows if float(row["left"]) < 160 - float(row["left"])]
    assert left[:4] == [left[0]] * 4 and left[4:] == [left[4]] * 4
    assert {left[0], left[4]} == {"1", "2"}
    landmarks = pd.read_parquet(tmp_path / "l.parquet")
    features = pd.read_csv(tmp_path / "f/features.csv")
    identity, _ = read_identity(tmp_path / "i.parquet")
    assert list(landmarks.columns)[-len(FACE_COLUMNS) :] == list(FACE_COLUMNS)
    for names in (rows[0], features.columns, identity.columns):
        shared = [*FACE, *PLACE]
        assert [*names][: len(FACE)] == list(FACE)
        assert [name for name in names if name in shared] == shared
    for other in (landmarks, features, identity):
        assert [int(row["turned"]) for row in rows] == other["turned"].tolist()
        assert np.allclose([float(row["left"]) for row in rows], other["left"], atol=0.01)
        assert [float(row["time_s"]) for row in rows] == other["time_s"].tolist()
        assert [int(row["person"]) for row in rows] == other["person"].tolist()


def test_a_picture_has_no_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(PORTRAITS / f"{FIRST}.jpg", "--json", "--pose") == 0
    (told,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert told["time_s"] is None and told["person"] is None and told["identity"] is None


def test_frames_are_chosen_by_number_and_time(
    clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for options, times in (
        (["--every", "3"], [0.0, 0.35, 1.54]),
        (["--fps", "2"], [0.0, 1.0, 1.5]),
        (["--start", "0.3", "--end", "1.5"], [0.3, 0.35, 1.0]),
    ):
        assert run(clip, "--json", "--pose", *options) == 0
        told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [each["time_s"] for each in told] == times
        assert all(each["found"] and each["person"] for each in told)
    assert run(clip, "--fps", "2", "--every", "2") == 2
    assert "fps" in capsys.readouterr().err


def test_a_call_without_tracks_numbers_nobody(
    clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(clip, "--json", "--pose", "--every", "4", "--no-tracks") == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["person"] for each in told] == [None, None]


def test_boxes_in_large_frames_are_in_pixels_of_the_video(tmp_path: Path) -> None:
    portrait = Image.open(PORTRAITS / f"{FIRST}.jpg").convert("RGB").resize((2100, 2100))
    frame = Image.new("RGB", (3840, 2160), (90, 100, 110))
    frame.paste(portrait, (1700, 30))
    file = write_video(tmp_path / "large.mp4", [np.asarray(frame)], options={"preset": "ultrafast"})
    assert run(file, "--no-tracks", "--table", tmp_path / "t.csv") == 0
    (row,) = measured(tmp_path / "t.csv")
    left, top, right, bottom = (float(row[edge]) for edge in ("left", "top", "right", "bottom"))
    assert 1700 < left < right < 3800 and 30 < top < bottom < 2130 and right - left > 500


@pytest.mark.parametrize("killed_after", [1, 2])
def test_a_call_that_was_killed_goes_on_to_the_same_bytes(
    killed_after: int, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """A picture, then a video, in batches of three; the sheet's faces come back too."""
    monkeypatch.setattr("faces.readers.reading.BATCH", 3)
    reads = FaceReader._read_batch
    seen: list[int] = []

    def read(reader: FaceReader, batch: list[Any]) -> Iterator[Any]:
        seen.append(len(batch))
        if len(seen) > killed_after >= 0:
            raise KeyboardInterrupt
        return reads(reader, batch)

    monkeypatch.setattr(FaceReader, "_read_batch", read)
    results: list[list[bytes]] = []
    for limits in ([-1], [killed_after, -1]):
        place = tmp_path / str(len(results))
        names = {"table": "t.csv", "landmarks": "l.parquet", "identity": "i.parquet"}
        names |= {"sheet": "s.png", "features": "f"}
        files = [part for name, file in names.items() for part in (f"--{name}", place / file)]
        for limit in limits:
            killed_after, seen = limit, []
            code = run(PORTRAITS / f"{FIRST}.jpg", clip, "--faces", "all", "--json", *files)
            assert code == (130 if limit >= 0 else 0)
            said = capsys.readouterr().out
        results.append([said.encode()] + [
            file.read_bytes() for file in sorted(place.rglob("*")) if file.is_file()
        ])  # fmt: skip
        assert sum(seen) == 9 - 3 * max(limits[0], 0)
        assert not list(place.glob(".*"))
    assert len(results[0]) == 7  # what was said, four files, and two of features
    for one, other in zip(*results, strict=True):
        assert one == other


def test_a_call_of_other_settings_begins_anew(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("faces.readers.reading.BATCH", 3)
    table = tmp_path / "t.csv"
    (tmp_path / ".t.99999.partial.csv").write_text("what a killed call left")
    with monkeypatch.context() as patch:
        patch.setattr("faces.readers.resuming.replace", _interrupted)
        patch.setattr("studio.stimuli.face_sheet.Sample.holds", _interrupted)
        assert run(clip, "--table", table) == 130
    assert not table.exists()
    assert run(clip, "--table", table, "--every", "2") == 0
    assert [row["frame"] for row in measured(table)] == ["0", "2", "4", "6"]
    assert [file.name for file in tmp_path.iterdir()] == ["t.csv"]


@pytest.mark.parametrize("changed", ["label", "picture", "landmarker", "device"])
def test_a_call_goes_on_only_with_the_same_table_landmarker_and_device(
    changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two pictures within a table; the call is killed when the first was read."""
    first, second = ((PORTRAITS / f"{name}.jpg").read_bytes() for name in (FIRST, SECOND))
    source, table = tmp_path / "faces.parquet", tmp_path / "t.csv"
    rows = pd.DataFrame({"image": [{"bytes": first}, {"bytes": second}], "label": ["happy", "sad"]})
    rows.to_parquet(source)
    monkeypatch.setattr("faces.readers.reading.BATCH", 1)
    reads, read = FaceReader._read_batch, []

    def counted(reader: FaceReader, batch: list[Any]) -> Iterator[Any]:
        read.append(batch)
        return reads(reader, batch) if len(read) != 2 else _interrupted()

    monkeypatch.setattr(FaceReader, "_read_batch", counted)
    assert run(source, "--table", table) == 130
    if changed == "label":
        rows.assign(label=["fear", "sad"]).to_parquet(source)
    elif changed == "picture":
        rows.assign(image=[{"bytes": second}] * 2).to_parquet(source)
    elif changed == "landmarker":
        copy = tmp_path / "other.task"
        copy.write_bytes(BUNDLED.read_bytes())
        monkeypatch.setenv(VARIABLE, str(copy))
    else:
        monkeypatch.setattr("studio.engine.Engine.device", "cpu:0")
    assert run(source, "--table", table) == 0
    assert len(read) == 4  # one, the one that was interrupted, and both again
    assert measured(table)[0]["label"] == ("fear" if changed == "label" else "happiness")


def _interrupted(*_: object, **__: object) -> NoReturn:
    raise KeyboardInterrupt


def test_a_picture_that_moves_has_a_row_a_frame(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = (Image.open(PEOPLE / f"{name}.jpg") for name in ("001_smiling", "001_neutral"))
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second], duration=400)
    first.save(tmp_path / "b.gif")
    Image.new("RGB", (64, 64)).save(tmp_path / "c.png")
    table = tmp_path / "out" / "faces.csv"
    assert main(["measure", str(tmp_path), "--table", str(table), "--processes", "1"]) == 0
    assert "found a face in 3 of 4 pictures and frames of 3 files\n" in capsys.readouterr().out
    rows = pd.read_csv(table)
    assert [Path(path).name for path in rows["path"]] == ["a.gif", "a.gif", "b.gif", "c.png"]
    rows = rows[:3]
    assert rows["found"].all() and rows["frame"].tolist() == [0, 1, 0]
    assert rows["time_s"].tolist()[:2] == [0.0, 0.4] and rows["time_s"].isna()[2]
    assert rows["expression"].tolist() == ["happiness", "neutral", "happiness"]
