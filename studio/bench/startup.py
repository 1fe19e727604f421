"""How long a person waits for the program to say anything."""

from statistics import median
from typing import Any

from faces.ground.progress import Progress, silent
from studio.bench.children import measure

_RUNS = 5
_CASES = {
    "import studio": "import studio",
    "circumplex --help": "from studio.cli import main; main(['--help'])",
    "python alone": "",
}


def startup(progress: Progress = silent) -> dict[str, Any]:
    """Median wall seconds of fresh processes, Python's own start among them."""
    seconds: dict[str, list[float]] = {name: [] for name in _CASES}
    rounds = [name for _ in range(_RUNS + 1) for name in _CASES]  # interleaved: drift hits all
    for name in progress(rounds, "startup", len(rounds)):
        seconds[name].append(measure(_CASES[name]).seconds)
    # the first run of each warms the disk cache
    return {f"{name}, seconds": round(median(runs[1:]), 3) for name, runs in seconds.items()}
