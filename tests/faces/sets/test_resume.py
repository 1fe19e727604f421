"""Work that is killed, or runs out of disk, goes on and ends with the same bytes."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import torch

from faces.circumplex import EXPRESSIONS
from faces.ground.errors import CircumplexError
from faces.ground.files import only_writer
from faces.sets import PrepareConfig, load_faceset, preparing
from faces.sets.preparing import prepare

CONFIG = PrepareConfig(size=32, per_class=6)
FILES = ("faces.npy", "manifest.parquet", "rejected.parquet", "class_weights.npy", "faceset.json")
WORKER = """
import sys, time
from faces.ground.errors import CircumplexError
from faces.sets import PrepareConfig, preparing
preparing._ROWS_PER_CHUNK = 8
def slowly(items, label, total=None):
    for item in items:
        yield item
        time.sleep(float(sys.argv[3]))
limit = int(sys.argv[4])
if limit:
    import resource  # of Unix alone: the test that limits is skipped elsewhere
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
try:
    config = PrepareConfig(size=32, per_class=6)
    preparing.prepare(sys.argv[1], sys.argv[2], config, progress=slowly)
except CircumplexError as error:
    sys.exit(str(error))
"""


@pytest.fixture(scope="module")
def source(crops, tmp_path_factory) -> Path:
    rows = [
        {"path": str(crop), "valence": 0.1, "arousal": 0.2, "expression": EXPRESSIONS[i % 4]}
        for i, crop in enumerate([*crops, crops[3].with_name("gone.png")])
    ]
    path = tmp_path_factory.mktemp("source") / "faces.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def undisturbed(source, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed") / "set"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(preparing, "_ROWS_PER_CHUNK", 8)
        prepare(source, folder, CONFIG)
    return folder


def worker(source: Path, target: Path, pause: float, limit: int = 0) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", WORKER, str(source), str(target), str(pause), str(limit)]
    # sums are split over the threads: the same bytes are promised for the same number of them
    threads = {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    return subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env={**os.environ, **threads})


def parts(target: Path) -> list[Path]:
    return sorted((target / ".parts").glob("*.manifest.parquet"))


def same(one: Path, other: Path) -> bool:
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in FILES)


def test_killed_in_the_middle(source, undisturbed, tmp_path, monkeypatch):
    target = tmp_path / "set"
    running = worker(source, target, pause=0.1)
    deadline = time.monotonic() + 240
    while len(parts(target)) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    running.kill()
    running.communicate()
    done = parts(target)
    assert 2 <= len(done) < 6
    with pytest.raises(CircumplexError, match="no finished face set"):
        load_faceset(target)
    monkeypatch.setattr(preparing, "_ROWS_PER_CHUNK", 8)
    with pytest.raises(CircumplexError, match=r"half of a face set.*repeat that call"):
        prepare(source, target, PrepareConfig(size=48))
    made = []

    def watched(items, label, total=None):
        made.append(total)
        yield from items

    prepare(source, target, CONFIG, progress=watched)
    assert made == [41 - 8 * len(done)]
    assert same(target, undisturbed)


def test_killed_while_the_parts_were_removed(source, undisturbed, tmp_path, monkeypatch):
    import shutil

    target = tmp_path / "set"
    shutil.copytree(undisturbed, target)
    (target / ".parts").mkdir()
    (target / ".parts" / "000003.faces.npy").write_bytes(b"left over")
    monkeypatch.setattr(preparing, "_ROWS_PER_CHUNK", 8)
    prepare(source, target, CONFIG)
    assert not (target / ".parts").exists()
    assert same(target, undisturbed)


@pytest.mark.skipif(os.name == "nt", reason="only Unix limits the size of a process's files")
def test_a_full_disk_is_one_line_and_can_be_resumed(source, undisturbed, tmp_path, monkeypatch):
    target = tmp_path / "set"
    # room for the parts, none for what is made of them
    limit = (undisturbed / "faces.npy").stat().st_size - 1
    running = worker(source, target, pause=0, limit=limit)
    _, message = running.communicate(timeout=240)
    assert running.returncode == 1
    assert message.count("\n") == 1
    assert "cannot write" in message
    assert "free space" in message
    assert not (target / "faceset.json").exists()
    monkeypatch.setattr(preparing, "_ROWS_PER_CHUNK", 8)
    prepare(source, target, CONFIG)
    assert same(target, undisturbed)


def test_two_writers_of_one_folder(source, tmp_path):
    with only_writer(tmp_path / "set"), pytest.raises(CircumplexError, match="another process"):
        prepare(source, tmp_path / "set", CONFIG)
