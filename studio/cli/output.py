"""Output that may be narrow, closed or full; none of it is a defect of the program."""

import errno
import json
import os
import shlex
import subprocess
import sys
from typing import Any

#: What the system refuses for reasons that lie with it, and what helps.
REMEDIES = {
    errno.ENOSPC: "free space",
    errno.EDQUOT: "free space",
    errno.EACCES: "choose another place, or ask for the right to it",
    errno.EPERM: "choose another place, or ask for the right to it",
    errno.EROFS: "choose another place",
    errno.ENAMETOOLONG: "shorten the name",
    errno.ENOTDIR: "a file stands where a folder is named; check the path",
    errno.EISDIR: "that is a folder; name a file",
    errno.EEXIST: "name another place",
    errno.ELOOP: "links there lead in a circle; name the file itself",
    errno.EIO: "the disk or the network drive fails; copy the files elsewhere",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "close other programs",
    errno.ENOMEM: "close other programs, or ask for less at once",
}


def json_line(value: Any) -> str:
    """One line of JSON that stdout can carry."""
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower().replace("-", "")
    # what stdout lacks has an escape of JSON's own
    narrow = encoding != "utf8"
    return json.dumps(value, ensure_ascii=narrow, allow_nan=False, default=str)


def command_line(*words: object) -> str:
    """A command of this program as a shell takes it: names with spaces stand in quotes."""
    text = ["circumplex", *map(str, words)]
    return subprocess.list2cmdline(text) if os.name == "nt" else shlex.join(text)


def flush() -> None:
    """Write out what was printed.

    Raises:
        OSError: stdout is closed or full.
    """
    if sys.stdout is not None:
        sys.stdout.flush()


def give_up_stdout() -> None:
    """Let nothing more be written to a stdout that failed, nor at the interpreter's end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
