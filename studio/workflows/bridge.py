"""`circumplex bridge`: directions into a StyleGAN, with their evidence and its page."""

import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.files import only_writer
from faces.ground.paths import require_path
from faces.ground.progress import Progress, silent
from faces.ground.records import setting
from gan_bridge.bridging.config import BridgeConfig
from studio.engine import Engine
from studio.model_choice import GeneratorChoice
from studio.model_files import DIRECTIONS, copy_calibration, forget_calibration
from studio.validation import RequestError

if TYPE_CHECKING:
    from gan_bridge.bridging.artefact import Bridge
    from gan_bridge.generators.protocol import Generator


@dataclass(frozen=True, kw_only=True)
class BridgeRequest(GeneratorChoice):
    """Find the directions of `run` in the w of a generator, which must be a StyleGAN.

    Attributes:
        run: folder of a probed run, or "bundled".
        out: folder of directions.safetensors, bridge.json and bridge.html.
        config: how.
    """

    run: str
    out: Path
    config: BridgeConfig = field(default_factory=BridgeConfig)
    probes: Path | None = setting(
        None,
        "Folder that `circumplex probe` wrote, whose factors are carried over.",
        shown="the run's",
    )
    beside: Path | None = setting(
        None,
        "stylegan3, or a folder that this verb wrote: its valence, arousal, layers and editor stay "
        "as they are, and the probes' further factors alone are added.",
    )
    faceset: Path | None = setting(
        None,
        "Prepared faces whose latents stand in the place of random ones, which seldom show strong "
        "affect; for a generator that can encode.",
    )
    identity: Path | None = setting(
        None, "File of InceptionResnetV1 weights, in place of the own identity network."
    )
    force: bool = setting(
        False,
        "Carry over even factors that their probe tells no better than shuffled labels.",
    )


#: What was read so far, in the folder of the results; gone when they are there.
SAMPLES = ".samples"


REPORT = "bridge.html"


#: Of the page's strips, in standard deviations of the samples' predictions.
_TICKS = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)


_STRIP_FACES = 3


@dataclass(frozen=True)
class BridgeResult:
    """Directions in w, the page about them, the numbers, and where the time went.

    Attributes:
        directions, report: files; evidence: what bridge.json holds.
        seconds: "synthesis" in the generator and "rest", of this call.
    """

    directions: Path
    report: Path
    evidence: dict[str, Any]
    seconds: dict[str, float]

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "directions_file": str(self.directions),
            "report": str(self.report),
            "seconds": self.seconds,
            **self.evidence,
        }


def run(request: BridgeRequest, engine: Engine, progress: Progress = silent) -> BridgeResult:
    """Find, profile and report; a call that was killed goes on where it was.

    Raises:
        CircumplexError: models missing or of the wrong kind, no face in the pictures, an unknown
            nuisance, or a folder in use.
    """
    from faces.sets import load_faceset
    from gan_bridge.bridging.artefact import Bridge
    from gan_bridge.bridging.bridge import build_bridge
    from gan_bridge.generators.protocol import StyleBased
    from studio.reports.bridge import write_bridge_report
    from vae.probing.directions import Directions

    begun = time.perf_counter()
    # what is missing shows before the models are opened
    faces = load_faceset(request.faceset) if request.faceset else None
    if request.identity is not None:
        require_path(request.identity, "give a file of InceptionResnetV1 weights")
    probes = Directions.load(request.probes or engine.directions_path(request.run))
    beside = None if request.beside is None else Bridge.load(_bridge_folder(request.beside))
    with engine.working():
        generator = engine.generator(request)
        if not isinstance(generator, StyleBased):
            raise RequestError(
                f"{request.generator} is a β-VAE, whose directions `circumplex probe` finds; "
                "give a StyleGAN, .safetensors, .pkl or .pt"
            )
        run = engine.run(request.run, request.device)
        folder = request.out / SAMPLES
        with only_writer(request.out):
            built = build_bridge(
                generator,
                run,
                probes,
                request.config,
                identity=request.identity,
                folder=folder,
                faces=faces,
                beside=beside,
                allow_unsupported=request.force,
                progress=progress,
            )
            strips, drawing = _draw_strips(generator, built.bridge)
            report = write_bridge_report(request.out, built.bridge.evidence, strips, _TICKS)
            forget_calibration(request.out)  # it was of other directions
            if request.beside is not None:
                copy_calibration(_bridge_folder(request.beside), request.out)
            built.bridge.save(request.out)
            shutil.rmtree(folder, ignore_errors=True)
    seconds = _split_time(begun, built.synthesis_seconds + drawing)
    return BridgeResult(request.out / DIRECTIONS, report, built.bridge.evidence, seconds)


def _bridge_folder(beside: Path) -> Path:
    """The folder of a bridge, or of the bundled generator that is named."""
    from gan_bridge.generators.opening import PACKAGED, network_path

    return network_path(str(beside)).parent if str(beside) in PACKAGED else beside


def _split_time(begun: float, synthesis: float) -> dict[str, float]:
    """Seconds of this call, `synthesis` of which went into the generator."""
    rest = time.perf_counter() - begun - synthesis
    return {"synthesis": round(synthesis, 3), "rest": round(rest, 3)}


def _draw_strips(generator: "Generator", bridge: "Bridge") -> tuple[dict[str, np.ndarray], float]:
    """Faces along each direction, (rows, ticks, H, W, 3) uint8 by its name, the other prediction
    held at its own value; and the seconds that this took."""
    from gan_bridge.bridging.layer_profile import STEP
    from gan_bridge.editing.explorer import EmotionExplorer
    from vae.probing.evidence import TARGETS

    begun = time.perf_counter()
    explorer = EmotionExplorer(generator, bridge)
    config, step = bridge.evidence["config"], bridge.evidence["profile"]["step"]
    first = config["seed"] + config["samples"]  # faces that no figure was fitted on
    w = generator.sample_w(range(first, first + _STRIP_FACES), config["truncation"])
    strips = {}
    for k, name in enumerate(TARGETS):
        columns = []
        for tick in _TICKS:
            target = explorer.predict(w)
            target[:, k] += tick * step[name] / STEP
            columns.append(explorer.edit(w, *target.T))
        strips[name] = np.stack(columns, axis=1)
    return strips, time.perf_counter() - begun
