"""The request that aims edits at what pictures show: calibrate."""

from dataclasses import dataclass, field
from pathlib import Path

from gan_bridge.editing.calibration_config import CalibrationConfig
from studio.requests.checks import STYLEGAN


@dataclass(frozen=True)
class CalibrateRequest:
    """Measure how a generator's pictures respond to moves along its directions.

    Attributes:
        generator, directions, label: as in GridRequest.
        out: file to write; None for calibration.safetensors beside the directions, where edits
            find it by themselves.
        pixel: file of the pixel reader, or "bundled".
        config: how.
    """

    generator: str = STYLEGAN
    directions: Path | None = None
    label: int | None = None
    out: Path | None = None
    pixel: str = "bundled"
    config: CalibrationConfig = field(default_factory=CalibrationConfig)
