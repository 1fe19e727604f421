"""Sets of faces: sources of them, detection, alignment, preparing, and the set on disk."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faces.sets.config import PrepareConfig
    from faces.sets.manifest import FaceSet, load_faceset
    from faces.sets.portrait import Portrait, cut_portrait
    from faces.sets.preparing import check, prepare, prepare_picture
    from faces.sets.sources import FORMS, open_source

__all__ = [
    "FORMS",
    "FaceSet",
    "Portrait",
    "PrepareConfig",
    "check",
    "cut_portrait",
    "load_faceset",
    "open_source",
    "prepare",
    "prepare_picture",
]

# torch and pandas load when the first name that needs them is asked for
_HOME = {
    "FORMS": "sources",
    "FaceSet": "manifest",
    "Portrait": "portrait",
    "PrepareConfig": "config",
    "check": "preparing",
    "cut_portrait": "portrait",
    "load_faceset": "manifest",
    "open_source": "sources",
    "prepare": "preparing",
    "prepare_picture": "preparing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
