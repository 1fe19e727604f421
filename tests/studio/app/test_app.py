"""The page in a real browser: sliders move, the picture follows, nobody is called."""

import base64
import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

#: gradio leaves event loops to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@dataclass
class Opened:
    """A page with what it said and whom it called."""

    page: "Page"
    said: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def face(self) -> np.ndarray:
        """Pixels of the portrait."""
        source = self.page.locator("#face").get_attribute("src") or ""
        data = base64.b64decode(source.split(",", 1)[1])
        return np.asarray(Image.open(io.BytesIO(data)))

    def until_changed(self, before: np.ndarray) -> np.ndarray:
        """Wait for another picture."""
        old = self.page.locator("#face").get_attribute("src")
        for _ in range(600):
            if not np.array_equal(self.face(), before):
                return self.face()
            self.page.wait_for_timeout(50)
        raise AssertionError(f"the picture stayed as it was ({len(old or '')} bytes)")


@pytest.fixture(scope="module")
def address(open_page: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    with open_page() as url:
        yield url


@pytest.fixture
def opened(browser: "Browser", address: str) -> Iterator[Opened]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    opened = Opened(context.new_page())
    opened.page.set_default_timeout(90_000)  # a busy machine is slow, not wrong
    opened.page.on("request", lambda request: opened.hosts.add(urlsplit(request.url).netloc))
    opened.page.on("console", lambda line: line.type == "error" and opened.said.append(line.text))
    opened.page.on("pageerror", lambda error: opened.said.append(str(error)))
    opened.page.goto(address)
    opened.page.wait_for_selector("#face[src^='data:image/png']")
    yield opened
    context.close()
    assert opened.said == []
    assert opened.hosts <= {urlsplit(address).netloc, ""}


def _slide(slider: "Locator", value: float) -> None:
    slider.locator("input[type=range]").evaluate(
        "(input, value) => { input.value = value;"
        " input.dispatchEvent(new Event('input', {bubbles: true}));"
        " input.dispatchEvent(new Event('pointerup', {bubbles: true})); }",
        value,
    )


def _number(slider: "Locator") -> float:
    return float(slider.locator("input[type=number]").input_value())


def test_sliders_move_and_the_picture_follows(opened: Opened) -> None:
    first = opened.face()
    for name, value in (("#valence", 0.8), ("#arousal", -0.6), ("#valence", -0.7)):
        before = opened.face()
        _slide(opened.page.locator(name), value)
        opened.until_changed(before)
    assert not np.array_equal(opened.face(), first)
    opened.page.wait_for_function(
        "document.querySelector('#pad .dot').getAttribute('transform') === 'translate(-70 60)'"
    )


def test_the_dot_is_dragged_and_the_sliders_follow(opened: Opened) -> None:
    before = opened.face()
    box = opened.page.locator("#pad .field").bounding_box()
    assert box is not None
    mouse = opened.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    for share in (0.55, 0.65, 0.75):
        mouse.move(box["x"] + share * box["width"], box["y"] + (1 - share) * box["height"])
    mouse.up()
    opened.until_changed(before)
    opened.page.wait_for_function(
        "Math.abs(document.querySelector('#valence input[type=number]').value - 0.5) < 0.03"
    )
    assert abs(_number(opened.page.locator("#arousal")) - 0.5) < 0.03


def test_arrow_keys_move_the_dot(opened: Opened) -> None:
    opened.page.locator("#pad svg").focus()
    for _ in range(4):
        opened.page.keyboard.press("ArrowRight")
    opened.page.wait_for_function(
        "document.querySelector('#valence input[type=number]').value == '0.2'"
    )
    opened.page.keyboard.press("Home")
    opened.page.wait_for_function(
        "document.querySelector('#valence input[type=number]').value == '0'"
    )


def test_a_new_face_and_back_to_neutral(opened: Opened) -> None:
    neutral = opened.face()
    _slide(opened.page.locator("#valence"), 0.9)
    opened.until_changed(neutral)
    opened.page.locator("#neutral").click()
    opened.page.wait_for_timeout(300)
    opened.page.wait_for_function(
        "document.querySelector('#pad .dot').getAttribute('transform') === 'translate(0 0)'"
    )
    opened.page.locator("#new").click()
    opened.until_changed(neutral)


def test_a_photo_is_taken_in(opened: Opened, portrait: Path) -> None:
    before = opened.face()
    opened.page.get_by_role("button", name="More").click()
    opened.page.locator("#force input").check()  # so small a model makes somebody else of them
    opened.page.locator("#upload").locator("xpath=..").locator("input[type=file]").set_input_files(
        portrait
    )
    opened.page.wait_for_selector(".portrait .who:has-text('your photo')")
    assert not np.array_equal(opened.face(), before)


def test_the_grid_and_the_evidence_are_shown(opened: Opened) -> None:
    opened.page.get_by_role("tab", name="Grid").click()
    opened.page.wait_for_selector("#grid[src^='data:image/png']")
    with opened.page.expect_download() as download:
        opened.page.get_by_role("button", name="Save SVG").click()
    assert download.value.suggested_filename == "circumplex-grid.svg"
    opened.page.get_by_role("tab", name="Evidence").click()
    evidence = opened.page.locator(".evidence")
    evidence.wait_for()
    text = evidence.inner_text()
    assert "R²" in text and "cosine before" in text and "shuffled labels" in text


def test_the_way_to_the_dot_is_saved_as_a_video(opened: Opened, tmp_path: Path) -> None:
    import av

    with opened.page.expect_download() as download:
        opened.page.locator("#animate").click()
    assert download.value.suggested_filename == "circumplex-animation.mp4"
    download.value.save_as(tmp_path / "animation.mp4")
    with av.open(str(tmp_path / "animation.mp4")) as video:
        assert len(list(video.decode(video=0))) in (91, 150)  # out and back, or a circle


def test_stimuli_are_exported(opened: Opened, tmp_path: Path) -> None:
    opened.page.get_by_role("tab", name="Export").click()
    opened.page.get_by_label("Seeds").fill("0-1")
    opened.page.locator("#export").click()
    opened.page.locator("#download").wait_for()
    with opened.page.expect_download() as download:
        opened.page.locator("#download").click()
    download.value.save_as(tmp_path / "stimuli.zip")
    with zipfile.ZipFile(tmp_path / "stimuli.zip") as archive:
        names = archive.namelist()
    assert sum(name.endswith(".png") for name in names) == 18
    assert {"stimuli/table.csv", "stimuli/table.parquet", "stimuli/export.json"} <= set(names)


def test_what_is_wrong_is_said_on_the_page(opened: Opened) -> None:
    opened.page.get_by_role("tab", name="Export").click()
    opened.page.get_by_label("Seeds").fill("../../etc/passwd")
    opened.page.locator("#export").click()
    opened.page.get_by_text("write them as 0-9,42").wait_for()
