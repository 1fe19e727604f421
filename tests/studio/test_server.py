"""The doors of the page: localhost, a login, no files but its own."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.app import build_app
from studio.app.server import free_port, launch_options
from studio.engine import Engine

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning",
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)


@pytest.fixture(scope="module")
def guarded(probed_run: Path) -> Iterator[str]:
    app = build_app(Engine("cpu"), str(probed_run))
    _, url, _ = app.launch(
        server_name="127.0.0.1",
        server_port=free_port("127.0.0.1"),
        auth=("ada", "geheim"),
        prevent_thread_lock=True,
        **launch_options(),
    )
    yield url
    app.close()


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_without_the_login_nothing_is_served(guarded: str) -> None:
    for path in ("gradio_api/info", "config", "gradio_api/file=/etc/passwd"):
        assert _status(f"{guarded}{path}") in (401, 403, 404)


def test_no_file_is_served_by_its_path(probed_run: Path) -> None:
    app = build_app(Engine("cpu"), str(probed_run))
    _, url, _ = app.launch(
        server_name="127.0.0.1",
        server_port=free_port("127.0.0.1"),
        prevent_thread_lock=True,
        **launch_options(),
    )
    try:
        for path in ("/etc/passwd", str(probed_run / "report.json"), "../../etc/passwd"):
            assert _status(f"{url}gradio_api/file={path}") in (403, 404)
        assert _status(f"{url}monitoring") in (403, 404)
        with urllib.request.urlopen(f"{url}config") as answer:
            config = json.load(answer)
        assert config["analytics_enabled"] is False
        assert "googleapis" not in json.dumps(config)
    finally:
        app.close()
