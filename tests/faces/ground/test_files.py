import errno
import subprocess
import sys
from pathlib import Path

import pytest

from faces.ground.errors import CircumplexError
from faces.ground.files import (
    check_schema,
    only_writer,
    read_json,
    replacing,
    write_bytes,
    write_json,
)


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "file.json"
    write_json(target, {"é": [1, 2]})
    assert read_json(target) == {"é": [1, 2]}
    write_json(target, 3)
    assert read_json(target) == 3
    assert [path.name for path in target.parent.iterdir()] == ["file.json"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "file.bin"
    write_bytes(target, b"old")
    with pytest.raises(RuntimeError, match="half way"), replacing(target) as partial:
        partial.write_bytes(b"ne")
        raise RuntimeError("half way")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    target = tmp_path / "file.bin"
    with pytest.raises(CircumplexError, match=r"No space left.*free space"), replacing(target):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_way_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(CircumplexError, match="cannot write"):
        write_bytes(tmp_path / "taken" / "file.bin", b"")


def test_unreadable_json_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(CircumplexError, match=r"none\.json is missing"):
        read_json(tmp_path / "none.json")
    (tmp_path / "bad.json").write_bytes(b"\xff{")
    with pytest.raises(CircumplexError, match=r"bad\.json is not readable JSON"):
        read_json(tmp_path / "bad.json")


_HOLD = """
import sys
from faces.ground.files import only_writer
with only_writer(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_writer_a_folder_also_across_processes(tmp_path: Path) -> None:
    words = [sys.executable, "-c", _HOLD, str(tmp_path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(CircumplexError, match="another process"), only_writer(tmp_path):
            pass
        other.communicate("")
    with only_writer(tmp_path):
        pass


def test_a_folder_in_which_nothing_was_written_goes_again(tmp_path: Path) -> None:
    def fail(folder: Path, file: str | None = None) -> None:
        with pytest.raises(CircumplexError, match="no labels"), only_writer(folder):
            if file is not None:
                write_bytes(folder / file, b"1")
            raise CircumplexError("no labels")

    fail(tmp_path / "a" / "b")
    assert not (tmp_path / "a").exists()
    with only_writer(tmp_path / "a" / "b"):  # and can be made anew
        pass
    fail(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()  # somebody else's
    fail(tmp_path / "c", "half.txt")
    assert (tmp_path / "c" / "half.txt").read_bytes() == b"1"


def test_another_schema_or_version_names_both() -> None:
    check_schema({"schema": "a", "version": 1}, "a", 1, "x")
    with pytest.raises(CircumplexError, match="x is b, not a"):
        check_schema({"schema": "b", "version": 1}, "a", 1, "x")
    with pytest.raises(CircumplexError, match="x is a version 2, this program reads version 1"):
        check_schema({"schema": "a", "version": "2"}, "a", 1, "x")
    with pytest.raises(CircumplexError, match="no known kind"):
        check_schema({}, "a", 1, "x")
