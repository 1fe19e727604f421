"""Which frames of a video are read."""

import math
from dataclasses import dataclass

from faces.ground.records import Record, setting

_PANEL = "Videos"
# seconds by which a time stamp may lie before its moment: containers round to 1/90000 or coarser
_ROUNDED = 1e-4


@dataclass(frozen=True)
class FrameSelection(Record):
    """Which frames of a video are read, by their numbers and time stamps; all by default.

    Attributes:
        every: takes frames 0, N, 2 N, … of the video.
        fps: takes the first frame of each 1/fps seconds; None takes all of them.
        start, end: seconds from the beginning of the video; frames from `start` on and before
            `end` are taken, None up to the last.
    """

    every: int = setting(1, "Read every Nth frame.", at_least=1, panel=_PANEL)
    fps: float | None = setting(None, "Read so many frames a second.", above=0, panel=_PANEL)
    start: float = setting(0.0, "Second at which reading begins.", at_least=0, panel=_PANEL)
    end: float | None = setting(None, "Second before which it ends.", above=0, panel=_PANEL)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(self.fps is None or self.every == 1, "every", "left out where fps is given")
        self._require(self.end is None or self.end > self.start, "end", f"after {self.start:g}")

    def begins(self, time_s: float) -> bool:
        """Whether the selection has begun at a time, in seconds."""
        return time_s >= self.start - _ROUNDED

    def ends(self, time_s: float) -> bool:
        """Whether the selection is over at a time, in seconds."""
        return self.end is not None and time_s >= self.end - _ROUNDED

    def takes(self, number: int, time_s: float, before: float | None) -> bool:
        """Whether a frame is taken, of those between `start` and `end`.

        Args:
            number: of the frame in its video, from 0.
            time_s: its time stamp; before: that of the frame before it, None of the first.
        """
        if number % self.every:
            return False
        return self.fps is None or before is None or self._tick(time_s) != self._tick(before)

    def _tick(self, time_s: float) -> int:
        """How many intervals of 1/fps have begun since `start`."""
        return math.floor((time_s - self.start + _ROUNDED) * (self.fps or 1))
