"""`circumplex invert`: from a photo to a latent, with figures and a sheet that shows how near."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.files import only_writer, write_bytes
from faces.ground.progress import Progress, silent
from faces.ground.records import setting
from gan_bridge.inversion.config import EncoderConfig, InvertConfig, PivotConfig
from gan_bridge.inversion.photos import crop_settings, cut_photo, knows_crop, photo_notes
from studio.engine import Engine
from studio.model_choice import GeneratorChoice
from studio.stimuli.grid import figure_bytes
from studio.validation import RequestError, require

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gan_bridge.generators.protocol import Generator
    from gan_bridge.inversion import Inversion, WEncoder


_FACE, _WEIGHTS = "Which face", "Weights that help, by path"


@dataclass(frozen=True, kw_only=True)
class InvertRequest(GeneratorChoice):
    """Find the latent at which a generator shows the face of a photo.

    Attributes:
        photo: a picture file.
        out: folder of inverted.safetensors, inverted.png and, tuned, network.safetensors.
        encoder: trained as `training` says where there is none yet. None starts at the mean face,
            or, with a VAE, at its own code.
        config, pivot: of the optimisation, and of pivotal tuning.
        perceptual: weights of VGG16, for texture; identity: of InceptionResnetV1, None for the
            package's own identity network.
    """

    photo: Path
    out: Path
    encoder: Path | None = setting(
        None, "Encoder to start from; trained and written there on first use."
    )
    face: int | None = setting(
        None, "Which face of several, by size from 1.", at_least=1, panel=_FACE, shown="1"
    )
    margin: float | None = setting(
        None,
        "Widens the crop, as a share of its side.",
        at_least=-0.5,
        at_most=2,
        panel=_FACE,
        shown="that of the generator's faces",
    )
    perceptual: Path | None = setting(None, "VGG16 of torchvision, for texture.", panel=_WEIGHTS)
    identity: Path | None = setting(
        None,
        "InceptionResnetV1 of facenet-pytorch, in place of the own identity network.",
        panel=_WEIGHTS,
    )
    config: InvertConfig = field(default_factory=InvertConfig)
    pivot: PivotConfig = field(default_factory=PivotConfig)
    training: EncoderConfig = field(default_factory=EncoderConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.encoder is not None:
            ends = self.encoder.suffix.lower() == ".safetensors"
            require(ends, f"{self.encoder} does not end in .safetensors, as encoders do; rename it")


LATENT, SHEET, NETWORK = "inverted.safetensors", "inverted.png", "network.safetensors"


#: How much the sheet magnifies what is still wrong.
_MAGNIFIED = 4


_TILE_INCHES, _DPI = 2.2, 160


@dataclass(frozen=True, eq=False)
class InvertResult:
    """An inverted photo.

    Attributes:
        latent, sheet: files; network: file of the tuned network, or None.
        inversion: what was found.
        faces: how many the photo shows; face: which was taken, from 1, the largest.
        notes: what the user should know of missing weights and of the crop, a line each.
    """

    latent: Path
    sheet: Path
    network: Path | None
    inversion: "Inversion"
    faces: int
    face: int
    notes: tuple[str, ...]

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        found = self.inversion
        return {
            "latent": str(self.latent),
            "sheet": str(self.sheet),
            "network": None if self.network is None else str(self.network),
            "generator": found.generator.digest,
            "pivot_of": found.pivot_of,
            "faces": self.faces,
            "face": self.face,
            "start": found.start,
            "before": asdict(found.before),
            "figures": asdict(found.figures),
            "identity_distance": found.figures.identity,
            "steps": found.steps,
            "pivot_steps": found.pivot_steps,
            "gate": asdict(found.gate),
            "passed": found.verdict.passed,
            "reasons": list(found.verdict.reasons),
            "notes": list(self.notes),
        }


def run(request: InvertRequest, engine: Engine, progress: Progress = silent) -> InvertResult:
    """Cut the photo's face, find its latent, judge it, and write all three files or none.

    Raises:
        CircumplexError: models missing or not of one kind; no photo, no face, or no such face.
    """
    from gan_bridge.generators.protocol import StyleBased
    from gan_bridge.inversion import Inverter, load_features, save_inverted
    from gan_bridge.inversion.pivot import save_tuned

    with engine.working():
        generator = engine.generator(request)
        if request.pivot.steps and not isinstance(generator, StyleBased):
            raise RequestError(f"{generator.name} is no StyleGAN; leave --pivot out")
        settings = crop_settings(generator, request.margin)
        features = load_features(request.perceptual, request.identity, generator.device, settings)
        portrait = cut_photo(request.photo, generator, request.face, request.margin)
        image = portrait.coloured
        with only_writer(request.out):
            encoder = _encoder(request, generator, progress)
            inverter = Inverter(
                generator, request.config, encoder, request.pivot, features, progress
            )
            found = inverter(image)
            latent, sheet = request.out / LATENT, request.out / SHEET
            network = request.out / NETWORK
            # last comes what others act on; until then there is none, not an older one
            latent.unlink(missing_ok=True)
            network.unlink(missing_ok=True)
            if isinstance(found.generator, StyleBased) and found.network is not None:
                save_tuned(network, found.generator, request.pivot)
            write_bytes(sheet, sheet_bytes(image, found))
            about = {"faces": portrait.found, "face": portrait.number}
            save_inverted(latent, found, request.config, request.pivot, about)
    notes = (
        *photo_notes(portrait, request.face),
        *_crop_notes(generator, request),
        *features.notes(),
    )
    return InvertResult(
        latent,
        sheet,
        None if found.network is None else network,
        found,
        portrait.found,
        portrait.number,
        notes,
    )


def next_commands(
    request: InvertRequest, result: InvertResult, engine: Engine
) -> Iterator[tuple[str, ...]]:
    """The words of the commands that edit what was found: the edit, and before it what makes the
    generator's directions where there are none."""
    network = request.generator if result.network is None else result.network
    label = () if request.label is None else ("--class", str(request.label))
    edit = ["edit", str(request.out / "edited.png"), "--latent", str(result.latent)]
    edit += ["-g", str(network), *label, "--valence", "0.7"]
    if not result.inversion.verdict.passed:
        edit.append("--force")
    try:
        folder = engine.directions_path(request).parent
    except CircumplexError:
        if result.inversion.w.shape[1] == 1:  # a run that was not probed yet needs a face set
            return
        folder = request.out / "bridge"
        yield "bridge", str(request.generator), "bundled", str(folder), *label
        edit += ["--directions", str(folder)]
    else:
        if result.network is not None:  # the tuned network has none beside it
            edit += ["--directions", str(folder)]
    yield tuple(edit)


def sheet_bytes(image: np.ndarray, found: "Inversion") -> bytes:
    """PNG of the photo's face, the start, what was found, and what is still wrong."""
    wrong = np.abs(found.image.astype(np.int16) - image) * _MAGNIFIED
    tiles = {
        "photo": image,
        f"start ({found.start}), {found.before.psnr:.1f} dB": found.start_image,
        f"found, {found.psnr:.1f} dB": found.image,
        f"difference × {_MAGNIFIED}": wrong.clip(0, 255).astype(np.uint8),
    }
    verdict = "good enough to edit"
    if not found.verdict.passed:
        verdict = "too poor to edit: " + "; ".join(found.verdict.reasons)
    about = {"schema": "circumplex/inversion-sheet", "version": 1, "reasons": verdict}
    return figure_bytes(_figure(tiles, verdict), "png", about)


def _figure(tiles: dict[str, np.ndarray], below: str) -> "Figure":
    from matplotlib.figure import Figure

    size = (_TILE_INCHES * len(tiles), _TILE_INCHES + 0.6)
    figure = Figure(figsize=size, facecolor="white", layout="constrained", dpi=_DPI)
    for axes, (title, tile) in zip(figure.subplots(1, len(tiles)), tiles.items(), strict=True):
        axes.imshow(tile, interpolation="nearest")
        axes.set_title(title, fontsize=9)
        axes.set_axis_off()
    figure.supxlabel(below, fontsize=9)
    return figure


def _encoder(
    request: InvertRequest, generator: "Generator", progress: Progress
) -> "WEncoder | None":
    """The encoder in the file asked for, trained and written first where there is none."""
    from gan_bridge.inversion import WEncoder, train_encoder

    path = request.encoder
    if path is None:
        return None
    if not path.is_file():
        train_encoder(generator, request.training, progress).save(path)
    return WEncoder.load(path, generator)


def _crop_notes(generator: "Generator", request: InvertRequest) -> list[str]:
    if knows_crop(generator) or request.margin is not None:
        return []
    return [
        "the network does not say how its faces were cut, so the photo is cut as `circumplex "
        "prepare` does; --margin widens that, and about 0.45 is the width of FFHQ's faces"
    ]
