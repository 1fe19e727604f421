"""Apparent age, sex and origin, and the turn of the head, linear in what the identity network sees.

The labels are annotators' impressions (FairFace, Kärkkäinen and Joo 2021): good for balancing sets,
for measuring the skew of a generator, and for telling whether an edit changes them; never for
judging a person. Everything is differentiable in the picture.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from faces.ground.artefacts import check_tensors, read_artefact, write_artefact
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema
from faces.readers.identity.network import BLOCKS, IdentityNetwork

SCHEMA, VERSION = "circumplex/appearance", 1
BUNDLED = Path(__file__).parents[2] / "weights" / "appearance.safetensors"
ETHNICITIES = (
    *("White", "Black", "Latino_Hispanic", "East Asian", "Southeast Asian", "Indian"),
    "Middle Eastern",
)
#: Blocks of the identity network whose maps are looked at, averaged over the face.
SEEN = (6, 9, 12, 13)
WIDTH = sum(BLOCKS[block][0] for block in SEEN)
#: Numbers of each head.
HEADS = {"female": 1, "age": 1, "ethnicity": len(ETHNICITIES), "yaw": 1, "pitch": 1}


@dataclass(frozen=True)
class Appearance:
    """What N faces look like.

    Attributes:
        female: (N,), probability that annotators would say "female"; age: (N,), years.
        ethnicity: (N, 7), probabilities in the order of ETHNICITIES.
        yaw, pitch: (N,), degrees, of the head as the set's five points say.
        embedding: (N, 128), of the identity network.
    """

    female: Tensor
    age: Tensor
    ethnicity: Tensor
    yaw: Tensor
    pitch: Tensor
    embedding: Tensor


class AppearanceReader(nn.Module):
    """Linear heads on the maps of the identity network.

    Attributes:
        provenance: what the heads were fitted on and how well they read the faces held out.
    """

    centre: Tensor
    scale: Tensor

    def __init__(self, provenance: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(WIDTH))
        self.register_buffer("scale", torch.ones(WIDTH))
        self.heads = nn.ModuleDict(
            {name: nn.Linear(WIDTH, outputs) for name, outputs in HEADS.items()}
        )
        self._network = [IdentityNetwork.load()]  # in a list: not among the heads' own weights
        self.provenance = provenance or {}
        self.eval().requires_grad_(False)

    @classmethod
    def load(
        cls, path: str | os.PathLike[str] = BUNDLED, device: str | torch.device = "cpu"
    ) -> "AppearanceReader":
        """The package's own heads, or those of another file.

        Raises:
            CircumplexError: missing, damaged, or of another kind or version.
        """
        arrays, header = read_artefact(path)
        check_schema(header, SCHEMA, VERSION, path)
        try:
            reader = cls(json.loads(header["provenance"]))
        except (KeyError, ValueError) as error:
            raise CircumplexError(f"{path}: its header is damaged; copy or make it anew") from error
        check_tensors(arrays, reader.state_dict(), path)
        reader.load_state_dict({n: torch.from_numpy(np.array(v)) for n, v in arrays.items()})
        reader._network[0].to(device)
        return reader.to(device)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the heads, whole or not at all."""
        header = {
            "schema": SCHEMA,
            "version": str(VERSION),
            "provenance": json.dumps(self.provenance, sort_keys=True),
        }
        arrays = {name: value.cpu().numpy() for name, value in self.state_dict().items()}
        write_artefact(path, arrays, header)

    def forward(self, chips: Tensor) -> Appearance:
        """Of aligned faces (N, 3, 150, 150), RGB in [-1, 1]."""
        features, embedding = self.features(chips)
        x = (features - self.centre) / self.scale
        found = {name: head(x) for name, head in self.heads.items()}
        return Appearance(
            female=found["female"][:, 0].sigmoid(),
            age=found["age"][:, 0],
            ethnicity=found["ethnicity"].softmax(1),
            yaw=found["yaw"][:, 0],
            pitch=found["pitch"][:, 0],
            embedding=embedding,
        )

    def features(self, chips: Tensor) -> tuple[Tensor, Tensor]:
        """What the heads read, (N, 704), and the embeddings (N, 128)."""
        maps, embedding = self._network[0].maps(chips)
        return torch.cat([maps[block].float().mean((2, 3)) for block in SEEN], 1), embedding
