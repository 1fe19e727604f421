"""Where all floors meet: requests, workflows, the engine, the command line and the app.

Names are imported when first used, so that `import studio` stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio.app import build_app
    from studio.engine import Engine

_HOMES = {"Engine": "studio.engine", "build_app": "studio.app"}

__all__ = ["Engine", "build_app"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
