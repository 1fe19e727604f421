"""What belongs to the whole process: how threads wait, what becomes of freed memory, its stderr.

Settings belong to whoever owns the process, so that a program that merely imports these packages
keeps its own: the command line, the scripts, the engine and worker processes call `configure`,
before anything loads torch. Processes started afterwards inherit the environment.
"""

import ctypes
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: What decides how OpenMP's threads wait. torch ships GNU's runtime on Linux (which reads the
#: second), LLVM's or Intel's elsewhere (the third); all of them read the first, when they load.
WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")

# from glibc's malloc.h
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_TRIM, _MMAP = 2**31 - 1, 2**30


def configure() -> None:
    """Set this process up for the work of these packages; a second call changes nothing.

    Threads sleep while they wait, unless the environment says otherwise. By default they spin, and
    where other programs want the same cores each waits for one that spins: beside two busy loops
    on two cores a face then takes ten times as long. The number of threads is left to torch and to
    OMP_NUM_THREADS. Freed memory is kept, see `keep_freed_memory`. Matplotlib keeps to itself that
    it found no place for its cache.
    """
    if not any(name in os.environ for name in WAITING):
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    keep_freed_memory()
    logging.getLogger("matplotlib").setLevel(logging.ERROR)


def keep_freed_memory() -> bool:
    """Tell glibc to reuse large freed blocks rather than return them to the system at once.

    Training frees and takes the same hundreds of megabytes at every step; on some machines a third
    of its time went into faulting them in again. The same as starting the process with
    MALLOC_MMAP_THRESHOLD_ and MALLOC_TRIM_THRESHOLD_ raised.

    Returns:
        Whether the C library took the setting; another than glibc does not.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _MMAP)) and bool(mallopt(_M_TRIM_THRESHOLD, _TRIM))


def discard_stderr() -> None:
    """Send file descriptor 2, to which C++ libraries write, nowhere from now on."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


class _StderrSuppression:
    """Counts the blocks that want file descriptor 2 silent; the process has one descriptor 2."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks = 0
        self._saved = -1  # where stderr led before the first of them

    def begin(self) -> None:
        with self._lock:
            if self._blocks == 0:
                try:
                    self._saved = os.dup(2)
                except OSError:  # it is closed already, and so is silent
                    self._saved = -1
                else:
                    discard_stderr()
            self._blocks += 1

    def end(self) -> None:
        with self._lock:
            self._blocks -= 1
            if self._blocks == 0 and self._saved >= 0:
                os.dup2(self._saved, 2)
                os.close(self._saved)


_suppression = _StderrSuppression()


@contextmanager
def suppress_stderr() -> Iterator[None]:
    """Send file descriptor 2 nowhere while the block runs, whatever thread writes to it.

    Blocks may overlap in several threads; the last one to end brings stderr back.
    """
    _suppression.begin()
    try:
        yield
    finally:
        _suppression.end()
