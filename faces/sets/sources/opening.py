"""One door to every form of source; the form is seen from the path, or stated."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

from faces.ground.errors import CircumplexError
from faces.ground.paths import require_path
from faces.ground.progress import Progress, silent
from faces.sets.folders import has_links
from faces.sets.sources import (
    affectnet,
    class_folders,
    fer2013,
    named_files,
    plain,
    rafdb,
    shards,
    tables,
    yolo,
)
from faces.sets.sources.options import SourceKeywords, SourceOptions
from faces.sets.sources.rows import Source
from faces.sets.sources.trees import listed_once


@dataclass(frozen=True)
class Form:
    """A form of source.

    Attributes:
        name: as `--form` names it.
        recognise: whether a path has this form; no picture is opened.
        read: the faces at a path.
        settings: of SourceOptions that it has a use for.
    """

    name: str
    recognise: Callable[[Path, SourceOptions], bool]
    read: Callable[[Path, SourceOptions, Progress], Source]
    settings: frozenset[str] = frozenset()


_OF_TABLES = frozenset(("columns", "keep", "codes", "scale", "explained", "images"))
_OF_LABELS = frozenset(("codes", "explained"))
_OF_FOLDERS = _OF_LABELS | {"follow_links"}
#: In the order in which they are tried: what proves more comes first.
_FORMS = (
    Form("affectnet-lists", affectnet.has_lists, affectnet.read_lists, _OF_LABELS | {"images"}),
    Form("fer2013", fer2013.is_fer2013, fer2013.read_fer2013, _OF_LABELS),
    Form("rafdb", rafdb.is_rafdb, rafdb.read_rafdb, _OF_LABELS | {"images"}),
    Form("yolo", yolo.is_yolo, yolo.read_yolo, _OF_FOLDERS),
    Form("affectnet-arrays", affectnet.has_arrays, affectnet.read_arrays, _OF_LABELS),
    Form("shards", shards.is_shards, shards.read_shards, _OF_TABLES - {"images"}),
    Form("classes", class_folders.is_class_folders, class_folders.read_classes, _OF_FOLDERS),
    Form("table", lambda path, _: tables.is_table(path), tables.read_tables, _OF_TABLES),
    Form("kdef", named_files.is_kdef, named_files.read_kdef, _OF_FOLDERS),
    Form("pictures", plain.is_plain, plain.read_plain, frozenset(("follow_links",))),
)
FORMS = tuple(form.name for form in _FORMS)


def open_source(
    path: str | Path,
    *,
    progress: Progress = silent,
    **settings: Unpack[SourceKeywords],
) -> Source:
    """Read the list of faces at a path; no picture is decoded.

    Args:
        path: what one of FORMS is: lists, arrays, tables, folders, archives.
        progress: shown while long lists are read.
        settings: see SourceOptions.

    Raises:
        CircumplexError: nothing there, nothing recognised, or unreadable; codes or ratings whose
            meaning nothing proves; a setting that the form has no use for.
    """
    path, options = require_path(path), SourceOptions(**settings)
    if path.is_dir() and not any(path.iterdir()):
        raise CircumplexError(f"{path} is empty; name a folder or a table of faces")
    with listed_once():
        form = _form(path, options)
        if useless := sorted(options.given() - form.settings):
            flag = {"columns": "column", "explained": "map"}.get(useless[0], useless[0])
            raise CircumplexError(
                f"{path} is read as {form.name}, which has no use for --{flag.replace('_', '-')}"
            )
        return form.read(path, options, progress)


def _form(path: Path, options: SourceOptions) -> Form:
    """The form that is stated, or the first that recognises the path.

    Raises:
        CircumplexError: there is none.
    """
    if options.form is not None:
        named = {form.name: form for form in _FORMS}
        if options.form not in named:
            raise CircumplexError(
                f"{options.form!r} is no form of source; give one of {', '.join(FORMS)}"
            )
        return named[options.form]
    for form in _FORMS:
        if form.recognise(path, options):
            return form
    if path.is_dir() and (found := tables.tables_at(path)):
        names = ", ".join(file.name for file in found)
        raise CircumplexError(f"{path} holds {len(found)} tables ({names}); name one of them")
    if path.is_dir() and not options.follow_links and has_links(path):
        raise CircumplexError(f"{path} holds linked folders; add --follow-links to have them read")
    shards.require_whole(path)
    raise CircumplexError(
        f"{path} is no source of faces that is known here; give AffectNet's lists or folders, "
        "class folders, a folder or archive of pictures, or a table (CSV, TSV, Parquet, JSON "
        "Lines; save a spreadsheet as CSV) with a column of paths"
    )
