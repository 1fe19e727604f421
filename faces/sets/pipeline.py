"""From listed faces to cut ones, a chunk of rows at a time: the decisions of `prepare`."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePath
from typing import Any

import numpy as np

from faces.ground.digests import bytes_digest
from faces.sets import alignment as align
from faces.sets.balance import split_for
from faces.sets.config import PrepareConfig
from faces.sets.contrast import clahe
from faces.sets.detection import NO_FACES, Detections, Detector
from faces.sets.folders import kind_of
from faces.sets.pictures import DETAIL, OF_A_VIDEO, UNKNOWN, Picture, Rejected, decode
from faces.sets.search import Detail, FaceSearch, FoundFaces
from faces.sets.sources.rows import BOX, POINTS, Source
from faces.sets.sources.stores import PictureStore

_BATCH = 64
_THREADS = 4
# a face box of the source is widened by this share of its longer side before the face is sought
_AROUND = 0.35

#: What is known of one listed face, by column; the columns differ from source to source.
Row = dict[str, Any]
Pick = Callable[[Detections, tuple[int, ...], PrepareConfig], int]


@dataclass
class SelectionState:
    """What earlier rows decide for later ones; rebuilt from the finished chunks on resume.

    Attributes:
        digests: SHA-256 of the pictures so far, of which copies are rejected.
        training_counts: training faces so far, by expression, for the balanced subset.
    """

    digests: set[bytes] = field(default_factory=set)
    training_counts: Counter[str] = field(default_factory=Counter)

    def add(self, accepted: Iterable[Row], rejected: Iterable[Row]) -> None:
        """Take note of the rows of one finished chunk."""
        for row in accepted:
            self.digests.add(bytes.fromhex(row["digest"]))
            if row["split"] == "train" and row["expression"] is not None:
                self.training_counts[row["expression"]] += 1
        self.digests.update(bytes.fromhex(row["digest"]) for row in rejected if row["digest"])


@dataclass
class Chunk:
    """What became of some rows: `faces` uint8 (n, C, S, S) of the accepted rows, in their order."""

    faces: np.ndarray
    accepted: list[Row]
    rejected: list[Row]


class Pipeline:
    """Reads, detects, judges and cuts faces; holds the detector.

    Args:
        pick: which of a picture's faces is meant; `choose` where it is left out. One that is given
            chooses among all, small ones too.
    """

    def __init__(
        self, source: Source, config: PrepareConfig, state: SelectionState, pick: Pick | None = None
    ) -> None:
        self.source = source
        self._pick = pick or choose
        self.config = config
        self.state = state
        self._val_fraction = 0.0 if (source.faces["split"] == "val").any() else config.val_fraction
        # without points from either, pictures are taken as they are
        pointless = config.detector == "none" and POINTS[0] not in source.faces
        self._align = "box" if pointless else config.align
        self._search: FaceSearch | None = None
        if config.detector == "mtcnn":
            detector = Detector(config.smallest, config.border)
            self._search = FaceSearch(detector, config.min_confidence, pick is not None)

    def run(self, rows: Iterable[Row]) -> Chunk:
        """Process some rows of the source, in their order."""
        accepted: list[Row] = []
        rejected: list[Row] = []
        faces: list[np.ndarray] = []
        readers = ThreadPoolExecutor(_THREADS)
        try:
            for batch in self._read(self._usable(rows, rejected), readers):
                for row, face in self._judge(batch, rejected):
                    accepted.append(row)
                    faces.append(face)
        finally:
            readers.shutdown(cancel_futures=True)
        size, channels = self.config.size, self.config.channels
        stack = np.stack(faces) if faces else np.empty((0, channels, size, size), np.uint8)
        return Chunk(stack, accepted, rejected)

    def examine(self, pictures: Sequence[np.ndarray]) -> list[tuple[Row, np.ndarray | None]]:
        """Judge and cut pictures that are already in memory, uint8 (H, W, 3) RGB.

        Returns:
            For each picture the box, points, confidence and pose as far as found, and the face,
            uint8 (C, S, S), or None where it is of no use: `reason` says why.
        """
        # torch takes no array that cannot be written to
        writable = (np.require(pixels, requirements=["C", "W"]) for pixels in pictures)
        decoded = [Picture(pixels, np.ones(2), np.zeros(2)) for pixels in writable]
        rows: list[Row] = [{} for _ in decoded]
        examined: list[tuple[Row, np.ndarray | None]] = []
        details = [partial(_same, picture) for picture in decoded]
        for row, found in zip(rows, self._find(decoded, details), strict=True):
            try:
                self._measure(row, found)
                examined.append((row, self._cut(row, found)))
            except Rejected as rejection:
                examined.append((row | {"reason": rejection.reason}, None))
        return examined

    def _usable(self, rows: Iterable[Row], rejected: list[Row]) -> Iterator[Row]:
        """The rows whose pictures are worth opening."""
        for row in rows:
            if row["reason"] is None and self._is_full(row["split"], row["expression"]):
                row["reason"] = "beyond the balanced subset"
            if row["reason"] is None:
                yield row
            else:
                rejected.append(_reject(row, row["reason"]))

    def _is_full(self, split: str | None, expression: str | None) -> bool:
        """Whether a training face of this expression would be one too many."""
        quota = self.config.per_class
        if quota is None or split != "train" or expression is None:
            return False
        return self.state.training_counts[expression] >= quota

    def _read(
        self, rows: Iterator[Row], readers: ThreadPoolExecutor
    ) -> Iterator[list[tuple[Row, Picture | Rejected]]]:
        """Batches of rows with their pictures; one batch is read while another is worked on."""
        waiting: list[Future[tuple[Row, Picture | Rejected]]] = []
        for row in rows:
            waiting.append(readers.submit(self._open, row))
            if len(waiting) == 2 * _BATCH:
                yield [future.result() for future in waiting[:_BATCH]]
                del waiting[:_BATCH]
        for start in range(0, len(waiting), _BATCH):
            yield [future.result() for future in waiting[start : start + _BATCH]]

    def _open(self, row: Row) -> tuple[Row, Picture | Rejected]:
        """Read one picture; sets the row's digest."""
        region = None
        box = _numbers(row, BOX)
        if not np.isnan(box).any():
            room = _AROUND * max(box[2] - box[0], box[3] - box[1])
            region = box + np.array([-room, -room, room, room])
        try:
            data = _bytes_of(self.source.pictures, row["path"])
            row["digest"] = bytes_digest(data)
            # enough for the smallest face to fill its crop
            longer = int(max(512, 1.25 * self.config.size / self.config.smallest))
            return row, decode(data, longer, region)
        except Rejected as rejection:
            is_video = kind_of(PurePath(row["path"]).name.lstrip(".")) == "video"
            if is_video and rejection.detail in (OF_A_VIDEO, UNKNOWN):
                return row, Rejected("video", "`circumplex measure` reads videos")
            return row, rejection

    def _judge(
        self, batch: list[tuple[Row, Picture | Rejected]], rejected: list[Row]
    ) -> Iterator[tuple[Row, np.ndarray]]:
        """The usable faces of a batch."""
        new: list[tuple[Row, Picture]] = []
        for row, picture in batch:
            if isinstance(picture, Rejected):
                rejected.append(_reject(row, picture.reason, picture.detail))
            elif (digest := bytes.fromhex(row["digest"])) in self.state.digests:
                rejected.append(_reject(row, "same bytes twice"))
            else:
                self.state.digests.add(digest)
                new.append((row, picture))
        details = [partial(self._detailed, row, picture) for row, picture in new]
        found = self._find([picture for _, picture in new], details)
        for (row, _), each in zip(new, found, strict=True):
            try:
                self._measure(row, each)
                self._assign_split(row)
            except Rejected as rejection:
                rejected.append(_reject(row, rejection.reason, rejection.detail))
            else:
                yield row, self._cut(row, each)

    def _find(self, pictures: Sequence[Picture], details: Sequence[Detail]) -> list[FoundFaces]:
        """The faces of each picture; none where none are looked for."""
        if self._search is None:
            return [FoundFaces(picture, NO_FACES) for picture in pictures]
        return self._search(pictures, details)

    def _detailed(self, row: Row, picture: Picture) -> Picture:
        """A picture in as many pixels as small faces are looked for in."""
        if picture.scale.min() >= 1 or picture.offset.any():
            return picture
        return decode(_bytes_of(self.source.pictures, row["path"]), DETAIL)

    def _measure(self, row: Row, found: FoundFaces) -> None:
        """Set the row's box, points, confidence and pose, in pixels of the upright source.

        Raises:
            Rejected: no face, a turned one, low confidence, extreme pose, or nothing to align by.
        """
        picture, detections = found.picture, found.faces
        row["turned"] = found.turned
        if self._search is None:
            box, points = _source_box(row, picture)
            confidence = float("nan")
        else:
            if not len(detections):
                raise Rejected("no face")
            if found.is_turned:
                raise Rejected("turned", "the face stands on its side or head")
            chosen = self._pick(detections, picture.pixels.shape, self.config)
            confidence = float(detections.confidence[chosen])
            box = picture.to_source(detections.boxes[chosen].reshape(2, 2)).ravel()
            points = picture.to_source(detections.points[chosen])
        yaw, pitch, roll = align.pose(points)  # NaN where there are no points
        row.update(zip(BOX, box.tolist(), strict=True))
        row.update(zip(POINTS, points.ravel().tolist(), strict=True))
        row.update(confidence=confidence, yaw=float(yaw), pitch=float(pitch), roll=float(roll))
        if confidence < self.config.min_confidence:
            raise Rejected("low confidence", f"{confidence:.3f}")
        for name in ("yaw", "pitch", "roll"):
            if abs(row[name]) > getattr(self.config, f"max_{name}"):
                raise Rejected(f"extreme {name}", f"{row[name]:.1f} degrees")
        if self._align == "points" and np.isnan(points).any():
            raise Rejected("no points to align by")

    def _assign_split(self, row: Row) -> None:
        """Set the row's split and count it towards the balanced subset."""
        config = self.config
        row["split"] = split_for(
            row["split"], row["identity"], row["digest"], self._val_fraction, config.seed
        )
        if row["split"] != "train":
            return
        if config.per_class is not None and row["expression"] is None:
            raise Rejected("no expression to balance by")
        if self._is_full("train", row["expression"]):
            raise Rejected("beyond the balanced subset")
        if row["expression"] is not None:
            self.state.training_counts[row["expression"]] += 1

    def _cut(self, row: Row, found: FoundFaces) -> np.ndarray:
        """The face as uint8 (C, S, S)."""
        config = self.config
        crop = self._crop(row, found.picture)
        if found.closer is None or np.hypot(crop[0, 0], crop[1, 0]) >= config.size:
            face = align.warp(found.picture.pixels, crop, config.size)
        else:  # in more pixels than it was found in
            face = align.warp(found.closer.pixels, self._crop(row, found.closer), config.size)
        if config.clahe:
            face = clahe(face)
        if config.channels == 1:
            return align.luminance(face)[None]
        return face.transpose(2, 0, 1)

    def _crop(self, row: Row, picture: Picture) -> np.ndarray:
        """Where the face lies in a picture: (2, 3), unit square to pixels."""
        if self._align == "points":
            points = _numbers(row, POINTS).reshape(5, 2)
            return align.crop_of_points(picture.from_source(points), self.config.margin)
        corners = _numbers(row, BOX).reshape(2, 2)
        return align.crop_of_box(picture.from_source(corners).ravel(), self.config.margin)


def choose(faces: Detections, shape: tuple[int, ...], config: PrepareConfig) -> int:
    """Which of a picture's faces is meant, among those that are confident enough.

    Args:
        faces: at least one.
        shape: (H, W, ...) of the picture.
        config: `choose` and `min_confidence`.
    """
    if config.choose == "confident":
        score = faces.confidence
    elif config.choose == "largest":
        score = np.prod(faces.boxes[:, 2:] - faces.boxes[:, :2], axis=1)
    else:
        centre = (faces.boxes[:, 2:] + faces.boxes[:, :2]) / 2
        score = -np.hypot(*(centre - np.array([shape[1], shape[0]]) / 2).T)
    confident = faces.confidence >= config.min_confidence
    if not confident.any():
        return int(np.argmax(faces.confidence))
    return int(np.argmax(np.where(confident, score, -np.inf)))


def _source_box(row: Row, picture: Picture) -> tuple[np.ndarray, np.ndarray]:
    """Box (4,) and points (5, 2) that the source gives; the box of all the picture without one."""
    box, points = _numbers(row, BOX), _numbers(row, POINTS).reshape(5, 2)
    if np.isnan(box).any():
        height, width = picture.pixels.shape[:2]
        box = picture.to_source(np.array([[0, 0], [width, height]], np.float64)).ravel()
    return box, points


def _same(picture: Picture) -> Picture:
    return picture


def _numbers(row: Row, names: tuple[str, ...]) -> np.ndarray:
    return np.array([row.get(name, np.nan) for name in names], np.float64)


def _bytes_of(pictures: PictureStore, path: str) -> bytes:
    try:
        return pictures.read(path)
    except FileNotFoundError as error:
        raise Rejected("missing file") from error
    except (OSError, ValueError) as error:
        raise Rejected("unreadable file", str(error)) from error


def _reject(row: Row, reason: str, detail: str = "") -> Row:
    return {"path": row["path"], "reason": reason, "detail": detail, "digest": row.get("digest")}
