from pathlib import Path

import numpy as np
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from faces.ground.training.journal import Journal, write_sheet


def scalars(folder: Path) -> EventAccumulator:
    events = EventAccumulator(str(folder / "events"))
    events.Reload()
    return events


def test_rows_become_a_table_and_events(tmp_path: Path) -> None:
    rows = [{"epoch": 1.0, "dev_loss": 3.0}, {"epoch": 2.0, "dev_loss": 2.5}]
    with Journal(tmp_path, 0, "epoch") as journal:
        for count in (1, 2):
            journal.record("metrics.csv", rows[:count])
    assert (tmp_path / "metrics.csv").read_text() == "epoch,dev_loss\n1.0,3.0\n2.0,2.5\n"
    events = scalars(tmp_path)
    assert events.Tags()["scalars"] == ["dev/loss"]
    assert [(each.step, each.value) for each in events.Scalars("dev/loss")] == [(1, 3), (2, 2.5)]


def test_a_group_names_the_events(tmp_path: Path) -> None:
    with Journal(tmp_path, 0) as journal:
        journal.record("scores.csv", [{"step": 20, "kid_error": 0.5}], "score")
    events = scalars(tmp_path)
    assert [each.step for each in events.Scalars("score/kid_error")] == [20]


def test_a_sheet_is_read_row_by_row(tmp_path: Path) -> None:
    images = np.stack([np.full((2, 3, 3), level, np.uint8) for level in (10, 20, 30)])
    write_sheet(tmp_path / "sheet.png", images, columns=2, rows=2)
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert sheet.shape == (4, 6, 3)
    assert sheet[::2, ::3, 0].tolist() == [[10, 20], [30, 0]]
    write_sheet(tmp_path / "sheet.png", images, columns=2, rows=1)
    assert np.asarray(Image.open(tmp_path / "sheet.png")).shape == (2, 6, 3)
