"""Files that are whole or absent, folders with one writer, and digests."""

import json
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from faces.ground.errors import CircumplexError


@contextmanager
def replacing(target: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a path beside `target` to write to; flush it and move it over `target` on success.

    A reader of `target` sees the old file or the whole new one. On an error the partial file is
    removed and `target` is left as it was.

    Raises:
        CircumplexError: the disk is full or the folder cannot be written.
    """
    target = Path(target)
    # the suffix stays: savers such as numpy's and matplotlib's choose the format by it
    partial = target.with_name(f".{target.stem}.{os.getpid()}.partial{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        with partial.open("rb+") as written:
            os.fsync(written.fileno())
        partial.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise CircumplexError(
            f"cannot write {target}: {error.strerror or error}; free space or choose another folder"
        ) from error
    finally:
        # the parent may be no folder at all, or have gone read-only: the error above says so
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def discard_partials(target: str | os.PathLike[str]) -> None:
    """Remove what `replacing` left beside `target` in processes that were killed."""
    target = Path(target)
    start, end = f".{target.stem}.", f".partial{target.suffix}"
    with suppress(OSError):
        for file in target.parent.iterdir():
            between = file.name.removeprefix(start).removesuffix(end)
            if file.name == f"{start}{between}{end}" and between.isdigit():
                file.unlink()


def write_bytes(target: str | os.PathLike[str], data: bytes) -> None:
    """Write `data` to `target` whole or not at all."""
    with replacing(target) as partial:
        partial.write_bytes(data)


def write_json(target: str | os.PathLike[str], value: Any) -> None:
    """Write `value` as indented UTF-8 JSON with a final newline, whole or not at all."""
    write_bytes(
        target, (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
    )


def read_json(path: str | os.PathLike[str]) -> Any:
    """Read a JSON file.

    Raises:
        CircumplexError: the file is missing or is not JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CircumplexError(f"{path} is missing; check the folder's name") from error
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CircumplexError(f"{path} is not readable JSON ({error}); make it anew") from error


@contextmanager
def only_writer(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Hold the folder's lock while the block runs; the lock goes with the process, however it ends.

    A folder that was made here goes again where the block fails before anything is written to it.

    Raises:
        CircumplexError: another process is writing to the folder.
    """
    from filelock import FileLock, Timeout

    folder = Path(folder)
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    # held by the object, not by the thread that took it: generators may end in another
    lock = FileLock(folder / ".lock", blocking=False, thread_local=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise CircumplexError(
            f"another process is writing to {folder}; wait for it or choose another folder"
        ) from error
    except OSError as error:
        raise CircumplexError(
            f"cannot write in {folder}: {error.strerror or error}; choose another folder"
        ) from error
    try:
        yield
    except BaseException:
        _remove_unused(folder, made)
        raise
    finally:
        lock.release()


def _remove_unused(folder: Path, made: Collection[Path]) -> None:
    """Remove the folders that were made, the innermost first, if they hold no more than the lock.

    Called while the lock is held: nobody else writes there. Where systems keep an open file from
    being removed, the folder stays.
    """
    with suppress(OSError):
        if made and {file.name for file in folder.iterdir()} <= {".lock"}:
            (folder / ".lock").unlink(missing_ok=True)
            for each in made:
                each.rmdir()


def check_schema(
    header: dict[str, Any],
    schema: str,
    version: int,
    where: object,
    older: Collection[int] = (),
) -> None:
    """Check the `schema` and `version` that every artefact carries.

    Args:
        older: versions before `version` that are read too.

    Raises:
        CircumplexError: either differs; the message names both sides and the remedy.
    """
    if not isinstance(header, dict):
        raise CircumplexError(f"{where} is not {schema} but something else; copy or make it anew")
    stated = (header.get("schema"), header.get("version"))
    if str(stated[0]) != schema:
        raise CircumplexError(f"{where} is {stated[0] or 'of no known kind'}, not {schema}")
    if str(stated[1]) not in {str(known) for known in (version, *older)}:
        raise CircumplexError(
            f"{where} is {schema} version {stated[1]}, this program reads version {version}; "
            "make it anew or install the matching version"
        )


def _sync_folder(folder: Path) -> None:
    """Put a new name on the disk too; Windows opens no folders, and does so by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
