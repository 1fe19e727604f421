"""Whose face a request starts from."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from faces.ground.records import setting
from studio.validation import MOST_SEED, Request, require

_PANEL = "Which face"
TRUNCATION_HELP = "0 for the mean face, 1 for the full spread of the training faces."


@dataclass(frozen=True, kw_only=True)
class FaceChoice(Request):
    """The face that is moved: one of seed, photo and latent. What was found of a photo is moved
    from what it shows, so that a request for that leaves it as it is."""

    seed: int | None = setting(
        None,
        "Number of the face to start from: the same number is the same face of a generator.",
        at_least=0,
        below=MOST_SEED,
        panel=_PANEL,
        shown="0",
    )
    photo: Path | None = setting(None, "Start from the face in this picture instead.", panel=_PANEL)
    face: int | None = setting(
        None, "Which face of the photo, by size from 1.", at_least=1, panel=_PANEL, shown="1"
    )
    latent: Path | None = setting(
        None,
        "Start from the inverted.safetensors that `circumplex invert` wrote, or from a latent as "
        ".npz, .npy or .pt of a projector.",
        panel=_PANEL,
    )
    force: bool = setting(
        False, "Edit what was found of a photo even where it is not the person.", panel=_PANEL
    )

    #: The fields that name a face.
    sources: ClassVar[tuple[str, ...]] = ("seed", "photo", "latent")

    def __post_init__(self) -> None:
        super().__post_init__()
        *names, last = self.sources
        given = [name for name in self.sources if getattr(self, name) is not None]
        require(len(given) == 1, f"give one of {', '.join(names)} and {last}")
        require(self.face is None or self.photo is not None, "face goes with a photo")
