"""Requests that make face sets and models: prepare, train, probe."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from faces.ground.files import read_json
from faces.sets.config import PrepareConfig
from studio.requests.checks import BUNDLED, require
from vae.config import TrainConfig, VAEConfig

RUN_SETTINGS = "request.json"
_NETWORK = ("latent_dim", "encoder_width", "decoder_width")


@dataclass(frozen=True)
class PrepareRequest:
    """Make a face set out of pictures and labels.

    Attributes:
        source: AffectNet lists or arrays, class folders, or a CSV, TSV or Parquet table.
        faceset: folder to write; None with `check`.
        config: settings.
        form: kind of the source where it is not to be guessed.
        columns: (field, column) pairs for tables.
        keep: further columns of a table to carry along.
        check: only say what would be kept and dropped.
    """

    source: Path
    faceset: Path | None
    config: PrepareConfig = field(default_factory=PrepareConfig)
    form: str | None = None
    columns: tuple[tuple[str, str], ...] = ()
    keep: tuple[str, ...] = ()
    check: bool = False

    def __post_init__(self) -> None:
        require(self.check or self.faceset is not None, "name the folder for the face set")


@dataclass(frozen=True)
class TrainRequest:
    """Train a β-VAE on the face set in `faceset` into the folder `run`.

    Attributes:
        faceset: its size and channels become the network's.
        training: schedule.
        latent_dim, encoder_width, decoder_width: as in VAEConfig.
        resume: continue an interrupted training.
        refine: a guided run whose encoder and codes are kept, while its decoder learns to show
            them; its network is taken over.
    """

    faceset: Path
    run: Path
    training: TrainConfig = field(default_factory=TrainConfig)
    latent_dim: int = VAEConfig.latent_dim
    encoder_width: int = VAEConfig.encoder_width
    decoder_width: int = VAEConfig.decoder_width
    resume: bool = False
    refine: str | None = None

    def __post_init__(self) -> None:
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
class ProbeRequest:
    """Fit probes on the training split of `faceset`; report on its held-out split and on `test`.

    Attributes:
        run: folder of a run, or "bundled".
        faceset: the labelled faces that the probes are fitted on.
        test: a face set never seen, reported on as well.
        basis: "orthogonal" (Gram–Schmidt, valence first), "dual" or "pattern".
        compare: another run to measure beside this one, such as the plain β-VAE.
        out: folder of directions.safetensors, report.json and report.html; the run's by default.
    """

    run: str
    faceset: Path
    test: Path | None = None
    basis: str = "orthogonal"
    compare: str | None = None
    out: Path | None = None

    def __post_init__(self) -> None:
        from vae.probing.directions import BASES  # numpy and more: not for `--help`

        require(
            self.basis in BASES, f"basis is {self.basis!r}; it must be one of {', '.join(BASES)}"
        )

    @property
    def folder(self) -> Path:
        """Where results go; the package itself is never written to."""
        if self.out is not None:
            return self.out
        return Path("bundled-probe") if self.run == BUNDLED else Path(self.run)
