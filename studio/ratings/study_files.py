"""A study as files: one folder that jsPsych, lab.js and PsychoPy run.

OUT/index.html, study.js, rating.js, rating.css, jspsych/    open index.html in a browser: jsPsych
OUT/labjs.study.json                                        opened by lab.js' builder
OUT/psychopy/list_0001.csv, …, lists.csv                    conditions of PsychoPy's loops
OUT/consent.html                                            to be filled in
OUT/stimuli/, stimuli.csv                                   the pictures, and what is known of them
OUT/design.json                                             config, digest of the pictures, counts
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faces.ground.digests import json_digest
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema, read_json, write_bytes, write_json
from faces.ground.progress import Progress, silent
from faces.ground.provenance import software
from faces.ground.tables import write_csv
from studio.ratings.designs import INSTRUCTED, StudyConfig, Trial, neighbours_alike
from studio.ratings.form_text import answer_form, guide, instruction
from studio.ratings.labjs import labjs_study
from studio.ratings.scales import SCALES
from studio.ratings.stimuli import Stimuli

if TYPE_CHECKING:
    import pandas as pd

SCHEMA, VERSION = "circumplex/rating-study", 1
DESIGN, STIMULI_TABLE = "design.json", "stimuli.csv"
PICTURES, CONDITIONS, LABJS = "stimuli", "psychopy", "labjs.study.json"
LISTS = "lists.csv"
#: What every row of a list says, in each program.
FIELDS = (
    "list",
    "trial",
    "block",
    "kind",
    "stimulus",
    "picture",
    "instruction",
    "expected_valence",
    "expected_arousal",
)
_FORMS = ("index.html", "rating.js", "rating.css", "consent.html")
_VENDORED = ("jspsych.js", "LICENSE")


def write_study(
    folder: Path,
    stimuli: Stimuli,
    lists: Sequence[Sequence[Trial]],
    config: StudyConfig,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Write a study into a folder; design.json, which is returned, is written last.

    Raises:
        CircumplexError: the folder cannot be written.
    """
    scale = SCALES[config.scale]
    _copy_pictures(folder, stimuli, progress)
    names = [str(file) for file in stimuli.table["file"]]
    rows = [_rows(number, trials, names, config) for number, trials in enumerate(lists, 1)]
    design = _design(stimuli, lists, config)
    _write_browser_form(folder, rows, config, design["digest"])
    for name in _FORMS:
        write_bytes(folder / name, _packaged("forms", name))
    for name in _VENDORED:
        write_bytes(folder / "jspsych" / name, _packaged("jspsych", name))
    _write_conditions(folder / CONDITIONS, rows)
    pictures = {name: folder / PICTURES / name for name in names}
    write_json(folder / LABJS, labjs_study(rows, scale, pictures, design["digest"]))
    stimuli.table.to_csv(folder / STIMULI_TABLE, index=False, lineterminator="\n")
    write_json(folder / DESIGN, design)
    return design


def read_design(folder: Path) -> tuple[StudyConfig, dict[str, Any]]:
    """The config of a study, and all of its design.json.

    Raises:
        CircumplexError: the folder holds no study.
    """
    design = read_json(folder / DESIGN)
    check_schema(design, SCHEMA, VERSION, folder / DESIGN)
    return StudyConfig.from_dict(design.get("config")), design


def read_lists(folder: Path) -> "pd.DataFrame":
    """All trials of all lists of a study, a row each: FIELDS, of which `list`, `trial` and
    `expected_…` are numbers, NaN where nothing is expected.

    Raises:
        CircumplexError: a file of conditions is missing or damaged.
    """
    import pandas as pd

    from faces.ground.dialects import read_columns, to_numbers

    named = read_columns(folder / CONDITIONS / LISTS, as_text=True)[0]
    if "conditions" not in named or not len(named):
        raise CircumplexError(
            f"{folder / CONDITIONS / LISTS} names no lists; design the study anew"
        )
    parts = [read_columns(folder / name, as_text=True)[0] for name in named["conditions"].dropna()]
    lists = pd.concat(parts, ignore_index=True)
    if absent := [name for name in FIELDS if name not in lists]:
        raise CircumplexError(
            f"{folder / CONDITIONS} has no column {absent[0]!r}; design the study anew"
        )
    numbers = ("list", "trial", "expected_valence", "expected_arousal")
    return lists.assign(**{name: to_numbers(lists[name]) for name in numbers})


def _design(
    stimuli: Stimuli, lists: Sequence[Sequence[Trial]], config: StudyConfig
) -> dict[str, Any]:
    people = stimuli.table["person"].tolist()
    stated = {"config": asdict(config), "stimuli": stimuli.digest}
    shown = [trial.row for trials in lists for trial in trials if trial.kind == "rating"]
    counts = [shown.count(row) for row in range(len(people))] if len(shown) < 10**5 else None
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "software": software(),
        **stated,
        "digest": json_digest(stated)[:16],
        "pictures": len(people),
        "people": len(set(people) - {None}),
        "lists": len(lists),
        "trials": max(map(len, lists)),
        "ratings_per_picture": [min(counts), max(counts)] if counts else None,
        "neighbours_alike": sum(neighbours_alike(trials, people) for trials in lists),
    }


def _rows(
    number: int, trials: Sequence[Trial], names: Sequence[str], config: StudyConfig
) -> list[dict[str, Any]]:
    """A list as rows of FIELDS."""
    scale = SCALES[config.scale]
    return [
        {
            "list": number,
            "trial": at,
            "block": trial.block,
            "kind": trial.kind,
            "stimulus": "" if trial.row is None else names[trial.row],
            "picture": "" if trial.row is None else f"{PICTURES}/{names[trial.row]}",
            "instruction": instruction(scale, trial.expected) if trial.expected else "",
            "expected_valence": trial.expected[0] if trial.expected else "",
            "expected_arousal": trial.expected[1] if trial.expected else "",
        }
        for at, trial in enumerate(trials, 1)
    ]


def _copy_pictures(folder: Path, stimuli: Stimuli, progress: Progress) -> None:
    for file in progress(stimuli.table["file"], "pictures", len(stimuli)):
        target = folder / PICTURES / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(stimuli.folder / file, target)


def _write_browser_form(
    folder: Path, rows: list[list[dict[str, Any]]], config: StudyConfig, digest: str
) -> None:
    """study.js: what rating.js shows, as a script because pages on a disk cannot fetch."""
    scale = SCALES[config.scale]
    study = {
        "digest": digest,
        "scale": scale.name,
        "blocks": config.blocks,
        "guide": guide(scale),
        "form": answer_form(scale),
        "lists": [[_browser_row(row) for row in each] for each in rows],
    }
    text = json.dumps(study, ensure_ascii=False)
    write_bytes(folder / "study.js", f"const STUDY = {text};\n".encode())


def _browser_row(row: dict[str, Any]) -> dict[str, Any]:
    """What is not the same in its list, and not empty unless of an instructed trial."""
    dropped = {"list", "trial"} | (set() if row["kind"] == INSTRUCTED else {"instruction"})
    return {name: value for name, value in row.items() if name not in dropped}


def _write_conditions(folder: Path, rows: list[list[dict[str, Any]]]) -> None:
    """A file of conditions for each list, and one that names them. Paths start at the study's
    folder, as PsychoPy's do at the experiment's."""
    digits = max(4, len(str(len(rows))))
    table = []
    for number, each in enumerate(rows, 1):
        name = f"list_{number:0{digits}d}.csv"
        write_csv(folder / name, each, FIELDS)
        table.append({"list": number, "conditions": f"{CONDITIONS}/{name}", "trials": len(each)})
    write_csv(folder / LISTS, table, ("list", "conditions", "trials"))


def _packaged(*parts: str) -> bytes:
    return files("studio.ratings").joinpath(*parts).read_bytes()
