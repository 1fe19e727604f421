"""The curves of a training, drawn: losses, scores, augmentation, KID."""

from collections.abc import Sequence
from pathlib import Path

from faces.ground.training.journal import Row


def draw_curves(path: Path, rows: Sequence[Row], scores: Sequence[Row]) -> None:
    """Losses, scores of real and generated faces, augmentation, and KID over the steps, as PNG."""
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
