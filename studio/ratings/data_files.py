"""Files of ratings as programs write them, brought to one form: a row an answer, cells as text.

Known are jsPsych (CSV, JSON), lab.js (CSV, JSON), PsychoPy (its wide CSV) and plain tables: long,
a row an answer, or wide, a row a rater with columns such as `face1.png_valence`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from faces.ground.content import require_content
from faces.ground.dialects import read_columns, to_numbers
from faces.ground.digests import file_digest
from faces.ground.errors import CircumplexError, first_line
from studio.ratings.scales import TARGETS

if TYPE_CHECKING:
    import pandas as pd

#: Columns of an answer, and what else each is called.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "rater": ("participant", "subject", "participant_id", "subject_id", "rater_id", "prolific_pid",
              "workerid"),
    "stimulus": ("file", "picture", "image", "item", "stimulus_file", "filename"),
    "valence": ("pleasure", "val"),
    "arousal": ("activation", "aro"),
    "affect_grid": (),
    "kind": (),
    "expected_valence": (),
    "expected_arousal": (),
    "passed": (),
    "list": (),
    "trial": ("trials.thisn",),
    "block": (),
    "rt": ("duration",),
}  # fmt: skip
#: What PsychoPy's components add to the name of their answer.
_ANSWER = r"(?:(?:slider|rating)[_ ]?)?{name}(?:[_ ]?(?:slider|rating))?(?:\.(?:response|rating))?"
_WIDE = re.compile(r"(?i)(?:(?P<stimulus>.+)[._ :](?P<target>valence|arousal)"
                   r"|(?P<target2>valence|arousal)[._ :](?P<stimulus2>.+))")  # fmt: skip

#: What stands in a stimulus' place where a column sums up others.
_SUMMARIES = ("mean", "average", "avg", "median", "sd", "std", "sum", "total", "overall")


@dataclass(frozen=True, eq=False)
class DataFile:
    """What one file holds.

    Attributes:
        path: of the file; digest: of its bytes; program: that wrote it.
        table: the columns of COLUMNS that it has, and all others by their own names, as text.
        wide: stimuli whose names were read from columns; summaries: columns that look like such and
            were left out, as they hold a mean or another summary.
    """

    path: Path
    digest: str
    program: str
    table: "pd.DataFrame"
    wide: tuple[str, ...] = ()
    summaries: tuple[str, ...] = ()


def read_data_file(path: Path, named: Mapping[str, str] | None = None) -> DataFile:
    """Read a file of any of the forms.

    Args:
        named: columns by the names of COLUMNS, for those with others.

    Raises:
        CircumplexError: unreadable, or without raters, stimuli or answers.
    """
    require_content(path)
    table = _json_rows(path) if path.suffix.lower() == ".json" else _text_table(path)
    program = _program(table)
    if program == "lab.js":
        table = _labjs_answers(table)
    table = _renamed(table, named or {}, path)
    if "affect_grid" in table:
        table = _split_grid(table)
    wide: dict[str, dict[str, str]] = {}
    summaries: list[str] = []
    if not {"stimulus", "valence", "arousal"} & set(table):
        wide, summaries = _wide_columns(table, path)
        table = _long(table, wide) if wide else table
    if "rater" not in table:
        raise CircumplexError(
            f"{path} has no column of raters; name it, such as --column rater=participant"
        )
    missing = [name for name in ("stimulus", *TARGETS) if name not in table]
    if missing:
        raise CircumplexError(
            f"{path} has no column of {' and '.join(missing)}; name it, such as "
            f"--column {missing[0]}=NAME (it has {', '.join(map(str, table.columns[:12]))})"
        )
    if program == "jsPsych" and "list" in table:
        table = table[table["list"].notna()]
    table = table.reset_index(drop=True)
    return DataFile(path, file_digest(path), program, table, tuple(wide), tuple(summaries))


def _text_table(path: Path) -> "pd.DataFrame":
    return read_columns(path, as_text=True)[0]


def _json_rows(path: Path) -> "pd.DataFrame":
    import pandas as pd

    try:
        rows = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise CircumplexError(
            f"{path} is no JSON ({first_line(error)}); export it again"
        ) from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise CircumplexError(
            f"{path} is no list of trials; export the data as jsPsych or lab.js do"
        )
    cells = [{key: _text(value) for key, value in row.items()} for row in rows]
    return pd.DataFrame(cells, dtype=object)


def _text(value: object) -> object:
    if value is None or isinstance(value, str):
        return value or None
    return json.dumps(value, ensure_ascii=False)


def _program(table: "pd.DataFrame") -> str:
    columns = set(table)
    if {"trial_type", "time_elapsed"} <= columns:
        return "jsPsych"
    if {"sender", "sender_type"} <= columns:
        return "lab.js"
    if {"psychopyVersion", "expName"} & columns:
        return "PsychoPy"
    return "table"


def _labjs_answers(table: "pd.DataFrame") -> "pd.DataFrame":
    """The rows of answers: the code of the rater stands in an earlier row of the same run."""
    table = table.copy()
    if "rater" in table:
        table["rater"] = table["rater"].groupby(_labjs_runs(table)).ffill()
    return table[table["sender"] == "Rating"]


def _labjs_runs(table: "pd.DataFrame") -> "pd.Series":
    """Numbers of the runs in a file: each begins with the consent, and the clock anew."""
    starts = table["sender"] == "Consent"
    if "time_commit" in table:
        clock = to_numbers(table["time_commit"])
        starts |= clock < clock.ffill().shift()
    return starts.cumsum()


def _renamed(table: "pd.DataFrame", named: Mapping[str, str], path: Path) -> "pd.DataFrame":
    """Columns by the names of COLUMNS: as said, else by their own, else by a usual one."""
    unknown = [column for column in named.values() if column not in table]
    if unknown:
        raise CircumplexError(f"{path} has no column {unknown[0]!r}; check --column")
    found: dict[str, str] = {}
    for name, column in named.items():
        if column in found:
            raise CircumplexError(
                f"--column gives {column!r} to {found[column]} and to {name}; give each its own"
            )
        found[column] = name
    for name, others in COLUMNS.items():
        if name in found.values() or (name in table and name not in found):
            continue
        patterns = [re.compile(_ANSWER.format(name=re.escape(each)), re.I)
                    for each in (name, *others)]  # fmt: skip
        columns = [c for p in patterns for c in map(str, table.columns) if p.fullmatch(c)]
        free = [column for column in columns if column not in found]
        if free:
            found[free[0]] = name
    clashing = [name for column, name in found.items() if name in table and name != column]
    return table.drop(columns=clashing).rename(columns=found)


def _split_grid(table: "pd.DataFrame") -> "pd.DataFrame":
    """Answers on the affect grid, "valence,arousal", as two columns."""
    parts = table["affect_grid"].astype("string").str.strip('"').str.split(",", n=1, expand=True)
    parts = parts.reindex(columns=[0, 1]).astype(object)
    return table.assign(valence=parts[0], arousal=parts[1]).drop(columns="affect_grid")


def _wide_columns(table: "pd.DataFrame", path: Path) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Columns of a wide table by stimulus and target, and those that are a summary of others."""
    places: dict[str, dict[str, str]] = {}
    summaries = []
    for column in map(str, table.columns):
        if match := _WIDE.fullmatch(column):
            stimulus = match["stimulus"] or match["stimulus2"]
            target = (match["target"] or match["target2"]).lower()
            if stimulus.lower() in _SUMMARIES:
                summaries.append(column)
                continue
            own = places.setdefault(stimulus, {})
            if target in own:
                raise CircumplexError(
                    f"{path} has {target} of {stimulus} twice: {own[target]} and {column}; keep one"
                )
            own[target] = column
    return places, summaries


def _long(table: "pd.DataFrame", places: Mapping[str, Mapping[str, str]]) -> "pd.DataFrame":
    """A wide table, a row a rater, as a row an answer."""
    import pandas as pd

    own = [name for name in table if not _WIDE.fullmatch(str(name))]
    parts = [
        table[own].assign(
            stimulus=stimulus,
            **{target: table[columns[target]] for target in TARGETS if target in columns},
        )
        for stimulus, columns in places.items()
    ]
    return pd.concat(parts, ignore_index=True)
