"""Where the landmarker's model is found."""

import os
import zipfile
from pathlib import Path

from faces.ground.errors import CircumplexError

VARIABLE = "CIRCUMPLEX_LANDMARKER"
BUNDLED = Path(__file__).parents[2] / "weights" / "face_landmarker.task"
NO_MODEL = f"{{}} is no face landmarker; name MediaPipe's {BUNDLED.name}"


def landmarker_file(path: str | Path | None = None) -> Path:
    """Where the landmarker's model is: `path`, else $CIRCUMPLEX_LANDMARKER, else in the package.

    Raises:
        CircumplexError: it is not there, or another kind of file.
    """
    file = Path(path) if path else known_file()
    if not file.is_file():
        raise CircumplexError(f"landmarker file {file} is missing; {_remedy(file)}")
    if not zipfile.is_zipfile(file):
        raise CircumplexError(NO_MODEL.format(file))
    return file


def known_file() -> Path:
    """Where the model is said to be, or the package's own; it is not opened."""
    return Path(os.environ.get(VARIABLE) or BUNDLED)


def _remedy(file: Path) -> str:
    return "install the package again" if file == BUNDLED else "check the path"
