"""Files about to be written: what would fail after the work fails before it."""

import tempfile
from pathlib import Path

import pytest

from faces.ground.errors import CircumplexError
from faces.ground.outputs import check_output


def test_a_new_file_may_be_written_and_leaves_nothing(tmp_path: Path) -> None:
    check_output(tmp_path / "a" / "b" / "c.png", False)
    check_output(None, False)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_stays_unless_it_may_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"old")
    with pytest.raises(CircumplexError, match=r"a\.png exists; add --overwrite"):
        check_output(tmp_path / "a.png", False)
    check_output(tmp_path / "a.png", True)
    assert (tmp_path / "a.png").read_bytes() == b"old"
    with pytest.raises(CircumplexError, match="is a folder"):
        check_output(tmp_path, True)


@pytest.mark.parametrize("name", ["x" * 300 + ".png", "file/a.png", "file/folder/a.png"])
def test_places_that_cannot_be_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CircumplexError, match="cannot write"):
        check_output(tmp_path / name, False)


def test_a_folder_without_the_right_to_write_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(dir: Path) -> None:  # the tests may run as one who may write everywhere
        raise PermissionError(13, "Permission denied", str(dir))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(CircumplexError, match=r"cannot write .*a\.png: Permission denied"):
        check_output(tmp_path / "new" / "a.png", False)
