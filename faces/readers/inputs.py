"""Which pictures and frames a list of paths means: files, folders, videos, tables."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from faces.ground.dialects import SUFFIXES as TABLES
from faces.ground.digests import bytes_digest, file_digest
from faces.ground.errors import CircumplexError
from faces.ground.paths import as_text, expand_pattern, require_path
from faces.readers.done_files import DoneFile
from faces.readers.folder_labels import labelled_task, require_codes
from faces.readers.frame_selection import FrameSelection
from faces.readers.landmarks.pool import Task
from faces.readers.landmarks.table import Missing
from faces.readers.moving_pictures import read_moving
from faces.readers.video import VideoFrame, read_video
from faces.sets.folders import Entry, kind_of, list_folder
from faces.sets.moving import is_animated
from faces.sets.pictures import Rejected, decode, suppress_pillow_warnings
from faces.sets.sources.code_books import PROVEN, Meanings
from faces.sets.sources.stores import FolderStore, PictureStore
from faces.sets.training_faces import frame_digest

if TYPE_CHECKING:
    from faces.sets.sources.options import SourceKeywords
    from faces.sets.sources.rows import Source

# pixels to which the longer side of what travels decoded is reduced: full HD is read as it is
_LONGER_PIXELS = 1920


@dataclass(frozen=True)
class Input:
    """A table of pictures, or a file as it was listed.

    Attributes:
        root: the folder that was named; for a file that was, the one it lies in.
        entry: what the file is by its name; None for a table.
        table: its rows; None for any other file.
    """

    path: Path
    root: Path
    entry: Entry | None
    table: "Source | None" = None

    @property
    def count(self) -> int | None:
        """How many rows it gives; None where videos do not say it."""
        if self.table is None:
            return 1 if self.entry is None or self.entry.kind != "video" else None
        has_videos = any(kind_of(path or "") == "video" for path in self.table.faces["path"])
        return None if has_videos else len(self.table)


@dataclass(frozen=True)
class ListedFile:
    """A picture or a video that was not opened.

    Attributes:
        task: its path and what the source says of it.
        pictures: where its bytes are, by its path; None where it is a file.
    """

    task: Task
    pictures: PictureStore | None = None


@dataclass(frozen=True)
class Inputs:
    """Everything that a list of paths means, in the order of the paths, folders sorted by name.

    Attributes:
        items: what is read, and each file of a folder that is not, which gives a row that says why.
        hidden: files that systems and programs keep for themselves, which give none.
        meanings: of the names of folders.
    """

    items: tuple[Input, ...]
    hidden: tuple[Entry, ...] = ()
    meanings: Meanings = field(default_factory=Meanings)

    @property
    def count(self) -> int | None:
        """How many rows there are, a picture that moves counted once; None where a video keeps it
        to itself."""
        counts = [item.count for item in self.items]
        return None if None in counts else sum(count or 0 for count in counts)

    @property
    def hidden_counts(self) -> dict[str, int]:
        """How many of the hidden for which reason."""
        return dict(Counter(entry.reason for entry in self.hidden).most_common())

    @property
    def notes(self) -> list[str]:
        """How each table was understood, a line each."""
        tables = [(item.path.name, item.table) for item in self.items if item.table is not None]
        return [f"{name}: {'; '.join(table.notes)}" for name, table in tables if table.notes]

    def files(self) -> Iterator[ListedFile]:
        """Every picture and every video, none of them opened, and the pictures of tables.

        What a face is claimed to show is the name of the nearest folder that is named after an
        expression, else the code of the outermost that is numbered; its split that of one named
        after a split. A table says both itself.
        """
        for item in self.items:
            if item.table is not None:
                yield from _of_table(item.table)
            elif item.entry is not None and item.entry.reason:
                why = Missing(item.entry.reason, item.entry.detail)
                yield ListedFile(Task(as_text(item.path), missing=why))
            else:
                yield ListedFile(labelled_task(item.path, item.root, self.meanings))

    def tasks(self, selection: FrameSelection | None = None) -> Iterator[Task]:
        """Every picture and every selected frame.

        Args:
            selection: which frames of a video; None takes all.
        """
        for file in self.files():
            yield from open_file(file, selection)

    def remaining(
        self, done: Sequence[DoneFile], selection: FrameSelection | None = None
    ) -> Iterator[Task] | None:
        """`tasks` without what is done.

        Args:
            done: the first files, in their order, the last of them perhaps in part.

        Returns:
            None where files were changed, added or taken away since, or are labelled otherwise.
        """
        listed = self.files()
        last = None
        for each in done:
            last = next(listed, None)
            if last is None or not each.unchanged:
                return None
            task = last.task
            if (task.path, task.emotion, task.split) != (each.path, each.label, each.split):
                return None

        def tasks() -> Iterator[Task]:
            if last is not None and not done[-1].ended:
                yield from open_file(last, selection, done[-1].frame + 1, done[-1].turned)
            for file in listed:
                yield from open_file(file, selection)

        return tasks()


def find_inputs(
    paths: Iterable[str | Path],
    follow_links: bool = False,
    codes: str | None = PROVEN,
    columns: Mapping[str, str] = MappingProxyType({}),
    explained: Mapping[str, str] = MappingProxyType({}),
) -> Inputs:
    """List what paths mean; no picture is opened.

    Args:
        paths: files, folders, videos and tables, or patterns of them; see `expand_pattern`.
        follow_links: look into folders that are linked to from those that are named.
        codes: whose codes the expressions are of tables and of folders' names, as
            `SourceOptions.codes`; None refuses codes that nothing proves.
        columns: field to column of each table; explained: labels and folders' names to expressions.
            Both as of `SourceOptions`.

    Raises:
        CircumplexError: a path at which nothing is, a folder without pictures and videos, a file
            of another kind, a table that cannot be read, codes that are refused, columns for
            paths without a table; names the path and what would do.
    """
    meanings = Meanings.of(codes, explained)
    settings: SourceKeywords = {"codes": codes, "columns": columns, "explained": explained}
    items: list[Input] = []
    hidden: list[Entry] = []
    for path in chain.from_iterable(map(expand_pattern, paths)):
        require_path(path)
        if path.is_dir():
            entries = _of_folder(path, follow_links)
            hidden += (entry for entry in entries if entry.kind == "hidden")
            items += (Input(each.path, path, each) for each in entries if each.kind != "hidden")
        elif path.suffix.lower() in TABLES:
            items.append(Input(path, path.parent, None, _table(path, settings)))
        else:
            items.append(Input(path, path.parent, _named_file(path)))
    if columns and all(item.table is None for item in items):
        raise CircumplexError("--column is for tables, and no path is one; leave it out")
    listed = (each for each in items if each.entry is not None and not each.entry.reason)
    require_codes(((each.path, each.root) for each in listed), meanings)
    return Inputs(tuple(items), tuple(hidden), meanings)


def open_file(
    listed: ListedFile, selection: FrameSelection | None = None, first: int = 0, turned: int = 0
) -> Iterator[Task]:
    """A picture as it is, or the selected frames of a video.

    Args:
        listed: one of `Inputs.files`.
        first: number of the frame from which on a video is read; a picture has but frame 0.
        turned: how its first frame was turned where that was read before (`Task.clip_turned`).
    """
    file = listed.task
    is_read = file.missing is None and listed.pictures is None
    read = _reader_of_frames(Path(file.path)) if is_read else None
    if read is None:
        if first == 0:
            yield file if listed.pictures is None else _of_bytes(file, listed.pictures)
        return
    try:
        whole = file_digest(file.path)
    except OSError as error:
        yield replace(file, missing=Missing("cannot be opened", error.strerror or ""))
        return
    frames = read(file.path, selection, longer=_LONGER_PIXELS, first=first)
    for at, frame in enumerate(frames):
        task = replace(
            file,
            frame=frame.number,
            time_s=frame.time_s,
            begins_clip=first == 0 and at == 0,
            clip_turned=turned,
        )
        if isinstance(frame.picture, Missing):
            yield replace(task, missing=frame.picture)
        else:
            digest = frame_digest(whole, frame.number)
            yield replace(task, pixels=frame.picture, size=frame.size, digest=digest)


def _reader_of_frames(path: Path) -> Callable[..., Iterator[VideoFrame]] | None:
    """What reads the frames of a video, or of a picture that moves; None of any other."""
    if kind_of(path.name.lstrip(".")) == "video":
        return read_video
    return read_moving if is_animated(path) else None


def _of_folder(path: Path, follow_links: bool) -> tuple[Entry, ...]:
    """All of a folder that holds something to read.

    Raises:
        CircumplexError: there is nothing to read; says what else there is.
    """
    listing = list_folder(path, follow_links)
    if not listing.pictures and not listing.videos:
        others = Counter(str(Missing(each.reason, each.detail)) for each in listing.others)
        found = "".join(f"; {count} × {why}" for why, count in others.most_common(3))
        raise CircumplexError(f"{path} holds no pictures and no videos{found}; name another folder")
    return listing.entries


def _named_file(path: Path) -> Entry:
    """A file that was named itself, hidden or not.

    Raises:
        CircumplexError: its name says neither picture nor video.
    """
    kind = kind_of(path.name.lstrip("."))
    if kind not in ("picture", "video"):
        raise CircumplexError(
            f"{path} is no picture, video or table by its name; give PNG, JPEG, HEIC, MP4, CSV, ..."
        )
    return Entry(path, kind)


def _table(path: Path, settings: "SourceKeywords") -> "Source":
    from faces.sets.sources.opening import open_source  # pandas: only where there is a table

    return open_source(path, **settings)


def _of_table(source: "Source") -> Iterator[ListedFile]:
    of_files = isinstance(source.pictures, FolderStore)
    for row in source.records():
        name, reason = str(row["path"]), row["reason"]
        missing = None if reason is None else Missing(str(reason))
        place = str(source.root / name) if of_files or missing else name
        task = Task(place, emotion=row["expression"], split=row["split"], missing=missing)
        yield ListedFile(task, None if of_files or missing else source.pictures)


def _of_bytes(task: Task, pictures: PictureStore) -> Task:
    """A picture that is no file, such as a cell of a table."""
    try:
        data = pictures.read(task.path)
        with suppress_pillow_warnings():
            picture = decode(data, _LONGER_PIXELS)
    except Rejected as rejection:
        return replace(task, missing=Missing(rejection.reason, rejection.detail))
    except OSError as error:
        return replace(task, missing=Missing("damaged picture", str(error)))
    size, digest = picture.source_size(), bytes_digest(data)
    return replace(task, pixels=picture.pixels, size=size, digest=digest)
