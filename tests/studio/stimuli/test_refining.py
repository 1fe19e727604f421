"""Photos are refined unasked, seeds on request, and recipes say so."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from faces.ground.errors import CircumplexError
from studio.app.session import Session
from studio.cli import main
from studio.engine import Engine
from studio.stimuli.recipe import read_recipe
from studio.workflows import edit
from studio.workflows.edit import EditRequest, EditResult

SMILE = {"valence": 0.7, "arousal": 0.2}


def run(engine: Engine, **fields: object) -> EditResult:
    return edit.run(EditRequest(generator="stylegan3", **fields), engine)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def folder() -> Path:
    return Path(__file__).parents[2] / "data" / "people"


@pytest.fixture(scope="module")
def smiled(folder: Path, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("refined") / "smile.png"
    run(engine, photo=folder / "001_neutral.jpg", out=out, **SMILE)
    return out


def test_a_photo_comes_nearer_to_its_request(smiled: Path, folder: Path, engine: Engine) -> None:
    explorer = engine.explorer("stylegan3")
    quick = run(engine, photo=folder / "001_neutral.jpg", refine=0, **SMILE)
    assert quick.recipe.refined is None
    assert read_recipe(smiled).refined == 16
    refined = np.asarray(Image.open(smiled).convert("RGB"))
    assert explorer.aimed_reader is not None
    pictures = np.stack([refined, decoded(quick)])
    found = explorer.aimed_reader(pictures)
    near, far = np.linalg.norm(found - np.array(quick.aimed), axis=1)
    assert near < 0.8 * far


def test_the_command_line_says_steps_and_person(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo, out = str(folder / "001_neutral.jpg"), str(tmp_path / "smile.png")
    assert main(["edit", out, "--photo", photo, "-v", "0.7", "-a", "0.2", "--refine", "3"]) == 0
    said = capsys.readouterr().out
    assert "refined in 3 steps; in the picture the model predicts valence +0." in said
    found = re.search(r"identity distance of the edit from the photo: (0\.\d\d)", said)
    assert found is not None and 0.1 < float(found[1]) < 0.5


def test_a_refined_picture_is_made_again(smiled: Path, engine: Engine) -> None:
    again = run(engine, recipe=smiled)
    assert again.reproduction is not None and again.recipe.refined == 16
    assert again.reproduction.identical
    with pytest.raises(CircumplexError, match="the recipe decides refine"):
        run(engine, recipe=smiled, refine=3)


def test_what_a_photo_shows_anyway_leaves_it_as_it_is(folder: Path, engine: Engine) -> None:
    photo = folder / "001_neutral.jpg"
    explorer = engine.explorer("stylegan3")
    face = engine.photo_face(photo, explorer.generator)
    anchor = engine.anchored(explorer, face.w, face.image).anchor
    assert anchor is not None
    valence, arousal = anchor.tolist()
    still = run(engine, photo=photo, valence=valence, arousal=arousal)
    assert np.array_equal(decoded(still), face.image)


def test_a_seed_is_refined_on_request(engine: Engine) -> None:
    quick, refined = run(engine, seed=3, **SMILE), run(engine, seed=3, refine=2, **SMILE)
    assert quick.recipe.refined is None and refined.recipe.refined == 2
    assert not np.array_equal(decoded(quick), decoded(refined))


def test_without_an_editor_it_is_refused(probed_run: Path, engine: Engine) -> None:
    with pytest.raises(CircumplexError, match="cannot be refined"):
        edit.run(EditRequest(generator=str(probed_run), seed=3, refine=2), engine)


def test_the_page_refines_where_it_is_asked_to(engine: Engine) -> None:
    session = Session(engine, "stylegan3")
    place = 0.7, 0.2, 3, None, 0.7, {"stamp": 4}
    quick, refined = (shown(each(*place)[0]) for each in (session.face, session.refined))
    assert not np.array_equal(quick, refined)


def decoded(result: EditResult) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(result.data)).convert("RGB"))


def shown(portrait: dict[str, str]) -> np.ndarray:
    data = base64.b64decode(portrait["src"].partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
