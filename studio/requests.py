"""What can be asked of the program: frozen records that validate themselves.

Command line and app build the same request and hand it to the same workflow.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from faces.errors import CircumplexError
from faces.files import read_json
from faces.sets.config import PrepareConfig
from vae.config import TrainConfig, VAEConfig

BUNDLED = "bundled"
FIGURE_FORMATS = ("png", "pdf", "svg")
BASES = ("orthogonal", "dual", "pattern")
RUN_SETTINGS = "request.json"
_NETWORK = ("latent_dim", "encoder_width", "decoder_width")
_MOST_SEED = 2**63
_MOST_PICTURES = 1_000_000


class RequestError(CircumplexError):
    """The request itself makes no sense; the command line ends with exit code 2."""


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise RequestError(message)


def _require_affect(value: float, name: str) -> None:
    _require(-1 <= value <= 1, f"{name} is {value}; it must be between -1 and 1")


def _require_seed(seed: int) -> None:
    _require(0 <= seed < _MOST_SEED, f"seed is {seed}; it must be between 0 and 2^63 - 1")


def _require_truncation(truncation: float) -> None:
    _require(0 <= truncation <= 2, f"truncation is {truncation}; it must be between 0 and 2")


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
        _require(self.check or self.faceset is not None, "name the folder for the face set")


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
        _require(
            self.basis in BASES, f"basis is {self.basis!r}; it must be one of {', '.join(BASES)}"
        )

    @property
    def folder(self) -> Path:
        """Where results go; the package itself is never written to."""
        if self.out is not None:
            return self.out
        return Path("bundled-probe") if self.run == BUNDLED else Path(self.run)


@dataclass(frozen=True, kw_only=True)
class GridRequest:
    """One face on n × n points of the circumplex.

    Attributes:
        out: file to write, PNG, PDF or SVG by its suffix; None keeps a PNG in memory.
        seed, photo: the face: one of both.
        n: faces a side.
        reach: largest valence and arousal asked for, in (0, 1].
        plain: the bare tiles without axes or words (PNG only).
        truncation: 0 for the mean face, 1 for the full spread of the training faces.
        generator: "bundled" or the folder of a run.
        directions: file, or None for those that belong to the generator.
    """

    out: Path | None = None
    seed: int | None = None
    photo: Path | None = None
    n: int = 7
    reach: float = 0.8
    plain: bool = False
    truncation: float = 1.0
    generator: str = BUNDLED
    directions: Path | None = None

    def __post_init__(self) -> None:
        _require((self.seed is None) != (self.photo is None), "give a seed or a photo, not both")
        if self.seed is not None:
            _require_seed(self.seed)
        _require(2 <= self.n <= 25, f"n is {self.n}; it must be between 2 and 25")
        _require(0 < self.reach <= 1, f"reach is {self.reach}; it must be above 0 and at most 1")
        _require_truncation(self.truncation)
        known = FIGURE_FORMATS[:1] if self.plain else FIGURE_FORMATS
        _require(
            self.format in known,
            f"{self.out} ends in none of {', '.join('.' + name for name in known)}; rename it",
        )

    @property
    def format(self) -> str:
        """png, pdf or svg."""
        return "png" if self.out is None else self.out.suffix.lower().lstrip(".")


@dataclass(frozen=True, kw_only=True)
class EditRequest:
    """One face at one point of the circumplex.

    Attributes:
        out: PNG file to write; None keeps the picture in memory.
        seed, photo, recipe: the face: one of the three. A recipe (a PNG that this program wrote)
            also decides valence, arousal and truncation.
        valence, arousal: the request, in [-1, 1].
        truncation, generator, directions: as in GridRequest.
    """

    out: Path | None = None
    seed: int | None = None
    photo: Path | None = None
    recipe: Path | None = None
    valence: float = 0.0
    arousal: float = 0.0
    truncation: float = 1.0
    generator: str = BUNDLED
    directions: Path | None = None

    def __post_init__(self) -> None:
        given = [name for name in (self.seed, self.photo, self.recipe) if name is not None]
        _require(len(given) == 1, "give one of seed, photo and recipe")
        if self.seed is not None:
            _require_seed(self.seed)
        _require_affect(self.valence, "valence")
        _require_affect(self.arousal, "arousal")
        _require_truncation(self.truncation)
        suffix_fits = self.out is None or self.out.suffix.lower() == ".png"
        _require(suffix_fits, f"{self.out} does not end in .png, the format of edits; rename it")


@dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """Every seed at every point, as PNG files with a table.

    Attributes:
        folder: where to; a killed export continues there.
        seeds: the faces.
        points: (valence, arousal) pairs, each in [-1, 1].
        match_luminance: give all pictures the same mean and standard deviation of luma.
        truncation, generator, directions: as in GridRequest.
    """

    folder: Path
    seeds: tuple[int, ...]
    points: tuple[tuple[float, float], ...]
    match_luminance: bool = False
    truncation: float = 1.0
    generator: str = BUNDLED
    directions: Path | None = None

    def __post_init__(self) -> None:
        _require(len(self.seeds) > 0, "seeds is empty; give at least one")
        _require(len(self.points) > 0, "points is empty; give at least one")
        _require(len(set(self.seeds)) == len(self.seeds), "a seed is given twice; give each once")
        for seed in self.seeds:
            _require_seed(seed)
        for valence, arousal in self.points:
            _require_affect(valence, "valence")
            _require_affect(arousal, "arousal")
        _require_truncation(self.truncation)
        count = len(self.seeds) * len(self.points)
        _require(
            count <= _MOST_PICTURES,
            f"{count} pictures are more than {_MOST_PICTURES} in one export; split it",
        )


@dataclass(frozen=True)
class StudioRequest:
    """Open the app.

    Attributes:
        generator: "bundled" or the folder of a run.
        host, port: where to listen; port 0 takes a free one.
        browser: open the page.
        user, password: the login; needed on any address but this machine's own.
    """

    generator: str = BUNDLED
    host: str = "127.0.0.1"
    port: int = 7860
    browser: bool = True
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _require(0 <= self.port < 65536, f"port is {self.port}; it must be between 0 and 65535")
        _require(bool(self.user) == bool(self.password), "a login needs both user and password")
        _require(
            self.is_local or bool(self.user),
            f"{self.host} can be reached by others: give --user and --password "
            "(or CIRCUMPLEX_USER and CIRCUMPLEX_PASSWORD), or stay on 127.0.0.1",
        )

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the address."""
        return self.host in ("127.0.0.1", "localhost", "::1")
