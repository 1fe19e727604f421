"""Work measured from outside, as a process of its own: its wall time and its peak memory."""

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from faces.ground.errors import CircumplexError


@dataclass(frozen=True)
class Usage:
    """Seconds on the wall and peak resident memory in MiB."""

    seconds: float
    memory: float


#: The child writes its own peak: what the system tells the parent may count the parent's too.
_PEAK = """
from faces.ground.process import configure
configure()
import atexit, sys
def _peak(path=sys.argv.pop()):
    from faces.ground.memory import peak_memory
    with open(path, "w") as stream:
        stream.write(str(peak_memory()))
atexit.register(_peak)
"""


def measure(code: str, *arguments: str) -> Usage:
    """Run Python `code` in a fresh interpreter.

    Raises:
        CircumplexError: it failed; the message carries the last line that it wrote.
    """
    with tempfile.TemporaryDirectory() as folder:
        peak = Path(folder) / "peak"
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", _PEAK + code, *arguments, str(peak)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - start
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:]
            raise CircumplexError(f"a measured process failed: {' '.join(last)}")
        return Usage(seconds, float(peak.read_text()))
