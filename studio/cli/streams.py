"""What the command line writes to can hold what it says, on every system."""

import io
import os
import sys


def prepare_streams() -> None:
    """Let stdout and stderr take any text.

    On Windows a pipe or a file has the encoding of the system's language, which lacks β and most
    names of people: it gets UTF-8, as everywhere else. Whatever a stream still cannot hold is
    written as an escape and ends no work.
    """
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):  # a test's, a notebook's, or none at all
            continue
        if os.name == "nt" and not stream.isatty():
            stream.reconfigure(encoding="utf-8")
        stream.reconfigure(errors="backslashreplace")
