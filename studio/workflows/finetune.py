"""Fine-tuning: the faces are chosen, looked at and written; then one of two engines trains."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from faces.ground.files import only_writer, read_json, write_bytes, write_json
from faces.ground.launch import is_main_process
from faces.ground.progress import Progress, silent
from faces.ground.records import setting
from gan_bridge.datasets.expressive import ExpressiveConfig
from gan_bridge.training.config import GANTrainConfig
from gan_bridge.training.plan import NetworkPlan
from studio.engine import Engine
from studio.validation import Request, require
from studio.workflows.train import RUN_SETTINGS

if TYPE_CHECKING:
    from faces.sets import FaceSet
    from gan_bridge.datasets.expressive import Expressive
    from gan_bridge.training.start import Start


ENGINES = ("own", "official")


SUBSETS = ("expressive", "all")


RANDOM = "random"
_FACES = "Faces"


_OWN = ("start", "subset", "run", "encoder")


@dataclass(frozen=True)
class FinetuneRequest(Request):
    """Train a generator of faces on `faceset` into the folder `out`.

    Attributes:
        choice: how the expressive faces are chosen.
        training: schedule; network: what a random start is made of.
    """

    faceset: Path
    out: Path
    start: str = setting(
        RANDOM, "Official pickle or native network to start from, or random.", flag="--from"
    )
    subset: str = setting(
        "expressive",
        "expressive faces of the training split, or all.",
        choices=SUBSETS,
        panel=_FACES,
    )
    run: str | None = setting(
        None, "Probed run whose readings must agree with the labels.", panel=_FACES
    )
    choice: ExpressiveConfig = field(default_factory=ExpressiveConfig)
    training: GANTrainConfig = field(default_factory=GANTrainConfig)
    network: NetworkPlan = field(default_factory=NetworkPlan)
    encoder: str = setting(
        "auto", "What the score looks through: auto, random, or a run.", panel=_FACES
    )
    engine: str = setting(
        "own", "own, or official: train.py of the submodule, on CUDA.", choices=ENGINES
    )
    resume: bool = setting(False, "Continue a training that was interrupted.")
    dry_run: bool = setting(False, "Official engine: only print what would be done.")

    def __post_init__(self) -> None:
        super().__post_init__()
        official = self.engine == "official"
        require(official or not self.dry_run, "--dry-run is for --engine official; drop it")
        require(
            not (official and self.resume),
            "the official engine does not resume; start from its last snapshot with --from",
        )

    def settings(self) -> dict[str, Any]:
        """What `--resume` needs to know again, in plain JSON values."""
        records = {name: asdict(getattr(self, name)) for name in _RECORDS}
        return {name: getattr(self, name) for name in _OWN} | records

    @classmethod
    def from_options(
        cls,
        faceset: Path,
        out: Path,
        given: Mapping[str, Any],
    ) -> Self:
        """A request of the options given; a resumed training supplies those that are not.

        Args:
            given: settings of the request, of its training, its network and its choice of faces,
                by their names; `seed` is everybody's.

        Raises:
            CircumplexError: an option out of its range, or nothing to resume.
        """
        saved: dict[str, Any] = {name: {} for name in _RECORDS}
        if given.get("resume"):
            saved = read_json(out / RUN_SETTINGS)
        values: dict[str, Any] = {
            name: kind.from_dict(saved[name] | _of(kind, given)) for name, kind in _RECORDS.items()
        }
        own = {name: saved[name] for name in _OWN if name in saved}
        own |= _of(cls, given)
        return cls(faceset, out, **own, **values)


_RECORDS: dict[str, Any] = {
    "choice": ExpressiveConfig,
    "training": GANTrainConfig,
    "network": NetworkPlan,
}


def _of(kind: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(kind)}
    return {name: value for name, value in given.items() if name in names}


SHEET, ZIP = "chosen.png", "chosen.zip"


Log = Callable[[str], None]


@dataclass(frozen=True)
class FinetuneResult:
    """A training that came to its end, or, of a dry run, what it would be.

    Attributes:
        folder: where everything lies.
        faces: how many were chosen, and, of a subset, what became of the others.
        network: the trained networks, None after a dry run; best: those of the lowest score.
        details: figures of the own engine, command of the official one.
    """

    folder: Path
    faces: dict[str, int]
    network: Path | None
    best: Path | None
    details: dict[str, Any]

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "folder": str(self.folder),
            "faces": self.faces,
            "network": self.network and str(self.network),
            "best": self.best and str(self.best),
            **self.details,
        }


def run(
    request: FinetuneRequest,
    engine: Engine,
    progress: Progress = silent,
    log: Log = lambda line: print(line, file=sys.stderr),
) -> FinetuneResult:
    """Choose faces, leave a contact sheet and a data set zip of them, and train.

    Args:
        log: gets what the official engine prints.

    Raises:
        CircumplexError: faces and networks that do not fit each other, a folder in use or already
            holding a training, nothing to resume, no official code, or no CUDA for it.
    """
    from faces.sets import load_faceset

    faces = load_faceset(request.faceset)
    # both refuse whatever does not fit before they write anything
    if request.engine == "official":
        return _train_officially(request, engine, faces, progress, log)
    return _train_natively(request, engine, faces, progress)


def _train_natively(
    request: FinetuneRequest, engine: Engine, faces: "FaceSet", progress: Progress
) -> FinetuneResult:
    from gan_bridge.training.loop import refuse_second, train_gan
    from gan_bridge.training.score import choose_features

    if not request.resume:
        refuse_second(request.out)
    start = _start(request, faces)
    features = choose_features(request.encoder, faces.channels, faces.size, engine.device)
    chosen = _choose(request, engine, faces, progress)
    if is_main_process() and not request.resume:
        with only_writer(request.out):
            refuse_second(request.out)  # another process may have begun one meanwhile
            _write_inputs(request, faces, chosen, progress)
    tuned = train_gan(
        faces,
        request.out,
        start,
        request.training,
        rows=chosen.rows,
        resume=request.resume,
        features=features,
        progress=progress,
        device=engine.device,
    )
    figures = {name: getattr(tuned, name) for name in ("steps", "figures", "scores", "features")}
    return FinetuneResult(tuned.folder, chosen.counts, tuned.network, tuned.best, figures)


def _start(request: FinetuneRequest, faces: "FaceSet") -> "Start":
    from gan_bridge.training.start import random_start, start_from

    if request.start == RANDOM:
        return random_start(request.network, faces, request.training.seed)
    return start_from(request.start, faces, request.training.seed)


@dataclass(frozen=True)
class _Chosen:
    """Rows to train on, counts, and what a contact sheet shows; None of the whole split."""

    rows: np.ndarray
    counts: dict[str, int]
    expressive: "Expressive | None" = None


def _choose(
    request: FinetuneRequest, engine: Engine, faces: "FaceSet", progress: Progress
) -> _Chosen:
    if request.subset == "all":
        rows = faces.rows("train")
        return _Chosen(rows, {"chosen": len(rows)})
    from gan_bridge.datasets.expressive import expressive_faces
    from vae.probing.directions import Directions

    readers: dict[str, Any] = {}
    with engine.working():
        if request.run is not None:
            run = engine.run(request.run)
            path = engine.directions_path(request.run)
            readers = {"run": run, "directions": Directions.load(path, run.digest)}
        expressive = expressive_faces(faces, request.choice, progress=progress, **readers)
    left_out = {name: count for name, count in expressive.counts.items() if name != "kept"}
    rows = expressive.rows
    return _Chosen(rows, {"chosen": len(rows), **left_out}, expressive)


def _write_inputs(
    request: FinetuneRequest, faces: "FaceSet", chosen: _Chosen, progress: Progress
) -> None:
    """Settings, and of chosen faces contact sheet and zip, over what a try left that failed before
    its first state."""
    from gan_bridge.datasets.official_zip import write_dataset_zip
    from studio.stimuli.contact_sheet import contact_sheet, sheet_bytes

    write_json(request.out / RUN_SETTINGS, request.settings())
    if chosen.expressive is not None:
        sheet = contact_sheet(faces, chosen.expressive)
        write_bytes(request.out / SHEET, sheet_bytes(sheet))
    # the official engine reads the zip, whatever is in it
    if chosen.expressive is not None or request.engine == "official":
        write_dataset_zip(request.out / ZIP, faces, chosen.rows, progress)


def _train_officially(
    request: FinetuneRequest, engine: Engine, faces: "FaceSet", progress: Progress, log: Log
) -> FinetuneResult:
    from gan_bridge.official import run_finetune
    from studio.workflows.official_settings import official_config

    start = None if request.start == RANDOM else request.start
    config = official_config(request.training, request.network, faces.size, start)
    chosen = _choose(request, engine, faces, progress)
    with only_writer(request.out):
        _write_inputs(request, faces, chosen, progress)
        archive = request.out / ZIP
        done = run_finetune(config, archive, request.out, start, dry_run=request.dry_run, say=log)
    call = {"command": list(done.command), "settings": asdict(config)}
    return FinetuneResult(done.folder or request.out, chosen.counts, done.snapshot, None, call)
