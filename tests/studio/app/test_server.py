"""The doors of the page: localhost, a login, no files but its own."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from studio.app.server import ends_as_by_interrupt, own_uploads

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
if hasattr(signal, "SIGHUP"):  # ignored where the tests run under nohup
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
from studio.cli import main
sys.exit(main(sys.argv[1:]))
"""


def _opened(
    run: Path,
    environment: dict[str, str],
    end: signal.Signals = signal.SIGINT,
    opened: Callable[[], None] = lambda: None,
) -> tuple[str, int]:
    """What the command line says first once the page is open, and its exit code after Ctrl-C or
    another signal; `opened` is called between the two."""
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
        try:
            if told:
                opened()
        finally:
            page.send_signal(end)
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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process outright")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_photos_are_gone_when_the_page_is_told_to_end(
    probed_run: Path, tmp_path: Path, name: str
) -> None:
    def photo_comes() -> None:
        (folder,) = tmp_path.glob("circumplex-uploads-*")
        (folder / "photo.jpg").touch()

    environment = {"TMPDIR": str(tmp_path), "GRADIO_TEMP_DIR": ""}
    told, code = _opened(probed_run, environment, signal.Signals[name], photo_comes)
    assert told.startswith("studio: http://127.0.0.1:")
    assert code == 0 and not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process outright")
def test_signals_are_ctrl_c_while_the_page_is_open_alone() -> None:
    ends, ignored = signal.SIGTERM, signal.SIGHUP
    before = signal.signal(ends, signal.SIG_DFL), signal.signal(ignored, signal.SIG_IGN)
    try:
        with pytest.raises(KeyboardInterrupt), ends_as_by_interrupt():
            signal.raise_signal(ignored)  # as `nohup` has it
            signal.raise_signal(ends)
        assert signal.getsignal(ends) is signal.SIG_DFL
        assert signal.getsignal(ignored) is signal.SIG_IGN
        with ThreadPoolExecutor() as threads:
            threads.submit(_enter_and_leave).result()
    finally:
        signal.signal(ends, before[0])
        signal.signal(ignored, before[1])


def _enter_and_leave() -> None:
    with ends_as_by_interrupt():
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
