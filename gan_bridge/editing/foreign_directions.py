"""Directions that other programs found: InterFaceGAN's boundaries, components of GANSpace and SeFa.

Such a file says neither in which network its direction was found nor what one unit of it does. It
serves any generator of its width, and ±1 goes three units of w, or three standard deviations where
the file has them: the range in which these programs move a face.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from faces.ground.errors import CircumplexError
from gan_bridge.checkpoints.arrays import LAYERS, ArrayFile
from gan_bridge.generators.protocol import Generator
from vae.probing.bases import unit_vectors
from vae.probing.directions import Directions

#: Units of w, or standard deviations, from 0 to 1.
_REACH = 3.0
#: Names of components, and of their standard deviations, in GANSpace's files and in those that
#: editors in its wake wrote; SeFa's are columns.
_COMPONENTS = {"lat_comp": "lat_stdev", "comp": "std"}
_COLUMNS = "eigvec"


@dataclass(frozen=True, eq=False)
class SingleDirection(Directions):
    """A direction of valence alone. That of arousal stands in its place and is never gone."""

    def predict(self, z: np.ndarray) -> np.ndarray:
        """Valence, and 0 for arousal, (N, 2)."""
        return super().predict(z) * np.array([1.0, 0.0])

    def move(
        self, z: np.ndarray, valence: np.ndarray | float, arousal: np.ndarray | float
    ) -> np.ndarray:
        """Codes moved along the one direction.

        Raises:
            CircumplexError: arousal is asked for.
        """
        if np.any(np.asarray(arousal) != 0):
            raise CircumplexError(
                "these directions hold one, which stands for valence; leave arousal at 0, or give "
                "two as --directions VALENCE.npy,AROUSAL.npy"
            )
        return super().move(z, valence, arousal)


def foreign_files(directions: str | os.PathLike[str] | None) -> tuple[ArrayFile, ...]:
    """The files that `FILE[#ROW]` or `FILE[#ROW],FILE[#ROW]` names; none where it is an artefact
    of ours."""
    if directions is None:
        return ()
    text = os.fspath(directions)
    names = [text] if Path(text).exists() else text.split(",")
    files = tuple(ArrayFile.of(name) for name in names)
    return files if all(file.is_foreign for file in files) else ()


def load_foreign_directions(files: tuple[ArrayFile, ...], generator: Generator) -> Directions:
    """Directions in a generator's w, out of one file or two.

    Args:
        files: of valence, and of arousal where there is a second.

    Raises:
        CircumplexError: unreadable, of another width, several where one is wanted, or parallel.
    """
    if len(files) > 2:
        raise CircumplexError(
            f"--directions names {len(files)} files; give one, or valence's and arousal's"
        )
    found = [_read(file, generator) for file in files]
    weights = np.stack([vector for vector, _ in found])
    step = np.array([length for _, length in found])
    alone = len(found) == 1
    if alone:
        weights = np.stack([weights[0], _across(weights[0])])
        step = np.repeat(step, 2)
    if not alone and np.linalg.matrix_rank(weights) < 2:
        raise CircumplexError(f"{files[0]} and {files[1]} point the same way; give two that differ")
    # rounded, so that machines that add up in another order make the same digest
    units = unit_vectors(weights).astype(np.float32).astype(np.float64)
    probes = (weights / np.linalg.norm(weights, axis=1, keepdims=True)).astype(np.float32)
    weights = probes / step[:, None]
    gains = (weights * units).sum(axis=1)
    kind = SingleDirection if alone else Directions
    return kind(
        space=generator.space,
        model=generator.tuned_from or generator.digest,
        basis="orthogonal",
        faceset=", ".join(file.path.name for file in files),
        centre=generator.sample_w([0], 0.0)[0, 0],
        weights=weights,
        intercept=np.zeros(2),
        valence=units[0],
        arousal=units[1],
        step=(1 / gains).astype(np.float32),
    )


def _across(vector: np.ndarray) -> np.ndarray:
    """A vector at a right angle to another."""
    axis = np.zeros_like(vector)
    axis[np.abs(vector).argmin()] = 1
    return axis - (axis @ vector) / (vector @ vector) * vector


def _read(file: ArrayFile, generator: Generator) -> tuple[np.ndarray, float]:
    """A direction (W,) float64, and how long the way from 0 to 1 is."""
    arrays = {name.rpartition(".")[2]: each for name, each in file.read().items()}
    rows, deviations = _rows(file, arrays, generator.w_dim)
    a_row_a_layer = len(rows) > 1 and len(rows) in (generator.num_layers, *LAYERS)
    if file.row is None and deviations is None and a_row_a_layer:
        raise CircumplexError(
            f"{file} holds {len(rows)} rows: if they are one direction with a row a layer, save "
            "their mean over the layers, since one direction moves all layers here; if they are "
            f"{len(rows)} directions, name one by its number, from {file.path.name}#0"
        )
    if rows.shape[-1] != generator.w_dim:
        raise CircumplexError(
            f"{file} is of width {rows.shape[-1]}, {generator.name} has a w of {generator.w_dim}; "
            "give a direction that was found in this network"
        )
    vector = file.pick(rows, "directions").astype(np.float64)
    if not (np.isfinite(vector).all() and vector.any()):
        raise CircumplexError(f"{file} holds no direction, but zeros, NaN or infinity")
    scale = 1.0 if deviations is None else float(file.pick(deviations, "directions"))
    return vector, _REACH * scale


def _rows(
    file: ArrayFile, arrays: Mapping[str, np.ndarray], width: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Directions (K, W), and their standard deviations (K,) where the file has them."""
    for name, deviation in _COMPONENTS.items():
        if name in arrays:
            rows = arrays[name].reshape(-1, arrays[name].shape[-1])
            spread = arrays.get(deviation)
            fits = spread is not None and spread.size == len(rows) and (spread > 0).all()
            return rows, spread.ravel() if fits and spread is not None else None
    if _COLUMNS in arrays:
        return arrays[_COLUMNS].T, None
    fitting = [each for each in arrays.values() if each.ndim and each.shape[-1] == width]
    if len(fitting or arrays) > 1:
        raise CircumplexError(
            f"{file.path} holds {', '.join(arrays)}; save the one direction that is meant by itself"
        )
    array = next(iter(fitting or arrays.values()))
    rows = np.atleast_2d(array).reshape(-1, array.shape[-1] if array.ndim else 1)
    if len(rows) > 1 and np.allclose(rows, rows[:1]):  # the same for each layer
        rows = rows[:1]
    return rows, None
