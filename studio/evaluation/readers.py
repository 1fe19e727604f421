"""The readers of an evaluation: what each is, by which files, and what part it had in the edits."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faces.ground.digests import file_digest
from faces.readers.affect.registry import AFFECT_READERS, PIXEL

if TYPE_CHECKING:
    from gan_bridge.editing.explorer import EmotionExplorer
    from studio.engine import Engine

OWN = "own"
#: What each reader is, for people.
DESCRIBED = {
    **{name: kind.description for name, kind in AFFECT_READERS.items()},
    OWN: "the encoder and probes that the directions were found with",
}
TOOK_NO_PART = "took no part"
FOUND_DIRECTIONS, TRAINED_EDITOR = "found the directions", "trained the editor"
FITTED_CALIBRATION = "fitted the calibration"


@dataclass(frozen=True)
class ReaderPart:
    """A reader and its part in what it judges.

    Attributes:
        name, about: of the reader, for people.
        digest: of the files that it reads with; None where they are not the package's.
        part: TOOK_NO_PART, or what it did.
        known_as: its name among the readers whose kinship is measured (`kinship`), which know the
            package's runs by their own names; None where it is none of them.
    """

    name: str
    about: str
    digest: str | None
    part: str
    known_as: str | None

    @property
    def independent(self) -> bool:
        """Whether it took no part in what it judges."""
        return self.part == TOOK_NO_PART

    def describe(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "about": self.about,
            "part": self.part,
            "digest": self.digest,
            "independent": self.independent,
        }


def affect_digests() -> dict[str, str]:
    """What the package's readers of affect read with: digests of their files by name."""
    from faces.readers.affect.errors import reader_digest

    return {name: reader_digest(name) for name in AFFECT_READERS}


def run_digests() -> dict[str, str]:
    """Digests of the package's runs by name."""
    from vae.packaged import PACKAGED, WEIGHTS

    return {name: file_digest(folder / WEIGHTS) for name, folder in PACKAGED.items()}


def own_run(explorer: "EmotionExplorer", engine: "Engine") -> str | None:
    """Which of the package's runs the explorer's own reader is; None for another, or for none."""
    from gan_bridge.bridging.scoring import Scorer
    from vae.packaged import PACKAGED

    reader = explorer.reader
    digest = reader.run.digest if isinstance(reader, Scorer) else explorer.generator.digest
    return next((name for name in PACKAGED if engine.run(name).digest == digest), None)


def parts_of_readers(
    names: list[str], explorer: "EmotionExplorer", own_run: str | None
) -> dict[str, ReaderPart]:
    """Each reader with its part in the edits of an explorer.

    Args:
        names: of DESCRIBED.
        own_run: which of the package's runs the explorer's own reader is; None for another.
    """
    digests, runs = affect_digests(), run_digests()
    found = {}
    for name in names:
        known = own_run if name == OWN else name
        digest = runs.get(own_run or "") if name == OWN else digests.get(name)
        part = _part(name, known, explorer)
        found[name] = ReaderPart(name, DESCRIBED[name], digest, part, known)
    return found


def measured_by(explorer: "EmotionExplorer", identity: Path | None) -> dict[str, str]:
    """The part that what tells people apart, and what reads apparent sex and age, had in the edits.

    Args:
        identity: file of another network that tells people apart, or None for the package's.
    """
    names = ("appearance",) if identity is not None else ("identity", "appearance")
    found = dict.fromkeys(("identity", "appearance"), TOOK_NO_PART)
    return found | {name: TRAINED_EDITOR for name in names if trained_editor(explorer, name)}


def trained_editor(explorer: "EmotionExplorer", name: str) -> bool:
    """Whether the package's reader of that name, by its file, trained the editor that aims the
    explorer's edits."""
    from gan_bridge.editing.editor import Editor
    from gan_bridge.editing.face_senses import packaged_readers

    aimed = explorer.calibration if explorer.is_calibrated() else None
    if not isinstance(aimed, Editor):
        return False
    known, used = packaged_readers(), aimed.evidence.get("readers") or {}
    return name in known and used.get(name) == known[name]


def _part(name: str, known_as: str | None, explorer: "EmotionExplorer") -> str:
    """What a reader did for the edits."""
    trained = known_as is not None and trained_editor(explorer, known_as)
    if name == OWN:
        return f"{FOUND_DIRECTIONS}, {TRAINED_EDITOR}" if trained else FOUND_DIRECTIONS
    if trained:
        return TRAINED_EDITOR
    if name == PIXEL and _calibrated_by_pixels(explorer):
        return FITTED_CALIBRATION
    return TOOK_NO_PART


def _calibrated_by_pixels(explorer: "EmotionExplorer") -> bool:
    """Whether a pixel reader, of whatever version, fitted the response surface that aims edits."""
    from gan_bridge.editing.calibration import Calibration

    aimed = explorer.calibration if explorer.is_calibrated() else None
    if not isinstance(aimed, Calibration):
        return False
    return str(aimed.evidence.get("reader", "")).startswith("pixel reader")
