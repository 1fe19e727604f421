"""MediaPipe's face landmarker behind one door: pictures in, landmarks or the reason of none out.

Kartynnik et al., "Real-time facial surface geometry from monocular video on mobile GPUs" (2019);
Bazarevsky et al., "BlazeFace" (2019).
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np

from faces.ground.process import suppress_stderr
from faces.readers.landmarks.config import LandmarkerConfig
from faces.readers.landmarks.finder import Detail, FaceFinder
from faces.readers.landmarks.geometry import EYE_RINGS
from faces.readers.landmarks.model_file import landmarker_file
from faces.readers.landmarks.models import LandmarkModels
from faces.readers.landmarks.table import LandmarkResult, Landmarks, Missing
from faces.readers.landmarks.turning import (
    concealment,
    is_clearer,
    is_turned,
    suspected_turns,
)
from faces.readers.landmarks.visibility import with_visibility
from faces.readers.pose.head_pose import head_angles
from faces.sets.turning import CROPPED, turned_picture

# what an expression is read from: eyes, nose tip, corners of the mouth
_CORE = np.array([*EYE_RINGS["left"], *EYE_RINGS["right"], 1, 61, 291])


class Landmarker:
    """Opens the model once; reads pictures until it is closed.

    Args:
        config: how faces are looked for.
        file: the model; None looks where `landmarker_file` says.

    Raises:
        CircumplexError: the file is missing or no such model.
    """

    def __init__(
        self, config: LandmarkerConfig | None = None, file: str | Path | None = None
    ) -> None:
        self.config = config or LandmarkerConfig()
        self.file = landmarker_file(file)
        self._models = LandmarkModels(self.config, self.file)
        self._finder = FaceFinder(self.config, self._models)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the models' memory back."""
        self._models.close()

    def read(self, pictures: Sequence[np.ndarray]) -> list[list[LandmarkResult]]:
        """Find the faces of each picture.

        Args:
            pictures: uint8 (H, W, 3) RGB, of any sizes.

        Returns:
            For each picture its faces, the largest first; with `faces` other than "all" exactly
            one. A picture that stands on its side or head is turned first, and all coordinates are
            those of the turned picture: `Landmarks.turned` says by how much. Where nothing can be
            read, one Missing: "blank picture", "no face", "face at the border", "profile" or
            "turned".
        """
        return [self.read_picture(np.asarray(picture)) for picture in pictures]

    def read_picture(
        self,
        picture: np.ndarray,
        detail: Detail | None = None,
        turns: Sequence[int] | None = None,
    ) -> list[LandmarkResult]:
        """The same of one picture.

        Args:
            detail: gives it in more pixels, for small faces.
            turns: degrees, 90, 180 or 270, by which a picture without a face is turned clockwise
                and looked at again; None for all that may show one.
        """
        if (blank := _blank(picture)) is not None:
            return [blank]
        with suppress_stderr():
            turn, faces = self._find(picture, detail, turns)
        if not faces:
            return [Missing("no face")]
        faces = [replace(face, face_count=len(faces), turned=turn) for face in faces]
        judged = [self._judge(face) for face in faces]
        if self.config.faces == "all":
            return judged
        if self.config.faces == "centre":
            centre = np.array(turned_picture(picture, turn).shape[1::-1]) / 2
            away = [np.linalg.norm((f.box[:2] + f.box[2:]) / 2 - centre) for f in faces]
            return [judged[int(np.argmin(away))]]
        return [next((face for face in judged if isinstance(face, Landmarks)), judged[0])]

    def _find(
        self, picture: np.ndarray, detail: Detail | None, turns: Sequence[int] | None
    ) -> tuple[int, list[Landmarks]]:
        """Degrees by which the picture must be turned clockwise, and its faces once it is.

        A face that is found in a turned picture alone counts only where the pixels confirm that it
        is one, upright; so without `visibility` only a roll turns a picture.
        """
        faces = self._seen(picture, self._finder.find(picture, detail))
        before = faces[0] if faces else None
        if before is not None:
            turns = suspected_turns(before)
        elif turns is None:
            turns = self._blind_turns(picture)
        clear: list[tuple[int, list[Landmarks]]] = []
        for degrees in turns:
            more = None if detail is None else partial(_turned, detail, degrees)
            turned = turned_picture(picture, degrees)
            found = self._seen(turned, self._finder.find_sure(turned, more))
            if found and is_clearer(found[0], before):
                clear.append((degrees, found))
        return min(clear, key=lambda each: concealment(each[1][0]), default=(0, faces))

    def _blind_turns(self, picture: np.ndarray) -> tuple[int, ...]:
        """Degrees by which a picture is turned in which no face is found.

        Large faces on their side the landmarker finds as they are.
        """
        if not self.config.visibility or max(picture.shape) <= CROPPED:
            return ()
        return (180, 90, 270) if self._finder.may_hold_small_faces(picture) else (180,)

    def _seen(self, picture: np.ndarray, faces: list[Landmarks]) -> list[Landmarks]:
        """The faces with what of them is to be seen."""
        return with_visibility(picture, faces) if self.config.visibility else faces

    def _judge(self, face: Landmarks) -> LandmarkResult:
        """The face, or why it cannot be read."""
        if is_turned(face):
            return Missing("turned", "stands on its side or head", face.face_count)
        outside = np.maximum(-face.points[_CORE, :2], face.points[_CORE, :2] - 1).max()
        if outside > self.config.beyond:
            return Missing(
                "face at the border", f"features lie {outside:.0%} outside", face.face_count
            )
        yaw = float(head_angles(face.matrix[None])[0, 0])
        if abs(yaw) > self.config.max_yaw:
            return Missing("profile", f"yaw of {yaw:.0f} degrees", face.face_count)
        return face


def _turned(detail: Detail, degrees: int) -> np.ndarray:
    return turned_picture(detail(), degrees)


def _blank(picture: np.ndarray) -> Missing | None:
    low, high = int(picture.min()), int(picture.max())
    if high - low >= 8:
        return None
    return Missing("blank picture", "all black" if high < 16 else "all of one colour")
