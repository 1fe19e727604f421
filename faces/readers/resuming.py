"""A long reading that goes on where it was killed, with the same readings as if it had not been."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from faces.ground.progress import Progress, silent
from faces.readers.frame_selection import FrameSelection
from faces.readers.inputs import count_tasks, find_tasks, remaining_tasks
from faces.readers.journal import ReadingJournal
from faces.readers.reading import FaceReader, FaceReading


def read_resuming(
    reader: FaceReader,
    paths: Iterable[str | Path],
    selection: FrameSelection,
    journal: ReadingJournal | None,
    keeps_crop: Callable[[FaceReading], bool],
    progress: Progress = silent,
) -> Iterator[FaceReading]:
    """Every face of the paths, those in the journal first; the others are added to it.

    Args:
        journal: open for writing; None keeps none.
        keeps_crop: whether a reading's cut-out is to be there again after a resumption; asked when
            all readings of its batch were handed on.
        progress: of the pictures that are not done.
    """
    paths = list(paths)
    if journal is None:
        tasks = progress(find_tasks(paths, selection), "faces", count_tasks(paths))
        yield from reader.read_tasks(tasks)
        return
    done = journal.files()
    remaining = remaining_tasks(paths, selection, done)
    if remaining is None:  # pictures came, went or changed: nothing of it holds
        journal.clear()
        done, remaining = [], find_tasks(paths, selection)
    yield from read_journal(reader, journal)
    total = count_tasks(paths)
    tasks = progress(remaining, "faces", None if total is None else total - len(done))
    for batch in reader.read_batches(tasks):
        yield from reader.follow(batch)
        journal.append(each if keeps_crop(each) else replace(each, crop=None) for each in batch)


def read_journal(reader: FaceReader, journal: ReadingJournal) -> Iterator[FaceReading]:
    """The readings that a journal holds, people of videos numbered as `reader` does."""
    for batch in journal.batches():
        yield from reader.follow(batch)
