"""The same call in another process: another hash seed, time zone, locale, number of threads."""

import os
import subprocess
import sys
from pathlib import Path

OTHER = {"PYTHONHASHSEED": "77", "TZ": "Pacific/Apia", "LC_ALL": "C", "OMP_NUM_THREADS": "3"}


def said_elsewhere(module: str, code: str, *arguments: object) -> str:
    """What `code` prints after `from <the test module> import *`; `sys.argv[1:]` are `arguments`.

    Args:
        module: `__file__` of the test module that asks.
    """
    places = [str(Path(module).parent), *sys.path]
    lines = f"import sys\nsys.path[:0] = {places}\nfrom {Path(module).stem} import *\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", lines, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | OTHER,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
