"""A study in the file format of lab.js' builder (https://lab.js.org), as builder version 22 writes.

The pictures travel inside the file; a list is chosen by `?list=NUMBER` in the address or asked for.
"""

import base64
import html
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from studio.ratings.form_text import answer_form, guide
from studio.ratings.scales import RatingScale

_VERSION = [22, 0, 0]
_TYPES = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp", ".bmp": "bmp",
          ".gif": "gif"}  # fmt: skip
#: Fills the loop with the rows of the rater's list.
_CHOOSE = """const study = {study};
const wanted = Number(this.state.list);
this.options.templateParameters = study.lists[wanted - 1];
this.state.study = study.digest; this.state.scale = study.scale;"""
_ADDRESS = """const given = new URLSearchParams(window.location.search);
const form = this.options.el.querySelector('form');
form.rater.value = given.get('rater') || given.get('PROLIFIC_PID') || '';
form.list.value = given.get('list') || '';"""
_STIMULUS = (
    "${ this.parameters.kind === 'instructed' "
    "? '<p class=\"instruction\">' + this.parameters.instruction + '</p>' "
    ": '<img src=\"' + this.parameters.picture + '\" alt=\"\">' }"
)
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
    lists = [[_parameters(row, places) for row in each] for each in rows]
    study = {"digest": digest, "scale": scale.name, "lists": lists}
    code = _CHOOSE.replace("{study}", json.dumps(study, ensure_ascii=False))
    consent = files("studio.ratings").joinpath("forms", "consent.html").read_text("utf-8")
    body = consent[consent.index("<body>") + len("<body>") : consent.index("</body>")]
    ask = (
        "<p><label>Code of the rater <input name='rater' required></label></p><p><label>List (1 to "
        f"{len(rows)}) <input name='list' type='number' min='1' max='{len(rows)}' required></label>"
        "</p>"
    )
    agree = "<p><label><input type='checkbox' name='consent' required> I take part.</label></p>"
    components = [
        _form("consent", "Consent", body + agree),
        _form("begin", "Rater", ask, handlers=[("Fill in", "run", _ADDRESS)]),
        _form("guide", "Guide", guide(scale)),
        _component("lists", "lab.flow.Loop", "Ratings", children=["rating"],
                   handlers=[("Choose the list", "before:prepare", code)],
                   templateParameters={"columns": [], "rows": []}, sample={"mode": "sequential"},
                   tardy=True),
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


def _form(
    name: str, title: str, content: str, handlers: Sequence[tuple[str, str, str]] = ()
) -> dict[str, Any]:
    page = f"<form class='rating'>{content}<p><button type='submit'>Continue</button></p></form>"
    return _component(name, "lab.html.Form", title, content=page, handlers=handlers)


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
        "index.html": {"content": _address("text/html", _PAGE.encode()), "permanent": True},
        "style.css": {"content": _address("text/css", style), "permanent": True},
    }
    for name, path in pictures.items():
        kind = f"image/{_TYPES[path.suffix.lower()]}"
        found[places[name]] = {"content": _address(kind, path.read_bytes())}
    return found


def _address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
