"""Templates: everything is text, and what is missing is an error."""

from importlib.resources import files

import pytest
from jinja2 import UndefinedError

from studio.reports.drawing import shortened, svg
from studio.reports.page import render_template, write_page


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="why"):
        render_template("app_none.html.j2", what="them")


def test_values_are_escaped_and_drawings_are_not() -> None:
    page = render_template("app_none.html.j2", why="<b>", what=svg("x", lambda _: None, (1, 1)))
    assert "&lt;b&gt;" in page and "<svg " in page


def test_every_template_parses() -> None:
    from studio.reports.page import _environment

    names = {path.name for path in files("studio.reports").joinpath("templates").iterdir()}
    assert {name for name in names if name.endswith(".j2")} <= set(_environment().list_templates())
    for name in names - {"style.css"}:
        _environment().get_template(name)


def test_words_in_a_drawing_are_text() -> None:
    drawing = svg("x", lambda figure: figure.text(0, 0.5, '$\\frac{$ <i> & "'), (2, 1))
    assert "$\\frac{$ &lt;i&gt; &amp;" in drawing and "<i>" not in drawing


def test_a_drawing_has_room_for_short_names_alone() -> None:
    assert shortened("happiness") == "happiness"
    assert len(shortened("W" * 300)) == 24 and shortened("W" * 300).endswith("…")


def test_a_name_that_no_text_can_hold_costs_no_page(tmp_path) -> None:
    path = write_page(tmp_path / "page.html", "<p>set \udcff</p>")
    assert path.read_text(encoding="utf-8") == "<p>set ?</p>"
