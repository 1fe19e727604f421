"""`circumplex export`: every seed at every point, as files with a table."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faces.ground.files import only_writer
from faces.ground.progress import Progress, silent
from faces.ground.records import setting
from gan_bridge.editing.grid_points import grid_points
from studio.engine import Engine
from studio.face_choice import TRUNCATION_HELP
from studio.further_factors import FurtherFactors
from studio.model_choice import ModelChoice
from studio.stimuli.export import Export
from studio.stimuli.export_rows import mean_distance, plan_stimuli
from studio.stimuli.points import DEFAULT_SIDE
from studio.validation import require, require_affect, require_seed
from vae.config import DEFAULT_TRUNCATION

_MOST_PICTURES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class ExportRequest(FurtherFactors, ModelChoice):
    """Every seed at every point, as PNG files with a table.

    Attributes:
        folder: where to; a killed export continues there.
        seeds: the faces.
        points: (valence, arousal) pairs, each in [-1, 1]; None for n × n within what faces show, or
            up to 0.8 where that is not known.
    """

    folder: Path
    seeds: tuple[int, ...]
    points: tuple[tuple[float, float], ...] | None = None
    n: int = DEFAULT_SIDE
    match_luminance: bool = setting(False, "Same mean and SD of luminance in all pictures.")
    unread: bool = setting(False, "Leave open what the model reads in the pictures: quicker.")
    truncation: float = setting(DEFAULT_TRUNCATION, TRUNCATION_HELP, at_least=0, at_most=2)

    def __post_init__(self) -> None:
        super().__post_init__()
        require(len(self.seeds) > 0, "seeds is empty; give at least one")
        require(self.points is None or len(self.points) > 0, "points is empty; give at least one")
        require(len(set(self.seeds)) == len(self.seeds), "a seed is given twice; give each once")
        for seed in self.seeds:
            require_seed(seed)
        for valence, arousal in self.points or ():
            require_affect(valence, "valence")
            require_affect(arousal, "arousal")
        count = len(self.seeds) * len(self.points or range(self.n**2))
        require(
            count <= _MOST_PICTURES,
            f"{count} pictures are more than {_MOST_PICTURES} in one export; split it",
        )


@dataclass(frozen=True)
class ExportResult:
    """A finished export.

    Attributes:
        folder: where it is; pictures: in it; made: those that were not there before.
        seeds, points: how many were asked for.
        beyond: pictures whose request lies beyond what faces show.
        distance: mean Euclidean distance of the predicted valence and arousal from those aimed at;
            None where nothing was read.
    """

    folder: Path
    pictures: int
    made: int
    seeds: int
    points: int
    beyond: int
    distance: float | None

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "folder": str(self.folder),
            "pictures": self.pictures,
            "made": self.made,
            "verified": self.pictures - self.made,
            "seeds": self.seeds,
            "points": self.points,
            "beyond": self.beyond,
            "distance": self.distance,
        }


def run(request: ExportRequest, engine: Engine, progress: Progress = silent) -> ExportResult:
    """Every seed at every point to PNG and table; continues an export that was killed.

    Raises:
        CircumplexError: models missing; folder in use, of another export, or not writable.
    """
    with only_writer(request.folder):
        explorer = engine.explorer(request).with_others(request.others)
        points = request.points or grid_points(request.n, region=explorer.region)
        stimuli = plan_stimuli(request.seeds, points)
        work = Export(
            request.folder,
            explorer,
            stimuli,
            request.truncation,
            request.match_luminance,
            engine.working,
            request.unread,
        )
        rows = work.run(progress)
    return ExportResult(
        request.folder,
        len(stimuli),
        work.made,
        len(request.seeds),
        len(points),
        beyond=sum(not row.reached for row in rows),
        distance=mean_distance(rows),
    )
