"""How long work reports that it moves, without knowing who looks."""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

T = TypeVar("T")


class Progress(Protocol):
    """Passes the items of an iterable on, showing `label` and how many of `total` are done."""

    def __call__(self, items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]: ...


def silent(items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
    """The progress that shows nothing: for libraries, tests and `--json`."""
    yield from items
