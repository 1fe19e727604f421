"""The request that reads faces: measure."""

from dataclasses import dataclass, field
from pathlib import Path

from faces.readers.landmarks.config import LandmarkerConfig
from studio.requests.checks import BUNDLED, require

_MOST_PROCESSES = 256


@dataclass(frozen=True)
class MeasureRequest:
    """Read faces in pictures, videos, folders and tables of pictures.

    Attributes:
        paths: what is read, in this order.
        config: how faces are looked for.
        landmarks: Parquet file of a row a frame with all points, or None.
        features: folder of the 53 features as CSV and arrays, or None.
        table: CSV file of every reading, or None.
        sheet: PNG of some faces with their points, or None.
        mask_eyes: whether the sheet hides the eyes.
        pixel: the pixel reader's file or "bundled"; None leaves it out.
        affect: the fitted reader of action units' file or "bundled".
        units, units_affect: edited tables of action units, or None for the package's own.
        processes: workers that find landmarks.
    """

    paths: tuple[Path, ...]
    config: LandmarkerConfig = field(default_factory=LandmarkerConfig)
    landmarks: Path | None = None
    features: Path | None = None
    table: Path | None = None
    sheet: Path | None = None
    mask_eyes: bool = False
    pixel: str | None = BUNDLED
    affect: str | None = BUNDLED
    units: Path | None = None
    units_affect: Path | None = None
    processes: int = 2

    def __post_init__(self) -> None:
        require(len(self.paths) > 0, "no path is given; name pictures, videos, folders or tables")
        most = _MOST_PROCESSES
        holds = 1 <= self.processes <= most
        require(holds, f"processes is {self.processes}; it must be between 1 and {most}")
        require(
            self.sheet is not None or not self.mask_eyes,
            "eyes are masked on the sheet only; name its file with --sheet",
        )
        for name, suffix in (("landmarks", ".parquet"), ("table", ".csv"), ("sheet", ".png")):
            file = getattr(self, name)
            fits = file is None or file.suffix.lower() == suffix
            require(fits, f"{name} is written as {suffix}; {file} has another ending")
