"""Readings of one person relative to the same person's neutral face.

A face at rest is not (0, 0) to a reader that does not know it: some mouths turn up, some brows
stand high. What the person's own neutral picture reads is subtracted from every reading
(person-specific normalisation, as Baltrušaitis, Mahmoud & Robinson 2015 do for action units), so
that what is left is the change that the person made.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from faces.ground.errors import CircumplexError
from faces.readers.face_reading import FaceReading


@dataclass(frozen=True, eq=False)
class Baseline:
    """What a person's neutral pictures read, in the mean.

    Attributes:
        affect: by reader, (valence, arousal) in [-1, 1].
        action_units: (K,) intensities in [0, 1].
        count: pictures it is the mean of.
    """

    affect: Mapping[str, tuple[float, float]]
    action_units: np.ndarray
    count: int

    @classmethod
    def of(cls, readings: Iterable[FaceReading]) -> "Baseline":
        """The mean of the readings that found a face.

        Raises:
            CircumplexError: none did.
        """
        seen = list(readings)
        found = [
            (each.action_units, each.affect)
            for each in seen
            if each.action_units is not None and each.obstacle is None
        ]
        if not found and (obstacles := [each.obstacle for each in seen if each.obstacle]):
            raise CircumplexError(
                f"the face in the neutral picture cannot be read ({obstacles[0]}); name one that "
                "shows all of it in good light"
            )
        if not found:
            raise CircumplexError(
                "no face is found in the neutral picture; name one that shows it from the front"
            )
        units = np.mean([units for units, _ in found], axis=0)
        affect = {}
        for name in found[0][1]:
            valence, arousal = np.mean([read[name] for _, read in found], axis=0)
            affect[name] = (float(valence), float(arousal))
        return cls(affect, units, len(found))

    def relative(self, reading: FaceReading) -> FaceReading:
        """The reading with valence, arousal and action units told relative to the neutral face.

        Valence and arousal stay within [-1, 1] and action units within [0, 1]: a unit that the
        neutral face shows more of reads 0. Probabilities, pose and landmarks are left as they are.
        """
        if reading.action_units is None:
            return reading
        affect = {}
        for name, pair in reading.affect.items():
            valence, arousal = np.clip(np.subtract(pair, self.affect[name]), -1, 1)
            affect[name] = (float(valence), float(arousal))
        units = np.clip(reading.action_units - self.action_units, 0, 1).astype(np.float32)
        return replace(reading, affect=affect, action_units=units, relative=True)
