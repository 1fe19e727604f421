"""A photo's face as a latent: whose it is, how near, and what is refused or said."""

from pathlib import Path

import numpy as np
import pytest
from made_videos import write_video
from PIL import Image

from faces.ground.errors import CircumplexError
from faces.readers.identity.config import SAME_PERSON
from gan_bridge.generators.opening import load_generator
from gan_bridge.generators.protocol import Generator
from gan_bridge.inversion import find_photo
from gan_bridge.inversion.gate import Gate
from gan_bridge.inversion.photos import cut_photo, photo_notes

PEOPLE = Path(__file__).parents[2] / "data" / "people"
PHOTO = PEOPLE / "001_neutral.jpg"


@pytest.fixture(scope="module")
def generator() -> Generator:
    return load_generator("stylegan3")


def on_canvas(tmp_path: Path, *widths: int, side: int = 1200) -> Path:
    """A picture of that side with the photo in it, once for each width."""
    sheet = Image.new("RGB", (side, side), "grey")
    for place, width in enumerate(widths):
        photo = Image.open(PHOTO)
        photo.thumbnail((width, width))
        sheet.paste(photo, (20 + 560 * place, 40))
    path = tmp_path / "sheet.png"
    sheet.save(path)
    return path


def test_steps_bring_the_person_nearer(generator: Generator) -> None:
    found = find_photo(PHOTO, generator)
    one_pass = generator.synthesize(generator.encode(found.portrait.coloured[None]))  # type: ignore[attr-defined]
    from faces.readers.identity import IdentityReader

    margin = generator.provenance["faces_settings"]["margin"]
    photo, first, then = IdentityReader().read_crops(
        [found.portrait.coloured, one_pass[0], found.image], margin
    )
    assert np.linalg.norm(photo - then) < np.linalg.norm(photo - first)
    assert found.identity_distance == pytest.approx(np.linalg.norm(photo - then), abs=0.02)
    assert found.verdict.passed and found.identity_distance < SAME_PERSON


def test_a_vae_takes_one_pass() -> None:
    run = load_generator("bundled")
    found = find_photo(PHOTO, run)
    assert found.w.shape == (1, 1, run.w_dim) and found.identity_distance is not None


def test_what_is_too_small_is_refused_and_what_is_small_is_said(
    generator: Generator, tmp_path: Path
) -> None:
    with pytest.raises(CircumplexError, match=r"the face is only \d\d pixels wide"):
        cut_photo(on_canvas(tmp_path, 80, side=300), generator)
    portrait = cut_photo(on_canvas(tmp_path, 200, side=400), generator)
    assert any("less than the 128 of the generator" in note for note in photo_notes(portrait, None))


def test_several_faces_are_said_and_chosen_among(generator: Generator, tmp_path: Path) -> None:
    sheet = on_canvas(tmp_path, 390, 300, side=1000)
    largest, second = (cut_photo(sheet, generator, number) for number in (None, 2))
    assert largest.width > second.width
    (said,) = photo_notes(largest, None)
    assert "shows 2 faces, taken was the largest; choose another with --face N" in said
    assert "number 2 by size" in photo_notes(second, 2)[0]


def test_the_gate_says_the_number() -> None:
    assert Gate().verdict(0.41).passed and Gate().verdict(None).passed
    verdict = Gate().verdict(0.73)
    with pytest.raises(CircumplexError, match=r"me\.jpg is too poor to edit: .* 0\.73 from"):
        verdict.refuse_poor("me.jpg")
    verdict.refuse_poor("me.jpg", force=True)


def test_of_a_moving_picture_one_frame_is_taken_and_said(
    generator: Generator, tmp_path: Path
) -> None:
    frames = [Image.open(PHOTO), Image.open(PHOTO).rotate(3)]
    for name in ("still.gif", "moving.gif"):
        more = frames[1:] if name == "moving.gif" else []
        frames[0].save(tmp_path / name, save_all=True, append_images=more)
    still, moving = (
        photo_notes(cut_photo(tmp_path / name, generator), None)
        for name in ("still.gif", "moving.gif")
    )
    said = "the photo moves: its first frame alone is taken; `circumplex measure` reads them all"
    assert said in moving and said not in still


def test_a_video_is_no_photo(generator: Generator, tmp_path: Path) -> None:
    clip = write_video(tmp_path / "clip.mp4", [np.zeros((64, 64, 3), np.uint8)] * 3)
    with pytest.raises(CircumplexError) as refused:
        cut_photo(clip, generator)
    assert str(refused.value) == (
        f"{clip}: video (`circumplex measure` reads videos); choose another picture"
    )
    with pytest.raises(CircumplexError, match=r"a video under a picture's name; rename it"):
        cut_photo(clip.rename(tmp_path / "clip.jpg"), generator)
