"""Interrupt `circumplex measure` at random moments, as Ctrl-C does, and see how soon it ends.

    python scripts/check_interrupts.py PATH... [--runs 30] [--limit 5] [--processes 2] [--seed 0]

The signal goes to the whole process group, as a terminal sends it. A run that is done before its
moment counts as finished. Exit code 1 where one run took longer than the limit or left a process
behind. Needs a system with process groups: Linux or macOS.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

#: Seconds after which a run that does not end is killed.
_GIVEN_UP = 60.0
#: Seconds after which a process group that is not empty though its leader has ended is given up.
_LAST = 10.0


@dataclass(frozen=True)
class Run:
    """One run: when it was interrupted, seconds until the last process was gone, how it ended."""

    moment: float
    seconds: float
    code: int | None
    left: bool

    @property
    def finished(self) -> bool:
        """Whether there was nothing left to interrupt."""
        return self.code == 0

    def fine(self, limit: float) -> bool:
        """Whether it ended in time and left no process."""
        return self.seconds <= limit and not self.left


def interrupt(command: list[str], moment: float) -> Run:
    """Start a command, interrupt its process group after `moment` seconds, wait for its end."""
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(
            command,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env=os.environ | {"PYTHONFAULTHANDLER": "1"},
        ) as process,
    ):
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGINT)
        start = time.monotonic()
        code: int | None = None
        try:
            code = process.wait(_GIVEN_UP)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            process.wait()
            said.seek(0)
            print(said.read())  # where it hangs
        left = not _emptied(process.pid)
        seconds = time.monotonic() - start
        if left:
            os.killpg(process.pid, signal.SIGKILL)
    return Run(moment, seconds, code, left)


def _emptied(group: int) -> bool:
    """Whether a process group is empty, now or very soon."""
    end = time.monotonic() + _LAST
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def main() -> int:
    """Interrupt many runs and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--limit", type=float, default=5.0, help="seconds")
    parser.add_argument("--latest", type=float, default=15.0, help="moment of the latest interrupt")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    # a shell that starts this in the background has it ignored, and children inherit that
    signal.signal(signal.SIGINT, signal.default_int_handler)
    moments = random.Random(options.seed)
    runs = []
    for number in range(options.runs):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "studio.cli", "measure", *map(str, options.paths)]
            command += ["--processes", str(options.processes)]
            command += ["--table", str(Path(folder) / "table.csv")]
            run = interrupt(command, moments.uniform(0.1, options.latest))
        runs.append(run)
        told = f"at {run.moment:5.2f} s  ended after {run.seconds:5.2f} s  code {run.code}"
        print(f"{number + 1:3d}  {told}{'  LEFT PROCESSES' if run.left else ''}", flush=True)
    bad = [run for run in runs if not run.fine(options.limit)]
    slowest = max(run.seconds for run in runs)
    done = sum(run.finished for run in runs)
    print(f"{len(runs)} runs, {done} done before, slowest end {slowest:.2f} s, {len(bad)} not fine")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
