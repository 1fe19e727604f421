"""Opening the page: on this machine alone, or behind a login; it calls nobody."""

import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from faces.ground.errors import CircumplexError
from studio.engine import Engine
from studio.workflows.open_app import StudioRequest

_MOST_UPLOAD = "40mb"
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_UPLOADS = "GRADIO_TEMP_DIR"
_ENDING = ("SIGTERM", "SIGHUP")  # by which systems and terminals end a program


def launch_options() -> dict[str, Any]:
    """Options for `Blocks.launch` that carry the theme and shut every door that is not needed."""
    from studio.app.theme import studio_theme

    return {
        "theme": studio_theme(),
        "css_paths": [Path(__file__).with_name("studio.css")],
        "share": False,
        "ssr_mode": False,
        "mcp_server": False,
        "pwa": False,
        "run_history": False,
        "enable_monitoring": False,
        "footer_links": [],
        "max_file_size": _MOST_UPLOAD,
        "strict_cors": True,
        "quiet": True,
        "show_error": True,
    }


def serve(request: StudioRequest, engine: Engine, opened: Callable[[str], None]) -> None:
    """Open the page and stay until interrupted, or told to end.

    Args:
        request: where to listen, and the login.
        engine: with the models; opened before the page, so that what is missing is said at once.
        opened: called with the page's address.

    Raises:
        CircumplexError: a model is missing, or the port is taken.
    """
    leave_out_proxies()
    with ends_as_by_interrupt(), own_uploads():
        _serve(request, engine, opened)


def _serve(request: StudioRequest, engine: Engine, opened: Callable[[str], None]) -> None:
    from studio.app.layout import build_app

    engine.explorer(request)
    app = build_app(engine, request)
    login = (request.user, request.password) if request.user and request.password else None
    try:
        _, url, _ = app.launch(
            server_name=request.host,
            server_port=request.port or free_port(request.host),
            auth=login,
            inbrowser=request.browser,
            prevent_thread_lock=True,
            **launch_options(),
        )
    except OSError as error:
        raise CircumplexError(
            f"port {request.port} on {request.host} cannot be opened; try --port 0"
        ) from error
    try:
        with suppress(KeyboardInterrupt):  # the way to end a studio: nothing has failed
            opened(url)
            threading.Event().wait()
    finally:
        app.close(verbose=False)


@contextmanager
def ends_as_by_interrupt() -> Iterator[None]:
    """SIGTERM, and SIGHUP where there is one, are Ctrl-C: what is open is closed and deleted.

    What is handled or ignored already (`nohup`) stays so. In another thread than the main one,
    where Python sets no handlers, nothing changes.
    """
    before = {}
    if threading.current_thread() is threading.main_thread():
        for name in _ENDING:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def own_uploads() -> Iterator[None]:
    """Keep the photos that are brought to this page in a folder of its own, and no longer than it.

    Gradio's is one for all people of a machine: it belongs to whoever came first, and all can read
    it. Where the environment names a folder, that is taken.
    """
    if os.environ.get(_UPLOADS):
        yield
        return
    with tempfile.TemporaryDirectory(
        prefix="circumplex-uploads-", ignore_cleanup_errors=True
    ) as folder:
        os.environ[_UPLOADS] = folder
        try:
            yield
        finally:
            del os.environ[_UPLOADS]


def leave_out_proxies() -> None:
    """Forget the proxies that the environment names: the page calls nobody but itself, when it
    looks whether it is up, and no proxy could pass that on."""
    for name in list(os.environ):
        if name.lower() in _PROXIES:
            del os.environ[name]


def free_port(host: str) -> int:
    """A port of `host` that nothing listens on now."""
    import socket

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
