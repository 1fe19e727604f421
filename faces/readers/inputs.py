"""Which pictures and frames a list of paths means: files, folders, videos, tables."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from faces.ground.dialects import SUFFIXES as TABLES
from faces.ground.digests import bytes_digest, file_digest
from faces.ground.errors import CircumplexError
from faces.readers.landmarks.pool import LONGER, Task
from faces.readers.landmarks.table import Missing
from faces.readers.video import is_video, read_video
from faces.sets.folders import PICTURES
from faces.sets.pictures import Rejected, decode
from faces.sets.sources.stores import PictureStore
from faces.sets.sources.words import expression_of_folder, split_of
from faces.sets.training_faces import frame_digest


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


def find_tasks(paths: Iterable[str | Path]) -> Iterator[Task]:
    """Every picture and every frame, in the order of the paths, folders sorted by name.

    What a face is claimed to show is the name of the nearest folder that is named after an
    expression; its split that of one named after a split. A table says both itself.
    """
    for path in map(Path, paths):
        if path.is_dir():
            for file in _files(path):
                yield from _of_file(file, path)
        elif path.suffix.lower() in TABLES:
            yield from _of_table(path)
        else:
            yield from _of_file(path, path.parent)


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


def _of_file(file: Path, root: Path) -> Iterator[Task]:
    # the folder that was named counts too: `measure train/happy` is of happy faces
    folders = [root.name, *file.relative_to(root).parts[:-1]][::-1]
    emotion = next((name for folder in folders if (name := expression_of_folder(folder))), None)
    split = next((name for folder in folders if (name := split_of(folder))), None)
    if not is_video(file):
        yield Task(str(file), emotion=emotion, split=split)
        return
    whole = file_digest(file)
    for number, frame in read_video(file):
        if isinstance(frame, Missing):
            yield Task(str(file), number, emotion, split, missing=frame)
        else:
            digest = frame_digest(whole, number)
            yield Task(str(file), number, emotion, split, pixels=frame, digest=digest)


def _of_table(path: Path) -> Iterator[Task]:
    from faces.sets.sources.code_books import PROVEN
    from faces.sets.sources.opening import open_source
    from faces.sets.sources.stores import FolderStore

    source = open_source(path, codes=PROVEN)
    for row in source.records():
        task = Task(
            str(source.root / str(row["path"])), emotion=row["expression"], split=row["split"]
        )
        if row["reason"] is not None:
            yield replace(task, missing=Missing(str(row["reason"])))
        elif isinstance(source.pictures, FolderStore):
            yield task
        else:
            yield _of_bytes(task, source.pictures, row["path"])


def _of_bytes(task: Task, pictures: PictureStore, path: str) -> Task:
    """A picture that is no file, such as a cell of a table."""
    try:
        data = pictures.read(path)
        picture = decode(data, LONGER)
    except (Rejected, OSError) as error:
        return replace(task, missing=Missing("damaged picture", str(error)))
    return replace(task, path=path, pixels=picture.pixels, digest=bytes_digest(data))
