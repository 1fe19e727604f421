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
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from faces.ground.digests import file_digest
from faces.ground.files import replacing, write_bytes, write_json
from faces.ground.provenance import software
from studio.stimuli.columns import TEXT, Column, describe_columns
from studio.stimuli.croissant import croissant
from studio.stimuli.description import HOME, Description
from studio.stimuli.export_rows import TABLE, Row, read_table, spell_truth

README, CITATION, LICENCE = "README.md", "CITATION.cff", "LICENSE.txt"
CROISSANT, SIDECAR, BIDS = "croissant.json", "stimuli.json", "stimuli.tsv"
CHECKSUMS, SHARDS = "checksums.sha256", "shards"
#: Files that say nothing of the export, or cannot hold their own digest.
UNLISTED = frozenset((CHECKSUMS, ".lock"))


def describe(about: Description, shard: int | None = None) -> None:
    """Write all that stands beside the pictures and the table.

    Args:
        shard: pictures a WebDataset shard; None for no shards.
    """
    folder, columns = about.folder, describe_columns(about.columns)
    write_bytes(folder / README, _readme(about, columns).encode())
    write_bytes(folder / LICENCE, (about.licence + "\n").encode())
    write_bytes(folder / CITATION, _citation(about).encode())
    _write_bids(about, columns)
    if shard is not None:
        _write_shards(about, shard)
    write_json(folder / CROISSANT, croissant(about, columns, _today()))
    _write_checksums(folder)


def _readme(about: Description, columns: Sequence[Column]) -> str:
    lines = [f"# {about.title}", "", *(f"- {fact}" for fact in about.facts), ""]
    lines += [
        "All values are requested or model-predicted; none is a human rating, unless it was joined "
        "from a table of norms.",
        "",
        "| column | what it is | unit |",
        "|---|---|---|",
        *(f"| `{each.name}` | {each.description} | {each.unit} |" for each in columns),
        "",
        "What is missing is empty. pandas: `read_csv('table.csv')`; R: `read.csv('table.csv')`; "
        "PsychoPy: `table.csv` as the conditions of a loop, with `file` as the picture.",
        "",
        "Every picture holds its recipe: `circumplex edit again.png --recipe "
        f"{about.rows[0]['file']}` makes its face again. `circumplex verify .` checks every byte.",
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


def _write_bids(about: Description, columns: Sequence[Column]) -> None:
    """The table with tabs and n/a, and a sidecar that describes its columns."""
    table = spell_truth(read_table(about.folder / f"{TABLE}.csv"))
    table.insert(0, "stimulus_id", [Path(str(file)).stem for file in table["file"]])
    with replacing(about.folder / BIDS) as partial:
        table.to_csv(partial, sep="\t", index=False, na_rep="n/a", lineterminator="\n")
    known = [Column("stimulus_id", "Name of the picture without folder and format.", TEXT)]
    sidecar = {
        each.name: {"Description": each.description} | ({"Units": each.unit} if each.unit else {})
        for each in (*known, *columns)
    }
    write_json(about.folder / SIDECAR, sidecar)


def _write_shards(about: Description, size: int) -> None:
    """Tar files whose members come in pairs: NAME.png and NAME.json, the row."""
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


def _plain(row: Row) -> Mapping[str, Any]:
    """The row as JSON has it: what a table read back holds are numpy's numbers."""
    return {name: value.item() if hasattr(value, "item") else value for name, value in row.items()}


def _write_checksums(folder: Path) -> None:
    lines = [f"{file_digest(folder / name)}  {name}\n" for name in list_files(folder)]
    write_bytes(folder / CHECKSUMS, "".join(lines).encode())


def list_files(folder: Path) -> list[str]:
    """Every file of an export but for what is hidden and the list of checksums, by path in it."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(
        path.as_posix()
        for path in paths
        if path.as_posix() not in UNLISTED and not any(p.startswith(".") for p in path.parts)
        and path.name != "done.jsonl"
    )  # fmt: skip


def _today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()
