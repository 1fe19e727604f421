"""Process settings: they reach the runtime of torch's threads, and nobody's who only imports."""

import ctypes
import os
import subprocess
import sys

import pytest

from faces.ground.process import WAITING

_BARE = {name: value for name, value in os.environ.items() if name not in WAITING}
_SHOWING = {**_BARE, "OMP_DISPLAY_ENV": "TRUE"}  # the runtime prints its settings as it loads


def _python(code: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)


@pytest.mark.parametrize(
    "code",
    [
        "from studio.cli import main; main(['grid', '--help']); import torch",
        "from studio.engine import Engine; Engine('cpu'); import torch",
        "from faces.ground.process import configure; configure(); configure(); import torch",
    ],
)
def test_threads_of_torch_sleep_while_they_wait(code: str) -> None:
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in _python(code, _SHOWING).stderr


@pytest.mark.parametrize("name", WAITING)
def test_what_the_user_chose_is_left_alone(name: str) -> None:
    code = (
        "import os; before = dict(os.environ)\n"
        "from faces.ground.process import configure; configure()\n"
        "assert dict(os.environ) == before"
    )
    _python(code, {**_BARE, name: "1"})


def test_an_import_sets_nothing() -> None:
    code = (
        "import os; before = dict(os.environ)\n"
        "import faces.readers.landmarks.pool, vae.training.train, gan_bridge.generators.stylegan\n"
        "import studio.engine, studio.cli\n"
        "import studio.workflows\n"
        f"assert not [name for name in {WAITING!r} if name in os.environ]"
    )
    _python(code, _BARE)


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"),
    reason="only glibc has the setting",
)
@pytest.mark.parametrize("kept", [True, False])
def test_a_freed_block_is_kept_where_asked(kept: bool) -> None:
    code = f"""
import resource
from faces.ground.process import keep_freed_memory
if {kept}:
    assert keep_freed_memory()
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    bytearray(64 * 2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
"""
    # 64 MiB are 16,384 pages, or 32 huge ones: faulted in again, or there already
    assert (int(_python(code, _BARE).stdout) < 16) == kept


def test_stderr_is_silent_until_the_last_block_ends() -> None:
    code = """
import os, threading
from faces.ground.process import suppress_stderr
inside, ended = threading.Event(), threading.Event()
def overlapping():
    with suppress_stderr():
        inside.set()
        ended.wait(60)
        os.write(2, b"second ")
os.write(2, b"before ")
with suppress_stderr():
    thread = threading.Thread(target=overlapping)
    thread.start()
    inside.wait(60)
    os.write(2, b"first ")
os.write(2, b"between ")
ended.set()
thread.join()
os.write(2, b"after")
"""
    assert _python(code, _BARE).stderr == "before after"
