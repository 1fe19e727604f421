"""Refined edits show more of the request, of faces that the editor does not know."""

import copy

import numpy as np
import pytest

from faces.ground.errors import CircumplexError
from faces.readers.identity import IdentityReader
from gan_bridge.editing.editor import Editor
from gan_bridge.editing.editor_faces import FaceViewer
from gan_bridge.editing.explorer import EmotionExplorer
from gan_bridge.editing.face_senses import FaceSenses, packaged_senses
from gan_bridge.editing.rated_editor import rate
from gan_bridge.editing.refinement import Refiner
from gan_bridge.generators.opening import load_generator
from gan_bridge.generators.protocol import Differentiable
from studio.engine import Engine
from vae.probing.directions import Directions
from vae.probing.factor_fitting import LabelledFaces, add_factor

PLACE = (-0.5, 0.4)


@pytest.fixture(scope="module")
def explorer() -> EmotionExplorer:
    return Engine("cpu").explorer("stylegan3")


@pytest.fixture(scope="module")
def senses(explorer: EmotionExplorer) -> FaceSenses:
    assert isinstance(explorer.calibration, Editor)
    return packaged_senses(explorer.calibration.evidence["margin"])


@pytest.fixture(scope="module")
def refiner(explorer: EmotionExplorer, senses: FaceSenses) -> Refiner:
    assert isinstance(explorer.generator, Differentiable)
    return Refiner(explorer, FaceViewer(explorer.generator.differentiable_renderer(), senses))


def test_more_of_the_request_is_shown(
    explorer: EmotionExplorer, senses: FaceSenses, refiner: Refiner
) -> None:
    off = []
    for seed in (5003, 5004, 5005):
        w = explorer.latent(seed)
        # each layer elsewhere, as a photo's are
        aside = np.random.default_rng(seed).standard_normal(w.shape) * w.std()
        w = (w + aside).astype(np.float32)
        moved, refined = explorer.move(w, *PLACE), refiner(w, *PLACE, steps=12)
        shown = senses.mean_affect(explorer.generator.synthesize(np.concatenate([moved, refined])))
        off.append(np.linalg.norm(shown - explorer.aim(np.array([PLACE])), axis=1))
    assert np.mean(off, 0)[1] < 0.6 * np.mean(off, 0)[0]
    assert refined.shape == w.shape and refined.dtype == np.float32
    still = np.flatnonzero(explorer.default_strengths == 0)
    assert np.array_equal(refined[:, still], moved[:, still])


def test_the_person_of_a_photo_is_held_to(
    explorer: EmotionExplorer, senses: FaceSenses, refiner: Refiner
) -> None:
    generator = explorer.generator
    assert isinstance(generator, Differentiable)
    w = explorer.latent(5003)
    # a likeness of it: what is found of a photo is one
    likeness = (0.5 * w + 0.5 * explorer.latent(5004)).astype(np.float32)
    face = generator.synthesize(w)[0]
    held = Refiner(explorer, FaceViewer(generator.differentiable_renderer(), senses), face)
    pictures = [generator.synthesize(each(likeness, *PLACE))[0] for each in (refiner, held)]
    person, free, near = IdentityReader().read_crops([face, *pictures], senses.margin)
    assert np.linalg.norm(near - person) < np.linalg.norm(free - person) - 0.01


def test_a_further_factor_that_was_set_is_not_taken_back(
    explorer: EmotionExplorer, senses: FaceSenses
) -> None:
    generator = explorer.generator
    assert isinstance(generator, Differentiable)
    w = generator.sample_w(range(80), 0.7)
    light = np.concatenate([generator.synthesize(each[None]) for each in w]).mean((1, 2, 3))
    parts = {
        "fit": LabelledFaces(w[:60, 0], light[:60]),
        "held_out": LabelledFaces(w[60:, 0], light[60:]),
    }
    directions, _ = add_factor(explorer.directions, "light", parts)
    several = EmotionExplorer(
        generator, directions, explorer.default_strengths, calibration=explorer.calibration
    )
    setting = several.with_others({"light": float(light.max())})
    start = explorer.latent(5003)
    refine = Refiner(setting, FaceViewer(generator.differentiable_renderer(), senses))
    refined = refine(start, *PLACE, steps=16)
    plain, moved, shown = (
        generator.synthesize(each).mean()
        for each in (explorer.move(start, *PLACE), setting.move(start, *PLACE), refined)
    )
    assert moved > plain + 10
    assert abs(shown - moved) < 0.5 * abs(moved - plain)


def test_no_step_leaves_the_move_and_every_call_takes_the_same_ones(
    explorer: EmotionExplorer, refiner: Refiner
) -> None:
    w = explorer.latent(5001)
    assert np.array_equal(refiner(w, *PLACE, steps=0), explorer.move(w, *PLACE))
    assert np.array_equal(refiner(w, *PLACE, steps=2), refiner(w, *PLACE, steps=2))


def test_only_what_an_editor_moved_is_refined(senses: FaceSenses) -> None:
    generator = load_generator("grey-vae")
    assert isinstance(generator, Differentiable)
    viewer = FaceViewer(generator.differentiable_renderer(), senses)
    with pytest.raises(CircumplexError, match="only what an editor moved can be refined"):
        Refiner(EmotionExplorer(generator, Directions.load("grey-vae")), viewer)


def test_a_rated_editor_is_refined_in_its_readers_terms(
    explorer: EmotionExplorer, senses: FaceSenses
) -> None:
    """People see half of the valence: who asks for 0.2 wants 0.4 to be read."""
    editor, generator = explorer.calibration, explorer.generator
    assert isinstance(editor, Editor) and isinstance(generator, Differentiable)
    halved = rate(editor, np.array([[0.0, 0.0], [-0.5, 0.0], [0.0, 0.0]]), {})
    rated = copy.copy(explorer)
    rated.calibration = halved
    refiner = Refiner(rated, FaceViewer(generator.differentiable_renderer(), senses))
    w = explorer.latent(5003)
    shown = generator.synthesize(refiner(w, 0.2, 0.1, steps=8))
    assert senses.mean_affect(shown)[0] == pytest.approx([0.4, 0.1], abs=0.1)
    assert halved.in_request_terms(np.array([[0.4, 0.1]]))[0] == pytest.approx([0.2, 0.1])
