"""A face set's identity is the same on every machine; its integrity is of the bytes here."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as parquet
import pytest

from faces.ground.errors import CircumplexError
from faces.ground.files import read_json, write_json
from faces.sets import FaceSet, PrepareConfig, load_faceset, prepare, preparing
from faces.sets.fingerprint import faceset_identity

CONFIG = PrepareConfig(size=32, detector="none", align="box", val_fraction=0.5)
SOUGHT = PrepareConfig(size=32)


def folders(root: Path, crops: list[Path]) -> Path:
    """Class folders of some faces."""
    for number, crop in enumerate(crops):
        target = root / ("happy", "sad")[number % 2] / f"{number}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(crop, target)
    return root


@pytest.fixture
def made(crops: list[Path], tmp_path: Path) -> Path:
    prepare(folders(tmp_path / "source", crops[:12]), tmp_path / "set", CONFIG)
    return tmp_path / "set"


def as_version_1(folder: Path) -> str:
    """Rewrite faceset.json as version 1 had it; returns its digest."""
    info = read_json(folder / "faceset.json")
    digest = info.pop("integrity")
    del info["identity"]
    write_json(folder / "faceset.json", info | {"version": 1, "digest": digest, "plan": "ab" * 32})
    return digest


def test_another_machines_rounding_and_writer_leave_the_identity(crops, tmp_path) -> None:
    table = tmp_path / "faces.csv"
    rows = [{"path": str(crop), "valence": 0.1 * k, "arousal": 0.2} for k, crop in enumerate(crops)]
    pd.DataFrame(rows[:6]).to_csv(table, index=False)
    prepare(table, tmp_path / "set", SOUGHT)
    ours = load_faceset(tmp_path / "set")
    shutil.copytree(ours.folder, tmp_path / "theirs")
    info = read_json(tmp_path / "theirs" / "faceset.json")
    manifest = ours.manifest()
    for name in ("box_left", "nose_x", "confidence", "yaw"):
        manifest[name] = np.nextafter(manifest[name].to_numpy(), np.float32(1e9))
    manifest.to_parquet(tmp_path / "theirs" / "manifest.parquet", compression="gzip")
    theirs = FaceSet(tmp_path / "theirs", {k: v for k, v in info.items() if k != "identity"})
    assert theirs.identity == ours.identity
    with pytest.raises(CircumplexError, match="was changed since it was prepared"):
        theirs.verify()
    ours.verify()


def test_pictures_labels_split_settings_and_order_decide(made: Path) -> None:
    faces = load_faceset(made)
    manifest, settings = faces.manifest(), faces.info["settings"]
    assert faceset_identity(manifest, settings) == faces.identity
    others = [
        manifest.assign(**{name: [value, *manifest[name][1:]]})
        for name, value in {
            "digest": "0" * 64, "split": "test", "valence": 0.5, "expression": "fear",
            "identity": "ann", "box_left": 1.0,
        }.items()
    ]  # fmt: skip
    names = [faceset_identity(each, settings) for each in [*others, manifest[::-1]]]
    names += [faceset_identity(manifest, settings | {"margin": 0.1}), faces.identity]
    assert len(set(names)) == len(names)


def test_a_set_of_version_1_opens_under_both_names(made: Path, tmp_path: Path) -> None:
    identity = load_faceset(made).identity
    digest = as_version_1(made)
    faces = load_faceset(made)
    assert faces.identity == identity and faces.integrity == digest
    assert faces.is_known_as(identity) and faces.is_known_as(digest)
    assert not faces.is_known_as("0" * 64) and not faces.is_known_as(None)
    faces.verify()
    stamp = (made / "faces.npy").stat().st_mtime_ns
    assert prepare(tmp_path / "source", made, CONFIG)["identity"] == identity
    assert (made / "faces.npy").stat().st_mtime_ns == stamp
    with pytest.raises(CircumplexError, match="another source or other settings"):
        prepare(tmp_path / "source", made, SOUGHT)
    (tmp_path / "source" / "happy" / "0.png").unlink()
    with pytest.raises(CircumplexError, match="another source or other settings"):
        prepare(tmp_path / "source", made, CONFIG)


def test_a_source_that_was_moved_is_the_same_source(made: Path, tmp_path: Path) -> None:
    info = read_json(made / "faceset.json")
    assert str(tmp_path) not in json.dumps(info)
    moved = (tmp_path / "source").rename(tmp_path / "elsewhere")
    assert prepare(moved, made, CONFIG) == info
    prepare(moved, tmp_path / "again", CONFIG)
    assert load_faceset(tmp_path / "again").identity == info["identity"]


def half(source: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A preparing that ends after the first four of the pictures."""

    def stopped(items, label, total=None):
        for number, item in enumerate(items):
            if number == 5:
                raise KeyboardInterrupt
            yield item

    monkeypatch.setattr(preparing, "_ROWS_PER_CHUNK", 4)
    with pytest.raises(KeyboardInterrupt):
        prepare(source, target, CONFIG, progress=stopped)


def test_half_a_set_goes_on_with_a_source_that_was_moved(crops, tmp_path, monkeypatch) -> None:
    source = folders(tmp_path / "source", crops[:12])
    half(source, tmp_path / "set", monkeypatch)
    other = folders(tmp_path / "other", crops[12:24])
    with pytest.raises(CircumplexError, match="half of a face set of another source"):
        prepare(other, tmp_path / "set", CONFIG)
    prepare(source.rename(tmp_path / "moved"), tmp_path / "set", CONFIG)
    prepare(tmp_path / "moved", tmp_path / "whole", CONFIG)
    for name in ("faces.npy", "manifest.parquet"):
        made = (tmp_path / "set" / name).read_bytes()
        assert made == (tmp_path / "whole" / name).read_bytes()
    manifest = parquet.read_table(tmp_path / "set" / "manifest.parquet", columns=["digest"])
    assert manifest.num_rows == 12


def test_half_a_set_of_another_version_is_left_to_it(crops, tmp_path, monkeypatch) -> None:
    source = folders(tmp_path / "source", crops[:12])
    half(source, tmp_path / "set", monkeypatch)
    note = tmp_path / "set" / ".parts" / "plan.json"
    write_json(note, read_json(note) | {"software": "circumplex-studio 0.0.9"})
    with pytest.raises(CircumplexError, match=r"begun by circumplex-studio 0\.0\.9, this"):
        prepare(source, tmp_path / "set", CONFIG)
    write_json(note, {"plan": "ab" * 32})  # as version 0.1.0 wrote it
    with pytest.raises(CircumplexError, match="begun by an older version"):
        prepare(source, tmp_path / "set", CONFIG)
