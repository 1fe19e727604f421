"""Seeds whose faces took part in finding directions or in training what aims edits."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faces.ground.files import read_json
from studio.engine import Engine
from studio.model_choice import ModelChoice
from studio.validation import RequestError

if TYPE_CHECKING:
    from gan_bridge.editing.explorer import EmotionExplorer

_MOST_SHOWN = 3


def fitted_seeds(
    engine: Engine, choice: ModelChoice, explorer: "EmotionExplorer"
) -> dict[str, range]:
    """The seeds that fitted something of an explorer's edits, by what they fitted.

    Where a bridge looked at encoded faces of a set, its samples have no seeds; its layer profile
    has.
    """
    found: dict[str, range] = {}
    evidence = _bridge_evidence(engine, choice)
    if evidence is not None and explorer.directions.matches(evidence["directions"]["digest"]):
        config = evidence["config"]
        first, samples, profiled = (int(config[name]) for name in ("seed", "samples", "faces"))
        if not evidence.get("sampling", {}).get("faces"):
            found["the directions"] = range(first, first + samples)
        found["the choice of layers"] = range(first + samples, first + samples + profiled)
    if explorer.calibration is not None and explorer.is_calibrated():
        config = explorer.calibration.evidence.get("config") or {}
        if {"seed", "faces", "checked"} <= set(config):
            first = int(config["seed"])
            count = int(config["faces"]) + int(config["checked"])
            found["what aims the edits"] = range(first, first + count)
    return found


def check_seeds(seeds: Sequence[int], fitted: dict[str, range], allowed: bool) -> dict[str, Any]:
    """Refuse seeds that fitted something, unless they are allowed.

    Returns:
        `fitted`: first and last seed by what they fitted; `overlap`: how many of `seeds` are among
        these.

    Raises:
        RequestError: naming what they fitted, and seeds that did not.
    """
    taken = {what: [seed for seed in seeds if seed in each] for what, each in fitted.items()}
    taken = {what: found for what, found in taken.items() if found}
    if taken and not allowed:
        what, found = next(iter(taken.items()))
        free = free_seeds(len(seeds), fitted)
        more = "…" if len(found) > _MOST_SHOWN else ""
        shown = ", ".join(map(str, found[:_MOST_SHOWN])) + more
        raise RequestError(
            f"{len(found)} of the seeds ({shown}) fitted {what}, which takes "
            f"{fitted[what].start}-{fitted[what].stop - 1}: no fresh faces; give "
            f"--seeds {free.start}-{free.stop - 1}, or --allow-fitted to mark them"
        )
    return {
        "fitted": {what: [each.start, each.stop - 1] for what, each in fitted.items()},
        "overlap": len(set().union(*taken.values())) if taken else 0,
    }


def free_seeds(count: int, fitted: dict[str, range]) -> range:
    """As many seeds as are wanted that fitted nothing, from the default's first on."""
    from studio.evaluation.config import FIRST_SEED

    first = FIRST_SEED
    for each in sorted(fitted.values(), key=lambda each: each.start):
        if first < each.stop and each.start < first + count:
            first = each.stop
    return range(first, first + count)


def _bridge_evidence(engine: Engine, choice: ModelChoice) -> dict[str, Any] | None:
    """What a bridge says of itself beside the directions in use, if one found them."""
    from gan_bridge.bridging.artefact import EVIDENCE
    from gan_bridge.editing.foreign_directions import foreign_files

    if foreign_files(choice.directions):
        return None  # the folder is the user's: what lies beside them is of other directions
    path: Path = engine.directions_path(choice).parent / EVIDENCE
    return read_json(path) if path.is_file() else None
