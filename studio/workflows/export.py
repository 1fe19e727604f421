"""`circumplex export`: every face at every point, as files with a table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from faces.ground.files import only_writer
from faces.ground.progress import Progress, silent
from faces.ground.records import setting
from faces.sets.config import cut_of
from gan_bridge.editing.grid_points import grid_points
from gan_bridge.editing.rated_editor import RatedEditor
from studio.engine import Engine
from studio.face_choice import TRUNCATION_HELP
from studio.further_factors import FurtherFactors, fitted_on
from studio.model_choice import ModelChoice
from studio.stimuli.columns import IDENTITY_SCALE
from studio.stimuli.conditions import read_conditions
from studio.stimuli.describing import describe
from studio.stimuli.export import Export, count_dropped
from studio.stimuli.export_plan import ExportPlan
from studio.stimuli.export_result import ExportResult
from studio.stimuli.export_rows import JOURNAL, Row
from studio.stimuli.export_tally import far_neutrals, mean_distances, prototype_hits
from studio.stimuli.finishing import FinishConfig, Finisher, require_matchable
from studio.stimuli.making import StimulusMaker
from studio.stimuli.norms import Norms
from studio.stimuli.plan import list_identities, plan_stimuli
from studio.stimuli.points import DEFAULT_SIDE
from studio.stimuli.refining import REFINE_HELP, REFINED
from studio.stimuli.stimulus_readings import describe_readers, open_readers
from studio.validation import require, require_affect, require_seed
from studio.workflows.export_description import ExportAccount, describe_export
from vae.config import DEFAULT_TRUNCATION

_MOST_PICTURES = 1_000_000
_SETTINGS = ("original", "unread", "refine", "force", "size", "format", "match_luminance", "shine",
             "mask", "mask_edge", "background")  # fmt: skip
_TARGET = "luminance_target"  #: "luminance" is what all were matched to
_KEPT = "Which pictures are kept"


@dataclass(frozen=True, kw_only=True)
class ExportRequest(FinishConfig, FurtherFactors, ModelChoice):
    """Every face at every point, as picture files with a table.

    Attributes:
        folder: where to; a killed export continues there.
        seeds: sampled faces; photos: pictures or folders of them; latents: files of inverted
            photos. One of the three has to name a face.
        points: (valence, arousal) pairs, each in [-1, 1]; None for n × n within what faces show, or
            up to 0.8 where that is not known.
        where: conditions that every picture is to meet, see `studio.stimuli.conditions`.
    """

    folder: Path
    seeds: tuple[int, ...] = ()
    photos: tuple[Path, ...] = ()
    latents: tuple[Path, ...] = ()
    points: tuple[tuple[float, float], ...] | None = None
    n: int = DEFAULT_SIDE
    original: bool = setting(False, "Every face unedited as well.")
    where: tuple[str, ...] = ()
    norms: Path | None = setting(
        None,
        "CSV of norms to join: stimulus (the picture's file or "
        "SHA-256), and columns such as rated_valence.",
        panel=_KEPT,
    )
    max_identity: float | None = setting(
        None,
        f"Largest identity distance from the person: {IDENTITY_SCALE}; 0.4 is a fair limit, as a "
        "real smile is 0.24 from the same person's neutral photo.",
        above=0,
        at_most=2,
        panel=_KEPT,
    )
    unread: bool = setting(
        False, "Leave open what readers find, pose and identity: twice as quick."
    )
    refine: int | None = setting(None, REFINE_HELP, at_least=0, at_most=1000, shown=REFINED)
    force: bool = setting(False, "Edit what was found of a photo even where it is not the person.")
    truncation: float = setting(DEFAULT_TRUNCATION, TRUNCATION_HELP, at_least=0, at_most=2)
    shards: int | None = setting(
        None,
        "Pictures a WebDataset shard, written as well.",
        at_least=1,
        at_most=_MOST_PICTURES,
        shown="no shards",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        named = self.seeds or self.photos or self.latents
        require(bool(named), "seeds is empty, and so are photos and latents; give at least one")
        require(self.points is None or len(self.points) > 0, "points is empty; give at least one")
        require(len(set(self.seeds)) == len(self.seeds), "a seed is given twice; give each once")
        for seed in self.seeds:
            require_seed(seed)
        for valence, arousal in self.points or ():
            require_affect(valence, "valence")
            require_affect(arousal, "arousal")
        require(
            not (self.unread and self.max_identity is not None),
            "max_identity needs what unread leaves open; leave one of them out",
        )
        _require_count(len(self.seeds) * len(self.points or range(self.n**2)))


def _require_count(count: int) -> None:
    require(
        count <= _MOST_PICTURES,
        f"{count} pictures are more than {_MOST_PICTURES} in one export; split it",
    )


def run(request: ExportRequest, engine: Engine, progress: Progress = silent) -> ExportResult:
    """Every face at every point to pictures and table; continues an export that was killed.

    Raises:
        CircumplexError: models missing; folder in use, of another export, or not writable; a
            condition on what is no column, or that no picture meets; no photo with a face.
    """
    identities = list_identities(request.seeds, request.photos, request.latents)
    conditions = read_conditions(request.where, request.max_identity)
    device = engine.device_of(request)
    with only_writer(request.folder), open_readers(request.unread, device) as reader:
        explorer = engine.explorer(request).with_others(request.others)
        points = request.points or grid_points(request.n, region=explorer.region)
        stimuli = plan_stimuli(identities, points, request.original, request.format)
        _require_count(len(stimuli))
        require_matchable(request, len(stimuli))
        settings: dict[str, Any] = {name: getattr(request, name) for name in _SETTINGS}
        settings[_TARGET] = None if request.luminance is None else list(request.luminance)
        factors, fitted = tuple(explorer.others), fitted_on(explorer)
        plan = ExportPlan(request.folder, stimuli, conditions, None, settings, factors, fitted)
        if request.norms is not None:
            taken = [column.name for column in plan.columns]
            plan = replace(plan, norms=Norms.read(request.norms, taken))
        for condition in conditions:
            condition.require_columns(plan.columns)
        maker = StimulusMaker(
            engine,
            explorer,
            reader,
            {each.name: each for each in identities},
            request.truncation,
            request.refine,
            request.force,
        )
        generator = explorer.generator
        margin = cut_of(generator.provenance).margin
        work = Export(plan, maker, Finisher(request, generator.resolution, margin))
        rows = work.run(progress)
        result = _result(request, work, rows, len(identities), len(points), reader.reads)
        if (request.folder / JOURNAL).exists():
            readers = {} if request.unread else describe_readers(explorer, reader.absent)
            account = _account(request, result, readers, work)
            about = describe_export(account, request.folder, rows, plan.columns)
            describe(about, request.shards)
            work.finish()
    return result


def _result(
    request: ExportRequest,
    work: Export,
    rows: Sequence[Row],
    identities: int,
    points: int,
    reads: bool,
) -> ExportResult:
    from faces.readers.affect.registry import AFFECT_READERS

    norms, matches = work.plan.norms, work.finisher.config.matches
    known = [row for row in rows if norms is not None and norms.knows(row["file"], row["sha256"])]
    same = [] if norms is None else [norms.is_of(row["file"], row["sha256"]) for row in known]
    readers = AFFECT_READERS if reads else ()
    terms = work.maker.explorer.in_reader_terms
    return ExportResult(
        request.folder,
        len(rows),
        work.made,
        len(request.seeds),
        identities,
        points,
        requests=sum(bool(row["edited"]) for row in rows),
        beyond=sum(row["reached"] is False for row in map(_plain, rows)),
        distances=mean_distances(rows, readers, terms),
        dropped=count_dropped(work.entries, work.plan.conditions),
        rejected=dict(work.rejections.values()),
        normed=None
        if norms is None
        else sum(norms.knows(each.file, each.row.get("sha256")) for each in work.entries),
        luminance=work.luminance,
        clipped=int(sum(row["clipped"] for row in rows)),
        repaired=tuple(work.repaired),
        prototypes=prototype_hits(rows),
        far_neutrals=far_neutrals(rows, readers, terms),
        rated_otherwise=same.count(False),
        rated_unknown=same.count(None) if matches else 0,
    )


def _account(
    request: ExportRequest, result: ExportResult, readers: dict[str, Any], work: Export
) -> ExportAccount:
    from gan_bridge.generators.opening import PACKAGED as NETWORKS
    from vae.packaged import PACKAGED as RUNS

    explorer = work.maker.explorer
    generator = explorer.generator
    return ExportAccount(
        finish=request,
        generator=(generator.name, generator.digest),
        packaged=request.generator in (*NETWORKS, *RUNS),
        people=bool(request.photos or request.latents),
        result=result,
        truncation=request.truncation if request.seeds else None,
        original=request.original,
        factors={name: (to, explorer.aimed_others[name]) for name, to in explorer.others.items()},
        fitted=work.plan.fitted,
        rated=explorer.is_calibrated() and isinstance(explorer.calibration, RatedEditor),
        readers=readers,
        norms=work.plan.norms,
        oval=work.finisher.oval,
    )


def _plain(row: Row) -> Row:
    """With Python's own truth: a table read back has numpy's."""
    return row | {"reached": None if row["reached"] is None else bool(row["reached"])}
