"""The measured errors of readers, and the intervals that they give."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from faces.readers.affect import errors
from faces.readers.affect.errors import AffectError, packaged_errors, reader_digest
from faces.readers.affect.registry import AFFECT_READERS, PIXEL


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the table, that may be changed."""
    path = tmp_path / "affect_errors.json"
    path.write_bytes(errors.TABLE.read_bytes())
    monkeypatch.setattr(errors, "TABLE", path)
    packaged_errors.cache_clear()
    yield path
    packaged_errors.cache_clear()


def test_an_interval_is_as_wide_as_the_error_says() -> None:
    error = AffectError(0.1, 0.2)
    assert error.interval("valence", 0.3) == pytest.approx((0.104, 0.496))
    assert error.interval("arousal", -0.9) == pytest.approx((-1, -0.508))  # the scale ends there


def test_a_reader_that_was_fitted_anew_has_no_interval(table: Path) -> None:
    assert PIXEL in packaged_errors().readers
    values = json.loads(table.read_text())
    values["readers"][PIXEL]["digest"] = "0" * 64
    table.write_text(json.dumps(values))
    packaged_errors.cache_clear()
    assert PIXEL not in packaged_errors().readers


def test_every_reader_has_files() -> None:
    assert len({reader_digest(name) for name in AFFECT_READERS}) == len(AFFECT_READERS)
