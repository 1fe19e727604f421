"""Work measured from outside, as a process of its own: its wall time and its peak memory."""

import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass

from faces.errors import CircumplexError


@dataclass(frozen=True)
class Usage:
    """Seconds on the wall and peak resident memory in MiB."""

    seconds: float
    memory: float


def measure(code: str, *arguments: str) -> Usage:
    """Run Python `code` in a fresh interpreter.

    Raises:
        CircumplexError: it failed; the message carries the last line that it wrote.
    """
    start = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        # wait4 gives this one child's usage; getrusage would give the largest of all children
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise CircumplexError(f"a measured process failed: {said.strip().splitlines()[-1:]}")
    return Usage(time.perf_counter() - start, _mebibytes(usage))


def _mebibytes(usage: resource.struct_rusage) -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_maxrss * unit / 2**20
