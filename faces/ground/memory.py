"""The process's memory: its peak, and the pages of mapped files."""

import mmap
import sys
from pathlib import Path


def forget_pages(mapped: mmap.mmap) -> None:
    """Take a file's pages out of this process's memory; they are read again when asked for.

    Windows has no such request, and takes them back by itself when memory is short.
    """
    if hasattr(mapped, "madvise"):
        mapped.madvise(mmap.MADV_DONTNEED)


def peak_memory() -> float:
    """Peak resident memory of this process in MiB, counted from the start of its program."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.is_file() else []
    # first choice: getrusage would count the parent's size too, from the fork on
    if line := next((each for each in lines if each.startswith("VmHWM")), None):
        return int(line.split()[1]) / 1024
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset / 1024**2
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)
