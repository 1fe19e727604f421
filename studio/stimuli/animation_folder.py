"""The folder of an animation: what lies in it, and how a new one takes the place of an old."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from faces.ground.errors import CircumplexError
from faces.ground.outputs import check_output
from studio.stimuli.frame_files import FORMATS, FRAMES, PNG, STEM, frame_file

SETTINGS, TABLE, PLOT = f"{STEM}.json", "table", "readings.png"
_TABLES = (f"{TABLE}.csv", f"{TABLE}.parquet")
_UNFINISHED = ".unfinished"


def file_names(formats: Sequence[str], unread: bool) -> list[str]:
    """Names of what an animation writes, the settings last."""
    files = [f"{STEM}.{kind}" if kind != PNG else FRAMES for kind in formats]
    return [*files, *_TABLES, *([] if unread else [PLOT]), SETTINGS]


def check_files(folder: Path, names: Sequence[str], overwrite: bool) -> None:
    """Refuse files in the way, unless they may be replaced.

    Raises:
        CircumplexError: naming the first.
    """
    for name in names:
        file = folder / name
        check_output(file / frame_file(0, 1) if name == FRAMES else file, overwrite)


@contextmanager
def replacing_animation(folder: Path) -> Iterator[Path]:
    """A folder to write an animation into, which takes the place of the one in `folder` when it is
    whole. Until then, and on an error, that stays as it is.

    Raises:
        CircumplexError: the disk is full or the folder cannot be written.
    """
    fresh = folder / _UNFINISHED
    shutil.rmtree(fresh, ignore_errors=True)  # of a process that was killed
    try:
        fresh.mkdir(parents=True)
        yield fresh
        _take_place(fresh, folder)
    except OSError as error:
        raise CircumplexError(
            f"cannot write in {folder}: {error.strerror or error}; free space or choose another "
            "folder"
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _take_place(fresh: Path, folder: Path) -> None:
    """Move the new files in, the settings last, and then remove what the earlier animation alone
    had: whenever that is cut off, there is an animation.json to make one of them again."""
    stale = _files_of_animation(folder)
    written = sorted(file for file in fresh.rglob("*") if file.is_file())
    for file in sorted(written, key=lambda each: each.name == SETTINGS):
        target = folder / file.relative_to(fresh)
        target.parent.mkdir(exist_ok=True)
        file.replace(target)
        stale.discard(target)
    for file in stale:
        file.unlink(missing_ok=True)
    with suppress(OSError):  # it holds frames, something else, or was never there
        (folder / FRAMES).rmdir()


def _files_of_animation(folder: Path) -> set[Path]:
    """What an animation left in a folder, and nothing else that lies there."""
    if not (folder / SETTINGS).is_file():
        return set()
    videos = [f"{STEM}.{kind}" for kind in FORMATS if kind != PNG]
    files = {folder / name for name in (*videos, *_TABLES, PLOT, SETTINGS)}
    pictures = (folder / FRAMES).glob("*.png")
    return files | {picture for picture in pictures if picture.stem.isdecimal()}
