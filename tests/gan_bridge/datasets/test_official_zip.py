"""The data set zip: what is written is what is read, and nothing else is taken for one."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from faces.circumplex import EXPRESSIONS
from faces.ground.errors import CircumplexError
from faces.sets import load_faceset
from gan_bridge.datasets.official_zip import DatasetInfo, write_dataset_zip, write_images
from gan_bridge.datasets.zip_reader import DatasetZip, read_info


def faces(count: int, channels: int = 1, side: int = 16, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, channels, side, side), dtype=np.uint8)


def png(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def archive(path: Path, files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as stream:
        for name, data in files.items():
            stream.writestr(name, data)
    return path


GOOD = png(np.zeros((16, 16), np.uint8))


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    count=st.integers(1, 7),
    channels=st.sampled_from([1, 3]),
    side=st.sampled_from([4, 8, 32]),
    form=st.sampled_from(["none", "classes", "numbers"]),
    seed=st.integers(0, 99),
)
def test_what_is_written_is_read(
    tmp_path: Path, count: int, channels: int, side: int, form: str, seed: int
) -> None:
    images = faces(count, channels, side, seed)
    rng = np.random.default_rng(seed)
    labels = {
        "none": None,
        "classes": rng.integers(0, 5, count),
        "numbers": rng.normal(size=(count, 2)).astype(np.float32),
    }[form]
    written = write_images(tmp_path / "a.zip", images, labels)
    with DatasetZip(tmp_path / "a.zip") as opened:
        assert opened.info == written
        assert len(opened) == count
        np.testing.assert_array_equal(opened.read(np.arange(count)[::-1]), images[::-1])
        if labels is None:
            assert opened.labels is None
        else:
            assert opened.labels is not None
            np.testing.assert_array_equal(opened.labels, labels)
            assert opened.labels.dtype == (np.int64 if form == "classes" else np.float32)


def test_a_face_set_as_a_zip(tiny_faceset: Path, tmp_path: Path) -> None:
    faceset = load_faceset(tiny_faceset)
    rows = np.array([5, 3, 70, 11])
    steps = []

    def progress(items, label, total=None):  # type: ignore[no-untyped-def]
        for item in items:
            steps.append((label, total))
            yield item

    info = write_dataset_zip(tmp_path / "a.zip", faceset, rows, progress)
    assert steps == [("write zip", 1)]
    names = faceset.manifest(["expression"])["expression"].to_numpy()[rows]
    with DatasetZip(tmp_path / "a.zip") as opened:
        np.testing.assert_array_equal(opened.read(np.arange(4)), faceset.read(rows))
        assert [EXPRESSIONS[code] for code in opened.labels] == list(names)
    assert (info.count, info.size, info.channels, info.labels) == (4, 64, 1, 1)

    affect = write_dataset_zip(tmp_path / "b.zip", faceset, rows, labels="affect")
    assert (affect.labels, affect.classes) == (2, 0)
    with DatasetZip(tmp_path / "b.zip") as opened:
        np.testing.assert_allclose(opened.labels, faceset.labels(rows), atol=1e-6)
    assert write_dataset_zip(tmp_path / "c.zip", faceset, rows, labels="none").labels == 0


def test_the_bytes_depend_on_the_faces_alone(tmp_path: Path) -> None:
    images = faces(3, 3)
    write_images(tmp_path / "a.zip", images, [0, 1, 2])
    write_images(tmp_path / "b.zip", iter(images), np.arange(3))
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as opened:
        entries = opened.infolist()
        labels = json.loads(opened.read("dataset.json"))["labels"]
    assert [each.filename for each in entries] == [
        "00000/img00000000.png",
        "00000/img00000001.png",
        "00000/img00000002.png",
        "dataset.json",
    ]
    assert all(each.compress_type == zipfile.ZIP_STORED for each in entries)
    assert all(each.date_time == (1980, 1, 1, 0, 0, 0) for each in entries)
    assert labels == [[each.filename, row] for row, each in enumerate(entries[:3])]


@pytest.mark.parametrize(
    ("images", "labels", "said"),
    [
        (faces(2, 1, 24), None, "powers of two"),
        (faces(2, 2), None, "uint8 (1 or 3, S, S)"),
        (faces(2).astype(np.float32), None, "float32"),
        ([faces(1)[0], faces(1, 3)[0]], None, "picture 1 is"),
        (faces(0), None, "no pictures"),
        (faces(2), [1], "2 pictures and 1 labels"),
    ],
)
def test_what_is_no_data_set_is_not_written(
    tmp_path: Path, images: np.ndarray, labels: list[int] | None, said: str
) -> None:
    with pytest.raises(CircumplexError) as caught:
        write_images(tmp_path / "a.zip", images, labels)
    assert said in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_rows_and_names_that_cannot_be(tiny_faceset: Path, tmp_path: Path) -> None:
    faceset = load_faceset(tiny_faceset)
    for path, rows, options, said in (
        ("a.zip", [], {}, "no faces"),
        ("a.zip", [10**6], {}, "the rows reach"),
        ("a.zip", [-1], {}, "the rows reach"),
        ("a.tar", [0], {}, "must end in .zip"),
        ("a.zip", [0], {"labels": "mood"}, "labels is 'mood'"),
    ):
        with pytest.raises(CircumplexError, match=said):
            write_dataset_zip(tmp_path / path, faceset, np.array(rows, int), **options)
    assert not list(tmp_path.iterdir())


def bomb() -> bytes:
    """A PNG header that promises 60,000 x 60,000 pixels."""
    whole = bytearray(GOOD)
    whole[16:24] = (60_000).to_bytes(4, "big") * 2
    return bytes(whole)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "holds 0 pictures"),
        ({"dataset.json": b'{"labels": null}'}, "holds 0 pictures"),
        ({"a.png": b"GIF89a" + b"\0" * 40}, "no PNG"),
        ({"a.png": png(faces(1)[0, 0])[:150]}, "damaged"),
        ({"a.png": bomb()}, "60000 x 60000"),
        ({"a.png": GOOD, "b.exe": b"MZ"}, "'b.exe'"),
        ({"a.png": png(np.zeros((16, 24), np.uint8))}, "24 x 16"),
        ({"a.png": png(np.zeros((24, 24), np.uint8))}, "24 x 24"),
        ({"a.png": png(np.zeros((16, 16, 4), np.uint8))}, "is RGBA"),
        ({"a.png": png(np.zeros((16, 16), np.uint16))}, "grey or RGB"),
        ({"a.png": GOOD, "dataset.json": b"{"}, "dataset.json has no label"),
        ({"a.png": GOOD, "dataset.json": b'{"labels": [["b.png", 1]]}'}, "has no label"),
        ({"a.png": GOOD, "dataset.json": b'{"labels": [["a.png", "x"]]}'}, "has no label"),
        ({"a.png": GOOD, "dataset.json": b'{"labels": [["a.png", -1]]}'}, "whole numbers"),
        ({"a.png": GOOD, "dataset.json": b'{"labels": [["a.png", 0.5]]}'}, "whole numbers"),
        ({"a.png": GOOD, "dataset.json": b'{"labels": [["a.png", 1e9]]}'}, "whole numbers"),
        ({"a.png": GOOD, "dataset.json": b'{"labels": [["a.png", [NaN, 1]]]}'}, "finite"),
        ({"a.png": GOOD, "dataset.json": b'{"labels": [["a.png", [[1]]]]}'}, "classes or lists"),
        (
            {"a.png": GOOD, "b.png": GOOD, "dataset.json": b'{"labels": [["a.png", 1]]}'},
            "has no label",
        ),
        (
            {
                "a.png": GOOD,
                "b.png": GOOD,
                "dataset.json": b'{"labels": [["a.png", 1], ["b.png", [1]]]}',
            },
            "has no label",
        ),
        ({"a.png": GOOD, "dataset.json": b"[" * 100_000}, "has no label"),
    ],
)
def test_what_is_no_data_set_is_not_read(
    tmp_path: Path, files: dict[str, bytes], said: str
) -> None:
    path = archive(tmp_path / "a.zip", files)
    with pytest.raises(CircumplexError) as caught:
        read_info(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_unpacks_to_too_much_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gan_bridge.datasets.zip_reader._LARGEST_JSON", 1000)
    files = {"a.png": GOOD, "dataset.json": b" " * 100_000}
    path = archive(tmp_path / "a.zip", files, zipfile.ZIP_DEFLATED)
    with pytest.raises(CircumplexError, match="unpacks to 100000 bytes"):
        read_info(path)
    # the same archive, lying about the size
    data = path.read_bytes()
    lying = data.replace((100_000).to_bytes(4, "little"), (900).to_bytes(4, "little"))
    assert lying != data
    path.write_bytes(lying)
    with pytest.raises(CircumplexError, match=r"damaged|has no label"):
        read_info(path)


def test_pictures_of_two_forms_are_told_when_they_are_read(tmp_path: Path) -> None:
    other = png(np.zeros((32, 32), np.uint8))
    path = archive(tmp_path / "a.zip", {"a.png": GOOD, "b.png": other})
    with DatasetZip(path) as opened:
        assert opened.info == DatasetInfo(2, 16, 1)
        opened.read(np.array([0]))
        with pytest.raises(CircumplexError, match=r"b\.png is"):
            opened.read(np.array([0, 1]))


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06", b"no zip at all"])
def test_what_is_no_zip(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(CircumplexError, match="no readable zip"):
        read_info(tmp_path / "a.zip")
    with pytest.raises(CircumplexError, match="missing"):
        read_info(tmp_path / "b.zip")


@settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    at=st.floats(0, 1, exclude_max=True),
    value=st.integers(0, 255),
    keep=st.floats(0, 1),
    cut=st.booleans(),
)
def test_a_damaged_zip_is_refused_in_one_line_or_read(
    tmp_path: Path, at: float, value: int, keep: float, cut: bool
) -> None:
    data = bytearray(write_and_get(tmp_path))
    data[int(at * len(data))] = value
    path = tmp_path / "damaged.zip"
    path.write_bytes(bytes(data[: int(keep * len(data))] if cut else data))
    try:
        with DatasetZip(path) as opened:
            assert opened.read(np.arange(len(opened))).dtype == np.uint8
    except CircumplexError as error:
        assert "\n" not in str(error)


def write_and_get(folder: Path) -> bytes:
    write_images(folder / "whole.zip", faces(2, 1, 4), [0, 1])
    return (folder / "whole.zip").read_bytes()
