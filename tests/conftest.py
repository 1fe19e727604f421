"""Data and small trained things that tests share."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from faces.ground.process import configure

if TYPE_CHECKING:
    from faces.readers import Landmarker, Landmarks

# before anything loads torch: several processes of tests share the cores
configure()

HERE = Path(__file__).parent
DATA = HERE / "data"
EDGE, COLUMNS = 48, 20  # pixels of a drawn face, faces in a row of their sheet


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of 480 drawn faces: manifest.csv with votes, images/train, images/val."""
    import pandas as pd
    from PIL import Image

    folder = tmp_path_factory.mktemp("data") / "drawn"
    sheet = np.asarray(Image.open(DATA / "drawn.png"))
    faces = sheet.reshape(-1, EDGE, COLUMNS, EDGE).swapaxes(1, 2).reshape(-1, EDGE, EDGE)
    for split in ("train", "val"):
        (folder / "images" / split).mkdir(parents=True)
    table = pd.read_csv(DATA / "drawn.csv")
    for path, face in zip(table["path"], faces, strict=True):
        Image.fromarray(face).save(folder / path)
    table.to_csv(folder / "manifest.csv", index=False)
    return folder


@pytest.fixture(scope="session")
def people() -> dict[str, list[np.ndarray]]:
    """A dozen people, "neutral" and "smiling": tightly cut, grey, (48, 48, 3) uint8."""
    from PIL import Image

    cut, size = (108, 84, 292, 268), (EDGE, EDGE)
    return {
        kind: [
            np.asarray(Image.open(file).crop(cut).convert("L").resize(size).convert("RGB"))
            for file in sorted((DATA / "people").glob(f"*_{kind}.jpg"))
        ]
        for kind in ("neutral", "smiling")
    }


@pytest.fixture(scope="session")
def portraits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three colour photos of 1.5 to 2.5 megapixels: a.jpg, b.jpg, c.jpg."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("portraits")
    for name, source, cut, width in (
        ("a", "female_02", (20, 0, 300, 320), 1400),
        ("b", "female_09", (40, 0, 280, 320), 1100),
        ("c", "male_00", (0, 0, 320, 300), 1600),
    ):
        face = Image.open(DATA / "portraits" / f"{source}.jpg").crop(cut)
        high = round(width * face.height / face.width)
        face.resize((width, high), Image.Resampling.LANCZOS).save(folder / f"{name}.jpg")
    return folder


@pytest.fixture(scope="session")
def golden() -> Path:
    """The folder of seeded states, inputs and outputs of the official generators."""
    return HERE / "golden"


@pytest.fixture(scope="session")
def few_faces(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 240 training and 80 validation faces, with the images' full paths."""
    import pandas as pd

    table = pd.read_csv(drawn / "manifest.csv")
    chosen = pd.concat(
        [part.head(240 if split == "train" else 80) for split, part in table.groupby("split")]
    )
    chosen["path"] = [str(drawn / path) for path in chosen["path"]]
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
def rated_faceset(few_faces: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A face set as `tiny_faceset`, with two further labels: `smile`, the share of raters who saw
    happiness, and `open`, "yes" where most saw surprise or fear, else "no"; every ninth face has
    neither."""
    import pandas as pd

    from faces.sets import PrepareConfig, prepare

    folder = tmp_path_factory.mktemp("rated")
    table = pd.read_csv(few_faces)
    votes = table.filter(like="votes_")
    table["smile"] = (votes["votes_happiness"] / votes.sum(axis=1)).round(3)
    wide = votes[["votes_surprise", "votes_fear"]].sum(axis=1) / votes.sum(axis=1)
    table["open"] = np.where(wide > 0.5, "yes", "no")
    table.loc[::9, ["smile", "open"]] = None
    table.to_csv(folder / "faces.csv", index=False)
    settings = PrepareConfig(size=64, channels=1)
    prepare(folder / "faces.csv", folder / "set", settings, keep=["smile", "open"])
    return folder / "set"


@pytest.fixture(scope="session")
def factored(rated_faceset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """directions.safetensors and report.json of grey-vae, with directions of `smile` and `open`."""
    from faces.ground.files import write_json
    from faces.sets import load_faceset
    from vae.checkpoint import load_run
    from vae.probing.run import probe_run

    faces = load_faceset(rated_faceset)
    directions, evidence = probe_run(load_run("grey-vae"), faces, factors=("smile", "open"))
    folder = tmp_path_factory.mktemp("factored")
    directions.save(folder / "directions.safetensors")
    write_json(folder / "report.json", evidence)
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

    from faces.ground.files import write_json
    from vae.checkpoint import load_run
    from vae.probing.bases import make_directions
    from vae.probing.evidence import CodedFaces, gather_evidence
    from vae.probing.probes import fit_probes

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
def val_pictures(drawn: Path, people: dict[str, list[np.ndarray]]) -> list[np.ndarray]:
    """Forty faces cut tightly: two real ones, two drawn ones and so on; (48, 48, 3) uint8.

    Of the real ones every person smiles before the first is neutral.
    """
    from PIL import Image

    files = sorted((drawn / "images/val").iterdir())[:16]
    made = [np.asarray(Image.open(file).convert("RGB")) for file in files]
    real = people["smiling"] + people["neutral"]
    mixed = [face for k in range(0, 16, 2) for face in (*real[k : k + 2], *made[k : k + 2])]
    return mixed + real[16:]


@pytest.fixture(scope="session")
def val_faces(landmarker: "Landmarker", val_pictures: list[np.ndarray]) -> list["Landmarks"]:
    """The landmarks of those of `val_pictures` in which a face is found."""
    from faces.readers import Landmarks

    return [face for (face,) in landmarker.read(val_pictures) if isinstance(face, Landmarks)]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
