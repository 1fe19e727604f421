"""All readers of an evaluation behind one call, and what each of them is."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from faces.ground.errors import CircumplexError
from faces.readers.affect.registry import AFFECT_READERS
from faces.readers.identity.landmark_shape import STABLE, shape_vectors
from faces.readers.reading import FaceReader, FaceReading
from gan_bridge.generators.sampling import Reading
from studio.evaluation.edits import EditReadings

if TYPE_CHECKING:
    from gan_bridge.editing.explorer import EmotionExplorer
    from studio.evaluation.config import EvaluateConfig

OWN = "own"
#: What each reader is, for people.
DESCRIBED = {
    **{name: kind.description for name, kind in AFFECT_READERS.items()},
    OWN: "the encoder and probes that the directions were found with: no independent judge",
}
BY_SHAPE = "cosine of landmark shapes (points that expression hardly moves)"
BY_NETWORK = "cosine of InceptionResnetV1 embeddings"
_POSE, _SHAPE = 3, 3 * len(STABLE)


class Panel:
    """What is read in each picture, as named columns.

    Args:
        faces: reads what the face shows.
        explorer: whose own encoder is a reader too, where it has one.
        identity: embeddings (N, E) of pictures, or None for landmark shapes.

    Attributes:
        described: the readers of affect at hand, by name; absent: the others, with the reason.
        readings: what `studio.evaluation.edits.read_edits` takes.
    """

    def __init__(
        self, faces: FaceReader, explorer: "EmotionExplorer", identity: Reading | None
    ) -> None:
        self._faces = faces
        self.absent = {name: why for name, why in faces.missing.items() if name in DESCRIBED}
        self.described = {
            name: text
            for name, text in DESCRIBED.items()
            if name not in self.absent and (name != OWN or explorer.can_read)
        }
        self._judges = [name for name in self.described if name != OWN]
        self.readings: dict[str, Reading] = {"faces": self._read}
        if explorer.can_read:
            self.readings[OWN] = explorer.read
        if identity is not None:
            self.readings["identity"] = identity

    def _read(self, images: np.ndarray) -> np.ndarray:
        """Affect by each judge, pose and stable points of pictures: (N, 2 J + 3 + 3 K)."""
        return np.stack([self._row(reading) for reading in self._faces.read(list(images))])

    def _row(self, reading: FaceReading) -> np.ndarray:
        row = np.full(2 * len(self._judges) + _POSE + _SHAPE, np.nan)
        if reading.landmarks is None:
            return row
        for k, name in enumerate(self._judges):
            row[2 * k : 2 * k + 2] = reading.affect.get(name, (np.nan, np.nan))
        if reading.pose is not None:
            row[-_POSE - _SHAPE : -_SHAPE] = reading.pose.yaw, reading.pose.pitch, reading.pose.roll
        row[-_SHAPE:] = reading.landmarks.points[list(STABLE)].ravel()
        return row

    def assemble(self, config: "EvaluateConfig", found: Mapping[str, np.ndarray]) -> EditReadings:
        """The columns (S, 1 + P, K) of all pictures by what they are."""
        rows = found["faces"]
        affect = {name: rows[..., 2 * k : 2 * k + 2] for k, name in enumerate(self._judges)}
        if OWN in found:
            affect[OWN] = found[OWN]
        return EditReadings(
            seeds=tuple(config.seeds),
            directions=config.directions,
            intensities=tuple(config.intensities),
            affect=affect,
            pose=rows[..., -_POSE - _SHAPE : -_SHAPE],
            identity=found["identity"] if "identity" in found else _shapes(rows[..., -_SHAPE:]),
            identity_by=BY_NETWORK if "identity" in found else BY_SHAPE,
            found=np.isfinite(rows[..., -1]),
        )


def _shapes(columns: np.ndarray) -> np.ndarray:
    """Landmark shapes (S, 1 + P, 3 K) against the mean of the neutral faces."""
    points = columns.reshape(-1, len(STABLE), 3)
    neutral = columns[:, 0].reshape(-1, len(STABLE), 3)
    return shape_vectors(points, neutral).reshape(columns.shape)


@contextmanager
def open_panel(explorer: "EmotionExplorer", identity: Path | None) -> Iterator[Panel]:
    """The readers at hand, closed in the end.

    Raises:
        CircumplexError: the landmarker is missing, without which no face is found; or the file of
            identity weights cannot be read.
    """
    from gan_bridge.bridging.nuisances import identity_reading

    embed = None if identity is None else identity_reading(identity)
    with FaceReader() as faces:
        if "landmarks" in faces.missing:
            raise CircumplexError(faces.missing["landmarks"])
        yield Panel(faces, explorer, embed)
