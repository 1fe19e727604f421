"""Where the official code lies, and how a task of it runs: always in a process of its own."""

import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from faces.ground.errors import CircumplexError

#: Names a checkout elsewhere than in `stylegan3/` beside this package.
VARIABLE = "CIRCUMPLEX_STYLEGAN3"
ROOT = Path(__file__).parents[2]
_TELLTALES = ("train.py", "dnnlib/util.py", "torch_utils/persistence.py", "training/dataset.py")
_LAST_LINES = 30
#: The same two thresholds as `faces.ground.memory`: glibc reuses what was freed.
_TUNED = {
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
    "MALLOC_TRIM_THRESHOLD_": str(2**31 - 1),
}


def submodule_folder(folder: str | os.PathLike[str] | None = None) -> Path:
    """The folder of the official code.

    Args:
        folder: where to look; None looks at $CIRCUMPLEX_STYLEGAN3, else at `stylegan3/`.

    Raises:
        CircumplexError: it is not there.
    """
    place = Path(folder or os.environ.get(VARIABLE) or ROOT / "stylegan3").absolute()
    if all((place / name).is_file() for name in _TELLTALES):
        return place
    raise CircumplexError(
        f"{place} holds no StyleGAN3 code; run `git submodule update --init` in the clone, or name "
        f"a checkout of https://github.com/NVlabs/stylegan3 in {VARIABLE}"
    )


def task_command(task: str, arguments: Sequence[str]) -> list[str]:
    """The command line of a task: an official script's name, or one of `gan_bridge.official`'s."""
    return [sys.executable, "-m", "gan_bridge.official", task, *arguments]


def task_lines(
    task: str, arguments: Sequence[str], folder: Path, *, tuned: bool | None = None
) -> Iterator[str]:
    """Run a task and yield the lines that it prints, as they come.

    Args:
        folder: of the official code.
        tuned: raise the allocator's thresholds, or see that they are the system's; None leaves
            the environment as it is.

    Raises:
        CircumplexError: it failed; the message carries its last line.
    """
    last: deque[str] = deque(maxlen=_LAST_LINES)
    finished = False
    with subprocess.Popen(
        task_command(task, arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        errors="replace",
        env=_environment(folder, tuned),
    ) as child:
        assert child.stdout is not None
        try:
            for line in child.stdout:
                last.append(line.rstrip())
                yield last[-1]
            code = child.wait()
            finished = True
        finally:
            if not finished:
                child.terminate()
    if code:
        raise CircumplexError(f"the official {task} failed: {_reason(list(last), code)}")


def _reason(lines: list[str], code: int) -> str:
    """What a failed process says of it: its line "Error: …", else the last one of a traceback."""
    said = [line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")]
    return (said or [line for line in lines if line] or [f"exit status {code}"])[-1]


def _environment(folder: Path, tuned: bool | None) -> dict[str, str]:
    environment = os.environ | {VARIABLE: str(folder), "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
    # the child finds this package wherever it was started from, and leaves the submodule clean
    paths = [str(ROOT), *filter(None, [environment.get("PYTHONPATH")])]
    environment |= {"PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}
    if tuned is not None:
        environment = {k: v for k, v in environment.items() if not k.startswith("MALLOC_")}
        environment |= _TUNED if tuned else {}
    return environment
