"""The chosen expressive faces on one sheet to look at: a row a direction, strongest first."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from faces.circumplex import word

if TYPE_CHECKING:
    from faces.sets import FaceSet
    from gan_bridge.datasets.expressive import Expressive

_PAPER, _INK, _FAINT, _EMPTY = (255, 255, 255), (20, 20, 20), (110, 110, 110), (238, 238, 238)
_MARGIN, _GAP, _LABEL, _CAPTION = 16, 6, 108, 16


def contact_sheet(
    faceset: "FaceSet", chosen: "Expressive", directions: int = 8, across: int = 8, tile: int = 96
) -> Image.Image:
    """Draw faces of every direction with their angle and distance from neutral.

    A row shows the faces nearest in angle to its direction, from the strongest to the weakest in
    even steps; an empty tile says that no more were chosen.

    Args:
        faceset: the set in which `chosen.rows` count.
        directions: rows, counter-clockwise from positive valence.
        across: faces a row.
        tile: side of a face on the sheet in pixels.
    """
    place = np.rint(chosen.angle * directions / 360.0).astype(int) % directions
    size = (
        2 * _MARGIN + _LABEL + across * (tile + _GAP),
        2 * _MARGIN + directions * (tile + _CAPTION + _GAP) + 2 * _CAPTION,
    )
    sheet = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(sheet)
    for row in range(directions):
        top = _MARGIN + row * (tile + _CAPTION + _GAP)
        members = np.flatnonzero(place == row)
        _label(draw, (_MARGIN, top), 360.0 * row / directions, len(members))
        for column, member in enumerate(_spread(members, chosen.radius, across)):
            corner = (_MARGIN + _LABEL + column * (tile + _GAP), top)
            _face(sheet, draw, corner, faceset, chosen, member, tile)
    _footer(draw, (_MARGIN, size[1] - _MARGIN - 2 * _CAPTION), chosen)
    return sheet


def sheet_bytes(sheet: Image.Image) -> bytes:
    """The sheet as a PNG."""
    stream = io.BytesIO()
    sheet.save(stream, "PNG")
    return stream.getvalue()


def _spread(members: np.ndarray, radius: np.ndarray, count: int) -> Sequence[int | None]:
    """`count` members in even steps of rank, the largest radius first; None where they run out."""
    ranked = members[np.lexsort((members, -radius[members]))]
    if len(ranked) > count:
        ranked = ranked[np.linspace(0, len(ranked) - 1, count).round().astype(int)]
    return [*ranked.tolist(), *[None] * (count - len(ranked))]


def _label(draw: ImageDraw.ImageDraw, corner: tuple[int, int], degrees: float, count: int) -> None:
    x, y = corner
    name = word(float(np.cos(np.radians(degrees))), float(np.sin(np.radians(degrees))))
    draw.text((x, y + 2), f"{degrees:g}°", _INK, ImageFont.load_default(20))
    draw.text((x, y + 30), name, _INK, ImageFont.load_default(14))
    draw.text((x, y + 50), f"{count} chosen", _FAINT, ImageFont.load_default(12))


def _face(
    sheet: Image.Image,
    draw: ImageDraw.ImageDraw,
    corner: tuple[int, int],
    faceset: "FaceSet",
    chosen: "Expressive",
    member: int | None,
    tile: int,
) -> None:
    x, y = corner
    if member is None:
        draw.rectangle((x, y, x + tile - 1, y + tile - 1), _EMPTY)
        return
    pixels = faceset.read(chosen.rows[member : member + 1])[0].transpose(1, 2, 0)
    face = Image.fromarray(np.repeat(pixels, 3, 2) if pixels.shape[2] == 1 else pixels)
    sheet.paste(face.resize((tile, tile), Image.Resampling.BICUBIC), corner)
    text = f"{chosen.angle[member]:.0f}°  {chosen.radius[member]:.2f}"
    draw.text((x, y + tile + 1), text, _FAINT, ImageFont.load_default(11))


def _footer(draw: ImageDraw.ImageDraw, corner: tuple[int, int], chosen: "Expressive") -> None:
    total = sum(chosen.counts.values())
    counts = ", ".join(f"{name} {count}" for name, count in chosen.counts.items() if count)
    draw.text(corner, f"Of {total} faces: {counts}", _INK, ImageFont.load_default(12))
    note = (
        "Below each face: angle on the circumplex, counter-clockwise from positive valence, and "
        f"distance from neutral at ({chosen.centre[0]:.2f}, {chosen.centre[1]:.2f})"
    )
    draw.text((corner[0], corner[1] + _CAPTION), note, _FAINT, ImageFont.load_default(11))
