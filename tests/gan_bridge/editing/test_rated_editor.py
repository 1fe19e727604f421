"""A correction that is fitted to ratings, ahead of the package's editor."""

from pathlib import Path

import numpy as np
import pytest

import gan_bridge
from faces.ground.errors import CircumplexError
from gan_bridge.editing.editor import Editor
from gan_bridge.editing.grid_points import grid_points
from gan_bridge.editing.rated_editor import RatedEditor, load_editor, monomials
from gan_bridge.editing.rated_fitting import fit_to_ratings

EDITOR = Path(gan_bridge.__file__).parent / "weights" / "editor.safetensors"


@pytest.fixture(scope="module")
def editor() -> Editor:
    return Editor.load(EDITOR)


def pictures(editor: Editor, noise: float = 0.03) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Aims within the region, their rated means, and twelve people: bent, shifted and flatter."""
    rng = np.random.default_rng(0)
    points = editor.region.points(4)
    aims = points[rng.permutation(len(points))[:180]] * 0.95
    people = np.arange(len(aims)) % 12
    rated = seen_by_people(aims) + rng.normal(scale=noise, size=aims.shape)
    return aims, rated + rng.normal(scale=0.02, size=(12, 2))[people], people


def seen_by_people(aims: np.ndarray) -> np.ndarray:
    v, a = aims.T
    return np.stack([0.8 * v + 0.1 - 0.1 * v**2, 0.6 * a - 0.05 + 0.2 * v * a], axis=1)


@pytest.fixture(scope="module")
def rated(editor: Editor) -> RatedEditor:
    return fit_to_ratings(editor, *pictures(editor))


def test_the_correction_finds_what_people_see(editor: Editor, rated: RatedEditor) -> None:
    points = editor.region.points(4) * 0.9
    assert np.abs(rated.seen(points) - seen_by_people(points)).max() < 0.05
    before, after = (rated.evidence["ratings"][name] for name in ("uncorrected", "corrected"))
    assert max(after["rmse"]) < 0.06 < min(before["rmse"])
    assert after["bias"] == pytest.approx([0, 0], abs=0.02)


def test_requests_are_aimed_at_where_people_see_them(rated: RatedEditor) -> None:
    rng = np.random.default_rng(1)
    points = rated.unrated().region.points(6)
    wanted = rated.seen(points[rng.permutation(len(points))[:50]] * 0.8)
    found = rated.in_reader_terms(wanted)
    assert np.abs(rated.seen(found) - wanted).max() < 1e-6
    one = np.concatenate([rated.in_reader_terms(each[None]) for each in wanted])
    assert one.tobytes() == found.tobytes()
    for far in (np.array([3.0, 0.0]), np.array([-0.4, -2.0])):
        shown = rated.seen(rated.in_reader_terms(far[None]))[0]
        nearest = np.linalg.norm(rated.seen(rated.unrated().region.points(60)) - far, axis=1).min()
        assert np.linalg.norm(shown - far) < nearest + 1e-3


def grid(size: int = 31) -> np.ndarray:
    """Points (size², 2) of the square."""
    ticks = np.linspace(-1, 1, size)
    return np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)


def farthest(rated: RatedEditor, targets: np.ndarray) -> float:
    """The largest distance of targets (N, 2) from anything that people see."""
    seen = rated.seen(rated.unrated().region.points(40))
    return float(np.linalg.norm(targets[:, None] - seen, axis=2).min(1).max())


@pytest.mark.parametrize("bias", [(0.0, 0.35), (0.0, -0.1), (0.6, 0.2), (0.05, 0.1), (0.0, 0.0)])
def test_what_is_called_reached_is_seen_whatever_the_bias(
    editor: Editor, bias: tuple[float, float]
) -> None:
    rng = np.random.default_rng(2)
    aims = editor.region.points(4)[rng.permutation(1153)[:300]] * 0.95
    means = aims * [0.8, 0.6] + bias + rng.normal(scale=0.02, size=aims.shape)
    rated = fit_to_ratings(editor, aims, means, np.arange(300) % 12)
    reached = grid()[rated.covers(grid())]
    assert len(reached) > 50 and farthest(rated, reached) < 0.05
    assert farthest(rated, rated.region.aim(grid())) < 0.05
    laid_out = np.array(grid_points(7, region=rated.region))
    assert rated.covers(laid_out).all() and farthest(rated, laid_out) < 0.05
    assert rated.covers(rated.seen(editor.region.points(10)[:-288] * 0.95)).mean() > 0.99
    at_neutral = rated.seen(np.zeros((1, 2)))
    assert rated.covers(at_neutral).all()
    assert np.abs(rated.aimed_points(at_neutral)).max() < 1e-3
    # neutral is the middle wherever people see it well within
    far_off = bias in [(0.0, 0.35), (0.6, 0.2)]
    assert (rated.region.centre == (0, 0)) != far_off
    assert rated.covers(np.zeros((1, 2)))[0] != far_off


def test_moves_are_the_editors_at_the_corrected_point(editor: Editor, rated: RatedEditor) -> None:
    neutral = np.asarray(editor.centre, float)[None]
    target = np.array([[0.2, 0.1]])
    points = rated.aimed_points(target)
    latent, residuals = rated.moves(neutral, target)
    assert np.allclose(latent, points @ editor.gain + editor.offset)
    assert np.allclose(residuals[0], editor._residual(neutral[0], points[0]))
    assert np.abs(points - target).max() > 0.02


def test_the_region_is_the_one_that_people_see(editor: Editor, rated: RatedEditor) -> None:
    inside = rated.seen(editor.region.points(10)[:-288] * 0.97)
    assert rated.region.covers(inside).mean() > 0.99
    beyond = rated.seen(editor.region.points(1)[1:]) * 1.15
    assert rated.region.covers(beyond).mean() < 0.05


def test_the_file_is_whole_and_its_digest_its_own(
    editor: Editor, rated: RatedEditor, tmp_path: Path
) -> None:
    path = tmp_path / "editor.safetensors"
    rated.save(path)
    again = load_editor(path)
    assert isinstance(again, RatedEditor) and again.digest == rated.digest != editor.digest
    assert again.evidence == rated.evidence and again.unrated().digest == editor.digest
    assert type(load_editor(EDITOR)) is Editor
    with pytest.raises(CircumplexError, match="rated-editor"):
        Editor.load(path)


def test_fitted_again_the_correction_is_replaced(editor: Editor, rated: RatedEditor) -> None:
    aims, means, people = pictures(editor)
    again = fit_to_ratings(rated, rated.seen(aims), means, people)
    assert again.unrated().digest == editor.digest
    points = editor.region.points(3) * 0.9
    assert np.abs(again.seen(points) - seen_by_people(points)).max() < 0.05


def test_ratings_that_give_no_correction_are_refused(editor: Editor) -> None:
    aims, means, people = pictures(editor)
    with pytest.raises(CircumplexError, match="no correction comes nearer"):
        noise = np.random.default_rng(3).normal(scale=0.3, size=aims.shape)
        fit_to_ratings(editor, aims, aims + noise, people)
    with pytest.raises(CircumplexError, match="fold the circumplex over"):
        fit_to_ratings(editor, aims, -aims * [1, -1], people)
    with pytest.raises(CircumplexError, match="ratings of 10 pictures of 2 people"):
        fit_to_ratings(editor, aims[:10], means[:10], people[:10] % 2)


def test_monomials_are_counted() -> None:
    assert [monomials(np.ones((1, 2)), degree).shape[1] for degree in (1, 2, 3)] == [3, 6, 10]
    found = monomials(np.array([[2.0, 3.0]]), 2)[0]
    assert found.tolist() == [1, 2, 3, 4, 6, 9]
