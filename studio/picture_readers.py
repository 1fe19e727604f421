"""What reads valence and arousal in pictures, in the terms of a bridge or of an editor."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gan_bridge.bridging.artefact import Bridge
    from gan_bridge.bridging.scoring import Scorer
    from gan_bridge.editing.editor import Editor
    from gan_bridge.editing.face_senses import FaceSenses
    from vae.checkpoint import Run

#: Pictures uint8 (N, H, W, 3) to valence and arousal (N, 2).
PictureReader = Callable[[np.ndarray], np.ndarray]


def reader_of_bridge(bridge: "Bridge", open_run: "Callable[[str], Run]") -> "Scorer | None":
    """What scored the bridge's samples; None where that is none of the package's runs, for a bridge
    does not say where another one lies.

    Args:
        open_run: the package's run of that name, where it is to work.
    """
    from gan_bridge.bridging.scoring import DetectedFace, Scorer, WholePicture
    from vae.packaged import PACKAGED
    from vae.probing.directions import Directions

    wanted, crop = bridge.evidence["run"], bridge.evidence["config"]["crop"]
    for name in PACKAGED:
        run, probes = open_run(name), Directions.load(name)
        if wanted["digest"] == run.digest and probes.matches(wanted["directions"]):
            view = DetectedFace if crop == "detect" else WholePicture
            return Scorer(run, probes, view(run))
    return None


def senses_of_editor(editor: "Editor", device: str) -> "FaceSenses | None":
    """The readers that trained the editor; None where these are not the package's, or the faces do
    not fill the pictures."""
    from gan_bridge.editing.editor import FILLING
    from gan_bridge.editing.face_senses import packaged_readers, packaged_senses

    evidence = editor.evidence
    if evidence.get("faces") != FILLING or evidence.get("readers") != packaged_readers():
        return None
    return packaged_senses(evidence["margin"], device)
