"""The small network in NumPy says what torch's says, and flags what is painted over faces."""

from pathlib import Path

import numpy as np
import pytest
from made_pictures import behind_glasses, masked, portrait

from faces.ground.errors import CircumplexError
from faces.readers import Landmarker, Landmarks
from faces.sets.visibility.config import REGIONS, SIDE, TURNS
from faces.sets.visibility.network import BUNDLED, OcclusionNetwork, cut_face, write_network
from faces.sets.visibility.occluders import hidden_parts, occlude
from faces.sets.visibility.reader import visibility_of
from faces.sets.visibility.training import OcclusionConfig, TrainedNetwork, draw_samples, train

NAMES = ("female_00", "female_03", "male_00", "female_05", "male_01", "female_01")


def read(landmarker: Landmarker, picture: np.ndarray) -> Landmarks:
    (face,) = landmarker.read([picture])[0]
    assert isinstance(face, Landmarks) and face.visibility is not None
    return face


def hidden(landmarker: Landmarker, picture: np.ndarray) -> tuple[str, ...]:
    seen = read(landmarker, picture).visibility
    assert seen is not None
    return seen.hidden


def test_numpy_says_what_torch_says(rng: np.random.Generator) -> None:
    import torch

    torch.manual_seed(0)
    network = TrainedNetwork()
    for norm in network.norms:
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2)
    faces = rng.integers(0, 256, (3, SIDE, SIDE, 3), np.uint8)
    with torch.no_grad():
        parts, turns = network.eval()(torch.from_numpy(faces).permute(0, 3, 1, 2) / 127.5 - 1)
    ours = OcclusionNetwork(network.folded())(faces)
    assert np.allclose(ours.hidden, parts.sigmoid().numpy(), atol=2e-3)
    assert np.allclose(ours.turned, turns.softmax(1).numpy(), atol=2e-3)


def test_bare_faces_hide_nothing(landmarker: Landmarker) -> None:
    for name in NAMES:
        seen = read(landmarker, np.array(portrait(name))).visibility
        assert seen is not None
        assert (seen.hidden, seen.exposure, seen.turned_by) == ((), "normal", 0)


def test_masks_and_dark_glasses_are_flagged(landmarker: Landmarker) -> None:
    for name in NAMES:
        picture = portrait(name)
        points = read(landmarker, np.array(picture)).points
        assert "mouth" in hidden(landmarker, masked(picture, points))
    for name in sorted({*NAMES} - {"female_03"}):  # black on dark skin, which its card warns of
        picture = portrait(name)
        points = read(landmarker, np.array(picture)).points
        assert hidden(landmarker, behind_glasses(picture, points)) == ("eyes",)


def test_light_in_which_nothing_is_seen_is_named(landmarker: Landmarker) -> None:
    face = read(landmarker, np.array(portrait("female_03")))
    points = face.points
    picture = np.array(portrait("female_03")).astype(float)
    from faces.readers.landmarks.framing import five_points

    five = five_points(points) * picture.shape[1::-1]
    for gain, offset, name in ((0.1, 0, "dark"), (1, 245, "overexposed"), (0.7, 0, "normal")):
        lit = np.clip(picture * gain + offset, 0, 255).astype(np.uint8)
        assert visibility_of(cut_face(lit, five)[None])[0].exposure == name


def test_what_a_thing_covers_is_what_it_hides() -> None:
    cover = np.zeros((64, 64), np.float32)
    assert not hidden_parts(cover).any()
    cover[40:] = 1  # the lower part
    assert hidden_parts(cover).tolist() == [False, True, False, False]
    cover[:] = 0
    cover[:, :32] = 1  # the viewer's left: the subject's right, one eye with it
    seen = dict(zip(REGIONS, hidden_parts(cover).tolist(), strict=True))
    assert seen["right"] and not seen["left"] and seen["eyes"]
    assert hidden_parts(np.ones((64, 64), np.float32)).all()


def test_things_change_the_pixels_that_they_cover(rng: np.random.Generator) -> None:
    face = np.full((64, 64, 3), 120, np.float32)
    for _ in range(40):
        drawn, cover = occlude(face, rng, face)
        assert drawn.shape == face.shape and np.isfinite(drawn).all()
        assert np.array_equal(drawn[cover == 0], face[cover == 0])


def test_training_learns_which_way_faces_stand() -> None:
    """From a few portraits, enough to tell their own upright ones from turned ones."""
    faces = np.stack([np.array(portrait(name).resize((64, 64))) for name in NAMES])
    config = OcclusionConfig(steps=60, batch=24, occluded=0.0, turned=0.6)
    network = OcclusionNetwork(train(faces, config))
    rng = np.random.default_rng(7)
    samples = [draw_samples(faces, rng, config)[0] for _ in range(100)]
    turns = network(np.stack([each.pixels for each in samples])).turned.argmax(1)
    assert np.mean(turns == [each.turn for each in samples]) > 0.7


def test_a_file_of_other_weights_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "network.safetensors"
    arrays = TrainedNetwork().folded()
    write_network(path, arrays, {"faces": 1})
    assert OcclusionNetwork.load(path).provenance == {"faces": 1}
    with pytest.raises(CircumplexError, match=r"head\.bias"):
        write_network(path, arrays | {"head.bias": np.zeros(3)}, {})
    with pytest.raises(CircumplexError, match="missing"):
        OcclusionNetwork.load(tmp_path / "gone.safetensors")
    assert BUNDLED.stat().st_size < 400_000 and len(TURNS) == 4
