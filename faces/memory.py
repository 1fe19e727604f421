"""The process's memory: its peak, what was freed, and pages of mapped files."""

import mmap
import sys
from pathlib import Path

# from glibc's malloc.h
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_TRIM, _MMAP = 2**31 - 1, 2**30


def keep_freed_memory() -> bool:
    """Tell glibc to reuse large freed blocks rather than return them to the system at once.

    Training frees and takes the same hundreds of megabytes at every step; on some machines a third
    of its time went into faulting them in again. The same as starting the process with
    MALLOC_MMAP_THRESHOLD_ and MALLOC_TRIM_THRESHOLD_ raised.

    Returns:
        Whether the C library took the setting; another than glibc does not.
    """
    import ctypes

    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _MMAP)) and bool(mallopt(_M_TRIM_THRESHOLD, _TRIM))


def forget_pages(mapped: mmap.mmap) -> None:
    """Take a file's pages out of this process's memory; they are read again when asked for.

    Windows has no such request, and takes them back by itself when memory is short.
    """
    if hasattr(mapped, "madvise"):
        mapped.madvise(mmap.MADV_DONTNEED)


def peak_memory() -> float:
    """Peak resident memory of this process in MiB, counted from the start of its program."""
    status = Path("/proc/self/status")
    if status.is_file():  # getrusage would count the parent's size too, from the fork on
        line = next(each for each in status.read_text().splitlines() if each.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset / 1024**2
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)
