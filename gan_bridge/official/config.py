"""What the official training is asked to do."""

from dataclasses import dataclass
from typing import Literal, get_args

from faces.ground.records import Record

Cfg = Literal["stylegan3-t", "stylegan3-r", "stylegan2"]
Augmentation = Literal["noaug", "ada", "fixed"]
_WHOLE = ("gpus", "batch", "kimg", "snap", "tick", "cbase", "cmax", "mbstd_group", "workers")


@dataclass(frozen=True)
class OfficialConfig(Record):
    """Settings of the official train.py, under its names; None leaves its default.

    Attributes:
        cfg: base configuration.
        gpus: cards; batch: faces a step over all cards; batch_gpu: at once on one card.
        gamma: weight of R1. Its authors start from 0.5 at 128 px and 2 at 256 px, four times as
            much for every doubling, less for "stylegan2", and then try half and twice.
        kimg: length in thousands of faces shown; tick: thousands between lines of progress;
            snap: ticks between snapshots.
        mirror: show every face mirrored too; cond: train on the labels of the zip.
        aug: "ada" (adaptive), "fixed" with probability p, or "noaug"; target: of "ada".
        freezed: first layers of the discriminator that are not trained.
        cbase, cmax: capacity; map_depth: layers of the mapping network.
        glr, dlr: learning rates; mbstd_group: of the minibatch standard deviation.
        metrics: "none", or official names with commas; each fetches and runs a network of the
            authors' server.
        fp32: no mixed precision; nobench: no choice of convolutions by trial.
        workers: processes that read; desc: joins the name of the results' folder.
    """

    cfg: Cfg = "stylegan3-t"
    gpus: int = 1
    batch: int = 32
    gamma: float = 2.0
    kimg: int = 1000
    snap: int = 10
    tick: int = 4
    batch_gpu: int | None = None
    mirror: bool = True
    cond: bool = False
    aug: Augmentation = "ada"
    p: float = 0.2
    target: float = 0.6
    freezed: int = 0
    cbase: int = 32768
    cmax: int = 512
    map_depth: int | None = None
    glr: float | None = None
    dlr: float = 0.002
    mbstd_group: int = 4
    metrics: str = "none"
    seed: int = 0
    fp32: bool = False
    nobench: bool = False
    workers: int = 3
    desc: str | None = None

    def __post_init__(self) -> None:
        self._require(self.cfg in get_args(Cfg), "cfg", f"one of {', '.join(get_args(Cfg))}")
        known = get_args(Augmentation)
        self._require(self.aug in known, "aug", f"one of {', '.join(known)}")
        for name in _WHOLE:
            self._require(getattr(self, name) >= 1, name, "at least 1")
        for name in ("batch_gpu", "map_depth"):
            value = getattr(self, name)
            self._require(value is None or value >= 1, name, "at least 1, or null")
        for name in ("gamma", "glr", "dlr", "seed", "freezed"):
            value = getattr(self, name)
            self._require(value is None or value >= 0, name, "0 or larger")
        for name in ("p", "target"):
            self._require(0 <= getattr(self, name) <= 1, name, "from 0 to 1")
        self._check_batch()

    def _check_batch(self) -> None:
        self._require(self.batch % self.gpus == 0, "batch", f"a multiple of gpus, {self.gpus}")
        share = self.batch_gpu or self.batch // self.gpus
        self._require(
            self.batch % (self.gpus * share) == 0, "batch", "a multiple of gpus times batch_gpu"
        )
        self._require(
            share >= self.mbstd_group, "mbstd_group", f"at most the {share} faces of one card"
        )

    def options(self) -> list[str]:
        """As the options of train.py."""
        settings = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return [
            f"--{name.replace('_', '-')}={int(value) if isinstance(value, bool) else value}"
            for name, value in settings.items()
            if value is not None
        ]
