"""Processes that share out work, answer in its order, and end at once whenever they are told to."""

import multiprocessing
import queue
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")
_AHEAD = 3  # items under way for each process
_END = object()
_PATIENCE = 1.0  # seconds for the system to take a killed process away


class WorkerDied(Exception):
    """A process ended in the middle of its work."""


@dataclass(eq=False)
class _Worker:
    """A process, this end of its pipe, and the numbers of the items it has."""

    process: BaseProcess
    connection: Connection
    items: deque[int] = field(default_factory=deque)


class Workers(Generic[Item, Answer]):
    """Calls a function in several processes.

    They are started afresh ("spawn") for the first item, and stay until `close`. Each has a pipe of
    its own and shares no lock with the others, and they keep nothing that would have to be saved:
    `close` kills them, whatever they are at, and nobody waits for what a dead one holds. So it
    goes too where something fails, or Ctrl-C comes, while items are under way.

    Args:
        count: of processes.
        start: called once in each.
        work: called with each item; of a module, as `start` is.
    """

    def __init__(
        self, count: int, start: Callable[[], None], work: Callable[[Item], Answer]
    ) -> None:
        self.count = count
        self._start, self._work = start, work
        self._workers: list[_Worker] = []
        self._sent = 0

    def map(self, items: Iterable[Item]) -> Iterator[Answer]:
        """The answer to each item, in their order; items are taken a few ahead of the answers.

        Raises:
            WorkerDied: a process ended abruptly.
            Exception: what the function raised.
        """
        source = iter(items)
        order: deque[int] = deque()
        answers: dict[int, tuple[bool, Any]] = {}
        try:
            while True:
                for item in islice(source, _AHEAD * self.count - len(order)):
                    order.append(self._send(item))
                if not order:
                    return
                while order[0] not in answers:
                    # what an earlier call left unread is nobody's any more
                    answers |= {n: told for n, told in self._received() if n in order}
                fine, answer = answers.pop(order.popleft())
                if not fine:
                    raise answer
                yield answer
        except GeneratorExit:
            raise
        except BaseException:
            self.close()  # a message may have been sent in part
            raise

    def close(self) -> None:
        """End the processes now."""
        started = [each for each in self._workers if each.process.pid is not None]
        for worker in started:
            worker.process.kill()
        for worker in started:
            worker.process.join(_PATIENCE)
        for worker in self._workers:
            worker.connection.close()
        self._workers = []

    def _send(self, item: Item) -> int:
        """Hand an item to the process that has least to do; its number."""
        if not self._workers:
            self._open()
        worker = min(self._workers, key=lambda worker: len(worker.items))
        self._sent += 1
        worker.items.append(self._sent)
        try:
            worker.connection.send(item)
        except OSError as error:
            raise WorkerDied from error
        return self._sent

    def _received(self) -> Iterator[tuple[int, tuple[bool, Any]]]:
        """Number, and answer or error, of what is done by now; waits for one."""
        busy = {worker.connection: worker for worker in self._workers if worker.items}
        for connection in wait(list(busy)):
            worker = busy[connection]  # type: ignore[index]  # files and sockets can be waited for too
            try:
                answer = worker.connection.recv()
            except (EOFError, OSError) as error:
                raise WorkerDied from error
            yield worker.items.popleft(), answer

    def _open(self) -> None:
        context = multiprocessing.get_context("spawn")
        for _ in range(self.count):
            here, there = context.Pipe()
            process = context.Process(
                target=_serve, args=(there, self._start, self._work), daemon=True
            )
            self._workers.append(_Worker(process, here))
            with _without_interrupts():
                process.start()
            there.close()


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Processes that the block starts never see Ctrl-C, which is for the one that shares out.

    Where the system has masks of signals; elsewhere they ignore it as soon as they can.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(connection: Connection, start: Callable[[], None], work: Callable[[Any], Any]) -> None:
    """What a process does: answer one item after the other until nobody sends any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    start()
    received: queue.SimpleQueue[Any] = queue.SimpleQueue()
    # items are taken from the pipe while others are worked on: whoever sends must never wait for
    # one that waits to send
    threading.Thread(target=_receive, args=(connection, received), daemon=True).start()
    while (item := received.get()) is not _END:
        try:
            answer: tuple[bool, Any] = True, work(item)
        except Exception as error:  # noqa: BLE001 - it travels to whoever asked
            answer = False, error
        try:
            connection.send(answer)
        except OSError:  # nobody listens any more
            return


def _receive(connection: Connection, received: "queue.SimpleQueue[Any]") -> None:
    try:
        while True:
            received.put(connection.recv())
    except (EOFError, OSError):
        received.put(_END)
