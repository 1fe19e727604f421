"""Peak memory of prepare, train and probe with some faces, and with four times as many."""

import tempfile
from pathlib import Path
from typing import Any

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from studio.bench.children import measure

_TIMES = 4

_PREPARE = """
import sys
from faces.sets import PrepareConfig, prepare
prepare(sys.argv[1], sys.argv[2], PrepareConfig(size=64))
"""
_TRAIN = """
import sys
from faces.sets import load_faceset
from vae import TrainConfig, VAEConfig
from vae.training.train import train
train(load_faceset(sys.argv[1]), sys.argv[2], VAEConfig(64, 1, 32, 8, 8), TrainConfig(epochs=1))
"""
_PROBE = """
import sys
from pathlib import Path
from studio.engine import Engine
from studio.workflows import probe
request = probe.ProbeRequest(sys.argv[2], Path(sys.argv[1]), out=Path(sys.argv[3]))
probe.run(request, Engine())
"""


def memory(table: Path, count: int, progress: Progress = silent) -> dict[str, Any]:
    """Peak resident MiB of each verb on `count` labelled faces of a table and on four times those.

    Raises:
        CircumplexError: the table has too few rows.
    """
    import pandas as pd

    rows = pd.read_csv(table)
    if len(rows) < _TIMES * count:
        raise CircumplexError(f"{table} has {len(rows)} rows; {_TIMES * count} are needed")
    rows["path"] = [str(table.parent.resolve() / path) for path in rows["path"]]
    rows = rows.sample(_TIMES * count, random_state=0)
    peaks: dict[str, list[float]] = {"prepare": [], "train": [], "probe": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in progress((count, _TIMES * count), "memory", 2):
            place = Path(folder) / str(number)
            place.mkdir()
            rows.head(number).to_csv(place / "faces.csv", index=False)
            faceset, run = str(place / "set"), str(place / "run")
            table_path = str(place / "faces.csv")
            peaks["prepare"].append(measure(_PREPARE, table_path, faceset).memory)
            peaks["train"].append(measure(_TRAIN, faceset, run).memory)
            peaks["probe"].append(measure(_PROBE, faceset, run, str(place / "probe")).memory)
    figures: dict[str, Any] = {"faces": [count, _TIMES * count]}
    for name, (small, large) in peaks.items():
        figures[f"{name}, MiB"] = [round(small), round(large)]
        figures[f"{name}, ratio"] = round(large / small, 3)
    return figures
