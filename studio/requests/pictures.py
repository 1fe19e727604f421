"""Requests that make pictures: grid, edit, export."""

from dataclasses import dataclass
from pathlib import Path

from studio.requests.checks import (
    STYLEGAN,
    require,
    require_affect,
    require_layers,
    require_seed,
    require_truncation,
)
from vae.config import DEFAULT_TRUNCATION

FIGURE_FORMATS = ("png", "pdf", "svg")
_MOST_PICTURES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class GridRequest:
    """One face on n × n points of the circumplex.

    Attributes:
        out: file to write, PNG, PDF or SVG by its suffix; None keeps the bytes in memory.
        format: png, pdf or svg; the suffix of `out`, or png, where it is not given.
        seed, photo, latent: the face: one of the three. A latent is the inverted.safetensors of
            `circumplex invert`, which is moved to its neutral face first.
        force: take a latent that the gate of its inversion found too poor to edit.
        n: faces a side.
        reach: largest valence and arousal asked for, in (0, 1].
        plain: the bare tiles without axes or words (PNG only).
        truncation: 0 for the mean face, 1 for the full spread of the training faces.
        generator: "stylegan3", "bundled" (the β-VAE), the folder of a run, its vae.safetensors,
            or a StyleGAN's file.
        directions: file, folder or "bundled"; None for those that belong to the generator.
        label: class of a conditional StyleGAN.
        layers: edited, as "3-8" or "3-5:0.5,8"; None for those that the directions name, or all.
        raw: ask the latent and not the picture: leave the calibration out.
        memory: GiB of a GPU that pictures may take together; None makes them one at a time.
    """

    out: Path | None = None
    format: str = ""
    seed: int | None = None
    photo: Path | None = None
    latent: Path | None = None
    force: bool = False
    n: int = 7
    reach: float = 0.8
    plain: bool = False
    truncation: float = DEFAULT_TRUNCATION
    generator: str = STYLEGAN
    directions: Path | None = None
    label: int | None = None
    layers: str | None = None
    raw: bool = False
    memory: float | None = None

    def __post_init__(self) -> None:
        require(
            self.memory is None or self.memory > 0, f"memory is {self.memory}; it must be above 0"
        )
        require_layers(self.layers)
        given = [name for name in (self.seed, self.photo, self.latent) if name is not None]
        require(len(given) == 1, "give one of seed, photo and latent")
        if self.seed is not None:
            require_seed(self.seed)
        require(2 <= self.n <= 25, f"n is {self.n}; it must be between 2 and 25")
        require(0 < self.reach <= 1, f"reach is {self.reach}; it must be above 0 and at most 1")
        require_truncation(self.truncation)
        self._choose_format()

    def _choose_format(self) -> None:
        known = FIGURE_FORMATS[:1] if self.plain else FIGURE_FORMATS
        wanted = self.format
        if self.out is not None:
            wanted = self.out.suffix.lower().lstrip(".")
            ends = ", ".join("." + name for name in known)
            require(wanted in known, f"{self.out} ends in none of {ends}; rename it")
        wanted = wanted or FIGURE_FORMATS[0]
        require(wanted in known, f"format is {wanted!r}; it must be one of {', '.join(known)}")
        require(self.format in ("", wanted), f"{self.out} is not {self.format}; rename it")
        object.__setattr__(self, "format", wanted)


@dataclass(frozen=True, kw_only=True)
class EditRequest:
    """One face at one point of the circumplex.

    Attributes:
        out: PNG file to write; None keeps the picture in memory.
        seed, photo, latent, recipe: the face: one of the four. A recipe (a PNG that this program
            wrote) itself decides valence, arousal and truncation, so none of them goes with it.
        valence, arousal: the request, in [-1, 1]; None is 0.
        truncation: as in GridRequest; None is DEFAULT_TRUNCATION.
        latent, force, generator, directions, label, layers, raw: as in GridRequest; a recipe
            decides the last three.
    """

    out: Path | None = None
    seed: int | None = None
    photo: Path | None = None
    latent: Path | None = None
    force: bool = False
    recipe: Path | None = None
    valence: float | None = None
    arousal: float | None = None
    truncation: float | None = None
    generator: str = STYLEGAN
    directions: Path | None = None
    label: int | None = None
    layers: str | None = None
    raw: bool = False

    def __post_init__(self) -> None:
        faces = (self.seed, self.photo, self.latent, self.recipe)
        given = [name for name in faces if name is not None]
        require(len(given) == 1, "give one of seed, photo, latent and recipe")
        if self.seed is not None:
            require_seed(self.seed)
        if self.recipe is not None:
            for name in ("valence", "arousal", "truncation", "label", "layers"):
                said = "class" if name == "label" else name
                require(
                    getattr(self, name) is None,
                    f"the recipe decides {said}; leave it out, or give a seed or a photo",
                )
            require(not self.raw, "the recipe decides raw; leave it out, or give a seed or a photo")
        require_layers(self.layers)
        require_affect(self.valence or 0.0, "valence")
        require_affect(self.arousal or 0.0, "arousal")
        require_truncation(self.truncation or 0.0)
        suffix_fits = self.out is None or self.out.suffix.lower() == ".png"
        require(suffix_fits, f"{self.out} does not end in .png, the format of edits; rename it")


@dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """Every seed at every point, as PNG files with a table.

    Attributes:
        folder: where to; a killed export continues there.
        seeds: the faces.
        points: (valence, arousal) pairs, each in [-1, 1].
        match_luminance: give all pictures the same mean and standard deviation of luma.
        truncation, generator, directions, label, layers, raw: as in GridRequest.
    """

    folder: Path
    seeds: tuple[int, ...]
    points: tuple[tuple[float, float], ...]
    match_luminance: bool = False
    truncation: float = DEFAULT_TRUNCATION
    generator: str = STYLEGAN
    directions: Path | None = None
    label: int | None = None
    layers: str | None = None
    raw: bool = False

    def __post_init__(self) -> None:
        require_layers(self.layers)
        require(len(self.seeds) > 0, "seeds is empty; give at least one")
        require(len(self.points) > 0, "points is empty; give at least one")
        require(len(set(self.seeds)) == len(self.seeds), "a seed is given twice; give each once")
        for seed in self.seeds:
            require_seed(seed)
        for valence, arousal in self.points:
            require_affect(valence, "valence")
            require_affect(arousal, "arousal")
        require_truncation(self.truncation)
        count = len(self.seeds) * len(self.points)
        require(
            count <= _MOST_PICTURES,
            f"{count} pictures are more than {_MOST_PICTURES} in one export; split it",
        )
