"""Ctrl-C that always ends the program, whatever it is at."""

import _thread
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

INTERRUPTED = 130  #: what shells call a program that Ctrl-C ended
_AGAIN_S, _AT_LAST_S = 2.0, 4.0
_interrupted = threading.Event()  # such a block was left by Ctrl-C


@contextmanager
def ends_when_interrupted() -> Iterator[None]:
    """The block ends within seconds of Ctrl-C.

    Python turns Ctrl-C into an exception wherever the main thread is at, and some places lose it:
    extension modules that are being loaded clear errors of what they load in turn, and finalizers
    only print them. So a thread of its own listens too: it interrupts once more after two seconds,
    and ends the process and its children after four. In another thread than the main one, and
    where Ctrl-C is ignored, the block is left alone.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    receiver, sender = socket.socketpair()
    sender.setblocking(False)
    left = threading.Event()
    before = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_listen, args=(receiver, left), daemon=True).start()
    try:
        yield
    except KeyboardInterrupt:
        _interrupted.set()
        raise
    finally:
        left.set()
        signal.set_wakeup_fd(before)
        sender.close()  # and so the thread ends


def _listen(receiver: socket.socket, left: threading.Event) -> None:
    with receiver:
        while numbers := receiver.recv(16):
            if signal.SIGINT in numbers:
                break
        else:
            return
        if left.wait(_AGAIN_S):
            return
        _thread.interrupt_main()
        if not left.wait(_AT_LAST_S - _AGAIN_S):
            end_now()


def end_if_interrupted() -> None:
    """End the process where a block was left by Ctrl-C: all is said and closed.

    Else Python takes down what is loaded, which can take seconds on a machine that is at work.
    """
    if _interrupted.is_set():
        end_now()


def end_now() -> None:
    """End this process and those that it started, without another word."""
    for child in multiprocessing.active_children():
        child.kill()
    os._exit(INTERRUPTED)
