"""A study in the file format of lab.js' builder (https://lab.js.org), as builder version 22 writes.

The pictures travel inside the file; a list is chosen by `?list=NUMBER` in the address or asked for.
"""

import base64
import html
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from studio.ratings.form_text import answer_form, guide
from studio.ratings.scales import RatingScale
from studio.ratings.stimuli import TYPES

_VERSION = [22, 0, 0]
#: Fills the loop with the rows of the rater's list.
_CHOOSE = """const study = {study};
const wanted = Number(this.state.list);
this.options.templateParameters = study.lists[wanted - 1];
this.state.study = study.digest; this.state.scale = study.scale;"""
#: What the address says of a name, where it says anything; without signs that end an attribute.
_ADDRESS = (
    "${ (new URLSearchParams(window.location.search).get('{name}') || '')"
    ".replace(/[^ \\w.@-]/g, '') }"
)
_STIMULUS = (
    "${ this.parameters.kind === 'instructed' "
    "? '<p class=\"instruction\">' + this.parameters.instruction + '</p>' "
    ": '<img src=\"' + this.parameters.picture + '\" alt=\"\">' }"
)
_BREAK = "<p>This part is done. Take a break if you like.</p>"
_PAGE = """<!doctype html>
<html>
<head>
  <meta charset="utf-8">
  <title>Ratings of faces</title>
  <meta name="viewport" content="width=device-width, initial-scale=1">
  ${ header }
</head>
<body>
  <div class="container fullscreen" data-labjs-section="main">
    <main class="content-vertical-center content-horizontal-center"><p>Loading</p></main>
  </div>
</body>
</html>
"""


def labjs_study(
    rows: Sequence[Sequence[Mapping[str, Any]]],
    scale: RatingScale,
    pictures: Mapping[str, Path],
    digest: str,
) -> dict[str, Any]:
    """The study as `labjs.study.json` holds it.

    Args:
        rows: the lists, as `studio.ratings.study_files.FIELDS`.
        pictures: files by the name that the rows give as `stimulus`.
    """
    places = {name: f"static/{number:05d}{path.suffix.lower()}"
              for number, (name, path) in enumerate(pictures.items())}  # fmt: skip
    lists = [
        [
            _parameters(row, places) | {"pause": row["block"] != before["block"]}
            for before, row in pairwise([each[0], *each])
        ]
        for each in rows
    ]
    study = {"digest": digest, "scale": scale.name, "lists": lists}
    code = _CHOOSE.replace("{study}", json.dumps(study, ensure_ascii=False))
    consent = files("studio.ratings").joinpath("forms", "consent.html").read_text("utf-8")
    body = consent[consent.index("<body>") + len("<body>") : consent.index("</body>")]
    ask = (
        f'<p><label>Code of the rater <input name="rater" required value="{_address("rater")}">'
        f'</label></p><p><label>List (1 to {len(rows)}) <input name="list" type="number" min="1" '
        f'max="{len(rows)}" required value="{_address("list")}"></label></p>'
    )
    agree = "<p><label><input type='checkbox' name='consent' required> I take part.</label></p>"
    components = [
        _form("consent", "Consent", body + agree),
        _form("begin", "Rater", ask),
        _form("guide", "Guide", guide(scale)),
        _component("lists", "lab.flow.Loop", "Ratings", children=["trial"],
                   handlers=[("Choose the list", "before:prepare", code)],
                   templateParameters={"columns": [], "rows": []}, sample={"mode": "sequential"},
                   tardy=True),
        _component("trial", "lab.flow.Sequence", "Trial", children=["break", "rating"]),
        _form("break", "Break", _BREAK, skip="${ !this.parameters.pause }"),
        _form("rating", "Rating", _STIMULUS + answer_form(scale)),
        _component("thanks", "lab.html.Screen", "Thanks", timeout="1",
                   content="<main><h1>Thank you</h1></main>"),
        _component("root", "lab.flow.Sequence", "root",
                   children=["consent", "begin", "guide", "lists", "thanks"],
                   plugins=[{"type": "lab.plugins.Metadata"},
                            {"type": "lab.plugins.Download", "filePrefix": "ratings"}],
                   metadata={"title": "Ratings of faces", "description": "", "repository": "",
                             "contributors": ""}),
    ]  # fmt: skip
    return {
        "version": _VERSION,
        "components": {each["id"]: each for each in components},
        "files": {"files": _files(pictures, places), "bundledFiles": {}},
    }


def _parameters(row: Mapping[str, Any], places: Mapping[str, str]) -> dict[str, Any]:
    """A trial's parameters: its picture by the name that it has in this file."""
    return dict(row) | {
        "picture": places.get(row["stimulus"], ""),
        "instruction": html.escape(row["instruction"]),
    }


def _address(name: str) -> str:
    return _ADDRESS.replace("{name}", name)


def _form(name: str, title: str, content: str, **options: Any) -> dict[str, Any]:
    page = f"<form class='rating'>{content}<p><button type='submit'>Continue</button></p></form>"
    return _component(name, "lab.html.Form", title, content=page, **options)


def _component(
    name: str,
    kind: str,
    title: str,
    handlers: Sequence[tuple[str, str, str]] = (),
    **options: Any,
) -> dict[str, Any]:
    """A component as the builder keeps it: tables are lists of rows of cells."""
    return {
        "id": name,
        "type": kind,
        "title": title,
        "files": {"rows": []},
        "parameters": {"rows": []},
        "responses": {"rows": []},
        "messageHandlers": {
            "rows": [
                [{"title": label, "message": message, "code": code}]
                for label, message, code in handlers
            ]
        },
        **options,
    }


def _files(pictures: Mapping[str, Path], places: Mapping[str, str]) -> dict[str, Any]:
    """The study's own files, as addresses that hold their content."""
    style = files("studio.ratings").joinpath("forms", "rating.css").read_bytes()
    found = {
        "index.html": {"content": _data_address("text/html", _PAGE.encode()), "permanent": True},
        "style.css": {"content": _data_address("text/css", style), "permanent": True},
    }
    for name, path in pictures.items():
        kind = f"image/{TYPES[path.suffix.lower()]}"
        found[places[name]] = {"content": _data_address(kind, path.read_bytes())}
    return found


def _data_address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
