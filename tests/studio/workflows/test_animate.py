"""`circumplex animate`: what is asked for, drawn, read, written, and made again."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import av
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import gan_bridge
from faces.ground.errors import CircumplexError
from faces.ground.files import read_json
from faces.readers import FaceReader
from faces.readers.landmarks.config import LandmarkerConfig
from gan_bridge.editing.editor import Editor
from gan_bridge.editing.rated_editor import rate
from studio.app.values import portrait_value
from studio.engine import Engine
from studio.stimuli.recipe import encode_latent, picture_digest, read_pixels
from studio.validation import RequestError
from studio.workflows import animate, edit
from studio.workflows.animate import AnimateRequest
from studio.workflows.animate_result import AnimateResult
from studio.workflows.edit import EditRequest

SEED = 5000
FPS = 8.0


def make(engine: Engine, folder: Path, **values: Any) -> AnimateResult:
    face = {} if "photo" in values or "recipe" in values else {"seed": SEED}
    return animate.run(AnimateRequest(folder=folder, **face, **values), engine)


@pytest.fixture(scope="module")
def smile(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> AnimateResult:
    """Neutral, a smile beyond what faces show, and neutral, in 13 frames."""
    return make(
        engine,
        tmp_path_factory.mktemp("animations") / "smile",
        target="0.95,0.1",
        onset=500.0,
        apex=500.0,
        offset=500.0,
        fps=FPS,
        formats=("mp4", "gif", "png"),
    )


@pytest.fixture(scope="module")
def table(smile: AnimateResult) -> pd.DataFrame:
    return pd.read_parquet(smile.folder / "table.parquet")


def test_the_folder_holds_what_it_says(smile: AnimateResult) -> None:
    found = {file.name for file in smile.folder.iterdir()} - {".lock"}
    assert found == set(smile.files)
    assert len(list((smile.folder / "frames").iterdir())) == smile.frames == 13
    with av.open(str(smile.folder / "animation.mp4")) as video:
        assert len(list(video.decode(video=0))) == 13
    with Image.open(smile.folder / "readings.png") as plot:
        assert plot.width > 600
    json.dumps(smile.summary())


def test_the_table_has_a_row_a_frame(smile: AnimateResult, table: pd.DataFrame) -> None:
    assert np.allclose(table.time_ms, np.arange(13) * 1000 / FPS, atol=1e-3)
    assert table.valence.iloc[[0, -1]].tolist() == [0, 0]
    assert (table.valence.iloc[4:9] == 0.95).all() and (table.arousal.iloc[4:9] == 0.1).all()
    assert table.valence.iloc[:5].is_monotonic_increasing
    assert len(pd.read_csv(smile.folder / "table.csv")) == 13


def test_what_no_face_shows_is_counted_and_named(
    smile: AnimateResult, table: pd.DataFrame, engine: Engine
) -> None:
    explorer = engine.explorer("stylegan3")
    targets = table[["valence", "arousal"]].to_numpy()
    assert table.reached.tolist() == explorer.covers(targets).tolist()
    aimed = table[["aimed_valence", "aimed_arousal"]].to_numpy()
    assert np.allclose(aimed, explorer.aim(targets), atol=1e-5)
    beyond = np.flatnonzero(~table.reached)
    assert smile.beyond == len(beyond) > 0
    (first, last), *others = smile.beyond_ms
    assert not others
    assert first == pytest.approx(beyond[0] * 1000 / FPS)
    assert last == pytest.approx((beyond[-1] + 1) * 1000 / FPS)


def test_the_frames_are_edits_and_the_readings_are_theirs(
    smile: AnimateResult, table: pd.DataFrame, engine: Engine
) -> None:
    files = sorted((smile.folder / "frames").iterdir())
    pictures = [read_pixels(file) for file in files]
    assert [picture_digest(each) for each in pictures] == table.picture.tolist()
    apex = edit.run(EditRequest(seed=SEED, valence=0.95, arousal=0.1), engine)
    assert files[6].read_bytes() == apex.data
    with FaceReader(LandmarkerConfig(visibility=False), identity="bundled") as reader:
        read = reader.read([pictures[0], pictures[6]])
    for name in ("pixel", "action_units", "action_units_table"):
        found = table.loc[6, [f"{name}_valence", f"{name}_arousal"]].to_numpy(float)
        assert found == pytest.approx(read[1].affect[name], abs=0.01)
    before, after = (each.embedding for each in read)
    distance = np.linalg.norm(before - after)
    assert table.identity_distance[6] == pytest.approx(distance, abs=0.01)
    assert table.identity_distance[0] == 0 < distance
    assert smile.identity_distance == pytest.approx(table.identity_distance.max(), abs=1e-6)
    assert table.pixel_valence[6] > table.pixel_valence[0] + 0.3


def test_it_is_made_again(smile: AnimateResult, engine: Engine, tmp_path: Path) -> None:
    config = smile.folder / "animation.json"
    again = make(engine, tmp_path / "again", recipe=config, formats=("gif",), unread=True)
    assert again.different == 0 and again.frames == 13 and again.errors == {}
    same = (tmp_path / "again" / "animation.gif").read_bytes()
    assert same == (smile.folder / "animation.gif").read_bytes()
    stored = read_json(config)
    stored["pictures"][3] = "0" * 64
    (tmp_path / "other.json").write_text(json.dumps(stored))
    other = make(engine, tmp_path / "other", recipe=tmp_path / "other.json", unread=True)
    assert other.different == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"schema": "circumplex/grid"}, "not circumplex/animation"),
        ({"frames": {}}, "is damaged"),
        ({"people": []}, "is damaged"),
        ({"fps": "fast"}, "is damaged"),
        ({"pictures": 3}, "is damaged"),
        ({"pictures": ["0" * 64]}, "is damaged"),
        ({"asked": 3}, "is damaged"),
        ({"fps": 10**400}, "is damaged"),
        ({"frames": []}, "is damaged"),
        ({"people": [3]}, "is damaged"),
    ],
)
def test_a_damaged_recipe_is_refused(
    change: dict[str, Any], why: str, smile: AnimateResult, engine: Engine, tmp_path: Path
) -> None:
    stored = read_json(smile.folder / "animation.json") | change
    (tmp_path / "bad.json").write_text(json.dumps(stored))
    with pytest.raises(CircumplexError, match=why):
        make(engine, tmp_path / "bad", recipe=tmp_path / "bad.json")
    assert not (tmp_path / "bad").exists()


@pytest.mark.parametrize("kept", [1, "turned"])
def test_key_points_that_lead_nowhere_are_refused(
    kept: int | str, smile: AnimateResult, engine: Engine, tmp_path: Path
) -> None:
    stored = read_json(smile.folder / "animation.json")
    (person,) = stored["people"]
    generator = engine.generator("stylegan3")
    nothing = encode_latent(np.zeros((1, generator.num_layers, generator.w_dim)))
    person["recipe"]["refined"] = 2
    points = [{"moment_ms": at, "correction": nothing} for at in (0.0, 1500.0)]
    person["refined_at"] = points[:1] if kept == 1 else points[::-1]
    (tmp_path / "bad.json").write_text(json.dumps(stored))
    with pytest.raises(CircumplexError, match="is damaged"):
        make(engine, tmp_path / "bad", recipe=tmp_path / "bad.json", unread=True)


def test_what_is_cut_off_leaves_the_animation_of_before(
    engine: Engine, tmp_path: Path, probed_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values: dict[str, Any] = {"generator": str(probed_run), "unread": True}
    make(engine, tmp_path, circle=0.4, fps=2.0, formats=("png", "gif"), **values)
    before = contents(tmp_path)
    assert "animation.json" in before and "frames/0000.png" in before
    drawn = animate.draw_frames

    def cut_off(animation: Any, write: Any, *others: Any) -> Any:
        drawn(animation, write, *others)
        raise KeyboardInterrupt

    again: dict[str, Any] = {"recipe": tmp_path / "animation.json", "overwrite": True, **values}
    with monkeypatch.context() as patch:
        patch.setattr(animate, "draw_frames", cut_off)
        with pytest.raises(KeyboardInterrupt):
            make(engine, tmp_path, formats=("webm", "png"), **again)
    assert contents(tmp_path) == before
    (tmp_path / ".unfinished").mkdir()  # as a process leaves it that is killed
    (tmp_path / ".unfinished" / "animation.gif").write_bytes(b"half")
    made = make(engine, tmp_path, formats=("gif",), **again)
    assert made.different == 0
    kept = {name for name in before if not name.startswith("frames/")}
    assert set(contents(tmp_path)) == kept
    assert contents(tmp_path)["animation.gif"] == before["animation.gif"]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but the lock."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and file.name != ".lock"
    }


@pytest.mark.parametrize("time", ["3.6e6", "1e10"])
def test_too_many_frames_are_counted_and_not_laid_out(
    time: str, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "keys.csv"
    table.write_text(f"time_ms,valence,arousal\n0,0,0\n{time},0.5,0.1\n")

    def laid_out(*_: Any) -> None:
        pytest.fail("the frames were laid out")

    monkeypatch.setattr(animate, "frame_times", laid_out)
    with pytest.raises(RequestError, match=r"108001 frames are more than|more than 3,600,000"):
        make(engine, tmp_path / "a", points=table)


def test_readings_are_set_against_what_readers_find_where_people_see_the_request(
    engine: Engine, tmp_path: Path
) -> None:
    weights = Path(gan_bridge.__file__).parent / "weights"
    folder = tmp_path / "rated"
    folder.mkdir()
    for name in ("directions.safetensors", "bridge.json"):
        shutil.copy(weights / name, folder)
    bias = np.array([[0.05, 0.1], [-0.4, 0.0], [0.0, -0.3]])  # of what people see
    rated = rate(Editor.load(weights / "editor.safetensors"), bias, {})
    rated.save(folder / "editor.safetensors")
    made = make(
        engine, tmp_path / "out", target="0.25,0.2", offset=0.0, fps=2.0, directions=folder,
        formats=("png",),
    )  # fmt: skip
    table = pd.read_csv(tmp_path / "out" / "table.csv")
    aimed = table[["aimed_valence", "aimed_arousal"]].to_numpy()
    to_find = (aimed - bias[0]) / [0.6, 0.7]
    for name, error in made.errors.items():
        read = table[[f"{name}_valence", f"{name}_arousal"]].to_numpy()
        assert error == pytest.approx(np.linalg.norm(read - to_find, axis=1).mean(), abs=1e-3)
    assert np.abs(to_find - aimed).max() > 0.05
    request = EditRequest(seed=SEED, valence=0.25, arousal=0.2, directions=folder)
    result = edit.run(request, engine)
    assert result.reading is not None and result.expected_rating is not None
    senses = engine.senses(engine.explorer(request).calibration, "cpu")
    assert senses is not None
    picture = np.asarray(Image.open(io.BytesIO(result.data)).convert("RGB"))
    found = senses.mean_affect(picture[None])[0]  # by those that the editor aims for
    expected = bias[0] + np.array([0.6, 0.7]) * found
    assert result.expected_rating == pytest.approx(tuple(expected), abs=1e-4)
    assert np.abs(found - result.reading).max() > 1e-3
    assert result.summary()["expected_rating"]["valence"] == result.expected_rating[0]
    assert portrait_value(result)["read"][0] == f"{expected[0]:+.2f}".replace("-", "−")
    assert "expected_rating" not in edit.run(EditRequest(seed=SEED), engine).summary()


def test_another_model_is_refused(
    smile: AnimateResult, engine: Engine, tmp_path: Path, probed_run: Path
) -> None:
    config = smile.folder / "animation.json"
    with pytest.raises(CircumplexError, match="was made with generator"):
        make(engine, tmp_path / "other", recipe=config, generator=str(probed_run))


def test_one_person_goes_over_into_another_and_the_affect_stays(
    engine: Engine, tmp_path: Path
) -> None:
    made = make(
        engine, tmp_path, to="5003", target="0.4,0.1", onset=1000.0, fps=4.0, formats=("png",)
    )
    table = pd.read_csv(tmp_path / "table.csv")
    assert made.frames == 5 and table.share.iloc[[0, -1]].tolist() == [0, 1]
    assert (table.valence == 0.4).all() and (table.arousal == 0.1).all()
    for frame, seed in ((0, SEED), (4, 5003)):
        alone = edit.run(EditRequest(seed=seed, valence=0.4, arousal=0.1), engine)
        assert (tmp_path / "frames" / f"{frame:04d}.png").read_bytes() == alone.data
    assert table.identity_distance.is_monotonic_increasing
    half = EditRequest(recipe=tmp_path / "frames" / "0002.png")
    assert edit.run(half, engine).reproduction.identical  # type: ignore[union-attr]
    again = make(engine, tmp_path / "again", recipe=tmp_path / "animation.json", unread=True)
    assert again.different == 0


def test_a_photo_is_refined_at_key_points_and_made_again(
    engine: Engine, tmp_path: Path, portrait: Path
) -> None:
    made = make(
        engine, tmp_path, photo=portrait, force=True, target="0.5,0.1", apex=0.0, fps=3.0,
        refine=2, formats=("png",), unread=True,
    )  # fmt: skip
    assert made.notes
    request = EditRequest(photo=portrait, force=True, valence=0.5, arousal=0.1, refine=2)
    alone = read_pixels_of(edit.run(request, engine).data)
    shown = read_pixels(tmp_path / "frames" / "0003.png")
    assert np.abs(shown.astype(int) - alone).max() <= 1  # float32 adds up in another order
    again = make(engine, tmp_path / "again", recipe=tmp_path / "animation.json", unread=True)
    assert again.different == 0


def read_pixels_of(data: bytes) -> np.ndarray:
    import io

    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"))


def test_readings_move_at_a_constant_speed_on_request(engine: Engine, tmp_path: Path) -> None:
    made = make(
        engine, tmp_path, target="happiness", apex=0.0, offset=0.0, fps=24.0, constant_speed=True
    )
    assert made.speed is not None
    before, after = made.speed
    assert after < 0.6 * before
    table = pd.read_csv(tmp_path / "table.csv")
    assert table.valence.iloc[0] == 0 and table.valence.is_monotonic_increasing


def test_an_animation_stays_unless_it_may_be_replaced(
    engine: Engine, tmp_path: Path, probed_run: Path
) -> None:
    values: dict[str, Any] = {"generator": str(probed_run), "unread": True, "fps": 2.0}
    make(engine, tmp_path, circle=0.4, formats=("png", "gif"), **values)
    (tmp_path / "frames" / "mine.txt").write_text("mine")
    with pytest.raises(CircumplexError, match="exists; add --overwrite"):
        make(engine, tmp_path, circle=0.4, formats=("webm",), **values)
    made = make(engine, tmp_path, circle=0.4, formats=("webm",), overwrite=True, **values)
    assert {file.name for file in tmp_path.iterdir()} == {*made.files, "frames", ".lock"}
    assert [file.name for file in (tmp_path / "frames").iterdir()] == ["mine.txt"]
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "animation.gif").write_bytes(b"mine")
    with pytest.raises(CircumplexError, match=r"animation.gif exists"):
        make(engine, tmp_path / "own", circle=0.4, formats=("gif",), **values)


def test_a_generator_whose_faces_no_reader_finds_says_so(
    engine: Engine, tmp_path: Path, probed_run: Path
) -> None:
    made = make(engine, tmp_path, circle=0.4, duration=1000.0, fps=4.0, generator=str(probed_run))
    assert made.unfound == made.frames == 4 and made.unfound_ms == ((0.0, 1000.0),)
    assert made.errors == {} and made.identity_distance is None
    table = pd.read_csv(tmp_path / "table.csv")
    assert not table.found.any() and table.pixel_valence.isna().all()


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({}, "say where to"),
        ({"target": "happy", "circle": 0.4}, "target and circle are two ways"),
        ({"circle": 0.4, "offset": 1.0}, "offset goes with target, not with circle"),
        ({"circle": 0.4, "to": "3"}, "to goes with target"),
        ({"target": "happy", "duration": 9.0}, "duration goes with circle and through"),
        ({"circle": 1.2}, "circle is 1.2"),
        ({"target": "happy", "onset": 0.0}, "onset is 0"),
        ({"target": "happy", "to": "3", "start": "sad"}, "leave start"),
        ({"to": "3", "constant_speed": True}, "nothing to move"),
        ({"circle": 0.4, "constant_speed": True, "easing": "min-jerk"}, "no room for an easing"),
        ({"circle": 0.4, "constant_speed": True, "unread": True}, "needs readings"),
        ({"circle": 0.4, "easing": "bounce"}, "easing is 'bounce'"),
        ({"circle": 0.4, "fps": 0.5}, "fps is 0.5"),
        ({"circle": 0.4, "formats": ("avi",)}, "formats has avi"),
        ({"circle": 0.4, "formats": ()}, "formats is empty"),
        ({"circle": 0.4, "formats": ("gif", "gif")}, "given twice"),
        ({"circle": 0.4, "formats": ("gif",), "fps": 60.0}, "at most 50 frames"),
        ({"circle": 0.4, "folder": Path("a.mp4")}, "name it without .mp4"),
        ({"recipe": Path("a.json"), "seed": None, "circle": 0.4}, "the recipe decides circle"),
        ({"recipe": Path("a.json"), "seed": None, "fps": 3.0}, "the recipe decides fps"),
        ({"recipe": Path("a.json")}, "give one of seed"),
    ],
)
def test_requests_that_make_no_sense(values: dict[str, Any], why: str) -> None:
    with pytest.raises(RequestError, match=why):
        AnimateRequest(**{"folder": Path("a"), "seed": 0} | values)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"target": "joyless"}, "'joyless' names no point"),
        ({"through": "happy"}, "two points or more"),
        ({"circle": 0.4, "duration": 600_000.0, "fps": 120.0}, "more than 20000"),
    ],
)
def test_points_that_cannot_be_read_are_wrong_usage(
    values: dict[str, Any], why: str, engine: Engine, tmp_path: Path
) -> None:
    with pytest.raises(RequestError, match=why):
        make(engine, tmp_path / "a", **values)
    assert not (tmp_path / "a").exists()
