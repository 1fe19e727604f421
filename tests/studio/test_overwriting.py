"""One rule for files in the way: they stay, unless `--overwrite` is given."""

from pathlib import Path

import pytest

from studio.cli import main


@pytest.mark.parametrize("verb", ["grid", "edit"])
def test_a_picture_stays_unless_it_may_be_replaced(
    verb: str, probed_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own, other = tmp_path / "own.png", tmp_path / "other.png"
    model = ["-g", str(probed_run)]
    assert main([verb, str(own), "--seed", "1", *model]) == 0
    other.write_bytes(b"mine")
    for file in (own, other):
        before = file.read_bytes()
        capsys.readouterr()
        assert main([verb, str(file), "--seed", "2", *model]) == 1
        assert f"{file} exists; add --overwrite" in capsys.readouterr().err
        assert file.read_bytes() == before
        assert main([verb, str(file), "--seed", "2", "--overwrite", *model]) == 0
        assert file.read_bytes() != before


def test_a_folder_in_the_way_is_never_replaced(
    probed_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.png").mkdir()
    line = ["grid", str(tmp_path / "a.png"), "-g", str(probed_run), "--overwrite"]
    assert main(line) == 1
    assert "is a folder" in capsys.readouterr().err


def test_files_of_readings_stay_unless_they_may_be_replaced(
    portrait: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        "--table": tmp_path / "t.csv",
        "--landmarks": tmp_path / "p.parquet",
        "--sheet": tmp_path / "s.png",
        "--features": tmp_path / "features",
    }
    line = ["measure", str(portrait), "--processes", "1"]
    line += [str(word) for pair in files.items() for word in pair]
    assert main(line) == 0
    written = dict(files) | {"--features": files["--features"] / "features.csv"}
    for option, file in files.items():
        capsys.readouterr()
        assert main(["measure", str(portrait), "--processes", "1", option, str(file)]) == 1
        assert f"{written[option]} exists; add --overwrite" in capsys.readouterr().err
    assert main([*line, "--overwrite"]) == 0
