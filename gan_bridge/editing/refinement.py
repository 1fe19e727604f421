"""Steps that bring one edit to its request, where the learned move falls short of it.

An editor learns one map for all faces of a generator. A photo's latent lies beside them: there its
move shows about two thirds of a request. These steps go on from it, within the directions of w that
the editor moves along, down the loss that it was trained with; the person weighs four times as much
as there.
"""

from dataclasses import replace

import numpy as np
import torch

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from gan_bridge.editing.editor import Editor
from gan_bridge.editing.editor_config import EditorConfig
from gan_bridge.editing.editor_faces import FaceViewer
from gan_bridge.editing.editor_losses import edit_losses, framing_jitter
from gan_bridge.editing.explorer import EmotionExplorer
from gan_bridge.editing.face_senses import Senses
from vae.codes import to_tensor

#: Steps after which little changes: two seconds on two CPU cores.
DEFAULT_STEPS = 16
_RATE = 0.1  # of coefficients in the editor's basis, whose unit is a deviation among faces
#: Times the editor's weight: for one face there is a move that keeps more of the person.
_IDENTITY = 4.0
_BETAS = (0.7, 0.95)  # of so few steps none is to be lost to the mean of those before


class Refiner:
    """Takes steps for edits of an explorer whose calibration is an editor.

    Args:
        explorer: anchored or not.
        viewer: draws and reads its pictures, which the faces fill.
        face: whose person is to stay, uint8 (S, S, 3): a photo, of which a latent is a likeness;
            None for what a latent shows itself.

    Raises:
        CircumplexError: the explorer's edits are not an editor's.
    """

    def __init__(
        self, explorer: EmotionExplorer, viewer: FaceViewer, face: np.ndarray | None = None
    ) -> None:
        editor = explorer.calibration
        if not isinstance(editor, Editor) or not explorer.is_calibrated():
            raise CircumplexError(
                "only what an editor moved can be refined; train one with circumplex calibrate, "
                "or leave refine out"
            )
        self._explorer, self._viewer, self._face = explorer, viewer, face
        self._editor = editor
        config = EditorConfig.from_dict(editor.evidence["config"])
        self._config = replace(config, identity=_IDENTITY * config.identity)
        self._edited = torch.from_numpy(np.flatnonzero(explorer.default_strengths))
        self._basis = torch.from_numpy(editor.basis.astype(np.float32))

    def __call__(
        self,
        w: np.ndarray,
        valence: float,
        arousal: float,
        steps: int = DEFAULT_STEPS,
        progress: Progress = silent,
    ) -> np.ndarray:
        """The latent (1, L, W) of w (1, L, W) moved to (valence, arousal), after so many steps."""
        aimed = self._explorer.aim(np.array([[valence, arousal]]))
        points = torch.from_numpy(self._editor.in_reader_terms(aimed)).float()
        moved = torch.from_numpy(self._explorer.move(w, valence, arousal))
        before = self._before(w)
        coefficients = torch.zeros(len(self._edited), len(self._basis), requires_grad=True)
        optimizer = torch.optim.Adam([coefficients], _RATE, betas=_BETAS)
        for step in progress(range(steps), "refine", steps):
            optimizer.param_groups[0]["lr"] = _RATE * (1 - step / steps) ** 0.5
            jitter = framing_jitter(1, self._config.seed, step)
            after = self._viewer.see(self._refined(moved, coefficients), None, jitter)
            terms = edit_losses(after, before, points, self._config)
            beside = (coefficients @ self._basis).square().sum(1).mean()
            loss = torch.stack(list(terms.values())).sum() + self._config.short * beside
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            return self._refined(moved, coefficients).numpy()

    @torch.no_grad()
    def _before(self, w: np.ndarray) -> Senses:
        """What the latent (1, L, W) shows, of the person who is to stay; where further factors are
        set, as these make the person, or the steps would bring back the age that is to change."""
        start = self._explorer.move_others(np.asarray(w, np.float32))
        before = self._viewer.see(torch.from_numpy(start), None)
        if self._face is None or self._explorer.others:
            return before
        planes = to_tensor(np.ascontiguousarray(self._face.transpose(2, 0, 1)[None]))
        person = self._viewer.senses(planes.to(self._viewer.senses.device)).cpu()
        return replace(before, embedding=person.embedding)

    def _refined(self, moved: torch.Tensor, coefficients: torch.Tensor) -> torch.Tensor:
        refined = moved.clone()
        refined[:, self._edited] = moved[:, self._edited] + coefficients @ self._basis
        return refined
