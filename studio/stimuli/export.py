"""Every seed at every point, as PNG files with a table: stimuli for an experiment.

FOLDER/images/*.png    each with its recipe inside
FOLDER/table.csv       one row a picture, also as table.parquet
FOLDER/export.json     what was asked for, and with which models
FOLDER/done.jsonl      the rows finished so far; gone when the export is complete
"""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.digests import bytes_digest, file_digest, text_digest
from faces.ground.errors import CircumplexError
from faces.ground.files import read_json, write_bytes, write_json
from faces.ground.progress import Progress, silent
from faces.ground.provenance import software
from faces.ground.tables import write_both
from studio.stimuli.export_rows import (
    JOURNAL,
    TABLE,
    Row,
    Stimulus,
    append_row,
    read_rows,
    write_journal,
)
from studio.stimuli.luminance import luma_statistics, match_luma
from studio.stimuli.origin import backend_of, optional_fields, picture_fields, read_picture
from studio.stimuli.recipe import Recipe, png_bytes

if TYPE_CHECKING:
    from gan_bridge.editing.explorer import EmotionExplorer

SCHEMA, VERSION = "circumplex/export", 3
SETTINGS = "export.json"


class Export:
    """The pictures of one plan in one folder; the caller holds the folder's lock.

    Args:
        folder: where to; a folder that holds this very export is continued.
        explorer: generator and directions.
        stimuli: the plan.
        truncation: of the seeds' faces.
        match_luminance: give all pictures the same mean and standard deviation of luma.
        working: holds the models for the length of a block. One picture is a block: whoever shares
            them, such as somebody at the page, waits for a picture and not for an export.
        unread: leave the predicted values open.
    """

    def __init__(
        self,
        folder: Path,
        explorer: "EmotionExplorer",
        stimuli: list[Stimulus],
        truncation: float,
        match_luminance: bool = False,
        working: Callable[[], AbstractContextManager[object]] = nullcontext,
        unread: bool = False,
    ) -> None:
        self.folder, self.explorer, self.stimuli = folder, explorer, stimuli
        self.truncation, self.match_luminance = truncation, match_luminance
        self.working, self.unread = working, unread
        self.directions = explorer.directions.digest
        self.luminance: tuple[float, float] | None = None
        self.made = 0

    def run(self, progress: Progress = silent) -> list[Row]:
        """Make what is missing or damaged, write the table, return its rows in the plan's order.

        Raises:
            CircumplexError: the folder holds another export, or cannot be written.
        """
        self._claim(progress)
        self._sweep()
        done = self._verified(progress)
        journal = self.folder / JOURNAL
        write_journal(journal, done.values())
        missing = [stimulus for stimulus in self.stimuli if stimulus.file not in done]
        for stimulus in progress(missing, "export", len(missing)):
            row = self._make(stimulus)
            self.made += 1
            done[row.file] = row
            append_row(journal, row)  # the picture is on the disk before its row is
        rows = [done[stimulus.file] for stimulus in self.stimuli]
        write_both(self.folder / TABLE, [asdict(row) for row in rows])
        journal.unlink()
        return rows

    def _claim(self, progress: Progress) -> None:
        """Write the settings, or check that the folder's are the same."""
        path = self.folder / SETTINGS
        settings = self._settings()
        if path.exists():
            found = read_json(path)
            if not isinstance(found, dict) or found.get("schema") != SCHEMA:
                raise CircumplexError(f"{path} is no list of an export's settings; remove it")
            if any(found.get(name) != settings[name] for name in ("version", "software")):
                raise CircumplexError(
                    f"{self.folder} holds an export of {found.get('software')}, whose pictures may "
                    "differ in rounding; finish it with that version or choose another folder"
                )
            luminance = found.pop("luminance", None)
            for name in (*settings, *found):
                if found.get(name) != settings.get(name):
                    raise CircumplexError(
                        f"{self.folder} holds another export: its {name} is not this one's; "
                        "choose another folder or remove it"
                    )
            self.luminance = tuple(luminance) if luminance else None
            return
        for found in (self.folder / "images", *sorted(self.folder.glob(f"{TABLE}.*"))):
            if found.exists():
                raise CircumplexError(
                    f"{self.folder} already has {found.name} but no {SETTINGS}; choose another"
                )
        if self.match_luminance:
            self.luminance = self._mean_luminance(progress)
        write_json(path, settings | {"luminance": self.luminance})

    def _sweep(self) -> None:
        """Remove what a killed export left half written: the lock is ours, nobody writes it."""
        for folder in (self.folder, self.folder / "images"):
            for stray in folder.glob(".*.partial*"):
                stray.unlink(missing_ok=True)

    def _settings(self) -> dict[str, Any]:
        plan = "\n".join(json.dumps(asdict(stimulus)) for stimulus in self.stimuli)
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "software": software(),
            "device": backend_of(self.explorer.generator)["device"],
            "generator": self.explorer.generator.digest,
            "directions": self.directions,
            "truncation": self.truncation,
            "match_luminance": self.match_luminance,
            "unread": self.unread,
            "pictures": len(self.stimuli),
            "seeds": sorted({stimulus.seed for stimulus in self.stimuli}),
            "plan": text_digest(plan),
            **json.loads(json.dumps(optional_fields(self.explorer))),
        }

    def _mean_luminance(self, progress: Progress) -> tuple[float, float]:
        """The target of matching: the set's mean of means and mean of standard deviations."""
        statistics = [
            luma_statistics(self._picture(stimulus)[1])
            for stimulus in progress(self.stimuli, "measure luminance", len(self.stimuli))
        ]
        mean, deviation = np.mean(statistics, axis=0)
        return round(float(mean), 4), round(float(deviation), 4)

    def _picture(self, stimulus: Stimulus) -> tuple[np.ndarray, np.ndarray]:
        """The latent after the edit (1, L, W), and its picture."""
        with self.working():
            start = self.explorer.latent(stimulus.seed, self.truncation)
            w = self.explorer.move(start, stimulus.valence, stimulus.arousal)
            return w, self.explorer.generator.synthesize(w)[0]

    def _make(self, stimulus: Stimulus) -> Row:
        w, image = self._picture(stimulus)
        if self.luminance is not None:
            image = match_luma(image, *self.luminance)
        data = png_bytes(image, self._recipe(stimulus, w, image).to_dict())
        write_bytes(self.folder / stimulus.file, data)
        reading: tuple[float | None, float | None] = (None, None)
        if not self.unread:
            with self.working():
                reading = read_picture(self.explorer, image) or reading
        valence, arousal = (None if value is None else round(value, 6) for value in reading)
        mean, deviation = luma_statistics(image)
        digest = bytes_digest(data)
        request = np.array([[stimulus.valence, stimulus.arousal]])
        aimed = self.explorer.aim(request)[0].round(6).tolist()
        return Row(
            **asdict(stimulus),
            aimed_valence=aimed[0],
            aimed_arousal=aimed[1],
            reached=bool(self.explorer.covers(request)[0]),
            predicted_valence=valence,
            predicted_arousal=arousal,
            luminance_mean=round(mean, 4),
            luminance_sd=round(deviation, 4),
            sha256=digest,
        )

    def _recipe(self, stimulus: Stimulus, w: np.ndarray, image: np.ndarray) -> Recipe:
        return Recipe(
            generator=self.explorer.generator.digest,
            directions=self.directions,
            seed=stimulus.seed,
            latent=None,
            valence=stimulus.valence,
            arousal=stimulus.arousal,
            truncation=self.truncation,
            luminance=self.luminance,
            software=software(),
            **optional_fields(self.explorer),
            **picture_fields(self.explorer, w, image),
        )

    def _verified(self, progress: Progress) -> dict[str, Row]:
        """Rows of earlier runs whose files are still what they were."""
        planned = {stimulus.file for stimulus in self.stimuli}
        earlier = [row for row in read_rows(self.folder) if row.file in planned]
        return {
            row.file: row
            for row in progress(earlier, "verify", len(earlier))
            if (self.folder / row.file).is_file()
            and file_digest(self.folder / row.file) == row.sha256
        }
