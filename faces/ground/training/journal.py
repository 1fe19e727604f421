"""What a training leaves to look at: tables, TensorBoard events, sheets of pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from PIL import Image

from faces.ground.files import replacing
from faces.ground.tables import write_csv

Row = dict[str, float]


class Journal:
    """Writes to a training's folder, from the whole history: a resumed one leaves the same.

    Close it, or use it in a `with`.

    Args:
        folder: of the training.
        done: steps, or epochs, that came before; events of later ones are of a run that was cut.
        count: the column that says which step or epoch a row is of.
    """

    def __init__(self, folder: Path, done: int, count: str = "step") -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.folder, self.count = folder, count
        self._events = SummaryWriter(str(folder / "events"), purge_step=done + 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def record(self, table: str, rows: Sequence[Row], group: str | None = None) -> None:
        """Write a table of rows that share their keys, and add the last one to the events.

        Args:
            table: file name.
            group: of the events' tags; None takes it from the columns ("dev_loss" is dev/loss).
        """
        last = rows[-1]
        write_csv(self.folder / table, rows, list(last))
        for name, value in last.items():
            if name != self.count:
                tag = f"{group}/{name}" if group else name.replace("_", "/", 1)
                self._events.add_scalar(tag, value, int(last[self.count]))
        self._events.flush()

    def close(self) -> None:
        """Flush and close the event file."""
        self._events.close()


def write_sheet(path: Path, images: np.ndarray, columns: int, rows: int) -> None:
    """Save uint8 pictures (N, H, W, 3), row by row, as one PNG; missing ones are black."""
    count, height, width, _ = images.shape
    sheet = np.zeros((rows * columns, height, width, 3), np.uint8)
    sheet[: min(count, len(sheet))] = images[: len(sheet)]
    sheet = sheet.reshape(rows, columns, height, width, 3).transpose(0, 2, 1, 3, 4)
    with replacing(path) as partial:
        Image.fromarray(sheet.reshape(rows * height, columns * width, 3)).save(partial)
