"""What dlib itself says of some portraits, and the portraits."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open

DATA = Path(__file__).parents[3] / "data"


@dataclass(frozen=True)
class Golden:
    """dlib's embeddings (N, 128) of N pictures, and its own aligned faces of some of them."""

    names: list[str]
    embeddings: np.ndarray
    chips: dict[str, np.ndarray]

    def of(self, name: str) -> np.ndarray:
        return self.embeddings[self.names.index(name)]

    def pictures(self) -> list[np.ndarray]:
        return [np.array(Image.open(DATA / name).convert("RGB")) for name in self.names]


@pytest.fixture(scope="session")
def dlibs(golden: Path) -> Golden:
    with safe_open(golden / "identity.safetensors", "numpy") as file:
        about, embeddings = file.metadata(), file.get_tensor("embeddings")
    strip = np.asarray(Image.open(golden / "identity-chips.png"))
    names = json.loads(about["chips"])
    chips = dict(zip(names, np.split(strip, len(names), axis=1), strict=True))
    return Golden(json.loads(about["pictures"]), embeddings, chips)
