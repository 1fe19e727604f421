"""Files that were read, and whether they are still what they were."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DoneFile:
    """A file that was read: a picture, or a video up to a frame.

    Attributes:
        path: as it was listed; frame: the last that is done; 0 of a picture.
        ended: whether nothing comes after it: a picture, or what is said at the end of a video, or
            in the place of one that cannot be read.
        label, split: what the source said of it, or None.
        stamp: size and time of change (ns) when it was read; None where there was no file.
        turned: degrees by which a video's first frame was turned clockwise to show a face.
    """

    path: str
    frame: int
    ended: bool
    label: str | None
    split: str | None
    stamp: tuple[int, int] | None
    turned: int = 0

    @property
    def unchanged(self) -> bool:
        """Whether the file is still what it was."""
        return file_stamp(self.path) == self.stamp


def file_stamp(path: str | Path) -> tuple[int, int] | None:
    """Size in bytes and time of change in ns of a file; None where there is none."""
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
