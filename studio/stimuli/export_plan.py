"""What an export is to put into its folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.stimuli.columns import Column, describe_columns, factor_columns
from studio.stimuli.conditions import Condition
from studio.stimuli.export_rows import MEASURED, PLANNED
from studio.stimuli.norms import Norms
from studio.stimuli.plan import Stimulus
from studio.stimuli.stimulus_readings import reading_columns


@dataclass(frozen=True, eq=False)
class ExportPlan:
    """What is to lie in a folder.

    Attributes:
        folder: where to; a folder that holds this very export is continued.
        stimuli: the pictures; conditions: that each is to meet; norms: columns from elsewhere.
        factors: names of the further factors that every edit sets; fitted: what they were fitted
            on, in a word.
        settings: what else decides over the bytes, as plain JSON values.
    """

    folder: Path
    stimuli: Sequence[Stimulus]
    conditions: Sequence[Condition] = ()
    norms: Norms | None = None
    settings: dict[str, Any] | None = None
    factors: Sequence[str] = ()
    fitted: str = "labels"

    @property
    def columns(self) -> tuple[Column, ...]:
        """Of the table, in their order."""
        joined = () if self.norms is None else self.norms.columns
        return (
            *describe_columns(PLANNED),
            *factor_columns(self.factors, self.fitted),
            *describe_columns(reading_columns()),
            *joined,
            *describe_columns(MEASURED),
        )
