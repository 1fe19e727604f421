"""Pictures of any generator, cut and read as the run's own faces."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from faces.ground.errors import CircumplexError
from faces.sets import prepare_picture
from gan_bridge.bridging.scoring import (
    DetectedFace,
    Scorer,
    WholePicture,
    choose_crop,
    resize,
)
from gan_bridge.generators.vae_decoder import VAEGenerator
from vae.checkpoint import Run, load_run
from vae.probing.directions import Directions


@pytest.fixture(scope="module")
def bundled() -> Run:
    return load_run("grey-vae")


@pytest.fixture(scope="module")
def probes() -> Directions:
    return Directions.load("grey-vae")


@pytest.fixture(scope="module")
def photos(portraits: Path) -> list[tuple[Path, np.ndarray]]:
    """Portraits small enough that `prepare` does not reduce them first."""
    paths = sorted(path for path in portraits.iterdir() if path.suffix == ".jpg")
    sized = []
    for path in paths[:2]:
        with Image.open(path) as opened:
            opened.thumbnail((300, 300))
            sized.append((path, np.asarray(opened.convert("RGB"))))
    return sized


def test_resizing_is_pillows() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 96, 96, 3), np.uint8)
    expected = np.stack(
        [np.asarray(Image.fromarray(i).resize((64, 64), Image.Resampling.BICUBIC)) for i in images]
    )
    assert np.abs(resize(images, 64).astype(int) - expected).max() <= 1
    assert resize(images, 96) is images


def test_pictures_of_the_runs_own_size_score_as_the_run_reads_them(
    bundled: Run, probes: Directions
) -> None:
    generator = VAEGenerator(bundled)
    images = generator.synthesize(generator.sample_w(range(6), 1.0))
    own = generator.encode(images)[:, 0]
    scorer = Scorer(bundled, probes)
    assert np.allclose(scorer.encode(images), own, atol=1e-4)
    assert np.allclose(scorer(images), probes.predict(own), atol=1e-4)


def test_a_detected_face_is_what_prepare_cuts(
    bundled: Run, photos: list[tuple[Path, np.ndarray]], tmp_path: Path
) -> None:
    finder = DetectedFace(bundled)
    for path, image in photos:
        saved = tmp_path / f"{path.stem}.png"
        Image.fromarray(image).save(saved)
        faces, found = finder(image[None])
        assert found.all()
        assert np.array_equal(faces[0], prepare_picture(saved, finder.settings))
        assert np.abs(finder.pose(image[None])).max() < 45


def test_a_picture_without_a_face_has_no_score_and_spoils_no_other(
    bundled: Run, probes: Directions, photos: list[tuple[Path, np.ndarray]]
) -> None:
    side = min(image.shape[0] for _, image in photos)
    face = np.asarray(Image.fromarray(photos[0][1]).resize((side, side)))
    images = np.stack([face, np.full((side, side, 3), 90, np.uint8), face])
    finder = DetectedFace(bundled)
    scores = Scorer(bundled, probes, finder)(images)
    assert np.isfinite(scores[[0, 2]]).all() and np.isnan(scores[1]).all()
    assert np.allclose(scores[0], scores[2], atol=1e-5)
    assert np.isnan(finder.pose(images)[1]).all()
    points = finder.points(images)
    assert np.isfinite(points[[0, 2]]).all() and np.isnan(points[1]).all()
    nothing = Scorer(bundled, probes, finder)(images[1:2])
    assert nothing.shape == (1, 2) and np.isnan(nothing).all()


def test_the_whole_picture_is_the_face_of_a_generator_trained_on_such_faces(bundled: Run) -> None:
    settings = bundled.provenance["faces_settings"]
    alike = {"faces_settings": settings | {"size": 256, "channels": 3, "seed": 5}}
    assert choose_crop("auto", bundled, alike) == "whole"
    assert choose_crop("auto", bundled, {"faces_settings": settings | {"margin": 0.3}}) == "detect"
    assert choose_crop("auto", bundled, {}) == "detect"
    assert choose_crop("detect", bundled, alike) == "detect"
    assert choose_crop("whole", bundled, {}) == "whole"


def test_whole_pictures_take_the_runs_size_and_channels(bundled: Run) -> None:
    faces, found = WholePicture(bundled)(np.full((2, 100, 100, 3), 7, np.uint8))
    assert faces.shape == (2, 1, 64, 64) and (faces == 7).all() and found.all()
    points = WholePicture(bundled).points(np.zeros((2, 100, 100, 3), np.uint8))
    assert points.shape == (2, 5, 2) and (points[:, 0] < 50).all() and (points[:, 4] > 50).all()


def test_probes_of_another_run_are_refused(tiny_run: Path, probes: Directions) -> None:
    with pytest.raises(CircumplexError, match="belong to the model"):
        Scorer(load_run(tiny_run), probes)
