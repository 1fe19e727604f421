"""Whose moves an artefact corrects: one generator's, along one pair of directions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from faces.ground.errors import CircumplexError

if TYPE_CHECKING:
    from vae.probing.directions import Directions


def check_owners(
    evidence: Mapping[str, Any], generator: str, directions: "Directions", does: str
) -> None:
    """Refuse another generator, named by its digest, or other directions.

    Args:
        evidence: of the artefact, with the digests `generator` and `directions`.
        does: the artefact and what it does, as the message begins.

    Raises:
        CircumplexError: naming what does not fit.
    """
    fits = {
        "generator": (generator, evidence["generator"] == generator),
        "directions": (directions.digest, directions.matches(evidence["directions"])),
    }
    for kind, (digest, same) in fits.items():
        if not same:
            raise CircumplexError(
                f"{does} {kind} {evidence[kind][:12]}, these are {digest[:12]}; run circumplex "
                "calibrate anew, or leave it out with --raw"
            )
