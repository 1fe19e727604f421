"""`circumplex verify`: whether an export is still what it was, and can be made again."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from faces.ground.records import setting
from studio.model_choice import DirectionsChoice
from studio.stimuli.verifying import ExportFolder, Finding, check_export, open_export
from studio.workflows import edit
from studio.workflows.edit import EditRequest

if TYPE_CHECKING:
    from studio.engine import Engine


@dataclass(frozen=True, kw_only=True)
class VerifyRequest(DirectionsChoice):
    """Check an export against what it was when it was made.

    Attributes:
        folder: of the export; generator and directions are asked for by `again` alone.
    """

    folder: Path
    again: int = setting(
        0, "Pictures to make again from their recipes, spread over the table.", at_least=0
    )


@dataclass(frozen=True)
class VerifyResult:
    """What was found.

    Attributes:
        folder: of the export; pictures: rows of its table; files: checked by their bytes.
        findings: what is not as it was.
        again: pictures that were made again; identical: those that came out the same.
        apart: lines about those that another machine rounds otherwise, which is no fault.
    """

    folder: Path
    pictures: int
    files: int
    findings: tuple[Finding, ...]
    again: int = 0
    identical: int = 0
    apart: tuple[str, ...] = ()

    @property
    def fine(self) -> bool:
        """Whether all is as it was."""
        return not self.findings

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "folder": str(self.folder),
            "fine": self.fine,
            "pictures": self.pictures,
            "files": self.files,
            "findings": [asdict(finding) for finding in self.findings],
            "again": self.again,
            "identical": self.identical,
            "apart": list(self.apart),
        }


def run(request: VerifyRequest, engine: "Engine", progress: Progress = silent) -> VerifyResult:
    """Check every hash, row and recipe of an export, and make some pictures again.

    Raises:
        CircumplexError: the folder is no finished export, or its table cannot be read.
    """
    export = open_export(request.folder)
    findings = list(dict.fromkeys(check_export(export, progress)))
    faulty = {finding.file for finding in findings}
    chosen = _spread(export, request.again, faulty)
    apart: list[str] = []
    identical = 0
    for name in progress(chosen, "make again", len(chosen)):
        asked = EditRequest(
            recipe=request.folder / name,
            generator=request.generator,
            directions=request.directions,
            device=request.device,
        )
        try:
            found = edit.run(asked, engine).reproduction
        except CircumplexError as error:
            findings.append(Finding(name, "again", str(error)))
            continue
        assert found is not None  # it was made from a recipe
        identical += found.identical
        if not found.identical and found.backends is None:
            findings.append(Finding(name, "again", str(found)))
        elif not found.identical:
            apart.append(str(found))
    return VerifyResult(
        request.folder,
        len(export.rows),
        len(export.listed),
        tuple(findings),
        len(chosen),
        identical,
        tuple(apart),
    )


def _spread(export: ExportFolder, count: int, faulty: set[str]) -> list[str]:
    """Names of `count` pictures without a fault, spread over the table."""
    rows = dict.fromkeys(str(row["file"]) for row in export.rows)
    names = [name for name in rows if name in export.listed and name not in faulty]
    if not count or not names:
        return []
    places = np.linspace(0, len(names) - 1, min(count, len(names))).round().astype(int)
    return [names[place] for place in places]
