"""Silence for what C++ libraries write to the process's stderr."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_inside = 0  # blocks that are being executed now, in all threads
_kept = -1  # where stderr led before the first of them


def silence_stderr() -> None:
    """Send file descriptor 2 nowhere from now on."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Send file descriptor 2 nowhere while the block runs, whatever thread writes to it.

    Blocks may overlap in several threads; the last one to end brings stderr back.
    """
    global _inside, _kept
    with _lock:
        if _inside == 0:
            _kept = os.dup(2)
            silence_stderr()
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                os.dup2(_kept, 2)
                os.close(_kept)
