"""Runs on disk: finished weights that carry their config, and the state that training resumes from.

RUN/vae.safetensors         weights of the best epoch, or of a refinement's last; config, training,
                            provenance in the header
RUN/state/training.safetensors   everything an exact resume needs
"""

import copy
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from faces.ground.artefacts import (
    check_tensors,
    parsing_header,
    read_schema,
)
from faces.ground.digests import json_digest
from faces.ground.digests import tensors_digest as digest_arrays
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema
from faces.ground.packing import packed, unpacked
from faces.ground.provenance import software
from faces.ground.training.tensors import read_tensors as read_tensors
from faces.ground.training.tensors import write_tensors as write_tensors
from vae.config import TrainConfig, VAEConfig
from vae.model import BetaVAE
from vae.packaged import PACKAGED, WEIGHTS, run_folder

RUN_SCHEMA, RUN_VERSION = "circumplex/vae", 1
STATE_FOLDER = "state"


@dataclass(frozen=True)
class Run:
    """A trained β-VAE.

    Attributes:
        model: in evaluation mode, float32.
        config: the network; `training`: how it was trained.
        provenance: digest and settings of the faces, epoch kept, its figures, software; for a
            refined run also `base`: digest, training and provenance of the run it started from.
        digest: SHA-256 over the stored tensors, which directions name.
        folder: where it was read from.
    """

    model: BetaVAE
    config: VAEConfig
    training: TrainConfig
    provenance: dict[str, Any]
    digest: str
    folder: Path


def tensors_digest(tensors: dict[str, Tensor]) -> str:
    """As `faces.ground.artefacts.tensors_digest`, of torch's tensors on any device."""
    return digest_arrays({name: value.detach().cpu().numpy() for name, value in tensors.items()})


def save_run(
    folder: str | Path,
    model: BetaVAE,
    training: TrainConfig,
    provenance: dict[str, Any],
    dtype: torch.dtype = torch.float32,
) -> None:
    """Write `vae.safetensors`, whole or not at all.

    Args:
        dtype: of the weights; float16 halves the file for shipping, int8 packs it to a fourth
            (`faces.ground.packing`).
    """
    if dtype == torch.int8:
        arrays = {name: value.cpu().numpy() for name, value in model.state_dict().items()}
        # the Gaussian of the codes is no filter: its rows have small numbers that matter
        stored = packed(arrays, at_half="posterior")
        tensors = {name: torch.from_numpy(value) for name, value in stored.items()}
    else:
        tensors = {name: _stored(value, dtype) for name, value in model.state_dict().items()}
    header = {
        "schema": RUN_SCHEMA,
        "version": str(RUN_VERSION),
        "config": model.config.to_json(),
        "training": training.to_json(),
        "provenance": json.dumps(provenance, sort_keys=True),
    }
    write_tensors(Path(folder) / WEIGHTS, tensors, header)


def load_run(run: str | Path) -> Run:
    """Open a run folder, or one of the package's by its name, "bundled" or "grey-vae".

    Raises:
        CircumplexError: no run there, another version, tensors missing, extra or not finite.
    """
    folder = run_folder(run)
    path = folder / WEIGHTS
    if not path.is_file() or (Path(run).is_file() and Path(run) != path):
        raise CircumplexError(_why_no_run(Path(run)))
    tensors, header = read_tensors(path)
    check_schema(header, RUN_SCHEMA, RUN_VERSION, path)
    with parsing_header(path):
        config = VAEConfig.from_dict(json.loads(header["config"]))
        training = TrainConfig.from_dict(json.loads(header["training"]))
        provenance = dict(json.loads(header["provenance"]))
    model = BetaVAE(config)
    weights = unpacked({name: value.numpy() for name, value in tensors.items()})
    check_tensors(weights, model.state_dict(), path)
    model.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    return Run(
        model=model.eval().requires_grad_(False),
        config=config,
        training=training,
        provenance=provenance,
        digest=tensors_digest(tensors),
        folder=folder,
    )


def packaged_run(digest: str) -> Run | None:
    """The package's run of that digest, if it has one."""
    return next((run for run in map(load_run, PACKAGED) if run.digest == digest), None)


def on_device(run: Run, device: str | torch.device) -> Run:
    """A run for a device: itself where its model lies there, else one with a copy. A model that
    others may be working with is never moved."""
    current, wanted = run.model.posterior_mean.device, torch.empty(0, device=device).device
    if current == wanted:
        return run
    return replace(run, model=copy.deepcopy(run.model).to(wanted))


def _why_no_run(run: Path) -> str:
    """What `run` is instead, and what to do."""
    wanted = (
        "the folder that `circumplex train` wrote, a network (.safetensors, .pkl, .pt) or 'bundled'"
    )
    if not run.exists():
        return f"{run} is missing; check its name, or give {wanted}"
    if run.is_dir():
        if (run / STATE_FOLDER).is_dir():
            return f"{run} is a training that has not ended; go on with `circumplex train --resume`"
        return f"{run} is not a finished run: {WEIGHTS} is missing; give {wanted}"
    if run.suffix.lower() != ".safetensors":
        return f"{run} is no model of a kind that is read here; give {wanted}"
    schema = read_schema(run)
    if schema == RUN_SCHEMA:
        return f"{run} holds a run under another name; call it {WEIGHTS}"
    return f"{run} holds {schema or 'tensors of no known kind'}, not a model; give {wanted}"


def config_digest(model: VAEConfig, training: TrainConfig, faces: str) -> str:
    """Names one training: its two configs, the identity of its face set, the program's version."""
    return json_digest([asdict(model), asdict(training), faces, software()])


def _stored(value: Tensor, dtype: torch.dtype) -> Tensor:
    return value.to(dtype) if value.is_floating_point() else value
