"""The readers of an evaluation: what they read, and the part that each had in the edits."""

from pathlib import Path

import numpy as np
import pytest
from edit_readings import targets_of
from PIL import Image

from faces.readers.landmarks.config import LandmarkerConfig
from faces.readers.reading import FaceReader
from studio.engine import Engine
from studio.evaluation.config import EvaluateConfig
from studio.evaluation.panel import open_panel
from studio.evaluation.reach import BY_CALIBRATION, BY_EDITOR, BY_LABELS, reach_of
from studio.evaluation.readers import OWN, measured_by, own_run, parts_of_readers
from studio.model_choice import ModelChoice

NAMES = ["pixel", "action_units", "action_units_table", OWN]


def explorer_of(engine: Engine, generator: str, raw: bool = False):
    return engine.explorer(ModelChoice(generator=generator, raw=raw))


def test_a_picture_without_a_face_is_nan_beside_those_that_have_one(
    engine: Engine, portraits: Path
) -> None:
    explorer = explorer_of(engine, "bundled")
    faces = [Image.open(portraits / f"{name}.jpg").resize((128, 128)) for name in "ab"]
    images = np.stack([*map(np.asarray, faces), np.full((128, 128, 3), 90, np.uint8)])
    with open_panel(explorer, None) as panel:
        assert panel.names == NAMES and panel.absent == {}
        read = {name: reading(images) for name, reading in panel.readings.items()}
    config = EvaluateConfig(seeds=(7,), directions=3, intensities=(0.5,))
    # as if the first were a neutral face and the others its edits
    rows = {name: values[[0, 1, 2, 2]][None] for name, values in read.items()}
    found = panel.assemble(config, rows, targets_of(3, (0.5,)))
    assert found.found.tolist() == [[True, True, False, False]]
    for name in NAMES[:3]:
        assert np.isfinite(found.affect[name][0, :2]).all()
        assert np.isnan(found.affect[name][0, 2:]).all()
    assert np.isnan(found.appearance[0, 2:]).all() and np.isnan(found.identity[0, 2:]).all()
    assert np.isfinite(found.picture).all() and found.picture[0, 2, 0] == pytest.approx(90)
    female, age = found.appearance[0, 0]
    assert 0 < female < 1 and 5 < age < 90
    # who it is and what it looks like come of one pass of the network that `measure` asks too
    with FaceReader(LandmarkerConfig(visibility=False), identity="bundled") as reader:
        known = [each.embedding for each in reader.read(list(images[:2]))]
    assert found.identity[0, :2] == pytest.approx(np.stack(known), abs=2e-3)


def test_readers_are_marked_by_what_they_did(engine: Engine) -> None:
    aimed = explorer_of(engine, "stylegan3")
    parts = parts_of_readers(NAMES, aimed, own_run(aimed, engine))
    assert {name: part.part for name, part in parts.items()} == {
        "pixel": "trained the editor",
        "action_units": "took no part",
        "action_units_table": "took no part",
        OWN: "found the directions, trained the editor",
    }
    assert parts[OWN].known_as == "bundled" and not parts[OWN].independent
    assert measured_by(aimed, None) == dict.fromkeys(
        ("identity", "appearance"), "trained the editor"
    )


def test_without_the_editor_its_readers_took_no_part(engine: Engine, tmp_path: Path) -> None:
    raw = explorer_of(engine, "stylegan3", raw=True)
    parts = parts_of_readers(NAMES, raw, own_run(raw, engine))
    assert parts["pixel"].independent and parts[OWN].part == "found the directions"
    assert set(measured_by(raw, None).values()) == {"took no part"}
    other = tmp_path / "weights.pt"
    other.write_bytes(b"other")
    assert measured_by(explorer_of(engine, "stylegan3"), other)["identity"] == "took no part"


def test_a_run_that_is_not_the_packages_has_no_kin(engine: Engine, probed_run: Path) -> None:
    explorer = explorer_of(engine, str(probed_run))
    parts = parts_of_readers(NAMES, explorer, own_run(explorer, engine))
    assert parts[OWN].known_as is None and parts[OWN].digest is None
    assert not parts[OWN].independent


@pytest.mark.parametrize(
    ("generator", "by"),
    [("stylegan3", BY_EDITOR), ("grey", BY_CALIBRATION), ("bundled", BY_LABELS)],
)
def test_where_the_region_comes_from(engine: Engine, generator: str, by: str) -> None:
    explorer = explorer_of(engine, generator)
    points = np.array([[0.1, 0.0], [0.7, -0.7]])
    found = reach_of(explorer, points)
    assert found.by == by and found.border is not None and found.covered is not None
    assert found.covered.tolist() == [True, False] == explorer.covers(points).tolist()
    assert np.hypot(*found.border.T).max() < 1.2


def test_a_region_that_nobody_measured(engine: Engine, probed_run: Path) -> None:
    explorer = explorer_of(engine, str(probed_run))
    explorer.directions = explorer.directions.__class__(
        **{**vars(explorer.directions), "hull": None}
    )
    found = reach_of(explorer, np.array([[0.9, 0.9]]))
    assert (found.by, found.border, found.covered) == (None, None, None)
