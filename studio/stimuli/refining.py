"""Edits that are brought nearer to their request, one by one."""

from typing import TYPE_CHECKING

import numpy as np

from faces.ground.progress import Progress, silent
from studio.stimuli.origin import Start
from studio.validation import RequestError

if TYPE_CHECKING:
    from studio.engine import Engine

REFINE_HELP = "Steps that bring what the picture shows nearer to the request."
REFINED = "16 for a photo or a latent where an editor moves it, else 0"


def move_refined(
    start: Start,
    valence: float,
    arousal: float,
    steps: int | None,
    engine: "Engine",
    progress: Progress = silent,
) -> "tuple[np.ndarray, int]":
    """The latent (1, L, W) of a face moved to (valence, arousal), and the steps it took.

    Args:
        steps: None takes them for the face of a photo or of a latent, where an editor moves it: it
            knows the faces that its generator samples, and falls short of a request in others.

    Raises:
        CircumplexError: steps are asked for where no editor moves the face, or where those who
            read for it are not at hand.
    """
    from gan_bridge.editing.editor_faces import FaceViewer
    from gan_bridge.editing.refinement import DEFAULT_STEPS, Refiner
    from gan_bridge.generators.protocol import Differentiable

    explorer = start.explorer
    generator, editor = explorer.generator, explorer.calibration
    senses = None
    if steps is None and explorer.anchor is None:
        steps = 0  # and nobody who reads is opened
    if explorer.is_calibrated() and isinstance(generator, Differentiable) and steps != 0:
        senses = engine.senses(editor, str(generator.device))
    if steps is None:
        steps = 0 if senses is None else DEFAULT_STEPS
    if not steps or explorer.stands(np.array([[valence, arousal]]))[0]:
        return explorer.move(start.w, valence, arousal), 0
    if senses is None:
        raise RequestError(
            f"edits of {generator.name} here cannot be refined: that takes an editor which the "
            "package's own readers trained; leave refine out, or run circumplex calibrate"
        )
    assert isinstance(generator, Differentiable)
    viewer = FaceViewer(generator.differentiable_renderer(), senses)
    face = None if start.photo is None else start.photo.portrait.coloured
    refine = Refiner(explorer, viewer, face)
    return refine(start.w, valence, arousal, steps, progress), steps
