"""What the official training is asked to do."""

from dataclasses import dataclass
from typing import Literal, get_args

from faces.ground.records import Record, setting

Cfg = Literal["stylegan3-t", "stylegan3-r", "stylegan2"]
Augmentation = Literal["noaug", "ada", "fixed"]


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

    cfg: Cfg = setting("stylegan3-t", choices=get_args(Cfg))
    gpus: int = setting(1, at_least=1)
    batch: int = setting(32, at_least=1)
    gamma: float = setting(2.0, at_least=0)
    kimg: int = setting(1000, at_least=1)
    snap: int = setting(10, at_least=1)
    tick: int = setting(4, at_least=1)
    batch_gpu: int | None = setting(None, at_least=1)
    mirror: bool = True
    cond: bool = False
    aug: Augmentation = setting("ada", choices=get_args(Augmentation))
    p: float = setting(0.2, at_least=0, at_most=1)
    target: float = setting(0.6, at_least=0, at_most=1)
    freezed: int = setting(0, at_least=0)
    cbase: int = setting(32768, at_least=1)
    cmax: int = setting(512, at_least=1)
    map_depth: int | None = setting(None, at_least=1)
    glr: float | None = setting(None, at_least=0)
    dlr: float = setting(0.002, at_least=0)
    mbstd_group: int = setting(4, at_least=1)
    metrics: str = "none"
    seed: int = setting(0, at_least=0)
    fp32: bool = False
    nobench: bool = False
    workers: int = setting(3, at_least=1)
    desc: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
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
