"""The doors of the page: localhost, a login, no files but its own."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from studio.app.server import own_uploads

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


#: The command line, where Ctrl-C counts even if whoever started the tests ignores it.
_INTERRUPTIBLE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from studio.cli import main
sys.exit(main(sys.argv[1:]))
"""


def _opened(run: Path, environment: dict[str, str]) -> tuple[str, int]:
    """What the command line says first once the page is open, and its exit code after Ctrl-C."""
    line = ["studio", "-g", str(run), "--port", "0", "--no-browser"]
    with subprocess.Popen(
        [sys.executable, "-c", _INTERRUPTIBLE, *line],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        bufsize=1,
    ) as page:
        assert page.stdout is not None
        told = page.stdout.readline()
        if told:
            page.send_signal(signal.SIGINT)
    return told, page.returncode


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no Ctrl-C to one process")
def test_proxies_of_the_environment_do_not_keep_the_page_shut(probed_run: Path) -> None:
    proxies = {"http_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "odd://127.0.0.1:9"}
    proxies |= {"all_proxy": "socks5://127.0.0.1:9"}
    told, code = _opened(probed_run, proxies)
    assert told.startswith("studio: http://127.0.0.1:")
    assert code == 0


def test_photos_lie_in_a_folder_of_the_pages_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradio's own is one for all people of a machine, whoever it belongs to."""
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    from gradio.utils import get_upload_folder

    shared = get_upload_folder()
    with own_uploads():
        folder = Path(get_upload_folder())
        assert folder != Path(shared) and folder.is_dir()
        assert os.name == "nt" or folder.stat().st_mode & 0o077 == 0
        (folder / "photo.jpg").touch()
    assert not folder.exists() and get_upload_folder() == shared
    monkeypatch.setenv("GRADIO_TEMP_DIR", "/somewhere")
    with own_uploads():
        assert get_upload_folder() == "/somewhere"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no Ctrl-C to one process")
def test_the_page_opens_where_gradios_folder_is_somebody_elses(
    probed_run: Path, tmp_path: Path
) -> None:
    (tmp_path / "gradio").touch()  # a folder that cannot be written, whoever runs the tests
    told, code = _opened(probed_run, {"TMPDIR": str(tmp_path), "GRADIO_TEMP_DIR": ""})
    assert told.startswith("studio: http://127.0.0.1:")
    assert code == 0 and [each.name for each in tmp_path.iterdir()] == ["gradio"]
