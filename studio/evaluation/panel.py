"""All readers of an evaluation behind one call, and what each of them is."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from faces.ground.errors import CircumplexError
from faces.readers.affect.registry import AFFECT_READERS
from faces.readers.face_reading import FaceReading
from faces.readers.identity.config import WIDTH
from faces.readers.landmarks.config import LandmarkerConfig
from faces.readers.reading import FaceReader
from gan_bridge.bridging.nuisances import BY_BUNDLED, BY_FACENET, facenet_reading
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
_POSE = 3


class Panel:
    """What is read in each picture, as named columns.

    Args:
        faces: reads what the face shows, and who it is unless `identity` does.
        explorer: whose own encoder is a reader too, where it has one.
        identity: embeddings (N, E) of pictures by another network, or None for those of `faces`.

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
        """Of pictures: affect by each judge, pose, whether a face was found, and its embedding,
        (N, 2 J + 3 + 1 + 128)."""
        return np.stack([self._row(reading) for reading in self._faces.read(list(images))])

    def _row(self, reading: FaceReading) -> np.ndarray:
        affect = [reading.affect.get(name, (np.nan, np.nan)) for name in self._judges]
        pose, embedding = np.full(_POSE, np.nan), np.full(WIDTH, np.nan)
        if reading.pose is not None:
            pose[:] = reading.pose.yaw, reading.pose.pitch, reading.pose.roll
        if reading.embedding is not None:
            embedding[:] = reading.embedding
        return np.concatenate([np.ravel(affect), pose, [reading.found], embedding])

    def assemble(self, config: "EvaluateConfig", found: Mapping[str, np.ndarray]) -> EditReadings:
        """The columns (S, 1 + P, K) of all pictures by what they are."""
        rows = found["faces"]
        judged = 2 * len(self._judges)
        affect = {name: rows[..., 2 * k : 2 * k + 2] for k, name in enumerate(self._judges)}
        if OWN in found:
            affect[OWN] = found[OWN]
        return EditReadings(
            seeds=tuple(config.seeds),
            directions=config.directions,
            intensities=tuple(config.intensities),
            affect=affect,
            pose=rows[..., judged : judged + _POSE],
            identity=found.get("identity", rows[..., -WIDTH:]),
            identity_by=BY_FACENET if "identity" in found else BY_BUNDLED,
            found=rows[..., judged + _POSE] > 0,
        )


@contextmanager
def open_panel(explorer: "EmotionExplorer", identity: Path | None) -> Iterator[Panel]:
    """The readers at hand, closed in the end.

    Raises:
        CircumplexError: the landmarker is missing, without which no face is found; or the weights
            of the identity network cannot be read.
    """
    embed = None if identity is None else facenet_reading(identity)
    # an edit is to be measured as it is, whatever the network of hidden parts makes of its pixels
    config = LandmarkerConfig(visibility=False)
    with FaceReader(config, identity="bundled" if identity is None else None) as faces:
        for needed in ("landmarks", "identity"):
            if needed in faces.missing:
                raise CircumplexError(faces.missing[needed])
        yield Panel(faces, explorer, embed)
