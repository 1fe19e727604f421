"""What a process of many still shares with the others at its very end."""

#: Stands before a script, so that it is called last: prints "left False 0" where nothing is shared,
#: neither a process group nor (Linux tells) one of its threads.
PROBE = """
import atexit
from pathlib import Path
import torch

def left():
    names = [each.read_text() for each in Path("/proc/self/task").glob("*/comm")]
    open_groups = sum("gloo" in name for name in names)
    # in one piece: two processes share the stream
    line = f"left {torch.distributed.is_initialized()} {open_groups}\\n"
    print(line, end="", flush=True)

atexit.register(left)
"""
