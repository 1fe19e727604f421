"""What the studio's tests share: an engine, and a browser that must be there in CI."""

import gc
import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from studio.engine import Engine

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OpenPage = Callable[..., AbstractContextManager[str]]
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def engine() -> Engine:
    return Engine("cpu")


@pytest.fixture(scope="session")
def portrait(portraits: Path) -> Path:
    """One of the portraits."""
    return sorted(path for path in portraits.iterdir() if path.suffix == ".jpg")[0]


@pytest.fixture(scope="session")
def open_page(probed_run: Path) -> OpenPage:
    """A context that opens the page over `probed_run` and gives its address."""

    @contextmanager
    def opened(auth: tuple[str, str] | None = None) -> Iterator[str]:
        from studio.app import build_app
        from studio.app.server import free_port, launch_options

        app = build_app(Engine("cpu"), str(probed_run))
        with warnings.catch_warnings():
            # gradio leaves event loops to the garbage collector, which would blame a later test
            warnings.simplefilter("ignore", ResourceWarning)
            _, url, _ = app.launch(
                server_name="127.0.0.1",
                server_port=free_port("127.0.0.1"),
                auth=auth,
                prevent_thread_lock=True,
                **launch_options(),
            )
            yield url
            app.close()
            del app
            gc.collect()

    return opened


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """The system's Chromium; where there is none the test fails in CI and is skipped elsewhere."""
    from playwright.sync_api import sync_playwright

    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        reason = f"no browser: install one of {', '.join(BROWSERS)} (`make browser`)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield opened
        opened.close()
