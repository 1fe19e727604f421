"""The folder of an export: whose it is, by the settings that lie in it."""

from pathlib import Path
from typing import Any

from faces.ground.errors import CircumplexError
from faces.ground.files import read_json, write_json
from faces.ground.provenance import software
from studio.stimuli.export_rows import JOURNAL, TABLE, write_journal

SCHEMA, VERSION = "circumplex/export", 5
SETTINGS = "export.json"
#: Folder of the faces as drawn, where they wait to be matched to each other.
DRAWN = ".drawn"
_MATCHED = "luminance"  # the one entry that is known in the end alone


def claim_folder(folder: Path, settings: dict[str, Any]) -> tuple[float, float] | None:
    """Write the settings of an export that begins, or check that the folder's are the same.

    What a killed export left half written goes: the caller holds the lock, nobody writes it.

    Returns:
        Mean and SD of luma that all its pictures were matched to; None where they were not.

    Raises:
        CircumplexError: the folder holds another export, or pictures or a table of none.
    """
    if (folder / SETTINGS).exists():
        luminance = _check(folder, _whole(settings))
        _sweep(folder)
        return luminance
    for found in (folder / "images", *sorted(folder.glob(f"{TABLE}.*"))):
        if found.exists():
            raise CircumplexError(
                f"{folder} already has {found.name} but no {SETTINGS}; choose another"
            )
    write_settings(folder, settings, None)
    write_journal(folder / JOURNAL, ())
    _sweep(folder)
    return None


def write_settings(
    folder: Path, settings: dict[str, Any], luminance: tuple[float, float] | None
) -> None:
    """Write export.json."""
    write_json(folder / SETTINGS, _whole(settings) | {_MATCHED: luminance})


def _sweep(folder: Path) -> None:
    for part in (folder, folder / "images", folder / DRAWN):
        for stray in part.glob(".*.partial*"):
            stray.unlink(missing_ok=True)


def _whole(settings: dict[str, Any]) -> dict[str, Any]:
    return {"schema": SCHEMA, "version": VERSION, "software": software(), **settings}


def _check(folder: Path, settings: dict[str, Any]) -> tuple[float, float] | None:
    path = folder / SETTINGS
    found = read_json(path)
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise CircumplexError(f"{path} is no list of an export's settings; remove it")
    if any(found.get(name) != settings[name] for name in ("version", "software")):
        raise CircumplexError(
            f"{folder} holds an export of {found.get('software')}, whose pictures may differ in "
            "rounding; finish it with that version or choose another folder"
        )
    luminance = found.pop(_MATCHED, None)
    for name in (*settings, *found):
        if found.get(name) != settings.get(name):
            raise CircumplexError(
                f"{folder} holds another export: its {name} is not this one's; "
                "choose another folder or remove it"
            )
    return None if luminance is None else (luminance[0], luminance[1])
