"""Exports: whole, resumed after a kill, verified, equal in luminance where asked."""

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from faces.ground.errors import CircumplexError
from faces.ground.files import only_writer
from gan_bridge.editing.explorer import EmotionExplorer
from studio import workflows
from studio.cli import main
from studio.engine import Engine
from studio.stimuli.export_rows import MEASURED, PLANNED, table_rows
from studio.stimuli.luminance import luma_statistics
from studio.stimuli.points import ring_points
from studio.stimuli.recipe import read_recipe
from studio.stimuli.stimulus_readings import reading_columns
from studio.workflows.edit import EditRequest
from studio.workflows.export import ExportRequest

T = TypeVar("T")
POINTS = ((0.0, 0.0), *ring_points(4, [0.8]))


def _request(run: Path, folder: Path, **values: object) -> ExportRequest:
    settings = {"seeds": (1, 2), "points": POINTS, "truncation": 0.7, "unread": True} | values
    return ExportRequest(folder=folder, generator=str(run), **settings)


def _tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


@pytest.fixture(scope="module")
def undisturbed(probed_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "stimuli"
    workflows.export.run(_request(probed_run, folder), Engine("cpu"))
    return folder


def test_every_picture_has_its_row(undisturbed: Path) -> None:
    table = pd.read_csv(undisturbed / "table.csv")
    assert list(table.columns) == [*PLANNED, *reading_columns(), *MEASURED]
    assert len(table) == 10 == len(list((undisturbed / "images").iterdir()))
    parquet = pd.read_parquet(undisturbed / "table.parquet")
    read = [name for name in table if table[name].notna().any()]
    pd.testing.assert_frame_equal(table[read], parquet[read], check_dtype=False)
    assert parquet.drop(columns=read).isna().all(axis=None)
    for row in table.itertuples():
        data = (undisturbed / row.file).read_bytes()
        image = np.asarray(Image.open(undisturbed / row.file))
        assert hashlib.sha256(data).hexdigest() == row.sha256
        mean, deviation = luma_statistics(image)
        assert row.luminance_mean == pytest.approx(mean, abs=1e-4)
        assert row.luminance_sd == pytest.approx(deviation, abs=1e-4)
    assert not (undisturbed / "done.jsonl").exists()


def test_what_readers_find_can_be_left_open(undisturbed: Path, probed_run: Path) -> None:
    table = pd.read_csv(undisturbed / "table.csv")
    assert table[list(reading_columns())].isna().all(axis=None)
    assert table["aimed_valence"].notna().all() and table["sharpness"].gt(0).all()
    with pytest.raises(CircumplexError, match="its unread is not this one's"):
        workflows.export.run(_request(probed_run, undisturbed, unread=False), Engine("cpu"))


def test_others_work_with_the_models_between_two_pictures(
    probed_run: Path, tmp_path: Path, undisturbed: Path
) -> None:
    engine = Engine("cpu")
    asked = EditRequest(seed=5, generator=str(probed_run))

    def edit_meanwhile(items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
        for item in items:
            assert other.submit(workflows.edit.run, asked, engine).result(timeout=120).data
            yield item

    with ThreadPoolExecutor(1) as other:
        workflows.export.run(_request(probed_run, tmp_path / "out"), engine, edit_meanwhile)
    assert _tree(tmp_path / "out") == _tree(undisturbed)


def test_a_picture_is_made_while_the_models_are_held(
    probed_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, holds, moves = Engine("cpu"), [0], [0]
    held, move = engine.working, EmotionExplorer.move

    @contextmanager
    def working() -> Iterator[None]:
        with held():
            holds[0] += 1
            yield
            holds[0] -= 1

    def watched(self: EmotionExplorer, *given: Any) -> np.ndarray:
        assert holds[0]
        moves[0] += 1
        return move(self, *given)

    monkeypatch.setattr(engine, "working", working)
    monkeypatch.setattr(EmotionExplorer, "move", watched)
    workflows.export.run(_request(probed_run, tmp_path / "out", seeds=(1,)), engine)
    assert moves == [5] and holds == [0]


def test_each_picture_can_be_made_again(
    undisturbed: Path, probed_run: Path, engine: Engine
) -> None:
    for path in sorted((undisturbed / "images").iterdir())[::3]:
        again = workflows.edit.run(EditRequest(recipe=path, generator=str(probed_run)), engine)
        assert again.data == path.read_bytes()


def test_matched_pictures_are_equal_and_can_be_made_again(
    probed_run: Path, engine: Engine, tmp_path: Path
) -> None:
    workflows.export.run(_request(probed_run, tmp_path / "set", match_luminance=True), engine)
    table = pd.read_csv(tmp_path / "set" / "table.csv")
    target = json.loads((tmp_path / "set" / "export.json").read_text())["luminance"]
    assert np.abs(table["luminance_mean"] - target[0]).max() < 0.5
    assert np.abs(table["luminance_sd"] - target[1]).max() < 0.5
    path = tmp_path / "set" / table["file"][7]
    assert read_recipe(path).luminance == tuple(target)
    again = workflows.edit.run(EditRequest(recipe=path, generator=str(probed_run)), engine)
    assert again.data == path.read_bytes()


def test_a_finished_export_is_only_verified(
    undisturbed: Path, probed_run: Path, engine: Engine
) -> None:
    before = _tree(undisturbed)
    result = workflows.export.run(_request(probed_run, undisturbed), engine)
    assert (result.made, result.pictures) == (0, 10)
    assert _tree(undisturbed) == before


def test_damaged_and_missing_pictures_are_made_again(
    probed_run: Path, engine: Engine, tmp_path: Path
) -> None:
    folder = tmp_path / "stimuli"
    workflows.export.run(_request(probed_run, folder), engine)
    before = _tree(folder)
    first, second, *_ = sorted((folder / "images").iterdir())
    first.write_bytes(first.read_bytes()[:-20])
    second.unlink()
    assert workflows.export.run(_request(probed_run, folder), engine).made == 2
    assert _tree(folder) == before


def test_what_is_repaired_is_named_and_nothing_else_becomes_part_of_the_set(
    probed_run: Path, engine: Engine, tmp_path: Path
) -> None:
    folder = tmp_path / "stimuli"
    asked = _request(probed_run, folder, where=("seed == 1 or valence >= 0",))
    workflows.export.run(asked, engine)
    before = _tree(folder)
    first = sorted((folder / "images").iterdir())[0]
    shutil.copy(first, folder / "images" / "foo.png")
    (folder / "CITATION.cff").write_text("ours")
    first.write_bytes(b"")
    (folder / "table.csv").write_text("file\n")
    result = workflows.export.run(asked, engine)
    assert result.repaired == ("table.csv", f"images/{first.name}") and result.made == 1
    assert "foo" not in (folder / "checksums.sha256").read_text()
    after = _tree(folder)
    assert after.pop("CITATION.cff") == b"ours" and after.pop("images/foo.png")
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"checksums.sha256"}  # which has the authors' citation
    (folder / "dropped.csv").write_text("file,conditions\nx,[\n")
    assert workflows.export.run(asked, engine).repaired == ("dropped.csv",)
    assert (folder / "dropped.csv").read_bytes() == before["dropped.csv"]
    again = workflows.export.run(asked, engine)
    assert (again.repaired, again.made) == ((), 0)


def test_a_condition_may_hold_what_separates_others(
    probed_run: Path, engine: Engine, tmp_path: Path
) -> None:
    text = "word != 'a; b' and seed == 1"
    asked = _request(probed_run, tmp_path / "set", where=(text, "seed < 9"))
    first = workflows.export.run(asked, engine)
    assert first.dropped == {text: 5, "seed < 9": 0}
    cells = list(
        csv.DictReader((tmp_path / "set" / "dropped.csv").read_text(encoding="utf-8").splitlines())
    )
    assert [json.loads(cell["conditions"]) for cell in cells] == [[text]] * 5
    assert workflows.export.run(asked, engine).dropped == first.dropped
    readme = (tmp_path / "set" / "README.md").read_text(encoding="utf-8")
    assert "meet `seed < 9`; dropped: 0." in readme


def test_a_luminance_that_is_given_makes_the_same_pictures_of_a_part(
    probed_run: Path, engine: Engine, tmp_path: Path
) -> None:
    whole = workflows.export.run(
        _request(probed_run, tmp_path / "whole", match_luminance=True), engine
    )
    given = _request(probed_run, tmp_path / "part", seeds=(2,), luminance=whole.luminance)
    part = workflows.export.run(given, engine)
    assert part.luminance == whole.luminance and part.pictures == 5
    for path in (tmp_path / "part" / "images").iterdir():
        assert path.read_bytes() == (tmp_path / "whole" / "images" / path.name).read_bytes()
    readme = (tmp_path / "whole" / "README.md").read_text(encoding="utf-8")
    assert "--luminance {!r},{!r}`".format(*whole.luminance or ()) in readme
    assert workflows.export.run(given, engine).made == 0
    with pytest.raises(CircumplexError, match="its luminance_target is not this one's"):
        workflows.export.run(replace(given, luminance=(100.0, 30.0)), engine)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"luminance": (100.0, 30.0), "match_luminance": True}, "left out beside"),
        ({"luminance": (300.0, 30.0)}, "a mean in"),
        ({"luminance": (100.0, -1.0)}, "an SD in"),
    ],
)
def test_a_luminance_that_cannot_be_is_refused(
    tmp_path: Path, values: dict[str, object], message: str
) -> None:
    with pytest.raises(CircumplexError, match=message):
        _request(tmp_path, tmp_path / "set", **values)


def test_norms_of_other_pictures_are_told(probed_run: Path, engine: Engine, tmp_path: Path) -> None:
    asked = _request(probed_run, tmp_path / "rated", match_luminance=True)
    rated = workflows.export.run(asked, engine)
    table = pd.read_csv(tmp_path / "rated" / "table.csv").assign(rated_valence=0.5)
    norms = tmp_path / "norms.csv"

    def join(name: str, columns: list[str], **values: object) -> tuple[int, int]:
        table[columns].to_csv(norms, index=False)
        request = _request(probed_run, tmp_path / name, seeds=(2,), norms=norms, **values)
        found = workflows.export.run(request, engine)
        assert found.normed == 5
        return found.rated_otherwise, found.rated_unknown

    assert join("a", ["file", "sha256", "rated_valence"], match_luminance=True) == (5, 0)
    assert join("b", ["file", "rated_valence"], match_luminance=True) == (0, 5)
    assert join("c", ["file", "sha256", "rated_valence"], luminance=rated.luminance) == (0, 0)
    readme = (tmp_path / "a" / "README.md").read_text(encoding="utf-8")
    assert "Of 5 pictures the norms are of a file with other bytes" in readme
    assert "Norms are joined from norms.csv (SHA-256 " in readme


def test_norms_of_some_people_hold_for_all(
    probed_run: Path, engine: Engine, tmp_path: Path
) -> None:
    norms = tmp_path / "norms.csv"
    names = [f"s00002_p{k}_v{v:+.2f}_a{a:+.2f}" for k, (v, a) in enumerate(POINTS)]
    lines = [f"{name},{'true' if k % 2 else 'false'}" for k, name in enumerate(names)]
    norms.write_text("\n".join(["stimulus,natural", *lines]))
    result = workflows.export.run(
        _request(probed_run, tmp_path / "set", norms=norms, where=("natural",)), engine
    )
    assert result.pictures == 2  # and seed 1, of whom nothing is known, is dropped
    rows = table_rows(tmp_path / "set" / "table.parquet")
    assert [row["natural"] for row in rows] == [True, True]


def test_a_damaged_picture_of_a_matched_set_costs_the_set(
    probed_run: Path, engine: Engine, tmp_path: Path
) -> None:
    asked = _request(
        probed_run,
        tmp_path / "set",
        match_luminance=True,
        original=True,
        where=("not edited or intensity > 0", "seed == 1 or valence < 0 or not edited"),
    )
    first = workflows.export.run(asked, engine)
    assert (first.pictures, first.made) == (7, 7)  # 2 unedited, 4 of one face, 1 of the other
    before = _tree(tmp_path / "set")
    path = sorted((tmp_path / "set" / "images").iterdir())[3]
    path.write_bytes(path.read_bytes()[:-1])
    assert workflows.export.run(asked, engine).made == 7
    assert _tree(tmp_path / "set") == before
    assert workflows.export.run(asked, engine).made == 0


def test_a_torn_journal_costs_one_face(
    undisturbed: Path, probed_run: Path, engine: Engine, tmp_path: Path
) -> None:
    folder = tmp_path / "stimuli"
    workflows.export.run(_request(probed_run, folder), engine)
    rows = table_rows(folder / "table.parquet")
    lines = [json.dumps({"row": plain(row), "dropped": []}) for row in rows[:9]]
    (folder / "done.jsonl").write_text("\n".join(lines)[:-30])
    for name in ("table.csv", "table.parquet", "README.md"):
        (folder / name).unlink()
    stray = folder / "images" / ".s00001.123.partial.png"
    stray.write_bytes(b"half")
    assert workflows.export.run(_request(probed_run, folder), engine).made == 2
    assert _tree(folder) == _tree(undisturbed)


def plain(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v.item() if hasattr(v, "item") else v for k, v in row.items()}


def test_killed_work_goes_on_to_the_same_bytes(probed_run: Path, tmp_path: Path) -> None:
    options = ["-g", str(probed_run), "--seeds", "0-19", "--grid", "4", "--quiet", "--unread"]
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "studio.cli", "export", str(killed), *options], env=environment
    )
    journal = killed / "done.jsonl"
    while process.poll() is None and not (journal.exists() and journal.stat().st_size > 2000):
        time.sleep(0.01)
    process.kill()
    assert process.wait() != 0
    done = len(list((killed / "images").glob("s*.png")))
    assert 0 < done < 320
    assert main(["export", str(killed), *options]) == 0
    assert main(["export", str(whole), *options]) == 0
    assert _tree(killed) == _tree(whole)


def test_only_one_writer(probed_run: Path, engine: Engine, tmp_path: Path) -> None:
    with only_writer(tmp_path), pytest.raises(CircumplexError, match="another process"):
        workflows.export.run(_request(probed_run, tmp_path), engine)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"seeds": (1,)}, "pictures"),
        ({"truncation": 0.5}, "truncation"),
        ({"points": ((0.1, 0.1),) * 5}, "plan"),
    ],
)
def test_another_export_in_the_folder_is_refused(
    undisturbed: Path, probed_run: Path, engine: Engine, values: dict[str, object], word: str
) -> None:
    with pytest.raises(CircumplexError, match=f"another export: its {word}"):
        workflows.export.run(_request(probed_run, undisturbed, **values), engine)


@pytest.mark.parametrize("name", ["table.csv", "table.parquet"])
def test_another_table_is_left_alone(
    probed_run: Path, engine: Engine, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(CircumplexError, match=rf"already has {name} but no export\.json"):
        workflows.export.run(_request(probed_run, tmp_path), engine)
    assert (tmp_path / name).read_text() == "mine"


def test_half_written_files_of_others_stay(
    undisturbed: Path, probed_run: Path, engine: Engine, tmp_path: Path
) -> None:
    deep, refused = tmp_path / "other" / ".face.1.partial.png", tmp_path / ".a.1.partial.png"
    deep.parent.mkdir()
    for path in (deep, refused):
        path.write_bytes(b"half")
    (tmp_path / "images").mkdir()
    with pytest.raises(CircumplexError, match="already has images"):
        workflows.export.run(_request(probed_run, tmp_path), engine)
    assert refused.exists()
    (tmp_path / "images").rmdir()
    workflows.export.run(_request(probed_run, tmp_path), engine)
    assert deep.exists() and not refused.exists()


def test_a_journal_that_cannot_be_written_is_named(
    probed_run: Path, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Path.open

    def full(path: Path, mode: str = "r", *arguments: object, **options: object) -> object:
        if mode == "a" and path.name == "done.jsonl":
            raise OSError(28, "No space left on device")
        return whole(path, mode, *arguments, **options)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(CircumplexError, match=r"done\.jsonl: No space left"):
        workflows.export.run(_request(probed_run, tmp_path / "set"), engine)


def test_a_folder_of_other_images_is_left_alone(
    probed_run: Path, engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / "images").mkdir()
    with pytest.raises(CircumplexError, match=r"no export\.json"):
        workflows.export.run(_request(probed_run, tmp_path), engine)
