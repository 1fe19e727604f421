"""Where the landmarker's model is found."""

import os
import zipfile
from pathlib import Path

from faces.errors import CircumplexError

VARIABLE = "CIRCUMPLEX_LANDMARKER"
_NAME = "face_landmarker.task"
_SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
_ADDRESS = (
    "https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/"
)
NO_MODEL = "{} is no face landmarker; name MediaPipe's " + _NAME


def landmarker_file(path: str | Path | None = None) -> Path:
    """Where the landmarker's model is.

    Looked for at `path`, else at $CIRCUMPLEX_LANDMARKER, then in the cache, then in
    `shared/models` beside the checkout; else it is fetched once into the cache.

    Raises:
        CircumplexError: it is not there and cannot be fetched.
    """
    if named := path or os.environ.get(VARIABLE):
        if not Path(named).is_file():
            raise CircumplexError(f"landmarker file {named} is missing; check the path")
        if not zipfile.is_zipfile(named):
            raise CircumplexError(NO_MODEL.format(named))
        return Path(named)
    return known_file() or _fetch()


def known_file() -> Path | None:
    """Where the model is said or found to be, or None; it is neither opened nor fetched."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    folders = (_cache(), Path(__file__).parents[3] / "shared" / "models")
    return next((folder / _NAME for folder in folders if (folder / _NAME).is_file()), None)


def _cache() -> Path:
    import pooch

    return Path(pooch.os_cache("circumplex"))


def _fetch() -> Path:
    import pooch

    try:
        pooch.get_logger().setLevel("ERROR")
        return Path(pooch.retrieve(_ADDRESS + _NAME, f"sha256:{_SHA256}", _NAME, _cache()))
    except (OSError, ValueError) as error:  # no network, no room; another file than the pinned one
        raise CircumplexError(
            f"the landmarker file is not in {_cache()} and cannot be fetched "
            f"({type(error).__name__}); download {_NAME} and set {VARIABLE} to its path"
        ) from error
