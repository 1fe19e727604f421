"""Paths as people give them."""

from pathlib import Path

import pytest

from faces.ground.errors import CircumplexError
from faces.ground.paths import (
    as_text,
    expand_home,
    expand_pattern,
    is_address,
    is_text,
    require_path,
)


@pytest.mark.parametrize("text", ["https://a.org/b.pkl", "https:/a.org/b.pkl", "s3://bucket/a"])
def test_addresses_are_told_from_paths(text: str) -> None:
    assert is_address(text)
    with pytest.raises(CircumplexError, match="is an address and is not fetched"):
        require_path(text)


@pytest.mark.parametrize("text", ["C:/faces/a.png", "a/b.png", "http", "a:b.png", "/x/https:"])
def test_paths_are_no_addresses(text: str) -> None:
    assert not is_address(text)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    assert require_path(tmp_path) == tmp_path
    with pytest.raises(CircumplexError, match="gone is missing; look again"):
        require_path(tmp_path / "gone", "look again")
    with pytest.raises(CircumplexError, match="name too long"):
        require_path(tmp_path / ("x" * 300))


def test_the_home_folder_stands_for_its_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/anna")
    monkeypatch.setenv("USERPROFILE", "/home/anna")
    assert Path(expand_home("~/a.png")) == Path("/home/anna/a.png")
    for text in ("a~b.png", "~nobody-of-that-name/a.png", "", "./~"):
        assert expand_home(text) == text


def test_names_that_are_no_text_are_told_and_shown() -> None:
    name = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")  # as Linux hands out a Latin-1 name
    assert not is_text(name) and is_text("café.jpg")
    assert as_text(name) == r"caf\udce9.jpg" and is_text(as_text(name))
    with pytest.raises(CircumplexError, match="no UTF-8; rename it"):
        require_path(name)


def test_a_pattern_that_the_shell_left_is_the_files_it_means(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.jpg", "c.png", "[x].jpg", "x.jpg"):
        (tmp_path / name).touch()
    found = [path.name for path in expand_pattern(tmp_path / "?.jpg")]
    assert found == ["a.jpg", "b.jpg", "x.jpg"]
    # a folder that is found is not named again by what is in it
    inner = tmp_path / "in" / "deep"
    inner.mkdir(parents=True)
    (inner / "d.jpg").touch()
    found = [path.name for path in expand_pattern(tmp_path / "**" / "?.jpg")]
    assert found == ["a.jpg", "b.jpg", "d.jpg", "x.jpg"]
    assert expand_pattern(tmp_path / "in" / "**" / "*") == [inner]
    for name in ("[x].jpg", "none*.jpg", "a.jpg"):  # itself, nothing, no pattern
        assert expand_pattern(tmp_path / name) == [tmp_path / name]
