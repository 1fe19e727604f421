"""YOLO's folders: boxes of upright pictures, and what is no box."""

import io
import shutil
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from faces.sets import open_source

CASES = Path(__file__).parents[3] / "data" / "cases"


def _yolo(folder: Path, pictures: dict[str, bytes], labels: dict[str, str]) -> None:
    shutil.copy(CASES / "data.yaml", folder)
    for kind in ("images", "labels"):
        (folder / "train" / kind).mkdir(parents=True)
    for name, data in pictures.items():
        (folder / "train" / "images" / name).write_bytes(data)
    for name, text in labels.items():
        (folder / "train" / "labels" / name).write_text(text)


def _png_head(side: int) -> bytes:
    """A PNG that says to be of so many pixels a side, and holds none."""
    header = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 9) + b"IDAT" + bytes(13)


@pytest.mark.parametrize("layout", ["{split}/{kind}", "{kind}/{split}"])
def test_yolo(tmp_path, crops, layout):
    shutil.copy(CASES / "data.yaml", tmp_path)
    boxes = {"a": "4 0.5 0.5 0.5 1.0\n", "b": "0 0.2 0.2 0.1 0.1\n6 0.5 0.5 0.9 0.9\n", "c": ""}
    for number, (name, text) in enumerate(boxes.items()):
        for kind, data in (("images", crops[number].read_bytes()), ("labels", text.encode())):
            folder = tmp_path / layout.format(kind=kind, split="valid")
            folder.mkdir(parents=True, exist_ok=True)
            suffix = ".png" if kind == "images" else ".txt"
            (folder / f"{name}{suffix}").write_bytes(data)
    source = open_source(tmp_path)
    assert source.form == "yolo"
    faces = source.faces
    # data.yaml has them by the alphabet: 4 is happy, 6 is sad
    assert faces["expression"].tolist() == ["happiness", "sadness", None]
    assert faces["reason"].tolist() == [None, None, "no face in the label file"]
    assert faces["split"].tolist() == ["val"] * 3
    assert faces.iloc[0][["box_left", "box_top", "box_right", "box_bottom"]].tolist() == [
        12, 0, 36, 48,
    ]  # fmt: skip


def test_yolos_boxes_are_of_upright_pictures(tmp_path):
    image, turned = Image.new("RGB", (60, 40), "grey"), Image.Exif()
    turned[0x0112] = 6
    data = io.BytesIO()
    image.save(data, "JPEG", exif=turned)
    pictures = {"a.jpg": data.getvalue(), "huge.png": _png_head(20_000)}
    labels = dict.fromkeys(("a.txt", "huge.txt"), "4 0.5 0.25 0.5 0.5\n")
    _yolo(tmp_path, pictures, labels)
    faces = open_source(tmp_path).faces.set_index("path")
    box = faces.loc["train/images/a.jpg", ["box_left", "box_top", "box_right", "box_bottom"]]
    assert box.tolist() == [10, 0, 30, 30]  # of 40 x 60
    assert faces.loc["train/images/huge.png", "reason"] == "more than 64 megapixels"


def test_yolos_polygons_and_files_of_no_picture_are_rejected_by_name(tmp_path, crops):
    labels = {
        "polygon": "4 0.1 0.1 0.9 0.1 0.9 0.9 0.1 0.9\n",
        "mixed": "4 0.5 0.5 1 1\n4 0.1 0.1 0.9 0.1 0.9 0.9\n",
        "words": "happy 0.5 0.5 1 1\n",
        "nan": "nan 0.5 0.5 1 1\n",
        "good": "4 0.5 0.5 1 1\n\n",
    }
    pictures = {f"{name}.png": crops[n].read_bytes() for n, name in enumerate(labels)}
    texts = {f"{name}.txt": text for name, text in labels.items()} | {"gone.txt": "4 0 0 1 1\n"}
    _yolo(tmp_path, pictures, texts)
    (tmp_path / "README.txt").write_text("made by a program")
    faces = open_source(tmp_path).faces.set_index("path")
    assert faces["reason"].dropna().to_dict() == {
        **{f"train/images/{n}.png": "label that is no box" for n in labels if n != "good"},
        "train/labels/gone.txt": "label file without a picture",
        "README.txt": "no picture or video (.txt)",
    }
    assert faces["expression"].dropna().to_dict() == {"train/images/good.png": "happiness"}
