"""`circumplex probe`: the directions of a run, with their evidence."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.files import only_writer
from faces.ground.progress import Progress, silent
from faces.ground.records import setting
from studio.engine import Engine
from studio.model_files import DIRECTIONS, REPORT, copy_calibration, forget_calibration
from studio.validation import BUNDLED, Request, require

if TYPE_CHECKING:
    from faces.sets import FaceSet
    from vae.checkpoint import Run

#: Predictions that the report's traversals are moved to.
_TRAVERSED = np.linspace(-0.8, 0.8, 9)


@dataclass(frozen=True)
class ProbeRequest(Request):
    """Fit probes on the training split of `faceset`; report on its held-out split and on `test`.

    Attributes:
        run: folder of a run, or "bundled".
        faceset: the labelled faces that the probes are fitted on.
        labels: of valence and arousal, where they are not the face set's own.
        basis: Gram–Schmidt takes valence first.
        factors: further columns of the face set that get a direction, made orthogonal after valence
            and arousal in this order; where the set has neither, beside the run's own directions.
        out: folder of directions.safetensors, report.json and report.html.
    """

    run: str
    faceset: Path
    test: Path | None = setting(None, "A face set never seen, to report on as well.")
    labels: Path | None = setting(
        None,
        "Table of valence and arousal in the place of the face set's own, joined by file name; "
        "measure's, OpenFace's and py-feat's readings do as well.",
    )
    reader: str | None = setting(
        None, "Whose readings of --labels to take, where it has several, such as pixel."
    )
    basis: str = setting(
        "orthogonal", "orthogonal (Gram–Schmidt) or dual, which move faces alike; or pattern."
    )
    compare: str | None = setting(
        None, "Another run to measure beside it, such as the plain β-VAE."
    )
    factors: tuple[str, ...] = ()
    out: Path | None = setting(
        None, "Folder for the results.", shown="the run's; bundled-probe for the bundled run"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        from vae.probing.directions import BASES  # numpy and more: not for `--help`

        require(
            self.reader is None or self.labels is not None,
            "--reader chooses among the readings of a table; name the table with --labels",
        )
        require(
            self.basis in BASES, f"basis is {self.basis!r}; it must be one of {', '.join(BASES)}"
        )

    @property
    def folder(self) -> Path:
        """Where results go; the package itself is never written to."""
        if self.out is not None:
            return self.out
        return Path("bundled-probe") if self.run == BUNDLED else Path(self.run)


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

    @property
    def problems(self) -> list[str]:
        """Why the directions are of no use; empty where the codes tell a label.

        Of factors beside directions that stay it is those that count.
        """
        if "factors_from" not in self.evidence:
            return self.evidence["verdict"]["labels"]
        names = self.evidence["factors_from"]["names"]
        new = [each for each in self.evidence["factors"] if each["name"] in names]
        if any(each["held_out"]["told"] for each in new):
            return []
        return [
            f"these codes do not tell {' or '.join(names)}: R² on unseen faces is no better than "
            "with shuffled labels; give more faces with the label"
        ]


def run(request: ProbeRequest, engine: Engine, progress: Progress = silent) -> ProbeResult:
    """Find the directions of a run and write them with their evidence.

    Raises:
        CircumplexError: run or face sets unusable or of different sizes; no labels.
    """
    from faces.readers.affect.of_tables import relabel
    from faces.sets import load_faceset
    from studio.reports.probe import write_report
    from vae.probing.beside import carries_affect
    from vae.probing.run import probe_run
    from vae.probing.traversal import traverse
    from vae.training.verdict import reconstruct

    run = engine.run(request.run)
    compare = None if request.compare is None else engine.run(request.compare)
    faces = load_faceset(request.faceset)
    if request.labels is not None:
        faces = relabel(faces, request.labels, request.reader)
    if request.factors and not carries_affect(faces):
        return _probe_beside(request, engine, run, faces, progress)
    test = None if request.test is None else load_faceset(request.test)
    with engine.working(), only_writer(request.folder):
        directions, evidence = probe_run(
            run,
            faces,
            test,
            request.basis,
            progress=progress,
            compare=compare,
            factors=request.factors,
        )
        traversals = traverse(run, directions, _TRAVERSED)
        pairs = reconstruct(run, faces, test)
        _, report = write_report(request.folder, evidence, traversals, _TRAVERSED.tolist(), pairs)
        # last: directions are what others act on, so they never stand without their evidence
        path = request.folder / DIRECTIONS
        forget_calibration(request.folder)  # it was of other directions
        directions.save(path)
    return ProbeResult(path, report, evidence)


def _probe_beside(
    request: ProbeRequest, engine: Engine, run: "Run", faces: "FaceSet", progress: Progress
) -> ProbeResult:
    """Further factors of faces without valence and arousal, beside the run's own directions.

    Raises:
        CircumplexError: the run has none, or no report of them; too few faces with a factor.
    """
    from faces.ground.files import read_json
    from studio.reports.probe import write_report
    from vae.probing.beside import probe_factors
    from vae.probing.directions import Directions
    from vae.probing.traversal import traverse

    require(
        request.test is None and request.compare is None and request.basis == "orthogonal",
        f"{request.faceset} has no valence and arousal, so the directions of {request.run} stay as "
        "they are; leave out --test, --compare and --basis",
    )
    source = engine.directions_path(request.run)
    with engine.working(), only_writer(request.folder):
        directions, evidence = probe_factors(
            run,
            Directions.load(source),
            read_json(source.with_name(REPORT)),
            faces,
            request.factors,
            progress=progress,
        )
        traversals = traverse(run, directions, _TRAVERSED)
        _, report = write_report(request.folder, evidence, traversals, _TRAVERSED.tolist())
        path = request.folder / DIRECTIONS
        if path.resolve() != source.resolve():
            forget_calibration(request.folder)  # it was of other directions
            copy_calibration(source.parent, request.folder)
        directions.save(path)
    return ProbeResult(path, report, evidence)
