"""What workflows hand back: the work itself, and a summary in plain JSON values."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.stimuli.recipe import Recipe
from studio.stimuli.remade import Remade


@dataclass(frozen=True)
class PrepareResult:
    """A face set, or, where `folder` is None, what would become of one.

    Attributes:
        counts: found, kept, rejected, reasons, splits, expressions.
        digest: identity of the face set.
    """

    folder: Path | None
    counts: dict[str, Any]
    digest: str | None = None

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"faceset": _name(self.folder), "digest": self.digest, **self.counts}


@dataclass(frozen=True)
class TrainResult:
    """A finished run: where, which, and where its weights come from."""

    folder: Path
    digest: str
    provenance: dict[str, Any]

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"run": str(self.folder), "digest": self.digest, **self.provenance}


@dataclass(frozen=True)
class ProbeResult:
    """Directions, the page about them, and the numbers of report.json."""

    directions: Path
    report: Path
    evidence: dict[str, Any]

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "directions_file": str(self.directions),
            "report": str(self.report),
            **self.evidence,
        }


@dataclass(frozen=True)
class GridResult:
    """A grid as the bytes of its file."""

    file: Path | None
    data: bytes
    recipe: dict[str, Any]

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"file": _name(self.file), **self.recipe}


@dataclass(frozen=True)
class EditResult:
    """An edited face: PNG bytes, how it was made, what the probes read in it.

    Attributes:
        file: where it was written, or None.
        data: the PNG, with its recipe inside.
        recipe: how it was made.
        reading: valence and arousal that the probes read in the finished picture, encoded anew;
            None where the generator cannot encode and its reader is not at hand.
        luminance: mean and standard deviation of the luma, 0–255.
        remade: how near a picture made from a recipe comes to the first; None for others.
    """

    file: Path | None
    data: bytes
    recipe: Recipe
    reading: tuple[float, float] | None
    luminance: tuple[float, float]
    remade: Remade | None = None

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "file": _name(self.file),
            "predicted": self.reading
            and dict(zip(("valence", "arousal"), self.reading, strict=True)),
            "luminance": dict(zip(("mean", "sd"), self.luminance, strict=True)),
            "recipe": self.recipe.to_dict(),
            **({} if self.remade is None else {"remade": self.remade.summary()}),
        }


@dataclass(frozen=True)
class ExportResult:
    """A finished export."""

    folder: Path
    pictures: int
    made: int
    seeds: int
    points: int

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "folder": str(self.folder),
            "pictures": self.pictures,
            "made": self.made,
            "verified": self.pictures - self.made,
            "seeds": self.seeds,
            "points": self.points,
        }


def _name(file: Path | None) -> str | None:
    return None if file is None else str(file)
