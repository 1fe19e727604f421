"""Archives of faces: read as folders are, damaged ones and bombs refused."""

import gzip
import io
import lzma
import shutil
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from faces.ground.errors import CircumplexError
from faces.sets import PrepareConfig, check, load_faceset, open_source, prepare
from faces.sets.sources import stores

AS_THEY_ARE = PrepareConfig(size=48, detector="none", val_fraction=0.0)


def _pixels(path: Path) -> list[np.ndarray]:
    faces = load_faceset(path)
    return list(faces.read(np.arange(len(faces)))[:, 0])


def _zip(folder: Path, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w") as opened:
        for file in sorted(folder.rglob("*")):
            opened.write(file, f"top/{file.relative_to(folder)}")


def _tar(folder: Path, archive: Path) -> None:
    with tarfile.open(archive, "w:gz" if archive.suffix == ".gz" else "w") as opened:
        opened.add(folder, "top")


@pytest.mark.parametrize("pack", [("a.zip", _zip), ("a.tar", _tar), ("a.tar.gz", _tar)])
@pytest.mark.parametrize("labelled", [False, True])
def test_folders_and_archives_of_faces(tmp_path, crops, pack, labelled):
    name, write = pack
    folder = tmp_path / "faces"
    for number, crop in enumerate(crops[:4]):
        inner = folder / (("happy", "sad")[number % 2] if labelled else "some")
        inner.mkdir(parents=True, exist_ok=True)
        shutil.copy(crop, inner / f"{number}.png")
    (folder / "readme.txt").write_text("no picture")
    write(folder, tmp_path / name)
    for path in (folder, tmp_path / name):
        source = open_source(path)
        assert source.form == ("classes" if labelled else "pictures")
        assert source.faces["path"].notna().sum() == 5
        assert source.faces["reason"].notna().sum() == 1
        assert source.faces["expression"].notna().any() == labelled
        assert not source.has_affect
        info = prepare(path, tmp_path / f"set of {path.name}", AS_THEY_ARE)
        assert info["counts"]["kept"] == 4
        assert info["counts"]["with_expression"] == (4 if labelled else 0)
    ours, packed = (_pixels(tmp_path / f"set of {each}") for each in ("faces", name))
    assert np.array_equal(ours, packed)


def test_a_set_out_of_an_archive_is_found_again_and_made_once(tmp_path, crops):
    (tmp_path / "faces").mkdir()
    for crop in crops[:3]:
        shutil.copy(crop, tmp_path / "faces")
    _zip(tmp_path / "faces", tmp_path / "a.zip")
    first = prepare(tmp_path / "a.zip", tmp_path / "set", AS_THEY_ARE)
    assert prepare(tmp_path / "a.zip", tmp_path / "set", AS_THEY_ARE) == first
    (tmp_path / "a.zip").unlink()
    shutil.copy(crops[7], tmp_path / "faces" / crops[0].name)
    _zip(tmp_path / "faces", tmp_path / "a.zip")
    with pytest.raises(CircumplexError, match="of another source"):
        prepare(tmp_path / "a.zip", tmp_path / "set", AS_THEY_ARE)


def test_a_damaged_archive_says_so(tmp_path):
    for name in ("a.zip", "a.tar"):
        (tmp_path / name).write_bytes(b"nothing of the kind" * 100)
        with pytest.raises(CircumplexError, match="no readable archive"):
            open_source(tmp_path / name)


def test_a_folder_of_nothing_but_a_damaged_archive_says_what_is_wrong(tmp_path, crops):
    (tmp_path / "train-0.tar").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(CircumplexError, match=r"train-0\.tar is no readable archive"):
        open_source(tmp_path)
    shutil.copy(crops[0], tmp_path / "0.png")
    assert open_source(tmp_path).form == "pictures"


@pytest.mark.parametrize("pack", [None, ("a.zip", _zip), ("a.tar", _tar)])
def test_hidden_files_are_named_in_folders_and_archives_alike(tmp_path, crops, pack):
    folder = tmp_path / "faces"
    for name in ("happy/1.png", "happy/.DS_Store", ".git/objects/1.png", ".git/2.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(crops[0], folder / name)
    if pack is not None:
        pack[1](folder, tmp_path / pack[0])
    faces = open_source(tmp_path / pack[0] if pack else folder).faces
    top = "top/" if pack else ""
    assert faces.set_index("path")["reason"].dropna().to_dict() == {
        f"{top}.git": "hidden folder", f"{top}happy/.DS_Store": "hidden file",
    }  # fmt: skip
    assert len(faces) == 3


def test_damaged_data_in_archives_costs_a_row_or_says_so(tmp_path, crops):
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA):
        path = tmp_path / f"{method}.zip"
        with zipfile.ZipFile(path, "w", method) as archive:
            for number in range(2):
                archive.writestr(f"{number}.png", crops[number].read_bytes())
        data = bytearray(path.read_bytes())
        data[60:120] = b"\xff" * 60
        path.write_bytes(data)
        counts = check(path, AS_THEY_ARE)
        assert (counts["kept"], counts["reasons"]) == (1, {"unreadable file": 1})
    for opener, suffix in ((gzip, "gz"), (lzma, "xz")):
        with tarfile.open(tmp_path / "a.tar", "w") as archive:
            archive.add(crops[0], "0.png")
        data = bytearray(opener.compress((tmp_path / "a.tar").read_bytes()))
        data[40:200] = b"\xff" * 160
        for name, damaged in (("a", data), ("b", data[:30])):
            (tmp_path / f"{name}.tar.{suffix}").write_bytes(damaged)
            with pytest.raises(CircumplexError, match="no readable archive"):
                open_source(tmp_path / f"{name}.tar.{suffix}")


def test_archives_that_grow_beyond_pictures_are_refused(tmp_path, crops, monkeypatch):
    monkeypatch.setattr(stores, "_ALWAYS_UNPACKED", 2**20)
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("0.png")
        member.size = 4 * 2**20
        archive.addfile(member, io.BytesIO(bytes(member.size)))
    with pytest.raises(CircumplexError, match="unpacks to more than 100 times its size"):
        open_source(tmp_path / "a.tar.gz")
    monkeypatch.setattr(stores, "MAX_FILE", 2**20)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("0.png", bytes(2 * 2**20))
        packed.writestr("1.png", crops[0].read_bytes())
    source = open_source(tmp_path / "a.zip")
    assert source.pictures.read("1.png") == crops[0].read_bytes()
    with pytest.raises(OSError, match=r"0\.png has more than 1 MiB"):
        source.pictures.read("0.png")


def test_an_archive_with_the_slashes_of_windows_keeps_its_folders(tmp_path, crops):
    with zipfile.ZipFile(tmp_path / "faces.zip", "w") as opened:
        for number, crop in enumerate(crops[:4]):
            member = zipfile.ZipInfo()
            member.filename = f"set\\{('happy', 'sad')[number % 2]}\\{number}.png"
            opened.writestr(member, crop.read_bytes())
    source = open_source(tmp_path / "faces.zip")
    assert source.form == "classes"
    assert source.faces["expression"].value_counts().to_dict() == {"happiness": 2, "sadness": 2}
    assert check(tmp_path / "faces.zip", AS_THEY_ARE)["kept"] == 4


def test_an_archive_with_a_password_is_refused_at_once(tmp_path, crops):
    with zipfile.ZipFile(tmp_path / "faces.zip", "w") as opened:
        opened.write(crops[0], "happy/0.png")
    data = bytearray((tmp_path / "faces.zip").read_bytes())
    data[data.find(b"PK\x01\x02") + 8] |= 1  # the flag of encryption in the directory
    (tmp_path / "faces.zip").write_bytes(data)
    with pytest.raises(CircumplexError, match="has a password; unpack it"):
        open_source(tmp_path / "faces.zip")


@pytest.mark.parametrize("name", ["faces.zip", "faces.tar"])
def test_a_pointer_in_the_place_of_an_archive_is_named(tmp_path, name):
    (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    with pytest.raises(CircumplexError, match="git lfs pull"):
        open_source(tmp_path / name)


def test_names_that_are_no_text_and_tables_are_rejected_by_name(tmp_path, crops):
    with tarfile.open(tmp_path / "faces.tar", "w", format=tarfile.GNU_FORMAT) as opened:
        opened.add(crops[0], "happy/0.png")
        opened.add(crops[1], b"happy/caf\xe9.png".decode("utf-8", "surrogateescape"))
        opened.add(crops[1], "labels.csv")
    faces = open_source(tmp_path / "faces.tar").faces.set_index("path")
    assert faces["reason"].dropna().to_dict() == {
        r"happy/caf\udce9.png": "name that is no UTF-8",
        "labels.csv": "table in an archive: unpack it",
    }
