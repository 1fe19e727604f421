"""The part of a document that scripts write: all between its two marks."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from faces.ground.files import write_bytes

BEGIN, END = "<!-- measured -->", "<!-- end of measured -->"


def replace_measured(document: Path, lines: Iterable[str]) -> None:
    """Put lines of Markdown between the marks of a document, in the place of what stood there."""
    before, begun, rest = document.read_text(encoding="utf-8").partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (begun and ended):
        raise SystemExit(f"{document} lacks {BEGIN} or {END}; put them where figures go")
    text = "\n".join([before + BEGIN, "", *lines]) + END + after
    write_bytes(document, text.encode())


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table, and an empty one."""
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"
    yield ""
