"""What the page's own widgets are given: pictures and files inside their address, and words."""

import base64
import secrets
from html import escape
from typing import Any

from faces.circumplex import word
from studio.workflows.edit import EditResult

_MEDIA = {
    "png": "image/png",
    "pdf": "application/pdf",
    "svg": "image/svg+xml",
    "mp4": "video/mp4",
}
_NONE = ["–", "–"]


def portrait_value(result: EditResult) -> dict[str, Any]:
    """What the portrait shows of an edit."""
    recipe = result.recipe
    face = "your photo" if recipe.seed is None else f"seed {recipe.seed}"
    # names come out of a file, and the template takes what it is given as HTML
    others = "".join(f", {escape(name)} {each['aimed']:g}" for name, each in result.others.items())
    valence, arousal = recipe.valence, recipe.arousal
    here = word(valence, arousal)
    return {
        "src": _data_url(result.data, "png"),
        "file": f"{face.replace(' ', '-')}_v{valence:+.2f}_a{arousal:+.2f}.png",
        "alt": f"Generated face of {face}, asked to look {here}{others}",
        "who": face + others,
        "word": here,
        "asked": [_signed(valence), _signed(arousal)],
        "aimed": [_signed(value) for value in result.aimed],
        "beyond": "" if result.reached else "beyond",
        "read": [_signed(value) for value in shown] if (shown := read_as_asked(result)) else _NONE,
    }


def read_as_asked(result: EditResult) -> tuple[float, float] | None:
    """What is read in the picture, in the terms of the request; None where nothing reads it."""
    return result.expected_rating or result.reading


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _data_url(data: bytes, suffix: str) -> str:
    return f"data:{_MEDIA[suffix]};base64,{base64.b64encode(data).decode('ascii')}"


def file_value(data: bytes, suffix: str, name: str = "circumplex-grid") -> dict[str, Any]:
    """A file for the page to show or to save; the key tells it from the last of that name."""
    return {"src": _data_url(data, suffix), "file": f"{name}.{suffix}", "key": secrets.token_hex(4)}
