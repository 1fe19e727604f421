"""Of a folder as disks hold them, each file is a row or a reason, and none is both or twice."""

import json
import os
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from folder_of_forms import FRAMES, FolderOfForms, folder_of_forms

from faces.sets import open_source
from faces.sets.manifest import MANIFEST, REJECTED
from studio.cli import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> FolderOfForms:
    root = tmp_path_factory.mktemp("forms") / "folder"
    root.mkdir()
    made = folder_of_forms(root)
    assert len(made.names) >= 60 and len(made.forms) >= 30
    return made


def test_measure_accounts_for_every_file(
    folder: FolderOfForms, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["measure", str(folder.root), "--json", "--processes", "1"]) == 0
    said = capsys.readouterr()
    rows = [json.loads(line) for line in said.out.splitlines()]
    names = [Path(row["path"]).relative_to(folder.root).as_posix() for row in rows]
    once = Counter([*folder.found, *folder.reasons])
    moving = Counter({name: 1 for name in folder.found if " moving" in name})  # one frame more
    assert len(moving) == 2
    assert Counter(names) == once + moving + Counter([*folder.videos] * FRAMES)
    found = {name: row["found"] for name, row in zip(names, rows, strict=True)}
    assert {name for name in found if found[name]} == {*folder.found, *folder.videos}
    told = {name: row["reason"] for name, row in zip(names, rows, strict=True)}
    for name, (_, reason) in folder.reasons.items():
        assert str(told[name]).startswith(reason), name
    left_out = Counter(folder.hidden.values())
    for reason, count in left_out.items():
        assert f"left out, {reason}: {count}\n" in said.err


def test_prepare_accounts_for_every_file(folder: FolderOfForms, tmp_path: Path) -> None:
    """Faces, or reasons: the pictures of one folder, of which videos and tables are no part."""
    target = tmp_path / "set"
    args = ["prepare", str(folder.root), str(target), "--size", "32", "--any-labels"]
    assert main(args) == 0
    kept = pd.read_parquet(target / MANIFEST)
    rejected = pd.read_parquet(target / REJECTED)
    assert Counter([*kept["path"], *rejected["path"]]) == Counter(folder.names)
    assert {*kept["path"]} == {*folder.found}
    reasons = dict(zip(rejected["path"], rejected["reason"], strict=True))
    assert all(reasons.values())
    assert {reasons[name] for name in folder.videos} == {"video"}
    assert {name: reasons[name] for name in folder.hidden} == folder.hidden


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own here")
def test_followed_links_bring_what_they_lead_to_and_no_more(folder: FolderOfForms) -> None:
    listed = open_source(folder.root, follow_links=True).faces.set_index("path")
    expected = {*folder.names, "2 folder/b.jpg"} - {"2 folder"}
    assert Counter(listed.index) == Counter(expected)
    assert listed.loc["2 loop", "reason"] == "folder that is listed already"
