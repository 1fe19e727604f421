"""The engine: opened once, opened anew when it changed, one thread at a time."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from faces.ground.errors import CircumplexError
from gan_bridge.editing.editor import Editor
from studio.engine import Engine
from studio.model_choice import GeneratorChoice, ModelChoice
from studio.model_files import CALIBRATION, DIRECTIONS, EDITOR, forget_calibration
from studio.validation import RequestError
from studio.workflows import edit
from studio.workflows.edit import EditRequest


def named(generator: str | Path, directions: str | Path) -> ModelChoice:
    return ModelChoice(generator=str(generator), directions=Path(directions))


def test_models_are_opened_once(probed_run: Path, engine: Engine) -> None:
    first = engine.explorer(str(probed_run))
    again = engine.explorer(str(probed_run))
    assert first.generator is again.generator
    assert first.directions is again.directions


def test_a_file_that_changed_is_opened_anew(probed_run: Path, tmp_path: Path) -> None:
    engine, run = Engine("cpu"), tmp_path / "run"
    shutil.copytree(probed_run, run)
    first = engine.run(run)
    assert engine.run(run) is first
    os.utime(run / "vae.safetensors", ns=(1, 1))
    assert engine.run(run) is not first


def test_a_device_that_is_not_there_is_refused(probed_run: Path) -> None:
    with pytest.raises(RequestError, match="no device 'cuda:77'"):
        Engine("cuda:77").generator(str(probed_run))
    with pytest.raises(RequestError, match="no device 'cuda:77'"):
        Engine("cpu").generator(GeneratorChoice(generator=str(probed_run), device="cuda:77"))


def test_missing_directions_name_the_remedy(tiny_run: Path, engine: Engine) -> None:
    with pytest.raises(CircumplexError, match=r"directions\.safetensors is missing.*probe"):
        engine.explorer(str(tiny_run))


def test_models_are_named_by_folder_or_file(probed_run: Path, engine: Engine) -> None:
    by_folder = engine.explorer(str(probed_run))
    by_file = engine.explorer(
        named(probed_run / "vae.safetensors", probed_run / "directions.safetensors")
    )
    assert by_file.generator is by_folder.generator
    assert by_file.directions is by_folder.directions
    assert engine.explorer(named(probed_run, probed_run)).directions is by_folder.directions


def test_a_face_is_anchored_at_what_its_editors_readers_find(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gan_bridge.editing.face_senses import FaceSenses, packaged_senses

    explorer = engine.explorer("stylegan3")
    w = explorer.latent(5000)
    image = explorer.generator.synthesize(w)[0]
    anchor = engine.anchored(explorer, w, image).anchor
    editor = explorer.calibration
    assert isinstance(editor, Editor) and anchor is not None
    expected = packaged_senses(editor.evidence["margin"]).mean_affect(image[None])[0]
    assert np.allclose(anchor, expected, atol=1e-5)
    monkeypatch.setattr(FaceSenses, "mean_affect", None)  # it is not read again
    assert np.array_equal(engine.anchored(explorer, w, image).anchor, anchor)


def test_without_an_editor_a_face_is_anchored_at_what_its_latent_reads(
    probed_run: Path, engine: Engine
) -> None:
    explorer = engine.explorer(str(probed_run))
    w = explorer.latent(3)
    anchored = engine.anchored(explorer, w, explorer.generator.synthesize(w)[0])
    assert np.array_equal(anchored.anchor, explorer.predict(w)[0])


def test_bundled_directions_go_by_their_name(probed_run: Path, engine: Engine) -> None:
    bundled = engine.explorer(named("bundled", "bundled"))
    assert bundled.directions is engine.explorer("bundled").directions
    with pytest.raises(CircumplexError, match="belong to the model"):
        engine.explorer(named(probed_run, "bundled"))


def test_threads_get_the_bytes_that_one_gets(probed_run: Path) -> None:
    requests = [
        EditRequest(seed=seed % 3, valence=0.1 * seed, generator=str(probed_run))
        for seed in range(9)
    ]
    alone = [edit.run(request, Engine("cpu")).data for request in requests[:3]]
    shared = Engine("cpu")
    with ThreadPoolExecutor(4) as pool:
        together = [result.data for result in pool.map(lambda r: edit.run(r, shared), requests)]
    assert together[:3] == alone


def test_directions_written_anew_leave_no_editor_of_the_old_ones(tmp_path: Path) -> None:
    for name in (CALIBRATION, EDITOR, DIRECTIONS):
        (tmp_path / name).write_bytes(b"")
    forget_calibration(tmp_path)
    forget_calibration(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [DIRECTIONS]
