"""What a finished export comes to."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from studio.stimuli.export_tally import PrototypeHits


@dataclass(frozen=True)
class ExportResult:
    """A finished export.

    Attributes:
        folder: where it is; pictures: in it; made: those that were not there before.
        identities, points: how many were asked for; seeds: those of sampled faces.
        requests: pictures that were edited; beyond: those whose request lies beyond what faces
            show.
        distances: by reader, mean Euclidean distance of the valence and arousal that it finds from
            those aimed at, in readers' terms; without readers that found none.
        dropped: by condition, how many pictures did not meet it; rejected: reasons, by the photo or
            latent that is no face to start from; normed: pictures that the norms know, or None.
        luminance: mean and SD that all were matched to, or None; clipped: pixels that matching
            drove to black or white, in all pictures together.
        repaired: files of the finished export that were changed or gone, and were made again.
        prototypes: by expression, what the pixel reader takes the pictures at its place for.
        far_neutrals: see `export_tally.far_neutrals`.
        rated_otherwise: pictures whose norms are of other bytes; rated_unknown: pictures of which
            that is not known, while matching to this set's averages makes new pixels.
    """

    folder: Path
    pictures: int
    made: int
    seeds: int
    identities: int
    points: int
    requests: int
    beyond: int
    distances: dict[str, float]
    dropped: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, str] = field(default_factory=dict)
    normed: int | None = None
    luminance: tuple[float, float] | None = None
    clipped: int = 0
    repaired: tuple[str, ...] = ()
    prototypes: dict[str, PrototypeHits] = field(default_factory=dict)
    far_neutrals: dict[str, dict[str, float]] = field(default_factory=dict)
    rated_otherwise: int = 0
    rated_unknown: int = 0

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        luminance = None if self.luminance is None else list(self.luminance)
        return {
            "folder": str(self.folder),
            "pictures": self.pictures,
            "made": self.made,
            "verified": self.pictures - self.made,
            "seeds": self.seeds,
            "identities": self.identities,
            "points": self.points,
            "requests": self.requests,
            "beyond": self.beyond,
            "distances": self.distances,
            "dropped": self.dropped,
            "rejected": self.rejected,
            "normed": self.normed,
            "luminance": luminance,
            "clipped": self.clipped,
            "repaired": list(self.repaired),
            "prototypes": {name: asdict(found) for name, found in self.prototypes.items()},
            "far_neutrals": self.far_neutrals,
            "rated_otherwise": self.rated_otherwise,
            "rated_unknown": self.rated_unknown,
        }
