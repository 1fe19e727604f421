import ctypes
import sys

import pytest


@pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"), reason="only glibc has the setting"
)
@pytest.mark.parametrize("kept", [True, False])
def test_a_freed_block_is_kept_where_asked(kept: bool) -> None:
    import subprocess

    code = """
import resource, sys
from faces.memory import keep_freed_memory
assert sys.argv[1] == "False" or keep_freed_memory()
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    bytearray(64 * 2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
"""
    command = [sys.executable, "-c", code, str(kept)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    # 64 MiB are 16,384 pages, or 32 huge ones: faulted in again, or there already
    assert (int(run.stdout) < 16) == kept
