"""A study in a real browser, from the form to the imported table: nothing is asked of a network."""

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from studio.cli import main
from studio.ratings.scales import SCALES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PEOPLE = Path(__file__).parents[2] / "data" / "people"


@pytest.fixture
def study(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    out = tmp_path / "study"
    words = [
        "--raters",
        "5",
        "--share",
        "5",
        "--repeats",
        "1",
        "--instructed",
        "1",
        "--blocks",
        "2",
    ]
    assert main(["ratings", "design", str(PEOPLE), str(out), "--scale", request.param, *words]) == 0
    return out


def rows_of(study: Path, number: int) -> list[dict[str, object]]:
    table = pd.read_csv(study / "psychopy" / f"list_{number:04d}.csv")
    return [
        {str(k): None if pd.isna(v) else v for k, v in r.items()} for r in table.to_dict("records")
    ]


def answer_of(row: dict[str, object], number: int, scale: str) -> tuple[float, float]:
    """What this rater says: what is asked for, else something that depends on the picture."""
    if row["kind"] == "instructed":
        return float(str(row["expected_valence"])), float(str(row["expected_arousal"]))
    code = sum(map(ord, str(row["stimulus"]))) + number
    if scale == "sliders":
        return float(code % 9 * 20 - 80), float(code % 7 * 20 - 60)
    return float(code % 9 + 1), float(code % 7 + 1)


def give(page: "Page", scale: str, valence: float, arousal: float) -> None:
    """Answer the form that is shown, by what a hand would touch."""
    if scale == "grid":
        page.locator(f'input[name=affect_grid][value="{valence:g},{arousal:g}"] + span').click()
    elif scale == "sliders":
        sliders = page.locator("input[type=range]").all()
        for slider, value in zip(sliders, (valence, arousal), strict=True):
            slider.fill(f"{value:g}")
    else:
        for target, value in (("valence", valence), ("arousal", arousal)):
            page.locator(f'input[name={target}][value="{value:g}"] + .sign').click()


@pytest.mark.parametrize(("study", "scale"), [(name, name) for name in SCALES], indirect=["study"])
def test_a_rater_in_jspsych(study: Path, scale: str, tmp_path: Path, browser: "Browser") -> None:
    asked: list[str] = []
    page = browser.new_page(accept_downloads=True)
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto((study / "index.html").as_uri() + "?rater=R-01&list=2")
    page.get_by_role("checkbox").check()
    page.get_by_role("button").click()
    assert page.locator("input[name=rater]").input_value() == "R-01"
    page.get_by_role("button").click()
    page.get_by_role("button", name="Continue").click()
    rows = rows_of(study, 2)
    given = [answer_of(row, 2, scale) for row in rows]
    with page.expect_download() as download:
        for at, (row, answers) in enumerate(zip(rows, given, strict=True)):
            if at and row["block"] != rows[at - 1]["block"]:
                page.get_by_text("Take a break").wait_for()
                page.get_by_role("button").click()
            if at == 0:  # nothing is passed over
                page.get_by_role("button").click()
                assert page.locator("input:invalid").count()
            if row["kind"] == "instructed":
                page.get_by_text("this trial checks").wait_for()
            else:
                picture = page.locator("img")
                assert picture.get_attribute("src") == row["picture"]
                assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)")
            give(page, scale, *answers)
            page.get_by_role("button").click()
    data = tmp_path / download.value.suggested_filename
    download.value.save_as(data)
    assert data.name == "ratings_R-01.csv" and "Thank you" in page.content()
    assert all(url.startswith(("file:", "blob:", "data:")) for url in asked)
    page.close()
    check_import(data, study, rows, given, tmp_path)


def test_pictures_whose_names_hold_signs_of_addresses(tmp_path: Path, browser: "Browser") -> None:
    names = ["a#1.jpg", "50%23.jpg", "b c&d.jpg", *(["why?.jpg"] if os.name != "nt" else [])]
    (tmp_path / "faces #1").mkdir()
    for name, path in zip(names, sorted(PEOPLE.glob("*.jpg")), strict=False):
        shutil.copy(path, tmp_path / "faces #1" / name)
    out = tmp_path / "study"
    words = ["--raters", "1", "--repeats", "0", "--instructed", "0", "--blocks", "1"]
    assert main(["ratings", "design", str(tmp_path), str(out), "--scale", "labelled", *words]) == 0
    page = browser.new_page()
    page.goto((out / "index.html").as_uri() + "?rater=R&list=1")
    page.get_by_role("checkbox").check()
    for _ in range(3):  # consent, code, guide
        page.get_by_role("button").click()
    for _ in names:
        picture = page.locator("img")
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)")
        give(page, "labelled", 3, 4)
        page.get_by_role("button").click()
    page.close()


def check_import(
    data: Path,
    study: Path,
    rows: list[dict[str, object]],
    given: list[tuple[float, float]],
    folder: Path,
) -> None:
    """The table holds every answer as it was given, and no fault."""
    out = folder / "ratings.csv"
    assert main(["ratings", "import", str(data), "--design", str(study), "--out", str(out)]) == 0
    assert json.loads(out.with_suffix(".json").read_text())["faults"] == {}
    table = pd.read_csv(out)
    assert table["kind"].tolist() == [row["kind"] for row in rows]
    assert table["stimulus"].fillna("").tolist() == [row["stimulus"] or "" for row in rows]
    answers = table[["valence_answer", "arousal_answer"]]
    assert list(answers.itertuples(index=False, name=None)) == given
    assert table[["valence", "arousal"]].abs().max().max() <= 1
    assert table["passed"].dropna().tolist() == [True]
    assert set(table["rater"]) == {"R-01"}
