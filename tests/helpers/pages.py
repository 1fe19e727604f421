"""What a browser makes of a page, and names that try to be more than names."""

import re
from html.parser import HTMLParser

#: Markup, quotes of both kinds, what a template or matplotlib's mathtext would read, and length.
HOSTILE = '<script>alert(\'x\')</script>" onload="x" {{ 7 * 7 }} $\\frac{$ & ' + "W" * 300
_VOID = ("meta", "img", "br", "link")


class Page(HTMLParser):
    """What a browser would ask for, what it would run, its text, and which ids the page has."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.open: list[str] = []
        self.attributes: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.tags.append(tag)
        if tag not in _VOID:
            self.open.append(tag)
        self.attributes += values
        self.ids += [value for name, value in values.items() if name == "id"]
        self.asked += [values[name] for name in ("src", "href", "xlink:href") if name in values]

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def check_page(html: str) -> Page:
    """Assert that a page stands alone, runs nothing and is well formed; what it holds."""
    page = Page(html)
    assert page.open == []
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert not [name for name in page.attributes if name.startswith("on")]
    assert all(asked.startswith(("data:image/png;base64,", "#")) for asked in page.asked)
    assert len(page.ids) == len(set(page.ids))
    assert {asked[1:] for asked in page.asked if asked[0] == "#"} <= set(page.ids)
    assert "@import" not in html and not re.search(r"url\((?!#)", html)
    return page


def check_hostile(html: str, times: int) -> None:
    """Assert that HOSTILE stands on a page as text, whole, at least so many times."""
    page = check_page(html)
    assert page.text.count(HOSTILE) >= times
