"""Threads of one core each, and memory that they use again and again."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

_LANES = 16
_scratch = threading.local()


@dataclass
class _Pool:
    """Threads, and how many calls are at work on them."""

    executor: ThreadPoolExecutor
    users: int = 0


#: By their number of threads: those at work, and the one that was last.
_pools: dict[int, _Pool] = {}
_opening = threading.Lock()


def fill_lanes(matrix: Tensor) -> Tensor:
    """The last dimension filled up with zeros to a multiple of 16: products with other widths take
    up to half as long again."""
    return functional.pad(matrix, (0, -matrix.shape[-1] % _LANES)).contiguous()


def scratch(name: str, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """This thread's own memory of that name, as a tensor of `shape` with whatever was in it."""
    name, count = f"{name} {dtype}", int(np.prod(shape))
    buffer = getattr(_scratch, name, None)
    if buffer is None or buffer.numel() < count:
        if buffer is not None:
            delattr(_scratch, name)  # the old goes before the new comes: never memory for both
            del buffer
        buffer = torch.empty(count, dtype=dtype)
        setattr(_scratch, name, buffer)
    return buffer[:count].view(shape)


def run_parallel(work: Callable[..., object], jobs: Sequence[tuple]) -> None:
    """Do all jobs, on as many threads as torch may use, each of which works alone."""
    waiting = iter(jobs)
    lock = threading.Lock()

    def drain() -> None:
        with torch.inference_mode():  # a thread's own setting, which scratch memory relies on
            while True:
                with lock:
                    job = next(waiting, None)
                if job is None:
                    return
                work(*job)

    whole = torch.get_num_threads()
    threads = min(whole, len(jobs))
    if threads <= 1:
        drain()
        return
    with _pool_of(whole) as pool:
        helpers = [pool.submit(drain) for _ in range(threads)]
        for helper in helpers:
            helper.result()


@contextmanager
def _pool_of(threads: int) -> Iterator[ThreadPoolExecutor]:
    """A pool of so many threads, kept open for the next call; one of another number closes as soon
    as no call works on it."""
    with _opening:
        _close_idle(but=threads)
        if threads not in _pools:
            _pools[threads] = _Pool(_open_pool(threads))
        pool = _pools[threads]
        pool.users += 1
    try:
        yield pool.executor
    finally:
        with _opening:
            pool.users -= 1


def close_pools() -> None:
    """End the threads that no call works on, as the interpreter's end does; the next call begins
    new ones."""
    with _opening:
        _close_idle()


def _close_idle(but: int | None = None) -> None:
    for threads in [each for each, pool in _pools.items() if each != but and not pool.users]:
        _pools.pop(threads).executor.shutdown()


def _open_pool(threads: int) -> ThreadPoolExecutor:
    pool = ThreadPoolExecutor(threads, "tiles", initializer=_work_alone)
    gate = threading.Barrier(threads)
    for started in [pool.submit(gate.wait) for _ in range(threads)]:
        started.result()
    # what a thread sets is also what threads born later begin with: they get their number back
    torch.set_num_threads(threads)
    return pool


def _work_alone() -> None:
    """Let this thread's operations run on no other; asking makes the setting stick."""
    torch.set_num_threads(1)
    torch.get_num_threads()
