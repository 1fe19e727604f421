"""Work measured from outside, as a process of its own: its wall time and its peak memory."""

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from faces.errors import CircumplexError


@dataclass(frozen=True)
class Usage:
    """Seconds on the wall and peak resident memory in MiB."""

    seconds: float
    memory: float


#: The child writes its own peak: what the kernel tells the parent (ru_maxrss) starts from the
#: parent's size, because memory is counted from the fork on, not from the start of the program.
_PEAK = """
from faces.process import configure
configure()
import atexit, resource, sys
def _peak(path=sys.argv.pop()):
    try:
        with open("/proc/self/status") as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peak //= 1024 if sys.platform == "darwin" else 1
    with open(path, "w") as stream:
        stream.write(str(peak))
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
        return Usage(seconds, int(peak.read_text()) / 1024)
