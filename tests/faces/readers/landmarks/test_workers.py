"""Work that is shared out comes back in its order, and ends when it is told to."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from other_process import said_elsewhere

from faces.readers.landmarks.workers import WorkerDied, Workers

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="has other signals")


def nothing() -> None:
    """What a process begins with."""


def squared(number: int) -> int:
    """A function that takes longer for some numbers than for others."""
    time.sleep(0.02 * (number % 3))
    if number == 13:
        raise ValueError("thirteen")
    return number**2


def reflected(picture: np.ndarray) -> np.ndarray:
    """An answer as large as its question."""
    return picture[:, ::-1]


def stuck(number: int) -> int:
    """Native code that never comes back."""
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
    time.sleep(10_000)
    return number


def died(number: int) -> int:
    """What the system does when memory is short."""
    os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.fixture
def workers() -> Iterator[Workers[int, int]]:
    shared: Workers[int, int] = Workers(2, nothing, squared)
    yield shared
    shared.close()


def test_answers_come_in_order_and_items_are_taken_few_ahead(workers: Workers[int, int]) -> None:
    taken = []

    def items() -> Iterator[int]:
        for number in range(12):
            taken.append(number)
            yield number

    for count, answer in enumerate(workers.map(items())):
        assert answer == count**2
        assert len(taken) <= count + 6 + 1
    assert list(workers.map([])) == []


def test_a_call_that_was_left_early_gives_nothing_to_the_next(workers: Workers[int, int]) -> None:
    answers = workers.map(range(12))
    assert next(answers) == 0
    answers.close()  # type: ignore[attr-defined]
    assert list(workers.map([5, 6])) == [25, 36]


def test_an_error_comes_back_and_work_can_go_on(workers: Workers[int, int]) -> None:
    with pytest.raises(ValueError, match="thirteen"):
        list(workers.map(range(12, 20)))
    assert list(workers.map([3])) == [9]


def test_large_items_and_answers_do_not_wait_for_each_other() -> None:
    pictures = [np.full((1000, 1000, 3), number, np.uint8) for number in range(8)]
    shared: Workers[np.ndarray, np.ndarray] = Workers(2, nothing, reflected)
    try:
        answers = list(shared.map(pictures))
    finally:
        shared.close()
    assert [int(answer[0, 0, 0]) for answer in answers] == list(range(8))


@needs_signals
def test_a_process_that_dies_is_told_and_not_waited_for() -> None:
    shared: Workers[int, int] = Workers(2, nothing, died)
    with pytest.raises(WorkerDied):
        list(shared.map(range(4)))


INTERRUPTED = """
shared = Workers(2, nothing, stuck)

def items():
    yield 1
    yield 2
    import threading
    threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()

try:
    next(shared.map(items()))
except KeyboardInterrupt:
    import multiprocessing
    print("interrupted", len(multiprocessing.active_children()))
"""


@needs_signals
def test_processes_that_are_stuck_end_with_the_one_that_is_interrupted() -> None:
    """An executor waits for what its processes are at, and they ignore Ctrl-C."""
    assert said_elsewhere(__file__, INTERRUPTED) == "interrupted 0\n"


KILLED = """
shared = Workers(2, nothing, squared)
next(shared.map(range(3)))
print(*(each.process.pid for each in shared._workers), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def runs(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@needs_signals
def test_processes_end_with_one_that_is_killed() -> None:
    places = [str(Path(__file__).parent), *sys.path]
    code = f"import sys\nsys.path[:0] = {places}\nfrom test_workers import *\n{KILLED}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) == 2
    for _ in range(200):
        if not any(map(runs, pids)):
            break
        time.sleep(0.1)
    else:
        pytest.fail("processes are left")
