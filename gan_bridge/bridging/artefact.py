"""What `circumplex bridge` leaves in its folder, opened and checked again.

OUT/directions.safetensors   the directions in w
OUT/bridge.json              everything measured about them: sampling, R², nuisances, layer profile
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema, read_json, write_json
from vae.probing.directions import FILE, Directions

if TYPE_CHECKING:
    from gan_bridge.generators.protocol import Generator

SCHEMA, VERSION = "circumplex/bridge", 1
EVIDENCE = "bridge.json"


@dataclass(frozen=True, eq=False)
class Bridge:
    """Directions in the w of one generator, and the layers that an edit moves by default.

    Attributes:
        directions: as of any latent space.
        evidence: plain JSON values; `gan_bridge.bridging.bridge.build_bridge` lists its keys.
    """

    directions: Directions
    evidence: dict[str, Any]

    @property
    def layers(self) -> tuple[int, ...]:
        """The default layers: the best trade that the profile found."""
        return tuple(self.evidence["profile"]["layers"])

    @property
    def label(self) -> int | None:
        """Class of a conditional generator that the directions were found for."""
        return self.evidence["generator"]["label"]

    def check(self, generator: "Generator") -> None:
        """Refuse another generator, or another class of a conditional one.

        Raises:
            CircumplexError: naming both.
        """
        self.directions.check_model(generator.digest, generator.tuned_from)
        if generator.label != self.label:
            raise CircumplexError(
                f"these directions were found for class {self.label}, {generator.name} is opened "
                f"with class {generator.label}; use --class {self.label}, or bridge class "
                f"{generator.label}"
            )

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write both files; the directions last, so that they never stand without evidence."""
        write_json(Path(folder) / EVIDENCE, self.evidence)
        self.directions.save(Path(folder) / FILE)

    @classmethod
    def load(cls, folder: str | os.PathLike[str], name: str = FILE) -> Self:
        """Open the folder; `name` is that of the directions' file.

        Raises:
            CircumplexError: a file is missing, damaged, of another version, or of another bridge.
        """
        path = Path(folder) / EVIDENCE
        evidence = read_json(path)
        if not isinstance(evidence, dict):
            raise CircumplexError(f"{path} is damaged; run circumplex bridge anew")
        check_schema(evidence, SCHEMA, VERSION, path)
        directions = Directions.load(Path(folder) / name)
        try:
            fits = directions.matches(evidence["directions"]["digest"])
            count, layers = evidence["generator"]["num_layers"], evidence["profile"]["layers"]
            label = evidence["generator"]["label"]
            sound = len(layers) > 0 and all(type(k) is int and 0 <= k < count for k in layers)
            sound = sound and (label is None or type(label) is int)
        except (KeyError, TypeError) as error:
            raise CircumplexError(f"{path} is damaged; run circumplex bridge anew") from error
        if not sound:
            raise CircumplexError(f"{path} names layers that cannot be; run circumplex bridge anew")
        if not fits:
            raise CircumplexError(
                f"{path} belongs to other directions than {name} beside it; run circumplex bridge "
                "anew, or copy both files together"
            )
        return cls(directions, evidence)
