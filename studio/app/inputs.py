"""What the page sends, as requests have it: faces, numbers and progress; and errors back to it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypedDict, TypeVar

import gradio as gr

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress

T = TypeVar("T")
#: Further factors that are set, by name.
Others = dict[str, float]


class Photo(TypedDict):
    """An uploaded photo, as the page keeps it: its file, which of its faces, and whether that is
    taken even where it comes out as somebody else."""

    path: str
    face: int | None
    force: bool


@contextmanager
def errors_on_page(photo: Photo | None = None) -> Iterator[None]:
    """Errors that people can mend are shown on the page instead of raised into the log.

    Of a photo they give the name alone: the folder of an upload is nobody's business.
    """
    try:
        yield
    except CircumplexError as error:
        text = str(error)
        if photo:
            text = text.replace(photo["path"], Path(photo["path"]).name)
        raise gr.Error(text, duration=8, print_exception=False) from error


def face_source(seed: float | None, photo: Photo | None) -> dict[str, Any]:
    """A photo's path is the one that the upload gave; nothing typed becomes a path."""
    if not photo:
        return {"seed": int(seed or 0)}
    return {"photo": Path(photo["path"]), "face": photo["face"], "force": photo["force"]}


def affect(value: float) -> float:
    """Valence or arousal of a widget, within [-1, 1]."""
    return round(min(1.0, max(-1.0, float(value))), 2) + 0.0


def field(pad: Any, name: str) -> float:
    """A number of the pad's value; what a forged call sends in its place counts as 0."""
    value = pad.get(name) if isinstance(pad, dict) else None
    return value if isinstance(value, int | float) and abs(value) < 2**31 else 0.0


def gradio_progress(progress: gr.Progress) -> Progress:
    """Progress of a workflow, shown by the page."""

    def show(items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
        yield from progress.tqdm(items, desc=label, total=total)

    return show
