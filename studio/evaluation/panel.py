"""All readers of an evaluation behind one call, and what each of them is."""

from collections.abc import Iterator, Mapping, Sequence
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
from studio.evaluation.picture_measures import PICTURE, picture_measures
from studio.evaluation.readers import DESCRIBED, OWN

if TYPE_CHECKING:
    from faces.readers.appearance.reader import AppearanceReader
    from gan_bridge.editing.explorer import EmotionExplorer
    from studio.evaluation.config import EvaluateConfig

#: Of a face beside its affect: yaw, pitch, roll; whether it was found; female, age.
_POSE, _FOUND, _APPEARANCE = 3, 1, 2
#: What is read beside affect, in this order.
COLUMNS = ("yaw", "pitch", "roll", "found", "female", "age", "embedding", *PICTURE)
#: Faces that pass through the network at once; more at a time are no quicker on a CPU.
_AT_ONCE = 32
_UNREAD = (np.nan, np.nan)


class Panel:
    """What is read in each picture, as named columns.

    Args:
        faces: reads what the face shows.
        looks: reads apparent sex and age, and who it is unless `identity` does.
        explorer: whose own encoder is a reader too, where it has one.
        identity: embeddings (N, E) of pictures by another network, or None for those of `looks`.

    Attributes:
        names: of the readers of affect at hand; absent: the others, with the reason.
        width: of the embedding, the last columns of the reading "faces".
        readings: what `studio.evaluation.edits.read_edits` takes.
    """

    def __init__(
        self,
        faces: FaceReader,
        looks: "AppearanceReader",
        explorer: "EmotionExplorer",
        identity: Reading | None = None,
    ) -> None:
        self._faces, self._looks = faces, looks
        self.absent = {name: why for name, why in faces.missing.items() if name in DESCRIBED}
        self.names = [
            name
            for name in DESCRIBED
            if name not in self.absent and (name != OWN or explorer.can_read)
        ]
        self.width = WIDTH
        self._judges = [name for name in self.names if name != OWN]
        self.readings: dict[str, Reading] = {"faces": self._read, "picture": picture_measures}
        if explorer.can_read:
            self.readings[OWN] = explorer.read
        if identity is not None:
            self.readings["identity"] = identity

    def _read(self, images: np.ndarray) -> np.ndarray:
        """Of pictures: affect by each judge, pose, whether a face was found, what it looks like and
        its embedding, (N, 2 J + 3 + 1 + 2 + 128)."""
        found = self._faces.read(list(images))
        affect = np.stack([self._row(reading) for reading in found])
        return np.concatenate([affect, self._appearance(images, found)], axis=1)

    def _row(self, reading: FaceReading) -> np.ndarray:
        affect = [reading.affect.get(name, _UNREAD) for name in self._judges]
        pose = np.full(_POSE, np.nan)
        if reading.pose is not None:
            pose[:] = reading.pose.yaw, reading.pose.pitch, reading.pose.roll
        return np.concatenate([np.ravel(affect), pose, [reading.found]])

    def affect(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Valence and arousal (N, 2) in pictures by each reader but the explorer's own."""
        return affect_of(self._faces.read(list(images)))

    def _appearance(self, images: np.ndarray, found: Sequence[FaceReading]) -> np.ndarray:
        """Female, years and the embedding (N, 2 + 128) by one pass; NaN without a face."""
        from faces.readers.identity.alignment import chip_of_points
        from faces.readers.landmarks.framing import five_points

        looks = np.full((len(images), _APPEARANCE + WIDTH), np.nan)
        rows = [row for row, each in enumerate(found) if each.landmarks is not None]
        chips = []
        for row in rows:
            image, landmarks = (
                np.require(images[row], requirements=["C", "W"]),
                found[row].landmarks,
            )
            assert landmarks is not None
            chips.append(chip_of_points(image, five_points(landmarks.points) * image.shape[1::-1]))
        for start in range(0, len(rows), _AT_ONCE):
            end = start + _AT_ONCE
            looks[rows[start:end]] = self._look(np.stack(chips[start:end]))
        return looks

    def _look(self, chips: np.ndarray) -> np.ndarray:
        """Of aligned faces uint8 (N, 150, 150, 3): female, years, embedding, (N, 2 + 128)."""
        import torch

        from faces.ground.pixels import to_tensor

        planes = to_tensor(np.ascontiguousarray(chips.transpose(0, 3, 1, 2)))
        with torch.inference_mode():
            seen = self._looks(planes.to(self._looks.centre.device))
        columns = [seen.female[:, None], seen.age[:, None], seen.embedding]
        return torch.cat(columns, 1).cpu().numpy()

    def assemble(
        self, config: "EvaluateConfig", found: Mapping[str, np.ndarray], expected: np.ndarray
    ) -> EditReadings:
        """The columns (S, 1 + P, K) of all pictures by what they are, and what readers are to find,
        (1 + P, 2)."""
        judged = 2 * len(self._judges)
        ends = np.cumsum([judged, _POSE, _FOUND, _APPEARANCE])
        read, pose, seen, looks, embedding = np.split(found["faces"], ends, axis=-1)
        affect = {name: read[..., 2 * k : 2 * k + 2] for k, name in enumerate(self._judges)}
        if OWN in found:
            affect[OWN] = found[OWN]
        return EditReadings(
            seeds=tuple(config.seeds),
            directions=config.directions,
            intensities=tuple(config.intensities),
            expected=expected,
            affect=affect,
            pose=pose,
            identity=found.get("identity", embedding),
            identity_by=BY_FACENET if "identity" in found else BY_BUNDLED,
            found=seen[..., 0] > 0,
            appearance=looks,
            picture=found["picture"],
        )


def affect_of(found: Sequence[FaceReading]) -> dict[str, np.ndarray]:
    """Valence and arousal (N, 2) of readings by every reader of affect; NaN where one read nothing,
    or is not at hand."""
    return {
        name: np.array([reading.affect.get(name, _UNREAD) for reading in found]).reshape(-1, 2)
        for name in AFFECT_READERS
    }


@contextmanager
def open_panel(
    explorer: "EmotionExplorer", identity: Path | None, processes: int = 1
) -> Iterator[Panel]:
    """The readers at hand, closed in the end.

    Args:
        identity: file of another network's weights, or None for the package's own.
        processes: that find landmarks; see FaceReader.

    Raises:
        CircumplexError: the landmarker is missing, without which no face is found; or the weights
            of the identity network cannot be read.
    """
    import torch

    from faces.readers.appearance.reader import AppearanceReader

    device = "cuda" if torch.cuda.is_available() else "cpu"
    embed = None if identity is None else facenet_reading(identity)
    # an edit is to be measured as it is, whatever the network of hidden parts makes of its pixels
    config = LandmarkerConfig(visibility=False)
    with FaceReader(config, processes=processes) as faces:
        if "landmarks" in faces.missing:
            raise CircumplexError(faces.missing["landmarks"])
        yield Panel(faces, AppearanceReader.load(device=device), explorer, embed)
