"""Where the files of a model lie: its directions, their evidence, what aims its edits."""

from pathlib import Path

from faces.ground.errors import CircumplexError
from studio.model_choice import DirectionsChoice

DIRECTIONS, REPORT = "directions.safetensors", "report.json"
CALIBRATION, EDITOR = "calibration.safetensors", "editor.safetensors"


def directions_path(chosen: DirectionsChoice) -> Path:
    """The file of the directions.

    Raises:
        CircumplexError: it is missing; the message says how to make it.
    """
    from gan_bridge.editing.foreign_directions import foreign_files
    from gan_bridge.generators.opening import is_network, network_path
    from vae.packaged import run_folder

    if files := foreign_files(chosen.directions):
        return files[0].path
    source = chosen.generator
    network = is_network(source)
    if chosen.directions is not None:
        path = run_folder(chosen.directions)
    else:
        path = network_path(source).parent if network else run_folder(source)
    if path.is_dir():
        path /= DIRECTIONS
    if not path.is_file():
        raise CircumplexError(f"{path} is missing; {_remedy(chosen, network)}")
    return path


def _remedy(chosen: DirectionsChoice, network: bool) -> str:
    """How missing directions are made, under the name that they were asked for by."""
    source, named = chosen.generator, chosen.directions
    if named is None:
        made = (
            f"bridge {source} bundled bridge` and add --directions bridge"
            if network
            else f"probe {source} FACESET`"
        )
        return f"make it with `circumplex {made}"
    made = (
        f"bridge {source} bundled {named}`, for a further factor with --probes PROBED --beside "
        f"{source}"
        if network
        else f"probe {source} FACESET --out {named}`, for a further factor with --factor NAME"
    )
    return f"name another folder, or make it with `circumplex {made}"


def report_path(chosen: DirectionsChoice) -> Path:
    """Where the numbers about a generator's directions lie, if they were measured.

    Raises:
        CircumplexError: the directions are missing.
    """
    from gan_bridge.bridging.artefact import EVIDENCE

    folder = directions_path(chosen).parent
    return folder / (EVIDENCE if (folder / EVIDENCE).is_file() else REPORT)


def forget_calibration(folder: Path) -> None:
    """Take away the editor and the calibration beside directions that are written anew."""
    for name in (CALIBRATION, EDITOR):
        (folder / name).unlink(missing_ok=True)


def copy_calibration(source: Path, target: Path) -> None:
    """What aims edits at pictures knows of valence and arousal alone, which stay as they are."""
    from faces.ground.files import write_bytes

    for name in (CALIBRATION, EDITOR):
        if (source / name).is_file():
            write_bytes(target / name, (source / name).read_bytes())


def stamp(path: Path) -> tuple[str, int, int]:
    """Names a file's present content well enough to notice that it was replaced."""
    try:
        found = path.stat()
    except OSError:
        return str(path.resolve()), 0, 0
    return str(path.resolve()), found.st_mtime_ns, found.st_size
