"""The doors of the page: localhost, a login, no files but its own."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

OpenPage = Callable[..., AbstractContextManager[str]]
#: gradio leaves event loops to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_without_the_login_nothing_is_served(open_page: OpenPage) -> None:
    with open_page(auth=("ada", "geheim")) as url:
        for path in ("gradio_api/info", "config", "gradio_api/file=/etc/passwd"):
            assert _status(f"{url}{path}") in (401, 403, 404)


def test_no_file_is_served_by_its_path(open_page: OpenPage, probed_run: Path) -> None:
    with open_page() as url:
        for path in ("/etc/passwd", str(probed_run / "report.json"), "../../etc/passwd"):
            assert _status(f"{url}gradio_api/file={path}") in (403, 404)
        assert _status(f"{url}monitoring") in (403, 404)
        with urllib.request.urlopen(f"{url}config") as answer:
            config = json.load(answer)
    assert config["analytics_enabled"] is False
    assert "googleapis" not in json.dumps(config)
