"""Ctrl-C ends the program also where it is lost."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from other_process import said_elsewhere

from studio.cli.interrupts import INTERRUPTED, ends_when_interrupted

LOST_ONCE = """
try:
    with ends_when_interrupted():
        try:
            signal.raise_signal(signal.SIGINT)
            time.sleep(1)
        except KeyboardInterrupt:
            pass  # as the loading of extension modules does
        for _ in range(600):
            time.sleep(0.1)
        print("went on")
except KeyboardInterrupt:
    print("ended")
"""

LOST_ALWAYS = """
with ends_when_interrupted():
    signal.signal(signal.SIGINT, lambda *_: None)  # nothing is raised any more
    signal.raise_signal(signal.SIGINT)
    time.sleep(60)
print("went on")
"""


def test_an_interrupt_that_was_lost_comes_again() -> None:
    assert said_elsewhere(__file__, LOST_ONCE) == "ended\n"


def test_the_process_ends_although_every_interrupt_is_lost() -> None:
    places = [str(Path(__file__).parent), *sys.path]
    code = f"import sys\nsys.path[:0] = {places}\nfrom test_interrupts import *\n{LOST_ALWAYS}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == INTERRUPTED and done.stdout == ""


def test_without_an_interrupt_nothing_stays_behind() -> None:
    before = signal.getsignal(signal.SIGINT)
    with ends_when_interrupted():
        pass
    assert signal.getsignal(signal.SIGINT) is before
    assert signal.set_wakeup_fd(-1) == -1


def test_an_interrupt_in_the_block_is_an_interrupt() -> None:
    with pytest.raises(KeyboardInterrupt), ends_when_interrupted():
        signal.raise_signal(signal.SIGINT)
        time.sleep(5)
