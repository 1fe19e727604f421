"""What the face landmarker finds in a picture, and the table of it: a row a face."""

import base64
import json
from array import array
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema, replacing
from faces.ground.tables import BufferedTable
from faces.readers.face_columns import FACE, PLACE
from faces.sets.training_faces import short_hashes
from faces.sets.visibility.config import Visibility

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.parquet as pq

#: Points of the mesh: 468 of the face, ten of the irises.
POINTS = 478
_NAMES = """
    _neutral browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff
    cheekSquintLeft cheekSquintRight eyeBlinkLeft eyeBlinkRight eyeLookDownLeft eyeLookDownRight
    eyeLookInLeft eyeLookInRight eyeLookOutLeft eyeLookOutRight eyeLookUpLeft eyeLookUpRight
    eyeSquintLeft eyeSquintRight eyeWideLeft eyeWideRight jawForward jawLeft jawOpen jawRight
    mouthClose mouthDimpleLeft mouthDimpleRight mouthFrownLeft mouthFrownRight mouthFunnel mouthLeft
    mouthLowerDownLeft mouthLowerDownRight mouthPressLeft mouthPressRight mouthPucker mouthRight
    mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper mouthSmileLeft mouthSmileRight
    mouthStretchLeft mouthStretchRight mouthUpperUpLeft mouthUpperUpRight noseSneerLeft
    noseSneerRight"""
#: The blendshapes in the model's order (ARKit's names).
BLENDSHAPES: tuple[str, ...] = tuple(_NAMES.split())
#: Columns of the table, in order.
COLUMNS: tuple[str, ...] = (
    "video_filename",
    "frame_num",
    "emotion",
    *(f"{axis}_{point}" for point in range(POINTS) for axis in "xyz"),
)
#: Columns behind those, lacking in tables of 0.1: which face it is, and where.
FACE_COLUMNS: tuple[str, ...] = (*FACE[2:], *PLACE)
#: Points of the face alone, which older meshes have without the irises.
MESH = 468
MESH_COLUMNS: tuple[str, ...] = COLUMNS[3 : 3 + 3 * MESH]
SCHEMA, _VERSION = "circumplex/landmarks", 1
_ROWS_AT_ONCE = 512
#: Stands for the hash of a picture that was no file.
_UNKNOWN = 0


@dataclass(frozen=True, eq=False)
class Landmarks:
    """One face.

    Attributes:
        points: (478, 3) float32, normalised: x and y in [0, 1] over the picture's width and height
            (outside where the face is cut), z in units of the picture's width, smaller is nearer.
        blendshapes: (52,) float32 in [0, 1], in the order of BLENDSHAPES.
        matrix: (4, 4) float32: the canonical face into the camera's space, centimetres.
        box: (4,) float32: left, top, right, bottom of the points, in pixels of the picture.
        confidence: of the face detector, in [0, 1]; NaN where it was not asked.
        face_count: faces found in the picture, this one among them.
        turned: degrees, 0, 90, 180 or 270, by which the picture was turned clockwise to stand
            upright; points and box are those of the turned picture.
        visibility: what of the face is to be seen; None where that was not looked at.
    """

    points: np.ndarray
    blendshapes: np.ndarray
    matrix: np.ndarray
    box: np.ndarray
    confidence: float = float("nan")
    face_count: int = 1
    turned: int = 0
    visibility: Visibility | None = None

    @property
    def aspect(self) -> float:
        """Height of the picture over its width, which points are normalised by."""
        (left, top, right, bottom), spans = self.box, np.ptp(self.points[:, :2], axis=0)
        return float((bottom - top) / spans[1] / ((right - left) / spans[0]))

    @property
    def obstacle(self) -> str | None:
        """What keeps the face's expression from being read, or None."""
        return None if self.visibility is None else self.visibility.obstacle


@dataclass(frozen=True)
class Missing:
    """Why a face could not be read.

    Attributes:
        reason: one of few, to be counted.
        detail: its own.
        face_count: faces found in the picture, none of them fit to be read or this one not.
    """

    reason: str
    detail: str = ""
    face_count: int = 0

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


#: What is known of one face.
LandmarkResult = Landmarks | Missing


#: File, frame, emotion, points and FACE_COLUMNS of one row.
_TableRow = tuple[str, int, str | None, np.ndarray | None, tuple[float | None, ...]]


class LandmarkTable(BufferedTable[_TableRow]):
    """Writes the table of landmarks row by row, in memory that does not grow with it.

    A face that was not found keeps its row, with nulls for coordinates; why is in the file's
    metadata, and `read_landmarks` puts it back beside the row. There too stands which picture each
    row is of, by the first eight bytes of its SHA-256. The file appears when all is well.

    Args:
        path: the Parquet file.
    """

    def __init__(self, path: str | Path) -> None:
        import pyarrow as pa

        super().__init__(_ROWS_AT_ONCE)
        self.path = Path(path)
        self.rows = 0
        self.reasons: dict[int, str] = {}
        self._pictures = array("Q")
        kinds = {"video_filename": pa.string(), "frame_num": pa.int32(), "emotion": pa.string()}
        kinds |= {"time_s": pa.float64()} | dict.fromkeys(("face", "person", "turned"), pa.int32())
        columns = (*COLUMNS, *FACE_COLUMNS)
        self._schema = pa.schema([(name, kinds.get(name, pa.float32())) for name in columns])

    def add(
        self,
        filename: str,
        frame: int,
        emotion: str | None,
        result: LandmarkResult,
        digest: str | None = None,
        *,
        time_s: float | None = None,
        face: int = 0,
        person: int | None = None,
    ) -> None:
        """Append one face of one frame (a picture's only frame is 0).

        Args:
            digest: SHA-256 of the picture.
            time_s, face, person: as `face_columns.FACE` has them.
        """
        points = result.points if isinstance(result, Landmarks) else None
        if isinstance(result, Missing):
            self.reasons[self.rows] = str(result)
        self._pictures.append(_UNKNOWN if digest is None else int(short_hashes([digest])[0]))
        self.rows += 1
        place: tuple[float | None, ...] = (None,) * len(PLACE)
        if isinstance(result, Landmarks):
            place = (*result.box.tolist(), result.turned)
        self._append((filename, frame, emotion, points, (time_s, face, person, *place)))

    def _open(self, files: ExitStack) -> None:
        import pyarrow.parquet as pq

        partial = files.enter_context(replacing(self.path))
        self._writer = files.enter_context(pq.ParquetWriter(partial, self._schema))

    def _finish(self) -> None:
        header = {"schema": SCHEMA, "version": _VERSION, "missing": self.reasons}
        header["pictures"] = _packed(self._pictures)
        self._writer.add_key_value_metadata({"circumplex": json.dumps(header)})

    def _write(self, rows: list[_TableRow]) -> None:
        import pyarrow as pa

        names, frames, emotions, points, faces = zip(*rows, strict=True)
        missing = np.array([each is None for each in points])
        no_points = np.full((POINTS, 3), np.nan, np.float32)
        flat = np.stack([no_points if each is None else each for each in points])
        flat = np.ascontiguousarray(flat.reshape(len(missing), -1).T)
        columns: list[pa.Array] = [pa.array(part) for part in (names, frames, emotions)]
        columns += [pa.array(column, mask=missing) for column in flat]
        columns += [pa.array(column, pa.float64()) for column in zip(*faces, strict=True)]
        arrays = [a.cast(f.type) for a, f in zip(columns, self._schema, strict=True)]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))


def read_landmarks(path: str | Path) -> "pd.DataFrame":
    """Read the table that LandmarkTable wrote.

    Returns:
        COLUMNS, FACE_COLUMNS where the table has them, and `reason`: text where no face was found
        (coordinates are NaN there), else None.

    Raises:
        CircumplexError: no such table.
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            table, header = file.read(), _header(file)
    except (OSError, pa.ArrowException) as error:
        raise CircumplexError(
            f"{path} is no readable Parquet file; make it with `circumplex measure PATHS "
            "--landmarks OUT.parquet`"
        ) from error
    has = set(table.column_names)
    if lacking := [name for name in COLUMNS if name not in has]:
        raise CircumplexError(f"{path} has no column {lacking[0]!r}; it is no table of landmarks")
    frame = table.to_pandas()
    reasons: dict[int, str] = {}
    if header is not None:
        check_schema(header, SCHEMA, _VERSION, path)
        reasons = {int(row): reason for row, reason in header["missing"].items()}
    # as objects: a column of text would make None a NaN
    by_row = [reasons.get(row) for row in range(len(frame))]
    return frame.assign(reason=pd.Series(by_row, frame.index, object))


def pictures_of(path: str | Path) -> list[str | None] | None:
    """Which picture each row of a table of landmarks is of: the first 16 digits of its SHA-256.

    Returns:
        None for a row whose picture was no file; None altogether where the table does not say, as
        those of version 0.1.0 do not.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        rows, header = file.metadata.num_rows, _header(file)
    packed = None if header is None else header.get("pictures")
    if packed is None:
        return None
    hashes = np.frombuffer(base64.b64decode(packed), "<u8").tolist()
    if len(hashes) != rows:  # some were taken out or put in since
        return None
    return [None if each == _UNKNOWN else f"{each:016x}" for each in hashes]


def _header(file: "pq.ParquetFile") -> dict[str, Any] | None:
    """What `LandmarkTable` noted in a Parquet file's metadata; None in a table of other origin."""
    header = (file.metadata.metadata or {}).get(b"circumplex")
    return None if header is None else json.loads(header)


def _packed(hashes: "array[int]") -> str:
    return base64.b64encode(np.array(hashes, "<u8").tobytes()).decode()


def points_of(table: "pd.DataFrame") -> np.ndarray:
    """The coordinates in a table of landmarks: (N, 478, 3) float32, NaN where no face was found.

    Of a table without irises it is (N, 468, 3).
    """
    columns = point_columns(table.columns)
    return table[columns].to_numpy(np.float32).reshape(len(table), len(columns) // 3, 3)


def point_columns(names: Iterable[str]) -> list[str]:
    """The columns of coordinates that a table has to have: with irises where it has any."""
    return list(COLUMNS[3:] if f"x_{MESH}" in set(names) else MESH_COLUMNS)
