"""What this program is called in all that it writes."""

from importlib.metadata import version

_NAME = "circumplex-studio"


def software() -> str:
    """Name and version, as recipes, tables and checkpoints state them."""
    return f"{_NAME} {version(_NAME)}"
