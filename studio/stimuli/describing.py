"""What stands beside the pictures of an export for people: README.md, CITATION.cff, LICENSE.txt;
and for programs: croissant.json, stimuli.tsv with stimuli.json, shards/*.tar, checksums.sha256.

FOLDER/croissant.json      schema.org's description of a data set in the form of Croissant 1.0
FOLDER/stimuli.tsv         the table as BIDS has tables, its columns described in stimuli.json
FOLDER/shards/             the pictures as WebDataset has them, where shards are asked for
FOLDER/checksums.sha256    of every file: `sha256sum -c` and `circumplex verify` take it
"""

import datetime
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faces.ground.files import replacing, write_bytes, write_json
from faces.ground.provenance import software
from studio.stimuli.checksums import CHECKSUMS, write_checksums
from studio.stimuli.claiming import SETTINGS
from studio.stimuli.columns import TEXT, Column
from studio.stimuli.croissant import croissant
from studio.stimuli.description import HOME, Description
from studio.stimuli.export_rows import TABLE, Row, spell_truth, typed_table

README, CITATION, LICENCE = "README.md", "CITATION.cff", "LICENSE.txt"
CROISSANT, SIDECAR, BIDS = "croissant.json", "stimuli.json", "stimuli.tsv"
SHARDS = "shards"
DROPPED, REJECTED = "dropped.csv", "rejected.csv"
#: What an export writes beside pictures and shards, some of it where there is something to say.
_BESIDE = (
    SETTINGS, f"{TABLE}.csv", f"{TABLE}.parquet", DROPPED, REJECTED, README, CITATION, LICENCE,
    CROISSANT, SIDECAR, BIDS,
)  # fmt: skip


def describe(about: Description, shard: int | None = None) -> None:
    """Write all that stands beside the pictures and the table.

    Args:
        shard: pictures a WebDataset shard; None for no shards.
    """
    folder = about.folder
    texts = {README: _readme(about), LICENCE: f"{about.licence}\n", CITATION: _citation(about)}
    for name, text in texts.items():
        if not (folder / name).exists():  # the set's authors may have completed it
            write_bytes(folder / name, text.encode())
    _write_bids(about)
    shards = [] if shard is None else _write_shards(about, shard)
    write_json(folder / CROISSANT, croissant(about, about.columns, _today()))
    pictures = [str(row["file"]) for row in about.rows]
    beside = [name for name in _BESIDE if (folder / name).is_file()]
    write_checksums(folder, (*pictures, *beside, *shards))


def _readme(about: Description) -> str:
    lines = [f"# {about.title}", "", *(f"- {fact}" for fact in about.facts), ""]
    lines += [
        "All values are requested or model-predicted; none is a human rating, unless it was joined "
        "from a table of norms.",
        "",
        "| column | what it is | unit |",
        "|---|---|---|",
        *(f"| `{each.name}` | {each.description} | {each.unit} |" for each in about.columns),
        "",
        "What is missing is empty. pandas: `read_csv('table.csv')`; R: `read.csv('table.csv')`; "
        "PsychoPy: `table.csv` as the conditions of a loop, with `file` as the picture. A name "
        "such as 001 is a number to each of them, unless they are told: `dtype={'identity': str}`, "
        "`colClasses = c(identity = 'character')`; `table.parquet` knows it.",
        "",
        "Every picture holds its recipe: `circumplex edit again.png --recipe "
        f"{about.rows[0]['file']}` makes its face again. `circumplex verify .` checks every byte "
        f"of the export's own files, which {CHECKSUMS} lists; notes of yours beside them "
        "are left alone.",
        "",
        f"Licence: {LICENCE}. To cite: {CITATION}.",
        "",
    ]
    return "\n".join(lines)


def _citation(about: Description) -> str:
    text = [
        "cff-version: 1.2.0",
        'message: "If you use these pictures, please cite them and the software they are made of."',
        f"title: {json.dumps(about.title)}",
        "type: dataset",
        'authors: [{name: "The authors of this set of stimuli: replace by your names"}]',
        f'date-released: "{_today()}"',
        *([] if about.spdx is None else [f"license: {about.spdx}"]),
        "references:",
        "  - type: software",
        '    title: "Circumplex Studio"',
        f"    version: {software().split()[-1]}",
        '    authors: [{name: "The Circumplex Studio authors"}]',
        f"    url: {HOME}",
    ]
    if about.shine:
        text += [
            "  - type: article",
            '    title: "Controlling low-level image properties: The SHINE toolbox"',
            "    authors: [{family-names: Willenbockel, given-names: Verena}]",
            '    journal: "Behavior Research Methods"',
            "    year: 2010",
            "    doi: 10.3758/BRM.42.3.671",
            "  - type: article",
            '    title: "SHINIER: An open-source Python package for controlling low-level image '
            'properties"',
            "    authors: [{family-names: Salvas-Hébert, given-names: Mathias}]",
            '    journal: "SoftwareX"',
            "    year: 2026",
            "    doi: 10.1016/j.softx.2026.102884",
        ]
    return "\n".join(text) + "\n"


def _write_bids(about: Description) -> None:
    """The table with tabs and n/a, and a sidecar that describes its columns."""
    table = spell_truth(typed_table(about.rows, about.columns))
    table.insert(0, "stimulus_id", [Path(str(file)).stem for file in table["file"]])
    with replacing(about.folder / BIDS) as partial:
        table.to_csv(partial, sep="\t", index=False, na_rep="n/a", lineterminator="\n")
    known = [Column("stimulus_id", "Name of the picture without folder and format.", TEXT)]
    sidecar = {
        each.name: {"Description": each.description} | ({"Units": each.unit} if each.unit else {})
        for each in (*known, *about.columns)
    }
    write_json(about.folder / SIDECAR, sidecar)


def _write_shards(about: Description, size: int) -> list[str]:
    """Tar files whose members come in pairs: NAME.png and NAME.json, the row. Their paths."""
    written: list[str] = []
    for number, start in enumerate(range(0, len(about.rows), size)):
        target = about.folder / SHARDS / f"stimuli-{number:06d}.tar"
        with replacing(target) as partial, tarfile.open(partial, "w") as shard:
            for row in about.rows[start : start + size]:
                name = Path(str(row["file"])).stem
                picture = (about.folder / str(row["file"])).read_bytes()
                text = json.dumps(_plain(row), ensure_ascii=False, allow_nan=False)
                for suffix, data in ((about.suffix, picture), ("json", text.encode())):
                    member = tarfile.TarInfo(f"{name}.{suffix}")  # of no date: the same bytes
                    member.size = len(data)
                    shard.addfile(member, io.BytesIO(data))
        written.append(target.relative_to(about.folder).as_posix())
    return written


def _plain(row: Row) -> Mapping[str, Any]:
    """The row as JSON has it: what a table read back holds are numpy's numbers."""
    return {name: value.item() if hasattr(value, "item") else value for name, value in row.items()}


def list_pictures(folder: Path) -> list[str]:
    """Every picture that lies in an export, by path in it, but for what is hidden."""
    found = (path for path in (folder / "images").rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found if path.name[0] != ".")


def _today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()
