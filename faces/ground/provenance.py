"""What this program is called in all that it writes."""

from collections.abc import Mapping
from typing import Any

from faces.ground.errors import CircumplexError

_NAME = "circumplex-studio"
_LIBRARIES = (_NAME, "numpy", "scikit-learn", "torch")


def library_versions() -> dict[str, str]:
    """Versions of what figures depend on: Python, this program, and the libraries that compute."""
    from importlib.metadata import version  # not for `--help`
    from platform import python_version

    return {"python": python_version()} | {name: version(name) for name in _LIBRARIES}


def software() -> str:
    """Name and version, as recipes, tables and checkpoints state them."""
    from importlib.metadata import version

    return f"{_NAME} {version(_NAME)}"


def check_version(begun: Mapping[str, Any], folder: object) -> None:
    """Refuse half finished work of another version of the program, whose rest would not fit.

    Args:
        begun: what the work notes about itself; its `software`.

    Raises:
        CircumplexError: naming the version that can finish it.
    """
    theirs = begun.get("software", f"an older version of {_NAME}")
    if theirs != software():
        raise CircumplexError(
            f"{folder} was begun by {theirs}, this is {software()}; finish it with that version, "
            "choose another folder, or remove this one"
        )
