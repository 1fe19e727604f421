"""Take the README's picture of the studio: python scripts/screenshot.py docs/images/studio.png"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import shutil
import sys

from playwright.sync_api import sync_playwright

from studio.app import build_app
from studio.app.server import launch_options
from studio.engine import Engine

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def screenshot(target: str) -> None:
    """Open the studio on the bundled weights, ask for an excited face, save what is seen."""
    app = build_app(Engine())
    _, url, _ = app.launch(prevent_thread_lock=True, server_port=7988, **launch_options())
    browser_path = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 960})
        page.set_default_timeout(90_000)
        page.goto(url)
        page.wait_for_selector("#face[src^='data:image/png']")
        page.locator("input[type=number]").locator("visible=true").nth(2).fill("14")
        page.keyboard.press("Enter")
        for slider, value in zip(
            page.locator("input[type=range]").all()[:2], (0.6, 0.35), strict=True
        ):
            slider.evaluate(
                "(node, value) => { node.value = value; "
                "for (const name of ['input', 'change', 'pointerup']) "
                "node.dispatchEvent(new Event(name, { bubbles: true })); }",
                value,
            )
            page.wait_for_timeout(2000)
        page.screenshot(path=target)
        browser.close()
    app.close()


if __name__ == "__main__":
    screenshot(sys.argv[1])
