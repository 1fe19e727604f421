"""What a training leaves to look at: tables, TensorBoard events, curves, sheets of pictures."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from faces.ground.files import replacing
from faces.ground.tables import write_csv

Row = dict[str, float]


class Journal:
    """Writes to a training's folder, from the whole history: a resumed one leaves the same."""

    def __init__(self, folder: Path, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.folder = folder
        self._events = SummaryWriter(str(folder / "events"), purge_step=step + 1)

    def rows(self, rows: Sequence[Row]) -> None:
        """Record the last row of figures."""
        self._table("metrics.csv", rows, "train")

    def scores(self, rows: Sequence[Row]) -> None:
        """Record the last row of scores."""
        self._table("scores.csv", rows, "score")

    def sheet(self, name: str, images: np.ndarray, side: int) -> None:
        """Save uint8 pictures (N, H, W, 3) as a square, row by row; missing ones are black."""
        write_sheet(self.folder / "sheets" / f"{name}.png", images, side)

    def curves(self, rows: Sequence[Row], scores: Sequence[Row]) -> None:
        """Draw all figures so far into curves.png."""
        with replacing(self.folder / "curves.png") as partial:
            draw_curves(partial, rows, scores)

    def close(self) -> None:
        """Flush and close the event file."""
        self._events.close()

    def _table(self, name: str, rows: Sequence[Row], group: str) -> None:
        write_csv(self.folder / name, rows, list(rows[-1]))
        for key, value in rows[-1].items():
            if key != "step":
                self._events.add_scalar(f"{group}/{key}", value, int(rows[-1]["step"]))
        self._events.flush()


def write_sheet(path: Path, images: np.ndarray, side: int) -> None:
    """Save uint8 pictures (N, H, W, 3) as one PNG of `side` columns and as many rows."""
    count, height, width, _ = images.shape
    sheet = np.zeros((side * side, height, width, 3), np.uint8)
    sheet[: min(count, side * side)] = images[: side * side]
    sheet = sheet.reshape(side, side, height, width, 3).transpose(0, 2, 1, 3, 4)
    with replacing(path) as partial:
        Image.fromarray(sheet.reshape(side * height, side * width, 3)).save(partial)


def draw_curves(path: Path, rows: Sequence[Row], scores: Sequence[Row]) -> None:
    """Losses, scores of real and made faces, augmentation, and KID over the steps, as PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6), layout="constrained")
    panels = figure.subplots(2, 2, sharex=True).ravel()
    lines = (
        ("loss", ("loss_g", "loss_d")),
        ("score of the discriminator", ("score_real", "score_fake")),
        ("augmentation", ("sign_real", "augment_p")),
    )
    steps = [row["step"] for row in rows]
    for axes, (title, names) in zip(panels[: len(lines)], lines, strict=True):
        for name in names:
            axes.plot(steps, [row[name] for row in rows], label=name, lw=1.2)
        axes.set_title(title, fontsize=10)
        axes.legend(frameon=False, fontsize=8)
    panels[3].set_title("KID, with its standard error", fontsize=10)
    if scores:
        panels[3].errorbar(
            [row["step"] for row in scores],
            [row["kid"] for row in scores],
            [row["kid_error"] for row in scores],
            capsize=2,
            marker=".",
            lw=1.2,
        )
    for axes in panels[2:]:
        axes.set_xlabel("step")
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)
