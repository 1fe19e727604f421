"""Data and small trained things that tests share."""

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from faces.readers import Landmarker, Landmarks

SHARED = Path(__file__).parents[2] / "shared"


def shared_file(name: str) -> Path:
    """A file of ../shared; where it is missing the test fails in CI and is skipped elsewhere."""
    path = SHARED / name
    if not path.exists():
        reason = f"{path} is missing: this test needs the data that lies beside the checkout"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@pytest.fixture(scope="session")
def ferplus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the unzipped FER+: manifest.csv, images/train, images/val."""
    folder = tmp_path_factory.mktemp("data")
    with zipfile.ZipFile(shared_file("data/ferplus.zip")) as archive:
        archive.extractall(folder)
    return folder / "ferplus"


@pytest.fixture(scope="session")
def portraits() -> Path:
    """The folder of three colour portraits of 1 to 3 megapixels."""
    return shared_file("data/portraits")


@pytest.fixture(scope="session")
def golden() -> Path:
    """The folder of seeded states, inputs and outputs of the official generators."""
    return shared_file("golden")


@pytest.fixture(scope="session")
def few_faces(ferplus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 240 training and 80 validation faces of FER+, with the images' full paths."""
    import pandas as pd

    table = pd.read_csv(ferplus / "manifest.csv")
    chosen = pd.concat(
        [part.head(240 if split == "train" else 80) for split, part in table.groupby("split")]
    )
    chosen["path"] = [str(ferplus / path) for path in chosen["path"]]
    target = tmp_path_factory.mktemp("few") / "faces.csv"
    chosen.to_csv(target, index=False)
    return target


@pytest.fixture(scope="session")
def tiny_faceset(few_faces: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A face set of `few_faces`, 64 pixels, grey."""
    from faces.sets import PrepareConfig, prepare

    folder = tmp_path_factory.mktemp("faceset") / "set"
    prepare(few_faces, folder, PrepareConfig(size=64, channels=1))
    return folder


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of random weights: 64 pixels, grey, 8 latent units."""
    import torch

    from vae.checkpoint import save_run
    from vae.config import TrainConfig, VAEConfig
    from vae.model import BetaVAE

    torch.manual_seed(1)
    model = BetaVAE(VAEConfig(64, 1, 8, encoder_width=8, decoder_width=8))
    folder = tmp_path_factory.mktemp("run")
    save_run(folder, model, TrainConfig(), {"faces_settings": {}})
    return folder


@pytest.fixture(scope="session")
def probed_run(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`tiny_run` with directions and a report; a unit of affect is a long way, so faces differ."""
    import shutil

    from faces.files import write_json
    from vae.checkpoint import load_run
    from vae.directions import make_directions
    from vae.evidence import CodedFaces, gather_evidence
    from vae.probes import fit_probes

    folder = tmp_path_factory.mktemp("probed") / "run"
    shutil.copytree(tiny_run, folder)
    generator = np.random.default_rng(3)
    codes = generator.normal(size=(400, 8)).astype(np.float32)
    mixing = generator.normal(size=(8, 2))
    labels = np.clip(0.03 * codes @ mixing + 0.01 * generator.normal(size=(400, 2)), -1, 1)
    probes = fit_probes(codes[:300], labels[:300])
    directions = make_directions(probes, model=load_run(folder).digest, faceset="0" * 64)
    directions.save(folder / "directions.safetensors")
    fitted = CodedFaces("made", "0" * 64, "train", codes[:300], labels[:300])
    unseen = CodedFaces("made", "0" * 64, "val", codes[300:], labels[300:])
    evidence = gather_evidence(probes, directions, fitted, {"held_out": unseen})
    write_json(folder / "report.json", evidence)
    return folder


@pytest.fixture(scope="session", autouse=True)
def own_files() -> Iterator[None]:
    """The package's own landmarker is used, whatever the caller's environment names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CIRCUMPLEX_LANDMARKER", raising=False)
        yield


@pytest.fixture(scope="session")
def landmarker() -> Iterator["Landmarker"]:
    """One open landmarker for all tests; it also reads the detector's score."""
    from faces.readers import Landmarker

    with Landmarker() as opened:
        yield opened


@pytest.fixture(scope="session")
def val_pictures(ferplus: Path) -> list[np.ndarray]:
    """Forty validation faces of FER+, (48, 48, 3) uint8."""
    from PIL import Image

    files = sorted((ferplus / "images/val").iterdir())[:40]
    return [np.asarray(Image.open(file).convert("RGB")) for file in files]


@pytest.fixture(scope="session")
def val_faces(landmarker: "Landmarker", val_pictures: list[np.ndarray]) -> list["Landmarks"]:
    """The landmarks of those of `val_pictures` in which a face is found."""
    from faces.readers import Landmarks

    return [face for (face,) in landmarker.read(val_pictures) if isinstance(face, Landmarks)]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
