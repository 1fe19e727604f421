"""`circumplex prepare`: a face set out of pictures and labels."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faces.ground.progress import Progress, silent
from faces.ground.records import setting
from faces.sets.config import PrepareConfig
from studio.engine import Engine
from studio.validation import Request, require


@dataclass(frozen=True)
class PrepareRequest(Request):
    """Make a face set out of pictures and labels.

    Attributes:
        source: AffectNet lists or arrays, class folders, or a CSV, TSV or Parquet table.
        faceset: folder to write; None with `check`.
        config: settings.
        columns: (field, column) pairs for tables.
        keep: further columns of a table to carry along, or prefixes*.
    """

    source: Path
    faceset: Path | None
    config: PrepareConfig = field(default_factory=PrepareConfig)
    form: str | None = setting(
        None,
        "affectnet-lists, affectnet-arrays, classes or table.",
        shown="seen from SOURCE",
    )
    columns: tuple[tuple[str, str], ...] = ()
    keep: tuple[str, ...] = ()
    check: bool = setting(
        False, "Only say what would be kept and dropped, and why; as slow as the job itself."
    )
    sample: int | None = setting(
        None, "With --check, look at so many pictures.", at_least=1, shown="all"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.check or self.faceset is not None, "name the folder for the face set")
        fits = self.check or self.sample is None
        require(fits, "a sample is for --check; leave --sample out, or add --check")


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
        return {"faceset": self.folder and str(self.folder), "digest": self.digest, **self.counts}


def run(request: PrepareRequest, engine: Engine, progress: Progress = silent) -> PrepareResult:
    """Make a face set, or say what would become of its faces.

    Raises:
        CircumplexError: source missing or without a usable face; folder in use or otherwise set.
    """
    from faces.sets import check
    from faces.sets import prepare as prepare_faces

    source, config = request.source, request.config
    form, columns, keep = request.form, dict(request.columns), request.keep
    if request.check or request.faceset is None:
        counts = check(
            source,
            config,
            form=form,
            columns=columns,
            keep=keep,
            sample=request.sample,
            progress=progress,
        )
        return PrepareResult(None, counts)
    info = prepare_faces(
        source,
        request.faceset,
        config,
        form=form,
        columns=columns,
        keep=keep,
        progress=progress,
    )
    return PrepareResult(request.faceset, info["counts"], info["identity"])
