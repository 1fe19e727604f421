"""Every face at every point, as picture files with a table: stimuli for an experiment.

FOLDER/images/         each picture with its recipe inside
FOLDER/table.csv       one row a picture, also as table.parquet
FOLDER/dropped.csv     pictures that do not meet the conditions; rejected.csv: faceless photos
FOLDER/export.json     what was asked for, and with which models
FOLDER/done.jsonl      the rows finished so far; gone when the export is complete
FOLDER/.drawn/         where pictures are matched to each other: faces before that; gone at the end

What stands beside them for people and programs: see `describing`.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from faces.ground.digests import bytes_digest, file_digest, text_digest
from faces.ground.errors import CircumplexError
from faces.ground.files import write_bytes
from faces.ground.progress import Progress, silent
from faces.ground.tables import write_csv
from studio.stimuli.checksums import CHECKSUMS, read_checksums
from studio.stimuli.claiming import DRAWN, SETTINGS, claim_folder, write_settings
from studio.stimuli.conditions import Condition
from studio.stimuli.describing import CITATION, DROPPED, LICENCE, README, REJECTED
from studio.stimuli.export_plan import ExportPlan
from studio.stimuli.export_rows import (
    JOURNAL,
    TABLE,
    Entry,
    Row,
    append_entries,
    read_journal,
    table_rows,
    text_rows,
    typed_table,
    write_journal,
    write_table,
)
from studio.stimuli.finishing import Finisher
from studio.stimuli.making import Made, StimulusMaker
from studio.stimuli.origin import backend_of, optional_fields
from studio.stimuli.plan import Stimulus, batches
from studio.stimuli.recipe import (
    Recipe,
    decode_pixels,
    picture_bytes,
    picture_digest,
    read_pixels,
    read_recipe,
)
from studio.stimuli.shine import match_shine

#: What the set's authors complete, and no repair takes from them.
_COMPLETED = (README, LICENCE, CITATION)


class Export:
    """The pictures of one plan in one folder; the caller holds the folder's lock.

    Attributes:
        made: pictures that were not there before; repaired: files of a finished export that were
            changed or gone; rejections: of faces that cannot be started from, source and reason by
            identity.
        entries: everything that was planned and not rejected, kept or dropped.
        luminance: mean and SD that all were matched to, or None.
    """

    def __init__(self, plan: ExportPlan, maker: StimulusMaker, finisher: Finisher) -> None:
        self.plan, self.maker, self.finisher = plan, maker, finisher
        self.folder = plan.folder
        self.made = 0
        self.repaired: list[str] = []
        self.rejections: dict[str, tuple[str, str]] = {}
        self.entries: list[Entry] = []
        self.luminance: tuple[float, float] | None = None

    def run(self, progress: Progress = silent) -> list[Row]:
        """Make what is missing or damaged, write the table, return its rows in the plan's order.

        Raises:
            CircumplexError: the folder holds another export, or cannot be written; no picture meets
                the conditions; no source has a face.
        """
        matched_to = claim_folder(self.folder, self._settings())
        self.luminance = self.finisher.config.luminance or matched_to
        finished = not (self.folder / JOURNAL).exists()
        done = self._verified(finished, progress)
        planned = [each for each in self.plan.stimuli if each.identity not in self.rejections]
        missing = [part for part in batches(planned) if any(s.file not in done for s in part)]
        if missing or self.repaired or not finished:
            write_journal(self.folder / JOURNAL, done.values())
        for part in progress(missing, "export", len(missing)):
            fresh = self._make(part)
            self.made += sum(e.file not in done and not e.dropped for e in fresh)
            done |= {entry.file: entry for entry in fresh}
            append_entries(self.folder / JOURNAL, fresh)  # pictures are on the disk before
        self.entries = [done[each.file] for each in self.plan.stimuli if each.file in done]
        rows = self._kept()
        if (self.folder / JOURNAL).exists():
            rows = self._matched(rows, progress)
            self._write(rows)
        return rows

    def finish(self) -> None:
        """Say that all is there; nothing is to be written after it."""
        (self.folder / JOURNAL).unlink(missing_ok=True)
        shutil.rmtree(self.folder / DRAWN, ignore_errors=True)

    def _settings(self) -> dict[str, Any]:
        explorer, norms = self.maker.explorer, self.plan.norms
        plan = "\n".join(json.dumps(asdict(stimulus)) for stimulus in self.plan.stimuli)
        return {
            "device": backend_of(explorer.generator)["device"],
            "generator": explorer.generator.digest,
            "directions": explorer.directions.digest,
            "truncation": self.maker.truncation,
            "pictures": len(self.plan.stimuli),
            "seeds": sorted({each.seed for each in self.plan.stimuli if each.seed is not None}),
            "plan": text_digest(plan),
            "conditions": [condition.text for condition in self.plan.conditions],
            "norms": None if norms is None else norms.digest,
            **(self.plan.settings or {}),
            **json.loads(json.dumps(optional_fields(explorer))),
        }

    def _verified(self, finished: bool, progress: Progress) -> dict[str, Entry]:
        """What earlier runs made and is still what it was."""
        changed = self._changed() if finished else []
        known = not {f"{TABLE}.parquet", DROPPED, REJECTED, CHECKSUMS} & set(changed)
        rows = self._finished() if known else iter(())
        earlier = list(rows if finished else read_journal(self.folder / JOURNAL))
        planned = {stimulus.file for stimulus in self.plan.stimuli}
        whole = {
            entry.file: entry
            for entry in progress(earlier, "verify", len(earlier))
            if entry.file in planned
            and (entry.dropped or _is_file(self._place(entry.file, finished), entry.row["sha256"]))
        }
        if finished:
            self.repaired = [*changed, *(e.file for e in earlier if e.file not in whole)]
            if self.repaired and self.finisher.config.matches:
                return {}  # what each was matched to is gone
        return whole

    def _changed(self) -> list[str]:
        """Files beside the pictures of a finished export that are not as it wrote them, but for
        those that its authors complete."""
        try:
            listed = read_checksums(self.folder)
        except CircumplexError:
            return [CHECKSUMS]
        return [
            name
            for name, digest in listed.items()
            if not name.startswith("images/")
            and name not in _COMPLETED
            and not _is_file(self.folder / name, digest)
        ]

    def _finished(self) -> Iterator[Entry]:
        """What the tables of a finished export hold."""
        if (self.folder / REJECTED).is_file():
            for row in text_rows(self.folder / REJECTED):
                self.rejections[str(row["identity"])] = str(row["source"]), str(row["reason"])
        if (self.folder / DROPPED).is_file():
            for row in text_rows(self.folder / DROPPED):
                yield Entry(row, tuple(json.loads(row["conditions"] or "[]")))
        for row in table_rows(self.folder / f"{TABLE}.parquet"):
            yield Entry(row)

    def _place(self, file: str, finished: bool) -> Path:
        """Where a picture lies, or its face before it is matched."""
        if finished or not self.finisher.config.matches:
            return self.folder / file
        return self.folder / DRAWN / f"{Path(file).stem}.png"

    def _make(self, part: Sequence[Stimulus]) -> list[Entry]:
        """Make, read and judge the pictures of one face, and write those that are kept."""
        first = part[0]
        if first.identity in self.rejections:
            return []
        try:
            made = self.maker.make(part)
        except CircumplexError as error:
            if first.seed is not None:
                raise
            self.rejections[first.identity] = first.source, " ".join(str(error).split())
            return []
        drawn = [self._draw(stimulus, each) for stimulus, each in zip(part, made, strict=True)]
        table = typed_table([row for row, _ in drawn], self.plan.columns)
        unmet = {c.text: ~c.holds(table).to_numpy() for c in self.plan.conditions}
        entries = []
        for k, (row, data) in enumerate(drawn):
            entry = Entry(row, tuple(text for text, fails in unmet.items() if fails[k]))
            if not entry.dropped:
                write_bytes(self._place(entry.file, finished=False), data)
            entries.append(entry)
        return entries

    def _draw(self, stimulus: Stimulus, made: Made) -> tuple[Row, bytes]:
        """The row and the bytes of a picture; where it is to be matched, of the face as drawn."""
        if self.finisher.config.matches:
            image = self.finisher.resize(made.image)
            data = picture_bytes(made.image, made.recipe.to_dict(), "png")
            row = made.row | {**self.finisher.measure(image), "sha256": bytes_digest(data)}
        else:
            row, data = self._finish(made.row, made.recipe, made.image, self._matched_alone(made))
        if self.plan.norms is not None:
            final = None if self.finisher.config.matches else row["sha256"]
            row = row | self.plan.norms.of(stimulus.file, final)
        return {column.name: row.get(column.name) for column in self.plan.columns}, data

    def _matched_alone(self, made: Made) -> np.ndarray | None:
        """The resized picture in the luminance asked for; None where none was."""
        target = self.finisher.config.luminance
        if target is None:
            return None
        return self.finisher.match(self.finisher.resize(made.image), target)

    def _finish(
        self, row: Row, recipe: Recipe, image: np.ndarray, matched: np.ndarray | None = None
    ) -> tuple[Row, bytes]:
        """The row and the bytes of a finished picture.

        Args:
            image: the face as drawn; matched: the resized picture after matching.
        """
        finisher, suffix = self.finisher, self.finisher.config.format
        resized = finisher.resize(image)
        shown = finisher.cover(resized if matched is None else matched)
        if finisher.config.reshapes():
            recipe = replace(recipe, finish=finisher.config.note(self.luminance))
        elif self.luminance is not None:
            recipe = replace(recipe, luminance=self.luminance, picture=picture_digest(shown))
        data = picture_bytes(shown, recipe.to_dict(), suffix)
        clipped = 0 if matched is None else finisher.count_clipped(resized, matched)
        shown = decode_pixels(data) if suffix == "jpg" else shown  # which loses a little
        measures = finisher.measure(shown, clipped)
        return row | {**measures, "sha256": bytes_digest(data)}, data

    def _kept(self) -> list[Row]:
        """The rows that meet all conditions.

        Raises:
            CircumplexError: there is none; what the export wrote is taken away again.
        """
        rows = [entry.row for entry in self.entries if not entry.dropped]
        if rows:
            return rows
        for name in (SETTINGS, JOURNAL):
            (self.folder / name).unlink(missing_ok=True)
        if not self.entries:
            source, reason = next(iter(self.rejections.values()))
            raise CircumplexError(f"{source}: {reason}")
        counts = count_dropped(self.entries, self.plan.conditions)
        said = ", ".join(f"{count} by {text}" for text, count in counts.items() if count)
        raise CircumplexError(
            f"none of {len(self.entries)} pictures meets the conditions: dropped are {said}; ask "
            "for less"
        )

    def _matched(self, rows: list[Row], progress: Progress) -> list[Row]:
        """The rows of the finished pictures, which are written where they wait to be matched."""
        config = self.finisher.config
        if not config.matches:
            return rows
        places = [self._place(row["file"], finished=False) for row in rows]
        shone: list[np.ndarray] | None = None
        if config.shine is None:
            means = np.array([(row["luminance_mean"], row["luminance_sd"]) for row in rows])
            mean, deviation = means.mean(0).round(4).tolist()
            self.luminance = mean, deviation
        else:
            resized = [self.finisher.resize(read_pixels(place)) for place in places]
            shone = match_shine(resized, config.shine, self.finisher.inside)
        finished = []
        for k, row in enumerate(progress(rows, "match", len(rows))):
            image, recipe = read_pixels(places[k]), read_recipe(places[k])
            if shone is not None:
                matched = shone[k]
            else:
                assert self.luminance is not None
                matched = self.finisher.match(self.finisher.resize(image), self.luminance)
            row, data = self._finish(row, recipe, image, matched)
            write_bytes(self.folder / row["file"], data)
            finished.append(row)
        return finished

    def _write(self, rows: list[Row]) -> None:
        """The tables, and in the settings what all were matched to."""
        write_table(self.folder, rows, self.plan.columns)
        write_settings(self.folder, self._settings(), self.luminance)
        dropped = [
            {name: entry.row[name] for name in ("file", "identity", "valence", "arousal")}
            | {"conditions": json.dumps(entry.dropped, ensure_ascii=False)}
            for entry in self.entries
            if entry.dropped
        ]
        rejected = [
            {"identity": name, "source": source, "reason": reason}
            for name, (source, reason) in self.rejections.items()
        ]
        for file, found in ((DROPPED, dropped), (REJECTED, rejected)):
            (self.folder / file).unlink(missing_ok=True)
            if found:
                write_csv(self.folder / file, found, list(found[0]))


def count_dropped(entries: Sequence[Entry], conditions: Sequence[Condition]) -> dict[str, int]:
    """How many pictures each condition dropped, 0 among them; one may be dropped by several."""
    texts = [condition.text for condition in conditions]
    return {text: sum(text in entry.dropped for entry in entries) for text in texts}


def _is_file(path: Path, digest: str) -> bool:
    return path.is_file() and file_digest(path) == digest
