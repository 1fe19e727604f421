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


def _write_in_row(name: str, value: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        table = pd.read_csv(folder / "table.csv", dtype=str, keep_default_na=False)
        table.loc[0, name] = value
        table.to_csv(folder / "table.csv", index=False)

    return write


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("seed", "abc", "its recipe is of seed 1, not abc"),
        ("seed", "inf", "its recipe is of seed 1, not inf"),
        ("seed", "", "its recipe is of seed 1, not empty"),
        ("valence", "abc", "its recipe requests valence 0, its row abc"),
        ("valence", "nan", "its recipe requests valence 0, its row nan"),
        ("arousal", "1e999", "arousal is 1e999, it was 0.0"),
        ("word", "NA", "word is NA, it was neutral"),
        ("edited", "no", "edited is no, it was True"),
        ("file", "images/\0.png", "'images/\\x00.png'… was not exported"),
        ("file", "images/" + "a" * 5000, "aaa… was not exported"),
        ("file", "/etc/passwd", "/etc/passwd: the table has a row for it, but there is no such"),
        ("sha256", "x" * 5000, "the table gives another sha256 for it"),
    ],
)
def test_a_cell_of_anything_is_a_finding(
    exported: Path, tmp_path: Path, name: str, value: str, message: str
) -> None:
    folder = shutil.copytree(exported, tmp_path / "set")
    _write_in_row(name, value)(folder)
    found = _verify(folder, again=9)
    said = [str(each) for each in found.findings if message in each.message]
    assert said and all(len(line) < 400 for line in said)
    assert found.again <= 4 and found.identical == 0  # the models here are others; none is outside


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../../secret", "images/../../secret", "images/" + "a" * 5000, "a\0b"]
)
def test_a_list_that_leads_out_of_the_folder_is_refused(
    exported: Path, tmp_path: Path, name: str
) -> None:
    folder = shutil.copytree(exported, tmp_path / "set")
    with (folder / "checksums.sha256").open("a", encoding="utf-8") as stream:
        stream.write(f"{'0' * 64}  {name}\n")
    with pytest.raises(CircumplexError, match=r"sha256 line \d+ names .* no file of this folder"):
        _verify(folder)


def test_a_link_out_of_the_folder_is_refused(exported: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(exported, tmp_path / "set")
    (tmp_path / "secret").write_text("mine")
    (folder / FIRST).unlink()
    try:
        (folder / FIRST).symlink_to(tmp_path / "secret")
    except OSError:
        pytest.skip("this system makes no links")
    with pytest.raises(CircumplexError, match="no file of this folder"):
        _verify(folder)


@pytest.mark.parametrize("line", ["nothing", f"{'0' * 63}  README.md", "\0"])
def test_a_damaged_list_names_its_line(exported: Path, tmp_path: Path, line: str) -> None:
    folder = shutil.copytree(exported, tmp_path / "set")
    (folder / "checksums.sha256").write_text(line)
    with pytest.raises(CircumplexError, match="sha256 line 1 is no SHA-256"):
        _verify(folder)


def test_notes_beside_an_export_are_left_alone(exported: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(exported, tmp_path / "set")
    (folder / "notes.txt").write_text("mine")
    assert _verify(folder).fine


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
