"""Which of the processes of one launch this is."""

import os


def is_main_process() -> bool:
    """Whether this process speaks for the launch: the first of many, or the only one."""
    return os.environ.get("RANK", "0") == "0"
