"""A long reading that goes on where it was killed, with the same readings as if it had not been."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from faces.ground.progress import Progress, silent
from faces.readers.face_reading import FaceReading
from faces.readers.frame_selection import FrameSelection
from faces.readers.inputs import Inputs
from faces.readers.journal import ReadingJournal
from faces.readers.reading import FaceReader


def read_resuming(
    reader: FaceReader,
    inputs: Inputs,
    selection: FrameSelection,
    journal: ReadingJournal | None,
    keeps_crop: Callable[[FaceReading], bool],
    progress: Progress = silent,
) -> Iterator[FaceReading]:
    """Every face of the inputs, those in the journal first; the others are added to it.

    Args:
        journal: open for writing; None keeps none.
        keeps_crop: whether a reading's cut-out is to be there again after a resumption; asked when
            all readings of its batch were handed on.
        progress: of the pictures that are not done.
    """
    if journal is None:
        yield from reader.read_tasks(progress(inputs.tasks(selection), "faces", inputs.count))
        return
    done = journal.files()
    remaining = inputs.remaining(done, selection)
    if remaining is None:  # pictures came, went or changed: nothing of it holds
        journal.clear()
        done, remaining = [], inputs.tasks(selection)
    yield from read_journal(reader, journal)
    left = None if inputs.count is None else inputs.count - len(done)
    tasks = progress(remaining, "faces", left)
    for batch in reader.read_batches(tasks):
        yield from reader.follow(batch)
        journal.append(each if keeps_crop(each) else replace(each, crop=None) for each in batch)


def read_journal(reader: FaceReader, journal: ReadingJournal) -> Iterator[FaceReading]:
    """The readings that a journal holds, people of videos numbered as `reader` does."""
    for batch in journal.batches():
        yield from reader.follow(batch)
