"""The circumplex pad: a square of valence and arousal with a dot to drag."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from faces.circumplex import drawn_words, quadrant

_RADIUS = 100.0


def circumplex_pad() -> gr.HTML:
    """The pad. Its value is a dict: valence, arousal in [-1, 1], stamp, read (pair or None)."""
    return gr.HTML(
        pad_value(0.0, 0.0),
        html_template=_drawing(),
        js_on_load=Path(__file__).with_name("pad.js").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="pad",
    )


def pad_value(
    valence: float, arousal: float, read: tuple[float, float] | None = None, stamp: int = 0
) -> dict[str, Any]:
    """What the pad shows: the request as a dot, the model's reading of the picture as a ring."""
    return {"valence": valence, "arousal": arousal, "read": read, "stamp": stamp}


def _drawing() -> str:
    return (
        '<svg viewBox="-128 -128 256 256" tabindex="0" role="application" '
        'aria-label="Circumplex: arrow keys move valence and arousal, Home is neutral">'
        '<rect class="field" x="-100" y="-100" width="200" height="200" rx="6"/>'
        f"{''.join(_lines())}"
        '<circle class="orbit" r="80"/><circle class="orbit" r="40"/>'
        '<line class="axis" x1="-100" x2="100"/><line class="axis" y1="-100" y2="100"/>'
        '<text class="name" x="97" y="-4" text-anchor="end">valence</text>'
        '<text class="name" x="4" y="-91">arousal</text>'
        f"{''.join(_words())}"
        '<line class="miss"/><circle class="ring" r="5.5"/>'
        '<g class="dot"><circle class="halo" r="11"/><circle class="core" r="6"/></g></svg>'
    )


def _lines() -> Iterator[str]:
    for at in (-80, -40, 40, 80):
        yield f'<line class="grid" x1="{at}" x2="{at}" y1="-100" y2="100"/>'
        yield f'<line class="grid" y1="{at}" y2="{at}" x1="-100" x2="100"/>'


def _words() -> Iterator[str]:
    """Each word where the ray of its angle leaves the square, as on the printed grid."""
    for word in drawn_words():
        x, y = math.cos(math.radians(word.angle)), math.sin(math.radians(word.angle))
        upright = abs(y) >= abs(x)
        scale = (_RADIUS + 11) / max(abs(x), abs(y))
        turn = 0 if upright else (90 if x > 0 else -90)
        place = f"translate({x * scale:.1f} {-y * scale:.1f}) rotate({turn})"
        yield f'<text class="word q{quadrant(x, y)}" transform="{place}">{word.name}</text>'
