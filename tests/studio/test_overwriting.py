"""One rule for files in the way: what the same verb wrote is replaced, nothing else unasked."""

from pathlib import Path

import pytest

from studio.cli import main


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_a_grid_replaces_a_grid(suffix: str, probed_run: Path, tmp_path: Path) -> None:
    out = tmp_path / f"grid.{suffix}"
    line = ["grid", str(out), "-g", str(probed_run)]
    assert main([*line, "-n", "2"]) == 0
    first = out.read_bytes()
    assert main([*line, "-n", "3"]) == 0
    assert out.read_bytes() != first


def test_what_another_verb_or_program_wrote_stays(
    probed_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = ["-g", str(probed_run)]
    grid, edit, other = (tmp_path / f"{name}.png" for name in ("grid", "edit", "other"))
    assert main(["grid", str(grid), "-n", "2", *model]) == 0
    assert main(["edit", str(edit), *model]) == 0
    assert main(["edit", str(edit), "--valence", "0.5", *model]) == 0  # an edit replaces an edit
    other.write_bytes(b"mine")
    for verb, file in (("edit", grid), ("grid", edit), ("grid", other), ("edit", other)):
        before = file.read_bytes()
        capsys.readouterr()
        assert main([verb, str(file), *model]) == 1
        assert f"{file} exists; add --overwrite" in capsys.readouterr().err
        assert file.read_bytes() == before
    assert main(["edit", str(other), "--overwrite", *model]) == 0
    assert other.read_bytes().startswith(b"\x89PNG")


def test_a_folder_in_the_way_is_never_replaced(
    probed_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.png").mkdir()
    line = ["grid", str(tmp_path / "a.png"), "-g", str(probed_run), "--overwrite"]
    assert main(line) == 1
    assert "is a folder" in capsys.readouterr().err


def test_a_table_of_readings_replaces_its_like(
    portrait: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    table, points, sheet = (tmp_path / name for name in ("t.csv", "p.parquet", "s.png"))
    line = ["measure", str(portrait), "--processes", "1", "--table", str(table)]
    line += ["--landmarks", str(points), "--sheet", str(sheet)]
    assert main(line) == 0
    assert main(line) == 0
    table.write_text("path,note\nmine,keep\n")
    capsys.readouterr()
    assert main(line) == 1
    assert f"{table} exists; add --overwrite" in capsys.readouterr().err
    assert table.read_text() == "path,note\nmine,keep\n"
    assert main([*line, "--overwrite"]) == 0
