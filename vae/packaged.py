"""Where runs lie: their folder, given itself, its file, or the name of one that the package has."""

from pathlib import Path

#: The file in a run's folder.
WEIGHTS = "vae.safetensors"
_FOLDER = Path(__file__).parent / "weights"
#: The package's own runs: in colour, and on grey faces of 64 pixels, as version 0.1 had it.
PACKAGED = {"bundled": _FOLDER, "grey-vae": _FOLDER / "grey"}


def run_folder(run: str | Path) -> Path:
    """The folder of a run, given itself, its weights file, or the name of one of the package's."""
    if str(run) in PACKAGED:
        return PACKAGED[str(run)]
    return Path(run).parent if Path(run).name == WEIGHTS else Path(run)
