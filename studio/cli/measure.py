"""The verb that reads faces: measure."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from faces.readers.frame_selection import FrameSelection
from faces.readers.landmarks.config import LandmarkerConfig
from studio.cli.interrupts import ends_when_interrupted
from studio.cli.options import Settings
from studio.cli.output import json_line
from studio.cli.source_options import ColumnOption, MapOption, column_pairs, map_pairs
from studio.cli.terminal import Terminal, asking, verb
from studio.workflows.measure import MeasureRequest

if TYPE_CHECKING:
    from faces.readers.face_reading import FaceReading
    from studio.workflows.measure import MeasureResult


def register(app: typer.Typer) -> None:
    """Add the verb."""
    verb(app, "measure")(measure)


def measure(
    terminal: Terminal,
    paths: Annotated[
        list[Path], typer.Argument(help="Pictures, videos, folders, tables of pictures.")
    ],
    pose: Annotated[bool, typer.Option("--pose", help="Show the head's pose.")] = False,
    emotion: Annotated[
        bool, typer.Option("--emotion", help="Show expression, valence and arousal.")
    ] = False,
    column: ColumnOption = None,
    explained: MapOption = None,
    *,
    config: LandmarkerConfig,
    frames: FrameSelection,
    asked: Annotated[Settings, MeasureRequest],
) -> None:
    """Read landmarks, action units, expression, valence, arousal and head pose of faces.

    Without a file to write, a line a face is printed; with --json always, one object a line.
    What cannot be read keeps its line and says why, and so does each file of a folder that is no
    picture and no video. Where no face is found at all, the exit code is 1. A call that writes
    files and was interrupted goes on when it is repeated.

    Example: circumplex measure photos/ clip.mp4 --landmarks landmarks.parquet --sheet faces.png

    Example: circumplex measure talk.mp4 --fps 5 --start 60 --end 120 --faces all --table talk.csv

    Example: circumplex measure anna/ --neutral anna/neutral.jpg --table anna.csv
    """
    from studio.workflows import measure

    if pose and not emotion:
        asked["pixel"] = None
    with asking():
        asked |= {"columns": column_pairs(column), "explained": map_pairs(explained)}
        request = MeasureRequest(tuple(paths), config, frames, **asked)
    written = any((request.landmarks, request.features, request.identity, request.table))
    written = written or request.sheet is not None
    lines = _Lines(pose or not emotion, emotion or not pose).print
    shown = lines if pose or emotion or not written else None
    emit = _print_json if terminal.json else shown
    with ends_when_interrupted():
        result = measure.run(request, terminal.engine(), terminal.progress, emit)
    told = (*_asides(result), *_doubts(result)) if terminal.json else _findings(result)
    for line in told:
        # objects alone are on stdout
        print(line, file=sys.stderr if terminal.json else sys.stdout)
    if not result.found:
        raise typer.Exit(1)


def _print_json(reading: "FaceReading") -> None:
    print(json_line(reading.to_json()))


@dataclass
class _Lines:
    """A table for people, a line a face, under a heading."""

    pose: bool
    emotion: bool
    headed: bool = False

    def print(self, reading: "FaceReading") -> None:
        """Print one reading."""
        if not self.headed:
            print("  ".join(self._heading()))
            self.headed = True
        where = reading.path + (f"#{reading.frame}" if reading.frame else "")
        where += "" if reading.time_s is None else f" {reading.time_s:.2f} s"
        where += f" face {reading.face + 1}" if reading.face else ""
        where += "" if reading.person is None else f" person {reading.person}"
        cells = [*self._cells(reading)] if reading.found else [f"— {reading.missing}"]
        if reading.obstacle is not None:
            cells.append(f"({reading.obstacle})")
        if reading.landmarks is not None and reading.landmarks.turned:
            cells.append(f"(turned by {reading.landmarks.turned}°)")
        print("  ".join([f"{where:40s}", *cells]))

    def _heading(self) -> Iterator[str]:
        from faces.readers.affect.registry import AFFECT_READERS

        yield f"{'picture':40s}"
        if self.emotion:
            yield f"{'expression':15s}"
            for name in AFFECT_READERS:
                yield f"{name + ' V':>{_width(name)}s} {'A':>5s}"
        if self.pose:
            yield f"{'yaw':>5s} {'pitch':>5s} {'roll':>5s}"
        yield "sure"
        if self.emotion:
            yield "action units"

    def _cells(self, reading: "FaceReading") -> Iterator[str]:
        from faces.readers.affect.registry import AFFECT_READERS

        values = reading.to_json()
        if self.emotion:
            yield f"{_expression(values):15s}"
            for name in AFFECT_READERS:
                pair = values["readers"].get(name) or {}
                valence, arousal = (_number(pair.get(key)) for key in ("valence", "arousal"))
                yield f"{valence:>{_width(name)}s} {arousal:>5s}"
        if self.pose:
            yield " ".join(f"{values['pose'][name]:+5.0f}" for name in ("yaw", "pitch", "roll"))
        yield f"{'?' if values['confidence'] is None else format(values['confidence'], '.2f'):4s}"
        if self.emotion:
            yield _units(values["action_units"])


def _width(reader: str) -> int:
    """Columns that a reader's valence takes under its name."""
    return max(5, len(reader) + 2)


def _expression(values: dict[str, Any]) -> str:
    if values["expression"] is None:
        return "?"
    return f"{values['expression']} {values['probabilities'][values['expression']]:.2f}"


def _units(units: dict[str, float | None]) -> str:
    """The units at work, the strongest first; a pair of sides by its mean."""
    whole = {name: v for name, v in units.items() if name[-1] not in "LR" and v is not None}
    strong = sorted((name for name in whole if whole[name] >= 0.2), key=lambda name: -whole[name])
    return ", ".join(f"{name} {whole[name]:.2f}" for name in strong[:8]) or "none"


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:+.2f}"


def _asides(result: "MeasureResult") -> Iterator[str]:
    for note in result.notes:
        yield f"  understood of {note}"
    for reason, count in result.hidden.items():
        yield f"  left out, {reason}: {count}"


def _doubts(result: "MeasureResult") -> Iterator[str]:
    from faces.readers.identity.config import LOOK_AGAIN

    if result.doubtful:
        who = "1 person holds" if result.doubtful == 1 else f"{result.doubtful} people hold"
        yield f"  {who} pictures more than {LOOK_AGAIN:.2f} apart: look at them"


def _found(result: "MeasureResult") -> str:
    counts = result.counts
    if counts is None:
        return f"found a face in {result.found} of {result.rows}"
    faces = "a face" if result.found == counts.with_face else f"{result.found} faces"
    files = "1 file" if counts.files == 1 else f"{counts.files} files"
    return f"found {faces} in {counts.with_face} of {counts.frames} pictures and frames of {files}"


def _findings(result: "MeasureResult") -> Iterator[str]:
    yield _found(result)
    if result.neutral:
        yield f"  valence, arousal, action units relative to {result.neutral} neutral pictures"
    for reason, count in result.reasons.items():
        yield f"  missing, {reason}: {count}"
    yield from _asides(result)
    for name, why in result.missing.items():
        yield f"  not read, {name}: {why}"
    if result.people is not None:
        yield f"  people: {result.people}"
    yield from _doubts(result)
    for split, count in result.samples.items():
        yield f"  labelled faces of {split}: {count}"
    for path in result.files.values():
        yield f"wrote {path}"
