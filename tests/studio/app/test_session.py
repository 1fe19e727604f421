"""The page's side of the workflows, without a browser."""

import shutil
from pathlib import Path

import gradio as gr
import pytest

from faces.ground.files import read_json, write_json
from studio.app.inputs import Photo
from studio.app.session import Session
from studio.engine import Engine


@pytest.fixture
def session(probed_run: Path, engine: Engine) -> Session:
    return Session(engine, str(probed_run))


@pytest.mark.parametrize(
    "pad", ["oops", None, 3, {"valence": "x"}, {"valence": float("nan"), "stamp": float("inf")}]
)
def test_a_forged_pad_counts_as_neutral(session: Session, pad: object) -> None:
    valence, arousal, portrait, moved = session.drag(pad, 1, None, 0.7)
    assert (valence, arousal, moved["stamp"]) == (0.0, 0.0, 0)
    assert portrait["src"].startswith("data:image/png")


def test_errors_over_photos_give_the_name_alone(session: Session, tmp_path: Path) -> None:
    photo = tmp_path / "me.jpg"
    photo.write_bytes(b"no picture")
    kept: Photo = {"path": str(photo), "face": None, "force": False}
    for attempt in (
        lambda: session.take_photo(str(photo), 0.7, {}),
        lambda: session.face(0, 0, 1, kept, 0.7, {}),
        lambda: session.grid(1, kept, 0.7, 3, False, 0.8),
    ):
        with pytest.raises(gr.Error, match=r"me\.jpg") as refused:
            attempt()
        assert str(tmp_path) not in str(refused.value)


def test_a_photo_that_comes_out_as_somebody_else_is_taken_when_told(
    session: Session, portrait: Path
) -> None:
    with pytest.raises(gr.Error, match=r"is too poor to edit: the face found is 0\.\d\d"):
        session.take_photo(str(portrait), 0.7, {})
    photo, valence, arousal, shown, _ = session.take_photo(str(portrait), 0.7, {}, 1, True)
    assert photo == {"path": str(portrait), "face": 1, "force": True}
    assert shown["who"] == "your photo" and max(abs(valence), abs(arousal)) <= 1
    assert session.grid(None, photo, 0.7, 3, True, 0.8)["src"].startswith("data:image/png")
    with pytest.raises(gr.Error, match=r"there is no face 4"):
        session.take_photo(str(portrait), 0.7, {}, 4, True)


def test_one_download_at_a_time(session: Session) -> None:
    def export(seeds: str) -> Path:
        return Path(session.export(seeds, "grid", 2, 0.8, 8, "0.4", False, 0.7)[0])

    first = export("0")
    assert [path.name for path in first.parent.iterdir()] == ["stimuli.zip"]
    assert export("1").is_file()
    with pytest.raises(gr.Error, match="0-9,42"):
        export("none")
    assert not any(first.parent.iterdir())


def test_evidence_of_another_model_is_not_shown(
    session: Session, probed_run: Path, engine: Engine, tmp_path: Path
) -> None:
    assert "cosine before" in session.evidence()
    run = tmp_path / "run"
    shutil.copytree(probed_run, run)
    report = read_json(run / "report.json")
    report["directions"]["model"] = "e" * 64
    write_json(run / "report.json", report)
    page = Session(engine, str(run)).evidence()
    assert "another model" in page and "cosine before" not in page
    (run / "report.json").unlink()
    assert "No report lies beside" in Session(engine, str(run)).evidence()


def test_the_way_to_the_dot_and_back_is_a_video(session: Session) -> None:
    import base64
    import io

    import av

    for place, frames in (((0.4, 0.1), 91), ((0.0, 0.0), 150)):  # out and back, once around
        made = session.animated(*place, 1, None, 0.7)
        head, data = made["src"].split(",", 1)
        assert head == "data:video/mp4;base64" and made["file"] == "circumplex-animation.mp4"
        with av.open(io.BytesIO(base64.b64decode(data))) as video:
            assert len(list(video.decode(video=0))) == frames
