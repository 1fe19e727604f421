"""Which pictures and frames a list of paths means: files, folders, videos, tables."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from faces.ground.digests import file_digest
from faces.ground.errors import CircumplexError
from faces.readers.done_files import DoneFile
from faces.readers.frame_selection import FrameSelection
from faces.readers.landmarks.pool import Task
from faces.readers.landmarks.table import Missing
from faces.readers.video import is_video, read_video
from faces.sets.sources.class_folders import PICTURES
from faces.sets.sources.rows import expression_of, split_of
from faces.sets.sources.tables import SUFFIXES as TABLES
from faces.sets.training_faces import frame_digest

# pixels to which a larger frame's longer side is reduced: full HD is read as it is
_LONGER = 1920


def check_paths(paths: Iterable[str | Path]) -> None:
    """Refuse a path at which nothing is, a folder without pictures, and files of other kinds.

    Raises:
        CircumplexError: names the path and what would do.
    """
    for path in map(Path, paths):
        if not path.exists():
            raise CircumplexError(f"{path} is missing; check its name")
        if path.is_dir() and next(_files(path), None) is None:
            raise CircumplexError(f"{path} holds no pictures and no videos; name another folder")
        if path.is_file() and not (_is_face(path) or path.suffix.lower() in TABLES):
            raise CircumplexError(
                f"{path} is no picture, video or table by its name; give PNG, JPEG, MP4, CSV, ..."
            )


def find_tasks(
    paths: Iterable[str | Path], selection: FrameSelection | None = None
) -> Iterator[Task]:
    """Every picture and every selected frame, in the order of the paths, folders sorted by name.

    What a face is claimed to show is the name of the nearest folder that is named after an
    expression; its split that of one named after a split. A table says both itself.

    Args:
        selection: which frames of a video; None takes all.
    """
    for file in find_files(paths):
        yield from open_file(file, selection)


def remaining_tasks(
    paths: Iterable[str | Path], selection: FrameSelection | None, done: Sequence[DoneFile]
) -> Iterator[Task] | None:
    """`find_tasks` without what is done.

    Args:
        done: the first files, in their order, the last of them perhaps in part.

    Returns:
        None where files were changed, added or taken away since.
    """
    listed = list(islice(find_files(paths), len(done)))
    if [file.path for file in listed] != [each.path for each in done]:
        return None
    if not all(each.unchanged for each in done):
        return None

    def tasks() -> Iterator[Task]:
        if done:
            yield from open_file(listed[-1], selection, done[-1].frame + 1)
        for file in islice(find_files(paths), len(done), None):
            yield from open_file(file, selection)

    return tasks()


def find_files(paths: Iterable[str | Path]) -> Iterator[Task]:
    """Every picture and every video, as `find_tasks`, none of them opened."""
    for path in map(Path, paths):
        if path.is_dir():
            for file in _files(path):
                yield _of_file(file, path)
        elif path.suffix.lower() in TABLES:
            yield from _of_table(path)
        else:
            yield _of_file(path, path.parent)


def open_file(
    file: Task, selection: FrameSelection | None = None, first: int = 0
) -> Iterator[Task]:
    """A picture as it is, or the selected frames of a video.

    Args:
        file: one of `find_files`.
        first: number of the frame from which on a video is read; a picture has but frame 0.
    """
    if file.missing is not None or not is_video(Path(file.path)):
        if first == 0:
            yield file
        return
    try:
        whole = file_digest(file.path)
    except OSError as error:
        yield replace(file, missing=Missing("cannot be opened", error.strerror or ""))
        return
    for frame in read_video(file.path, selection, longer=_LONGER, first=first):
        task = replace(file, frame=frame.number, time_s=frame.time_s)
        if isinstance(frame.picture, Missing):
            yield replace(task, missing=frame.picture)
        else:
            digest = frame_digest(whole, frame.number)
            yield replace(task, pixels=frame.picture, size=frame.size, digest=digest)


def count_tasks(paths: Iterable[str | Path]) -> int | None:
    """How many pictures there are; None where a video or a table keeps it to itself."""
    total = 0
    for path in map(Path, paths):
        files = list(_files(path)) if path.is_dir() else [path]
        if any(file.suffix.lower() not in PICTURES for file in files):
            return None
        total += len(files)
    return total


def _files(folder: Path) -> Iterator[Path]:
    """Pictures and videos under a folder, sorted; hidden ones are none."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _files(path)
        elif _is_face(path):
            yield path


def _is_face(path: Path) -> bool:
    return path.suffix.lower() in PICTURES or is_video(path)


def _of_file(file: Path, root: Path) -> Task:
    # the folder that was named counts too: `measure train/happy` is of happy faces
    folders = [root.name, *file.relative_to(root).parts[:-1]][::-1]
    emotion = next((name for folder in folders if (name := expression_of(folder))), None)
    split = next((name for folder in folders if (name := split_of(folder))), None)
    return Task(str(file), emotion=emotion, split=split)


def _of_table(path: Path) -> Iterator[Task]:
    from faces.sets.sources.opening import open_source

    source = open_source(path)
    for row in source.records():
        reason = row["reason"]
        yield Task(
            str(source.root / str(row["path"])),
            emotion=row["expression"],
            split=row["split"],
            missing=None if reason is None else Missing(str(reason)),
        )
