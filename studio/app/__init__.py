"""The page: one face dragged around the circumplex, its grid, its evidence, its export.

`build_app(engine)` gives the Gradio blocks, `studio.app.server.serve` opens them.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio.app.layout import build_app

__all__ = ["build_app"]


def __getattr__(name: str) -> Any:
    if name != "build_app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from studio.app.layout import build_app

    return build_app
