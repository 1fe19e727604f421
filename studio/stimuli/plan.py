"""What an export makes: whose faces, and which pictures of each."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from faces.ground.errors import CircumplexError

#: Pictures that are made and read together: one face's.
BATCH = 32
FORMATS = ("png", "jpg", "webp")
_PLAIN = re.compile(r"[^A-Za-z0-9]+")
_LONGEST = 40  # letters of a file's name that go into those of its pictures


@dataclass(frozen=True)
class Identity:
    """Whose face it is: one of seed, photo and latent.

    Attributes:
        name: in the names of the pictures; source: what a table calls it by: "seed 7", or the name
            of the photo's or the latent's file.
    """

    name: str
    source: str
    seed: int | None = None
    photo: Path | None = None
    latent: Path | None = None


@dataclass(frozen=True)
class Stimulus:
    """One picture that is to be made.

    Attributes:
        file: path inside the export's folder.
        identity: name of whose face it is; seed: of a sampled face.
        valence, arousal: the request, None of a face that is left unedited.
    """

    file: str
    identity: str
    source: str
    seed: int | None
    valence: float | None
    arousal: float | None

    @property
    def edited(self) -> bool:
        """Whether there is a request."""
        return self.valence is not None


def list_identities(
    seeds: Sequence[int], photos: Sequence[Path], latents: Sequence[Path]
) -> list[Identity]:
    """All faces of an export: seeds, then photos and those of folders by name, then latents.

    Raises:
        CircumplexError: a photo or a latent is missing, a folder holds no picture.
    """
    found = [Identity(f"s{seed:05d}", f"seed {seed}", seed=seed) for seed in seeds]
    taken: set[str] = {each.name for each in found}
    for photo in _pictures(photos):
        found.append(Identity(_name(photo, taken), photo.name, photo=photo))
    for latent in latents:
        found.append(Identity(_name(latent, taken), latent.name, latent=latent))
    return found


def _pictures(paths: Iterable[Path]) -> Iterator[Path]:
    from faces.ground.paths import require_path
    from faces.sets.folders import list_folder

    for path in paths:
        require_path(path, "give a picture, or a folder of pictures")
        if not path.is_dir():
            yield path
            continue
        pictures = list_folder(path).pictures
        if not pictures:
            raise CircumplexError(f"{path} holds no picture; give a folder of photos")
        yield from pictures


def _name(path: Path, taken: set[str]) -> str:
    """The file's name in plain letters, with a number where another has it."""
    stem = _PLAIN.sub("-", path.stem).strip("-")[:_LONGEST].lower() or "face"
    name = next(
        each for each in (stem, *(f"{stem}-{k}" for k in range(2, 10**6))) if each not in taken
    )
    taken.add(name)
    return name


def plan_stimuli(
    identities: Iterable[Identity],
    points: Iterable[tuple[float, float]],
    original: bool = False,
    suffix: str = "png",
) -> list[Stimulus]:
    """All pictures of an export, face by face; the number of the point keeps names apart.

    Args:
        original: the face as it is, unedited, before its edits.
        suffix: of the files.
    """
    points = list(points)
    digits = len(str(len(points) - 1))
    plan: list[Stimulus] = []
    for each in identities:
        whose = (each.name, each.source, each.seed)
        if original:
            plan.append(Stimulus(f"images/{each.name}_original.{suffix}", *whose, None, None))
        for number, (valence, arousal) in enumerate(points):
            point = f"p{number:0{digits}d}_v{valence:+.2f}_a{arousal:+.2f}"
            plan.append(Stimulus(f"images/{each.name}_{point}.{suffix}", *whose, valence, arousal))
    return plan


def batches(plan: Sequence[Stimulus]) -> Iterator[list[Stimulus]]:
    """The plan in pieces of one face and up to BATCH pictures, the same however often it is asked:
    what readers find depends a little on what stands beside a picture."""
    piece: list[Stimulus] = []
    for each in plan:
        if piece and (len(piece) == BATCH or piece[0].identity != each.identity):
            yield piece
            piece = []
        piece.append(each)
    if piece:
        yield piece
