"""What the files of a folder are; every one of them is accounted for."""

import os
from pathlib import Path

import pytest

from faces.ground.errors import CircumplexError
from faces.sets.folders import list_folder

PICTURES = ("a.JPG", "b.jpe", "c.jfif", "d.heic", "e.AVIF", "f.jp2", "g.tiff", "h.webp", "i.hif")
VIDEOS = ("a.mts", "b.TS", "c.m4v", "d.mp4", "e.m2ts")
OTHERS = {
    "a.cr2": "camera raw file",
    "a.csv": "table",
    "a.zip": "archive",
    "a.psd": "picture of a form that is not read",
    "a.txt": "no picture or video (.txt)",
    "README": "no picture or video (no suffix)",
    ".DS_Store": "hidden file",
    "Thumbs.db": "hidden file",
}


def reasons(folder: Path, follow_links: bool = False) -> dict[str, str]:
    others = list_folder(folder, follow_links).others
    return {entry.path.relative_to(folder).as_posix(): entry.reason for entry in others}


def test_every_file_is_a_picture_a_video_or_an_other_with_a_reason(tmp_path: Path) -> None:
    for number, name in enumerate((*PICTURES, *VIDEOS, *OTHERS)):
        place = tmp_path / str(number % 3)
        place.mkdir(exist_ok=True)
        (place / name).touch()
    listing = list_folder(tmp_path)
    assert {path.name for path in listing.pictures} == set(PICTURES)
    assert {path.name for path in listing.videos} == set(VIDEOS)
    assert {entry.path.name: entry.reason for entry in listing.others} == OTHERS
    paths = [entry.path for entry in listing.entries]
    assert paths == sorted(path for path in tmp_path.rglob("*") if path.is_file())


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """A folder that links to one beside it, to itself, to a file and to nothing."""
    if not hasattr(os, "symlink") or os.name == "nt":
        pytest.skip("links need a right of their own here")
    inside, beside = tmp_path / "in", tmp_path / "out"
    for folder in (inside, beside):
        folder.mkdir()
        (folder / "a.png").touch()
    (inside / "beside").symlink_to(beside)
    (inside / "again").symlink_to(beside)
    (inside / "itself").symlink_to(inside)
    (inside / "file.png").symlink_to(beside / "a.png")
    (inside / "gone.png").symlink_to(tmp_path / "gone.png")
    (inside / "round.png").symlink_to(inside / "round.png")
    (beside / "back").symlink_to(inside)
    return inside


def test_linked_folders_are_named_and_not_followed(linked: Path) -> None:
    assert reasons(linked) == {
        "again": "linked folder",
        "beside": "linked folder",
        "itself": "linked folder",
        "gone.png": "link that leads nowhere",
        "round.png": "link that leads nowhere",
    }
    assert [path.name for path in list_folder(linked).pictures] == ["a.png", "file.png"]


def test_loops_of_links_are_read_once(linked: Path) -> None:
    listing = list_folder(linked, follow_links=True)
    pictures = [path.relative_to(linked).as_posix() for path in listing.pictures]
    assert pictures == ["a.png", "again/a.png", "file.png"]
    listed = "folder that is listed already"
    assert reasons(linked, follow_links=True) == {
        **{"again/back": listed, "beside": listed, "itself": listed},
        **dict.fromkeys(("gone.png", "round.png"), "link that leads nowhere"),
    }


def test_folders_that_may_not_be_read_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shut").mkdir()
    (tmp_path / "a.png").touch()
    scan = os.scandir

    def refusing(path: Path):  # the tests may run as one who may read everything
        if Path(path).name == "shut":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert reasons(tmp_path) == {"shut": "folder without read permission"}
    assert len(list_folder(tmp_path).pictures) == 1
    with pytest.raises(CircumplexError, match=r"shut cannot be read: Permission denied"):
        list_folder(tmp_path / "shut")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_named_like_a_picture_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    assert reasons(tmp_path) == {"a.png": "neither file nor folder"}


def test_a_link_takes_no_folder_its_name(linked: Path) -> None:
    (linked / "real").mkdir()
    (linked / "real" / "b.png").touch()
    (linked / "a link").symlink_to(linked / "real")
    listing = list_folder(linked, follow_links=True)
    assert linked / "real" / "b.png" in listing.pictures
    assert reasons(linked, follow_links=True)["a link"] == "folder that is listed already"
    paths = [entry.path for entry in listing.entries]
    assert paths == sorted(paths)


def test_a_name_that_is_no_text_is_an_other(tmp_path: Path) -> None:
    try:
        (tmp_path / b"caf\xe9.jpg".decode("utf-8", "surrogateescape")).touch()
    except (OSError, UnicodeError):
        pytest.skip("this system takes no such name")
    (tmp_path / "café.jpg").touch()
    listing = list_folder(tmp_path)
    assert [path.name for path in listing.pictures] == ["café.jpg"]
    assert [(entry.reason, entry.detail) for entry in listing.others] == [
        ("name that is no UTF-8", "rename it")
    ]
