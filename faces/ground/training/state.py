"""The state of a training between two steps, in one file that is replaced whole."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from faces.ground.artefacts import parsing_header
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema
from faces.ground.provenance import check_version, software
from faces.ground.training.tensors import (
    Networks,
    Optimizers,
    below_prefix,
    load_optimizer,
    optimizer_tensors,
    read_tensors,
    with_prefix,
    write_tensors,
)


@dataclass(frozen=True)
class StateFile:
    """Where a training keeps its state, and what must agree for it to be taken up again.

    Attributes:
        folder: of the training; name: of the file below it.
        schema, version: of the file's form.
        training: names settings, networks and data.
    """

    folder: Path
    name: str
    schema: str
    version: int
    training: str

    @property
    def path(self) -> Path:
        return self.folder / self.name

    def write(self, tensors: Mapping[str, Tensor], position: Mapping[str, Any]) -> None:
        """Replace the state by these tensors and a position of plain JSON values."""
        header = {
            "schema": self.schema,
            "version": str(self.version),
            "training": self.training,
            "position": json.dumps(position),
            "software": software(),
        }
        write_tensors(self.path, tensors, header)

    def read(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """The tensors and the position that were written last.

        Raises:
            CircumplexError: nothing to resume, a damaged file, or one of other settings, faces or
                networks, or of another version of the program.
        """
        if not self.path.is_file():
            raise CircumplexError(f"{self.folder} has nothing to resume; leave --resume out")
        tensors, header = read_tensors(self.path)
        check_schema(header, self.schema, self.version, self.path)
        if header.get("training") != self.training:
            if "software" in header:
                check_version(header, self.folder)
            raise CircumplexError(
                f"{self.folder} was begun with other settings, faces or networks; resume with the "
                "same ones or train into a new folder"
            )
        with parsing_header(self.path):
            return tensors, dict(json.loads(header["position"]))


def trained_tensors(networks: Networks, optimizers: Optimizers) -> dict[str, Tensor]:
    """The tensors of networks and the moments of optimizers, each after its key as a prefix."""
    tensors: dict[str, Tensor] = {}
    for prefix, network in networks.items():
        tensors |= with_prefix(prefix, network.state_dict())
    for prefix, optimizer in optimizers.items():
        tensors |= with_prefix(prefix, optimizer_tensors(optimizer))
    return tensors


def restore_trained(
    tensors: Mapping[str, Tensor], networks: Networks, optimizers: Optimizers, where: object
) -> None:
    """Give networks and optimizers, in place, what `trained_tensors` took of them.

    Raises:
        CircumplexError: tensors of a network are missing, of another shape, or too many; `where`
            names what they were read from.
    """
    for prefix, network in networks.items():
        try:
            network.load_state_dict(below_prefix(prefix, tensors))
        except RuntimeError as error:
            raise CircumplexError(
                f"{where} does not hold the networks that its settings say; train anew"
            ) from error
    for prefix, optimizer in optimizers.items():
        load_optimizer(optimizer, below_prefix(prefix, tensors))
