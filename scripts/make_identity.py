"""The bundled network that tells people apart, out of dlib's own file.

    python scripts/make_identity.py DLIB_FACE_RECOGNITION_RESNET_MODEL_V1.DAT [FILE]

The first file comes with the PyPI package `face-recognition-models` (CC0). dlib serialises the
tensors of its layers from the picture to the embedding: each convolution's filters and biases in
one, then the scales and offsets of its channels, which are folded into the convolution here.
Written: FILE, or the package's own.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from faces.ground.artefacts import write_artefact
from faces.ground.digests import file_digest
from faces.ground.errors import CircumplexError
from faces.ground.packing import packed
from faces.readers.identity.network import BUNDLED, SCHEMA, VERSION, IdentityNetwork

_MARK = b"\x01\x02"  # a tensor's version, 2, as dlib writes integers: their length, then bytes
_LEAST = 32  # numbers in the smallest tensor
_MOST = 1e4  # no weight is larger


def read_integer(data: bytes, at: int) -> tuple[int, int]:
    """An integer as dlib writes it, and where it ends."""
    length = data[at]
    return int.from_bytes(data[at + 1 : at + 1 + length], "little"), at + 1 + length


def read_tensors(path: Path) -> Iterator[np.ndarray]:
    """Every tensor of the file that holds numbers, flat, in the file's order."""
    data, at = path.read_bytes(), 0
    while (at := data.find(_MARK, at)) >= 0:
        sides, end = [], at + len(_MARK)
        while len(sides) < 4 and end < len(data) and 0 < data[end] <= 4:
            side, end = read_integer(data, end)
            sides.append(side)
        count = int(np.prod(sides)) if len(sides) == 4 else 0
        if count >= _LEAST and end + 4 * count <= len(data):
            values = np.frombuffer(data, "<f4", count, end)
            if np.abs(values).max() < _MOST:  # false for NaN: other bytes that look like a tensor
                yield values
                at = end + 4 * count
                continue
        at += 1


def fold(convolution: np.ndarray, affine: np.ndarray, shape: tuple[int, ...]) -> list[np.ndarray]:
    """Filters and biases (O, …) and (O,) with the channels' scales and offsets in them."""
    outputs = shape[0]
    weight, bias = convolution[:-outputs].reshape(shape), convolution[-outputs:]
    scale, offset = affine[:outputs], affine[outputs:]
    return [weight * scale.reshape(-1, *(1,) * (len(shape) - 1)), bias * scale + offset]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path)
    parser.add_argument("file", type=Path, nargs="?", default=BUNDLED)
    given = parser.parse_args()
    expected = {name: tuple(value.shape) for name, value in IdentityNetwork().state_dict().items()}
    *stored, head = read_tensors(given.source)
    *names, _ = expected
    if len(names) != len(stored) or head.size != np.prod(expected["head.weight"]):
        raise CircumplexError(f"{given.source} is no face recognition network of dlib's")
    tensors = {}
    parts = zip(names[::2], names[1::2], stored[::2], stored[1::2], strict=True)
    for weight, bias, convolution, affine in parts:
        tensors[weight], tensors[bias] = fold(convolution, affine, expected[weight])
    tensors["head.weight"] = head.reshape(expected["head.weight"][::-1]).T
    header = {
        "schema": SCHEMA,
        "version": str(VERSION),
        "source": "dlib_face_recognition_resnet_model_v1 (Davis King), CC0 1.0",
        "source_digest": file_digest(given.source),
    }
    write_artefact(given.file, packed(tensors), header)


if __name__ == "__main__":
    main()
