"""The sheet of expressive faces shows the faces that were chosen."""

from pathlib import Path

import numpy as np
from PIL import Image

from faces.sets import load_faceset
from gan_bridge.datasets.expressive import ExpressiveConfig, expressive_faces
from studio.stimuli.contact_sheet import contact_sheet


def test_every_tile_is_a_chosen_face_or_empty(tiny_faceset: Path) -> None:
    faceset = load_faceset(tiny_faceset)
    chosen = expressive_faces(faceset, ExpressiveConfig(count=30, quantile=0.2))
    sheet = contact_sheet(faceset, chosen, directions=4, across=6, tile=64)
    pixels = np.asarray(sheet)
    row_of = np.rint(chosen.angle / 90).astype(int) % 4
    drawn = 0
    for row in range(4):
        members = np.flatnonzero(row_of == row)
        faces = {faceset.read(chosen.rows[[m]])[0, 0].tobytes() for m in members}
        for column in range(6):
            # margin, label and gaps as the sheet lays them out
            x, y = 16 + 108 + column * 70, 16 + row * 86
            tile = pixels[y : y + 64, x : x + 64]
            if column < len(members):
                assert tile[..., 0].tobytes() in faces
                assert (tile == tile[..., :1]).all()
                drawn += 1
            else:
                assert (tile == 238).all()
    assert drawn == np.minimum(np.bincount(row_of, minlength=4), 6).sum() > 12


def test_the_strongest_face_comes_first(tiny_faceset: Path) -> None:
    faceset = load_faceset(tiny_faceset)
    chosen = expressive_faces(faceset, ExpressiveConfig(count=30))
    sheet = contact_sheet(faceset, chosen, directions=1, across=3, tile=64)
    first = np.asarray(sheet)[16:80, 124:188, 0]
    strongest = chosen.rows[chosen.radius == chosen.radius.max()]
    assert any(np.array_equal(first, face[0]) for face in faceset.read(strongest))
    assert isinstance(sheet, Image.Image)
