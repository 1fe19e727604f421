"""Embeddings of real pictures: as near to dlib's as the alignment allows, and of use."""

import numpy as np
import pytest
import torch

from faces.ground.errors import CircumplexError
from faces.ground.pixels import to_tensor
from faces.readers import Landmarker, Landmarks
from faces.readers.identity import IdentityReader, chips_of_crops, distances, group_people
from faces.readers.identity.reader import CLOSE
from faces.readers.landmarks.framing import crop_head, five_points
from faces.sets.alignment import crop_of_points, warp
from faces.sets.detection import Detector

PEOPLE = 24  # pictures of twelve people, neutral and smiling in turn, before those of nobody


@pytest.fixture(scope="module")
def reader() -> IdentityReader:
    return IdentityReader(device="cpu")


@pytest.fixture(scope="module")
def pictures(dlibs) -> list[np.ndarray]:
    return dlibs.pictures()


@pytest.fixture(scope="module")
def found(landmarker: Landmarker, pictures: list[np.ndarray]) -> list[Landmarks]:
    faces = [face for (face,) in landmarker.read(pictures)]
    assert all(isinstance(face, Landmarks) for face in faces)
    return faces


@pytest.fixture(scope="module")
def meshes(pictures: list[np.ndarray], found: list[Landmarks]) -> np.ndarray:
    """The five points by MediaPipe's mesh, in pixels."""
    pairs = zip(found, pictures, strict=True)
    return np.stack([five_points(face.points) * image.shape[1::-1] for face, image in pairs])


@pytest.fixture(scope="module")
def detected(pictures: list[np.ndarray]) -> np.ndarray:
    """The five points by MTCNN, in pixels."""
    return np.stack([faces.points[0] for faces in Detector()(pictures)])


@pytest.fixture(scope="module")
def embeddings(
    reader: IdentityReader, pictures: list[np.ndarray], meshes: np.ndarray
) -> np.ndarray:
    return reader.read(pictures, meshes)


def test_the_mesh_has_the_five_points_where_mtcnn_finds_them(
    meshes: np.ndarray, detected: np.ndarray
) -> None:
    eyes = np.linalg.norm(detected[:, 0] - detected[:, 1], axis=1)
    apart = np.linalg.norm(meshes - detected, axis=2) / eyes[:, None]
    assert apart.mean(0).max() < 0.05  # 0.03 on 194 portraits
    assert np.linalg.norm((meshes - detected) / eyes[:, None, None], axis=2).max() < 0.25


def test_own_alignment_keeps_dlibs_distances(
    reader: IdentityReader,
    pictures: list[np.ndarray],
    detected: np.ndarray,
    embeddings: np.ndarray,
    dlibs,
) -> None:
    by_detector = reader.read(pictures, detected)
    pairs = np.triu_indices(len(pictures), 1)
    expected = distances(dlibs.embeddings)[pairs]
    for own in (embeddings, by_detector):
        off = np.abs(distances(own)[pairs] - expected)
        assert off.mean() < 0.02 and off.max() < 0.13  # 0.011 and 0.101 on 194 portraits
    assert np.linalg.norm(by_detector - embeddings, axis=1).max() < 0.3


def test_one_person_is_nearer_than_strangers(embeddings: np.ndarray) -> None:
    apart = distances(embeddings[:PEOPLE])
    person = np.arange(PEOPLE) // 2
    same = person[:, None] == person
    strangers = apart[~same]
    smiling = apart[same & ~np.eye(PEOPLE, dtype=bool)]
    assert smiling.max() < 0.5 < strangers.min() and 0.7 < strangers.mean() < 0.9
    assert group_people(embeddings[:PEOPLE]).tolist() == (1 + person).tolist()


def test_no_face_is_no_number(reader: IdentityReader, pictures: list[np.ndarray]) -> None:
    points = np.full((2, 5, 2), np.nan)
    read = reader.read(pictures[:2], points)
    assert read.shape == (2, 128) and read.dtype == np.float32 and np.isnan(read).all()
    assert reader.read([], np.zeros((0, 5, 2))).shape == (0, 128)


def test_a_face_does_not_depend_on_its_batch(
    reader: IdentityReader,
    pictures: list[np.ndarray],
    meshes: np.ndarray,
    embeddings: np.ndarray,
) -> None:
    for at in (0, 30):
        alone = reader.read(pictures[at : at + 1], meshes[at : at + 1])
        assert np.linalg.norm(alone - embeddings[at]) < CLOSE


def test_a_heads_cut_out_has_all_that_is_looked_at(
    reader: IdentityReader,
    pictures: list[np.ndarray],
    found: list[Landmarks],
    embeddings: np.ndarray,
) -> None:
    heads = [crop_head(image, face) for image, face in zip(pictures, found, strict=True)]
    points = [
        head.within(five_points(face.points)) * head.pixels.shape[1::-1]
        for head, face in zip(heads, found, strict=True)
    ]
    read = reader.read([head.pixels for head in heads], np.stack(points))
    assert np.linalg.norm(read - embeddings, axis=1).max() < 0.02  # reduced from another corner


@pytest.mark.parametrize(("margin", "side"), [(0.0, 400), (0.45, 256), (0.3, 64)])
def test_cut_faces_need_no_detection(
    reader: IdentityReader,
    pictures: list[np.ndarray],
    detected: np.ndarray,
    margin: float,
    side: int,
) -> None:
    whole = reader.read(pictures[:6], detected[:6])
    pairs = zip(pictures[:6], detected[:6], strict=True)
    crops = [warp(image, crop_of_points(points, margin), side) for image, points in pairs]
    read = reader.read_crops(crops, margin)
    # the cut is by other weights of the five points; at 64 pixels detail is lost too
    assert np.linalg.norm(read - whole, axis=1).mean() < (0.35 if side == 64 else 0.25)
    bands = np.ascontiguousarray(np.stack(crops).transpose(0, 3, 1, 2))
    with torch.inference_mode():
        smooth = reader.network(chips_of_crops(to_tensor(bands), margin)).numpy()
    assert np.linalg.norm(smooth - read, axis=1).max() < 0.2  # linear for cubic interpolation


def test_gradients_reach_the_pixels_of_a_cut_face(reader: IdentityReader) -> None:
    crops = torch.rand(2, 1, 96, 96).mul(2).sub(1).requires_grad_(True)
    reader.network(chips_of_crops(crops, 0.2)).square().sum().backward()
    assert crops.grad is not None and crops.grad.abs().amax((1, 2, 3)).min() > 0


@pytest.mark.parametrize(
    "picture", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3)), np.zeros((0, 8, 3), np.uint8)]
)
def test_pictures_of_another_kind_are_refused(reader: IdentityReader, picture: np.ndarray) -> None:
    with pytest.raises(CircumplexError, match="picture 0 is"):
        reader.read([picture], np.ones((1, 5, 2)))
