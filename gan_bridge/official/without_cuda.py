"""The official training on a CPU: too slow for work, enough to see that it trains.

Its loop writes 'cuda' out and asks the card for times and memory; here it gets a `torch` of its own
that answers for a machine without one.
"""

from types import ModuleType, SimpleNamespace
from typing import Any

import torch


class _Event:
    """A moment on a card's clock; here no time passes."""

    def __init__(self, **_: Any) -> None:
        pass

    def record(self, stream: Any = None) -> None:
        pass

    def synchronize(self) -> None:
        pass

    def elapsed_time(self, other: "_Event") -> float:
        return 0.0


_CUDA = SimpleNamespace(
    Event=_Event,
    current_stream=lambda device=None: None,
    max_memory_allocated=lambda device=None: 0,
    max_memory_reserved=lambda device=None: 0,
    reset_peak_memory_stats=lambda device=None: None,
)


class _Torch(ModuleType):
    """torch, but every device is the CPU."""

    cuda = _CUDA

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)

    @staticmethod
    def device(*_: Any) -> torch.device:
        return torch.device("cpu")


def _stay(self: Any, device: Any = None) -> torch.Tensor:
    """In place of pinning memory for a card."""
    return self


def train_on_cpu() -> None:
    """Let the training loop of this process do without CUDA."""
    from training import training_loop

    training_loop.torch = _Torch("torch")
    torch.Tensor.pin_memory = _stay  # type: ignore[method-assign]  # a patch: no stub allows one
