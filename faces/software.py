"""What this program is called in all that it writes."""

from importlib.metadata import version

_NAME = "circumplex-studio"
_LIBRARIES = (_NAME, "numpy", "scikit-learn", "torch")


def library_versions() -> dict[str, str]:
    """Versions of what figures depend on: Python, this program, and the libraries that compute."""
    from platform import python_version

    return {"python": python_version()} | {name: version(name) for name in _LIBRARIES}


def software() -> str:
    """Name and version, as recipes, tables and checkpoints state them."""
    return f"{_NAME} {version(_NAME)}"
