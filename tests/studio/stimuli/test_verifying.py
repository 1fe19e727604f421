"""`circumplex verify`: whatever was changed by hand is found and named."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from faces.ground.errors import CircumplexError
from studio import workflows
from studio.cli import main
from studio.engine import Engine
from studio.workflows.export import ExportRequest
from studio.workflows.verify import VerifyRequest, VerifyResult

FIRST, SECOND = (f"images/s0000{seed}_p0_v+0.00_a+0.00.png" for seed in (1, 2))


@pytest.fixture(scope="module")
def exported(probed_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verify") / "set"
    request = ExportRequest(
        folder=folder, generator=str(probed_run), seeds=(1, 2), points=((0, 0), (0.5, 0.2)),
        unread=True,
    )  # fmt: skip
    workflows.export.run(request, Engine("cpu"))
    return folder


def _verify(folder: Path, run: Path | str = "stylegan3", again: int = 0) -> VerifyResult:
    return workflows.verify.run(
        VerifyRequest(folder=folder, generator=str(run), again=again), Engine("cpu")
    )


def test_an_export_is_as_it_was(exported: Path, probed_run: Path) -> None:
    found = _verify(exported, probed_run, again=9)
    assert found.fine and (found.pictures, found.again, found.identical) == (4, 4, 4)
    assert {"table.csv", "README.md", FIRST} <= set(_listed(exported))


def _listed(folder: Path) -> list[str]:
    lines = (folder / "checksums.sha256").read_text().splitlines()
    return [line.split("  ")[1] for line in lines]


def _flip(folder: Path) -> None:
    data = bytearray((folder / FIRST).read_bytes())
    data[-40] ^= 1
    (folder / FIRST).write_bytes(data)


def _write_cell(folder: Path) -> None:
    table = pd.read_csv(folder / "table.csv")
    table.loc[1, "aimed_valence"] = 0.123
    table.to_csv(folder / "table.csv", index=False)


def _drop_row(folder: Path) -> None:
    pd.read_csv(folder / "table.csv")[1:].to_csv(folder / "table.csv", index=False)


def _repeat_row(folder: Path) -> None:
    lines = (folder / "table.csv").read_text().splitlines()
    (folder / "table.csv").write_text("\n".join([*lines, lines[1]]) + "\n")


def _swap(folder: Path) -> None:
    first = (folder / FIRST).read_bytes()
    (folder / FIRST).write_bytes((folder / SECOND).read_bytes())
    (folder / SECOND).write_bytes(first)


def _point_outside(folder: Path) -> None:
    text = (folder / "table.csv").read_text()
    (folder / "table.csv").write_text(text.replace(FIRST, "../../secret.png"))


@pytest.mark.parametrize(
    ("change", "file", "message"),
    [
        (_flip, FIRST, "its bytes are not those that were exported"),
        (lambda folder: (folder / FIRST).unlink(), FIRST, "but there is no such file"),
        (
            lambda folder: shutil.copy(folder / FIRST, folder / "images" / "more.png"),
            "images/more.png",
            "the table has no row for it",
        ),
        (_write_cell, "table.csv", "aimed_valence is 0.123, it was"),
        (_write_cell, "table.csv", "its bytes are not those that were exported"),
        (_drop_row, FIRST, "its row is gone from the table"),
        (_repeat_row, "table.csv", "has a row already"),
        (_swap, FIRST, "its recipe is of seed 2, not 1"),
        (_point_outside, "table.csv", "../../secret.png was not exported"),
        (lambda folder: (folder / "README.md").write_text("mine"), "README.md", "its bytes"),
        (lambda folder: (folder / "stimuli.tsv").unlink(), "stimuli.tsv", "it is gone"),
    ],
)
def test_a_change_is_found_and_named(
    exported: Path, tmp_path: Path, change: Callable[[Path], object], file: str, message: str
) -> None:
    folder = shutil.copytree(exported, tmp_path / "set")
    change(folder)
    found = _verify(folder)
    assert not found.fine
    assert any(each.file == file and message in each.message for each in found.findings)


def test_one_byte_is_one_line_and_exit_code_1(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(exported, tmp_path / "set")
    assert main(["verify", str(folder)]) == 0
    assert "4 pictures and" in capsys.readouterr().out
    _flip(folder)
    assert main(["verify", str(folder)]) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first == f"{FIRST}: its bytes are not those that were exported"
    assert last == f"not as it was: 1 in {folder}"
    assert main(["verify", str(folder), "--json"]) == 1
    assert [each["file"] for each in json.loads(capsys.readouterr().out)["findings"]] == [FIRST]


def test_pictures_of_another_generator_are_not_made_again(exported: Path) -> None:
    found = _verify(exported, "grey", again=1)
    assert [each.kind for each in found.findings] == ["again"]
    assert "was made with generator" in found.findings[0].message


def test_what_is_no_finished_export_is_refused(exported: Path, tmp_path: Path) -> None:
    with pytest.raises(CircumplexError, match=r"is no export: it has no export\.json"):
        _verify(tmp_path)
    folder = shutil.copytree(exported, tmp_path / "set")
    (folder / "done.jsonl").write_text("")
    with pytest.raises(CircumplexError, match="not finished"):
        _verify(folder)
    (folder / "done.jsonl").unlink()
    (folder / "table.csv").unlink()
    with pytest.raises(CircumplexError, match=r"table\.csv is missing"):
        _verify(folder)
