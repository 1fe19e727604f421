"""An inverted face on disk: its latent, the generator it belongs to, and how good it is.

Latents that other programs stored are read too: what an official projector writes (.npz), and w or
w+ as NumPy or torch save it. They say neither whose they are nor how near they came.
"""

import json
import os
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from faces.ground.artefacts import read_artefact, write_artefact
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema
from gan_bridge.checkpoints.arrays import LAYERS, ArrayFile
from gan_bridge.generators.protocol import Generator, latent_owner
from gan_bridge.inversion.config import InvertConfig, PivotConfig
from gan_bridge.inversion.gate import Figures, Gate, Verdict
from gan_bridge.inversion.inverter import Inversion

SCHEMA, VERSION = "circumplex/inverted", 2
#: What other programs call the latent in a file that holds more.
_NAMES = ("w", "ws", "w_plus", "latent", "latents", "latent_code", "codes", "projected_w")


@dataclass(frozen=True, eq=False)
class InvertedLatent:
    """What a file holds.

    Attributes:
        w: (1, L, W) float32.
        generator: digest of the one that shows the face there; pivot_of: of the one that
            directions belong to, the same unless the generator was tuned.
        figures, gate, verdict: as in Inversion; no figures of a latent that another program stored.
        about: start, steps, configs.
    """

    w: np.ndarray
    generator: str
    pivot_of: str
    figures: Figures | None
    gate: Gate
    verdict: Verdict
    about: dict[str, Any]


def save_inverted(
    path: str | os.PathLike[str],
    inversion: Inversion,
    config: InvertConfig,
    pivot: PivotConfig | None = None,
    about: dict[str, Any] | None = None,
) -> None:
    """Write it, whole or not at all; the same inversion gives the same bytes."""
    more = {
        "start": inversion.start,
        "steps": inversion.steps,
        "pivot_steps": inversion.pivot_steps,
        "before": asdict(inversion.before),
        "config": asdict(config),
        "pivot": asdict(pivot or PivotConfig()),
        **(about or {}),
    }
    header = {
        "schema": SCHEMA,
        "version": str(VERSION),
        "generator": inversion.generator.digest,
        "pivot_of": inversion.pivot_of,
        "figures": inversion.figures.to_json(),
        "gate": inversion.gate.to_json(),
        "verdict": inversion.verdict.to_json(),
        "about": json.dumps(more, sort_keys=True),
    }
    write_artefact(path, {"w": inversion.w}, header)


def load_inverted(
    path: str | os.PathLike[str], generator: Generator | None = None
) -> InvertedLatent:
    """Read it, for use with `generator` where one is given.

    Args:
        path: what `save_inverted` wrote; or, for a generator, a file of another program, as FILE or
            FILE#NUMBER where it holds several.

    Raises:
        CircumplexError: missing, damaged, of another kind or version, or of another generator.
    """
    file = ArrayFile.of(path)
    if file.is_foreign and generator is not None:
        return _foreign(file, generator)
    arrays, header = read_artefact(path)
    first = header.get("version") == "1"  # of 0.1, which judged by other bounds
    check_schema(header, SCHEMA, 1 if first else VERSION, path)
    try:
        reasons = json.loads(header["verdict"])["reasons"]
        found = InvertedLatent(
            w=arrays["w"],
            generator=header["generator"],
            pivot_of=header["pivot_of"],
            figures=Figures.from_dict(json.loads(header["figures"])),
            gate=Gate() if first else Gate.from_dict(json.loads(header["gate"])),
            verdict=Verdict(tuple(str(reason) for reason in reasons)),
            about=dict(json.loads(header["about"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CircumplexError(f"{path}: its header is damaged; invert the photo anew") from error
    w = found.w
    if set(arrays) != {"w"} or w.dtype != np.float32 or w.ndim != 3 or len(w) != 1:
        raise CircumplexError(f"{path} holds no latent (1, L, W); invert the photo anew")
    if not np.isfinite(w).all():
        raise CircumplexError(f"{path} holds NaN or infinity; invert the photo anew")
    if generator is not None:
        _check(path, found, generator)
    return found


def _foreign(file: ArrayFile, generator: Generator) -> InvertedLatent:
    layers, width = generator.num_layers, generator.w_dim
    w = file.pick(_faces(file, layers, width), "latents")
    if len(w) > 1 and len(w) != layers and np.array_equal(w, np.broadcast_to(w[0], w.shape)):
        w = w[:1]  # one w, repeated for a network of another number of layers
    if len(w) not in (1, layers):
        raise CircumplexError(
            f"{file} is of {len(w)} layers of {width}, {generator.name} takes {layers}; name the "
            "generator that it was found in with --generator"
        )
    if not np.isfinite(w).all():
        raise CircumplexError(f"{file} holds NaN or infinity; project the photo anew")
    w = np.array(np.broadcast_to(w, (1, layers, width)), np.float32)
    owner = latent_owner(generator)
    about = {"file": file.path.name}
    return InvertedLatent(w, generator.digest, owner, None, Gate(), Verdict(()), about)


def _faces(file: ArrayFile, layers: int, width: int) -> np.ndarray:
    """All latents of a file, (N, 1 or its layers, W)."""
    arrays = file.read()
    named = [each for name, each in arrays.items() if name.rpartition(".")[2] in _NAMES]
    fitting = [
        each for each in named or arrays.values() if 1 <= each.ndim <= 3 and each.shape[-1] == width
    ]
    if not fitting:
        shapes = ", ".join(f"{name or 'array'} {each.shape}" for name, each in arrays.items())
        raise CircumplexError(
            f"{file.path} holds no latent of width {width}, but {shapes[:200]}; name the generator "
            "that it was found in with --generator"
        )
    return np.concatenate([_stacked(each, layers) for each in fitting])


def _stacked(array: np.ndarray, layers: int) -> np.ndarray:
    """(N, layers, W) of an array with one to three axes; of two, the first counts layers where it
    is as long as a network has them, else faces."""
    if array.ndim == 3:
        return array
    if array.ndim == 1:
        return array[None, None]
    return array[None] if len(array) in (layers, *LAYERS) else array[:, None]


def _check(path: str | os.PathLike[str], found: InvertedLatent, generator: Generator) -> None:
    if found.generator != generator.digest:
        raise CircumplexError(
            f"{path} belongs to the generator {found.generator[:12]}, not to "
            f"{generator.digest[:12]}; name that one with --generator"
        )
    if found.w.shape[1:] != (generator.num_layers, generator.w_dim):
        raise CircumplexError(f"{path} does not fit its generator; invert the photo anew")
