"""`circumplex train`: a β-VAE on a face set."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from faces.ground.files import only_writer, read_json, write_json
from faces.ground.launch import is_main_process
from faces.ground.progress import Progress, silent
from faces.ground.records import setting
from studio.engine import Engine
from studio.validation import Request
from vae.config import TrainConfig, VAEConfig

RUN_SETTINGS = "request.json"


_NETWORK = ("latent_dim", "encoder_width", "decoder_width")


@dataclass(frozen=True)
class TrainRequest(Request):
    """Train a β-VAE on the face set in `faceset` into the folder `run`.

    Attributes:
        faceset: its size and channels become the network's.
        training: schedule.
        latent_dim, encoder_width, decoder_width: as in VAEConfig.
        refine: its network and codes are taken over, and its decoder learns to show them.
    """

    faceset: Path
    run: Path
    training: TrainConfig = field(default_factory=TrainConfig)
    latent_dim: int = VAEConfig.latent_dim
    encoder_width: int = VAEConfig.encoder_width
    decoder_width: int = VAEConfig.decoder_width
    resume: bool = setting(False, "Continue a training that was interrupted.")
    refine: str | None = setting(
        None, "Keep this guided run's encoder; teach its decoder to show affect."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.network(VAEConfig.image_size, VAEConfig.channels)  # refuses what cannot be built

    def network(self, image_size: int, channels: int) -> VAEConfig:
        """The network for faces of this size."""
        return VAEConfig(
            image_size, channels, self.latent_dim, self.encoder_width, self.decoder_width
        )

    def settings(self) -> dict[str, Any]:
        """What `--resume` needs to know again, in plain JSON values."""
        network = {name: getattr(self, name) for name in _NETWORK}
        return {"training": asdict(self.training), "network": network, "refine": self.refine}

    @classmethod
    def from_options(
        cls,
        faceset: Path,
        run: Path,
        given: Mapping[str, Any],
        resume: bool = False,
        refine: str | None = None,
    ) -> Self:
        """A request of the options given; a resumed run supplies those that are not.

        Raises:
            CircumplexError: an option out of its range, or nothing to resume.
        """
        saved: dict[str, Any] = {"training": {}, "network": {}}
        if resume:
            saved = read_json(run / RUN_SETTINGS)
            refine = refine or saved.get("refine")
        network = saved["network"] | {name: given[name] for name in _NETWORK if name in given}
        training = saved["training"] | {k: v for k, v in given.items() if k not in _NETWORK}
        return cls(
            faceset, run, TrainConfig.from_dict(training), **network, resume=resume, refine=refine
        )


@dataclass(frozen=True)
class TrainResult:
    """A finished run: where, which, and where its weights come from."""

    folder: Path
    digest: str
    provenance: dict[str, Any]

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"run": str(self.folder), "digest": self.digest, **self.provenance}

    @property
    def problems(self) -> list[str]:
        """Why the run is of no use; empty for one that learned."""
        from vae.training.verdict import reconstruction_problems  # torch: not for `--help`

        return reconstruction_problems(self.provenance["reconstruction"])


def run(request: TrainRequest, engine: Engine, progress: Progress = silent) -> TrainResult:
    """Train a β-VAE; its settings are saved before the work starts.

    Raises:
        CircumplexError: face set unusable; folder in use, already a run, or nothing to resume.
    """
    from faces.sets import load_faceset
    from vae.training.train import train as train_vae

    faces = load_faceset(request.faceset)
    base = None if request.refine is None else engine.run(request.refine)
    network = base.config if base else request.network(faces.size, faces.channels)
    if is_main_process() and not request.resume:
        _save_settings(request)
    run = train_vae(
        faces,
        request.run,
        network,
        request.training,
        request.resume,
        progress,
        refine=base,
        device=engine.device,
    )
    return TrainResult(request.run, run.digest, run.provenance)


def _save_settings(request: TrainRequest) -> None:
    """Save what `--resume` needs, over what a try left that failed before its first state."""
    from vae.packaged import WEIGHTS
    from vae.training.state import STATE

    with only_writer(request.run):
        if not any((request.run / name).exists() for name in (WEIGHTS, STATE)):
            write_json(request.run / RUN_SETTINGS, request.settings())
