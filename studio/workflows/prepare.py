"""`circumplex prepare`: a face set out of pictures and labels."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faces.ground.progress import Progress, silent
from faces.ground.records import setting
from faces.sets.config import PrepareConfig
from studio.engine import Engine
from studio.validation import CODES_HELP, Request, require

if TYPE_CHECKING:
    from faces.sets.sources.options import SourceKeywords

_SOURCE = "How SOURCE is read"
#: Settings that decide how a face is cut out, besides its size and channels.
_CUT = ("align", "margin", "clahe")


@dataclass(frozen=True)
class PrepareRequest(Request):
    """Make a face set out of pictures and labels.

    Attributes:
        source: what `faces.sets.open_source` reads: lists, tables, folders, archives.
        faceset: folder to write; None with `check`.
        config: settings.
        given: names of settings of `config` that hold even where `like` says otherwise.
        columns: (field, column) pairs for tables.
        keep: further columns of a table to carry along, or prefixes*.
        explained: (folder's name or label, expression) pairs.
    """

    source: Path
    faceset: Path | None
    config: PrepareConfig = field(default_factory=PrepareConfig)
    given: tuple[str, ...] = ()
    like: str | None = setting(
        None,
        "A run, network or face set whose size, channels and cut to take; options given beside it "
        "win.",
        panel=_SOURCE,
    )
    form: str | None = setting(
        None,
        "affectnet-lists, affectnet-arrays, fer2013, rafdb, kdef, yolo, shards, classes, table or "
        "pictures.",
        shown="seen from SOURCE",
        panel=_SOURCE,
    )
    columns: tuple[tuple[str, str], ...] = ()
    keep: tuple[str, ...] = ()
    explained: tuple[tuple[str, str], ...] = ()
    codes: str | None = setting(
        None,
        CODES_HELP,
        shown="where SOURCE proves it",
        panel=_SOURCE,
    )
    scale: str | None = setting(
        None,
        "Of valence and arousal, such as 1:9, or of one of them, as arousal=0:1.",
        shown="-1:1",
        panel=_SOURCE,
    )
    images: Path | None = setting(
        None,
        "Folder that the pictures' paths are relative to.",
        shown="sought beside SOURCE",
        panel=_SOURCE,
    )
    follow_links: bool = setting(
        False, "Look into folders that are linked to as well; each is read once.", panel=_SOURCE
    )
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
        notes: how the source was understood.
    """

    folder: Path | None
    counts: dict[str, Any]
    digest: str | None = None
    notes: tuple[str, ...] = ()

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        named = {"faceset": self.folder and str(self.folder), "digest": self.digest}
        return named | self.counts | {"notes": list(self.notes)}


def run(request: PrepareRequest, engine: Engine, progress: Progress = silent) -> PrepareResult:
    """Make a face set, or say what would become of its faces.

    Raises:
        CircumplexError: source missing or without a usable face; folder in use or otherwise set.
    """
    from faces.sets import check
    from faces.sets import prepare as prepare_faces

    settings: SourceKeywords = {
        "form": request.form,
        "columns": dict(request.columns),
        "keep": request.keep,
        "codes": request.codes,
        "scale": request.scale,
        "explained": dict(request.explained),
        "images": request.images,
        "follow_links": request.follow_links,
    }
    source = request.source
    config, cut = _config(request, engine)
    if request.check or request.faceset is None:
        counts = check(source, config, sample=request.sample, progress=progress, **settings)
        notes = (*counts.pop("notes"), *cut)
        return PrepareResult(None, counts, notes=notes)
    info = prepare_faces(source, request.faceset, config, progress=progress, **settings)
    # sets of earlier versions have no notes
    notes = (*info.get("notes", ()), *cut)
    return PrepareResult(request.faceset, info["counts"], info["identity"], notes)


def _config(request: PrepareRequest, engine: Engine) -> tuple[PrepareConfig, list[str]]:
    """The settings, those of the cut from the model that `like` names; and that in words.

    Raises:
        CircumplexError: no such run, network or face set.
    """
    from faces.sets.config import faces_settings
    from faces.sets.manifest import INFO, load_faceset

    if request.like is None:
        return request.config, []
    if (Path(request.like) / INFO).is_file():
        saved = load_faceset(request.like).info
        known = faces_settings({"faces_settings": saved.get("settings")})
        size, channels = int(saved["size"]), int(saved["channels"])
    else:
        generator = engine.generator(request.like)
        known = faces_settings(generator.provenance)
        size, channels = generator.resolution, generator.channels
    # a margin is around points; pictures that are taken as they are have been cut already
    names = [n for n in _CUT if n != "margin" or request.config.detector != "none"]
    cut = {name: known[name] for name in names if name in known}
    taken = cut | {"size": size, "channels": channels}
    taken = {name: value for name, value in taken.items() if name not in request.given}
    said = ", ".join(f"{name} {value}" for name, value in sorted(taken.items()))
    note = f"as {request.like}: {said}"
    if not cut:
        note += "; it does not say how its faces were cut, so they are cut as prepare does"
    return replace(request.config, **taken), [note]
