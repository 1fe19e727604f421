"""What `ratings report --stimuli` found, as a calibration needs it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.dialects import to_numbers
from faces.ground.errors import CircumplexError
from faces.ground.files import read_json
from studio.ratings.scales import TARGETS
from studio.ratings.stimuli import people_of, person_groups, read_stimulus_table

if TYPE_CHECKING:
    from gan_bridge.editing.editor import Editor
    from vae.probing.directions import Directions

#: Files of the report: all of its figures, and the stimuli with their ratings.
EVIDENCE, STIMULI = "ratings.json", "stimuli.csv"
#: What made the pictures, as the report names it.
MODELS = ("generator", "directions", "calibration")
#: What points the pictures were aimed at, best first.
_AIMS = ("aimed_{}", "requested_{}", "{}")


@dataclass(frozen=True, eq=False)
class RatedStimuli:
    """Pictures that were aimed at points and rated.

    Attributes:
        aims, ratings: (N, 2) valence and arousal; people: (N,) who is in the picture.
        models: digests of what made them, None where the report does not know.
        where: the report.
    """

    aims: np.ndarray
    ratings: np.ndarray
    people: np.ndarray
    models: dict[str, Any] | None
    where: Path

    def check(self, generator: str, directions: "Directions", editor: "Editor") -> None:
        """Refuse ratings of pictures that other models made.

        Raises:
            CircumplexError: naming which, or that it is not known.
        """
        if self.models is None:
            raise CircumplexError(
                f"{self.where} does not say what made the pictures; report the ratings again with "
                "--stimuli FOLDER of the export itself"
            )
        stated = self.models["generator"], self.models["directions"]
        calibration = self.models["calibration"]
        for name, same in (
            ("generator", stated[0] == generator),
            ("directions", directions.matches(stated[1])),
            ("editor", calibration is not None and editor.matches(calibration)),
        ):
            if not same:
                raise CircumplexError(
                    f"{self.where} is about pictures of another {name}; name the models that made "
                    "them"
                )


def read_rated_stimuli(report: Path) -> RatedStimuli:
    """The stimuli of a report's folder that were rated.

    Raises:
        CircumplexError: no such report, a damaged one, or its stimuli were not aimed at points.
    """
    models = _models(report)
    if not (report / STIMULI).is_file():
        raise CircumplexError(
            f"{report} has no {STIMULI}; report the ratings with --stimuli FOLDER"
        )
    table = read_stimulus_table(report / STIMULI)
    aims = _columns(table, _AIMS, report)
    ratings = _columns(table, ("rated_{}",), report)
    known = np.isfinite(ratings).all(1) & np.isfinite(aims).all(1)
    people = person_groups(people_of(table))
    return RatedStimuli(aims[known], ratings[known], people[known], models, report)


def _models(report: Path) -> dict[str, Any] | None:
    """What the report says made the pictures; None where it does not know.

    Raises:
        CircumplexError: the report is damaged.
    """
    evidence = read_json(report / EVIDENCE)
    data = evidence.get("data", {}) if isinstance(evidence, dict) else None
    models = data.get("models") if isinstance(data, dict) else {}
    if models is not None and not (isinstance(models, dict) and set(MODELS) <= set(models)):
        raise CircumplexError(f"{report / EVIDENCE} is damaged; report the ratings again")
    return models


def _columns(table: Any, patterns: tuple[str, ...], report: Path) -> np.ndarray:
    """Valence and arousal (N, 2) of the first pattern that the table has, NaN where missing."""
    for pattern in patterns:
        names = [pattern.format(target) for target in TARGETS]
        if set(names) <= set(table):
            columns = [to_numbers(table[name]) for name in names]
            odd = [n for n, c in zip(names, columns, strict=True)
                   if (c.isna() & table[n].notna()).any()]  # fmt: skip
            if odd:
                raise CircumplexError(
                    f"{report / STIMULI} has words under {odd[0]}; report the ratings again"
                )
            return np.stack(columns, axis=1)
    raise CircumplexError(
        f"{report} has no columns {' and '.join(patterns[0].format(t) for t in TARGETS)}; report "
        "the ratings of an export"
    )
