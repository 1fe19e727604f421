"""The request that trains a generator: finetune."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from faces.ground.files import read_json
from gan_bridge.datasets.expressive import ExpressiveConfig
from gan_bridge.training.config import TuneConfig
from gan_bridge.training.plan import NetworkPlan
from studio.requests.checks import require
from studio.requests.models import RUN_SETTINGS

ENGINES = ("own", "official")
SUBSETS = ("expressive", "all")
RANDOM = "random"
_OWN = ("start", "subset", "run", "encoder")


@dataclass(frozen=True)
class FinetuneRequest:
    """Train a generator of faces on `faceset` into the folder `out`.

    Attributes:
        start: an official pickle or a native network, or "random".
        subset: "expressive" faces of the training split, or "all" of it.
        run: a probed run whose readings must agree with the labels of expressive faces, or None.
        choice: how the expressive faces are chosen.
        training: schedule; network: what a random start is made of.
        encoder: what the score looks through: "auto", "random", "bundled", or the folder of a run.
        engine: "own", or "official": the submodule's train.py, on CUDA.
        resume: continue a training that was interrupted.
        dry_run: with the official engine, only say what would be done.
    """

    faceset: Path
    out: Path
    start: str = RANDOM
    subset: str = "expressive"
    run: str | None = None
    choice: ExpressiveConfig = field(default_factory=ExpressiveConfig)
    training: TuneConfig = field(default_factory=TuneConfig)
    network: NetworkPlan = field(default_factory=NetworkPlan)
    encoder: str = "auto"
    engine: str = "own"
    resume: bool = False
    dry_run: bool = False

    def __post_init__(self) -> None:
        for name, known in (("engine", ENGINES), ("subset", SUBSETS)):
            value = getattr(self, name)
            require(value in known, f"{name} is {value!r}; it must be one of {', '.join(known)}")
        official = self.engine == "official"
        require(official or not self.dry_run, "--dry-run is for --engine official; drop it")
        require(
            not (official and self.resume),
            "the official engine does not resume; start from its last snapshot with --from",
        )

    def settings(self) -> dict[str, Any]:
        """What `--resume` needs to know again, in plain JSON values."""
        records = {name: asdict(getattr(self, name)) for name in _RECORDS}
        return {name: getattr(self, name) for name in _OWN} | records

    @classmethod
    def from_options(
        cls,
        faceset: Path,
        out: Path,
        given: Mapping[str, Any],
        resume: bool = False,
        **engine: Any,
    ) -> Self:
        """A request of the options given; a resumed training supplies those that are not.

        Args:
            given: settings of the request, of its training, its network and its choice of faces,
                by their names; `seed` is everybody's.
            engine: `engine` and `dry_run`.

        Raises:
            CircumplexError: an option out of its range, or nothing to resume.
        """
        saved: dict[str, Any] = {name: {} for name in _RECORDS}
        if resume:
            saved = read_json(out / RUN_SETTINGS)
        values: dict[str, Any] = {
            name: kind.from_dict(saved[name] | _of(kind, given)) for name, kind in _RECORDS.items()
        }
        own = {name: saved[name] for name in _OWN if name in saved}
        own |= {name: given[name] for name in _OWN if name in given}
        return cls(faceset, out, **own, **values, resume=resume, **engine)


_RECORDS: dict[str, Any] = {
    "choice": ExpressiveConfig,
    "training": TuneConfig,
    "network": NetworkPlan,
}


def _of(kind: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(kind)}
    return {name: value for name, value in given.items() if name in names}
