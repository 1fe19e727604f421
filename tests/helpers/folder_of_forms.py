"""A folder as disks hold them: pictures of every form, videos, tables, archives, litter, links."""

import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
import pandas as pd
import pytest
from made_pictures import portrait
from made_videos import write_video
from PIL import Image

FRAMES = 2  # of every whole video
_FACE, _SIZE = "female_02", (240, 240)
_CONTAINERS = {
    **{"a.mp4": None, "b.MOV": None, "c.mkv": None, "d.m4v": None},
    **{"e.avi": "mpeg4", "f.ts": "mpeg2video", "g.mpg": "mpeg2video", "h.webm": "libvpx"},
}


@dataclass
class FolderOfForms:
    """The files of a folder and what a listing of them has to say.

    Attributes:
        found: pictures of a face, by their path in the folder, to what form they have.
        videos: such as show a face.
        reasons: files that show none, to (form, the beginning of the reason).
        hidden: what systems keep for themselves.
    """

    root: Path
    found: dict[str, str] = field(default_factory=dict)
    videos: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, tuple[str, str]] = field(default_factory=dict)
    hidden: dict[str, str] = field(default_factory=dict)

    @property
    def forms(self) -> set[str]:
        """The distinct forms of all files."""
        named = {form for form, _ in self.reasons.values()}
        return named | {*self.found.values(), *self.videos.values(), *self.hidden.values()}

    @property
    def names(self) -> list[str]:
        """The path of each file, once."""
        return [*self.found, *self.videos, *self.reasons, *self.hidden]


def folder_of_forms(root: Path) -> FolderOfForms:
    """Write it."""
    folder = FolderOfForms(root)
    _write_pictures(folder)
    _write_what_is_no_picture(folder)
    _write_videos(folder)
    _write_other_files(folder)
    _write_hidden(folder)
    _write_links(folder)
    return folder


def _write_pictures(folder: FolderOfForms) -> None:
    face = portrait(_FACE).resize(_SIZE)
    grey = face.convert("L")
    # an own level in a corner, so that no two files hold the same bytes
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    clear = face.convert("RGBA")
    clear.putalpha(
        Image.fromarray(
            np.where(np.arange(240)[:, None] < 20, 0, 255).astype(np.uint8).repeat(240, 1)
        )
    )
    palette = face.quantize(64)
    turned = Image.Exif()
    turned[0x0112] = 6
    on_its_side = face.rotate(90, expand=True)
    pictures: dict[str, tuple[str, Callable[[Path], Any]]] = {
        "a.jpg": ("JPEG", lambda to: face.save(to, "JPEG")),
        "b.JPEG": ("JPEG in capitals", lambda to: face.save(to, "JPEG", quality=90)),
        "c.jpe": ("JPE", lambda to: face.save(to, "JPEG", quality=91)),
        "d.jfif": ("JFIF", lambda to: face.save(to, "JPEG", quality=92)),
        "e cmyk.jpg": ("CMYK JPEG", lambda to: face.convert("CMYK").save(to, "JPEG")),
        "f turned.jpg": (
            "JPEG turned by EXIF",
            lambda to: on_its_side.save(to, "JPEG", exif=turned),
        ),
        "g progressive.jpg": (
            "progressive JPEG",
            lambda to: face.save(to, "JPEG", progressive=True),
        ),
        "h.png": ("PNG", lambda to: face.save(to)),
        "i grey.png": ("grey PNG", lambda to: grey.save(to)),
        "j 16 bits.png": ("16-bit PNG", lambda to: deep.save(to)),
        "k palette.png": (
            "palette PNG with transparency",
            lambda to: palette.save(to, transparency=0),
        ),
        "l clear.png": ("PNG with alpha", lambda to: clear.save(to)),
        "m.bmp": ("BMP", lambda to: face.save(to)),
        "n moving.gif": (
            "animated GIF",
            lambda to: face.save(to, save_all=True, append_images=[face.rotate(5)]),
        ),
        "o.webp": ("WebP", lambda to: face.save(to)),
        "p moving.webp": (
            "animated WebP",
            lambda to: face.save(to, save_all=True, append_images=[face.rotate(5)]),
        ),
        "q.tif": ("TIFF", lambda to: face.save(to)),
        "r 16 bits.tiff": ("16-bit TIFF", lambda to: deep.save(to)),
        "s.heic": ("HEIC", lambda to: _write_heic(face, to)),
        "t.avif": ("AVIF", lambda to: face.save(to)),
        "u.jp2": ("JPEG 2000", lambda to: face.save(to)),
        "v.ppm": ("PPM", lambda to: face.save(to)),
        "w.pgm": ("PGM", lambda to: grey.save(to)),
        "x png.jpg": ("PNG named JPEG", lambda to: face.save(to, "PNG", compress_level=1)),
        "y two.dots.jpg": ("name with dots", lambda to: face.save(to, quality=93)),
        "z Gesicht ä 顔 .jpg": ("name beyond ASCII", lambda to: face.save(to, quality=94)),
        f"{'long' * 60}.jpg": ("long name", lambda to: face.save(to, quality=95)),
        "folder.jpg/deep/er/a.jpg": (
            "in a folder named like a picture",
            lambda to: face.save(to, quality=96),
        ),
    }
    for name, (form, write) in pictures.items():
        place = folder.root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        write(place)
        folder.found[name] = form


def _write_heic(face: Image.Image, to: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.from_pillow(face).save(to)


def _write_what_is_no_picture(folder: FolderOfForms) -> None:
    whole = (folder.root / "a.jpg").read_bytes()
    colours = np.zeros((48, 48, 3), np.uint8)
    contents: dict[str, tuple[bytes, str, str]] = {
        "0 cut short.jpg": (whole[: len(whole) // 3], "truncated JPEG", "damaged picture"),
        "0 empty.jpg": (b"", "empty picture", "empty file"),
        "0 text.jpg": (b"not a picture at all\n" * 9, "text named JPEG", "damaged picture"),
        "0 page.png": (
            b"<!DOCTYPE html><html><body>Sign in</body></html>",
            "web page named PNG",
            "damaged picture: is a web page",
        ),
        "0 pointer.png": (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n",
            "pointer of Git LFS",
            "damaged picture: is a pointer of Git LFS",
        ),
        "0 black.png": (_png(colours), "black picture", "blank picture"),
        "0 tiny.png": (_png(colours[:8, :8]), "tiny picture", "smaller than 16 pixels"),
        "0 heic.heic": (b"\0\0\0\x18ftypheic" + b"\0" * 99, "damaged HEIC", "damaged picture"),
    }
    for name, (data, form, reason) in contents.items():
        (folder.root / name).write_bytes(data)
        folder.reasons[name] = form, reason


def _png(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def _write_videos(folder: FolderOfForms) -> None:
    frames = [np.asarray(portrait(_FACE).resize(_SIZE))] * FRAMES
    for name, codec in _CONTAINERS.items():
        write_video(folder.root / name, frames, codec=codec)
        folder.videos[name] = f"video {Path(name).suffix.lower()}"
    _write_sound(folder.root / "i sound.mp4")
    (folder.root / "j empty.mkv").touch()
    (folder.root / "k noise.mp4").write_bytes(b"something else" * 99)
    whole = (folder.root / "a.mp4").read_bytes()
    (folder.root / "l cut short.mp4").write_bytes(whole[: len(whole) // 2])
    folder.reasons |= {
        "i sound.mp4": ("sound alone", "no video stream"),
        "j empty.mkv": ("empty video", "empty file"),
        "k noise.mp4": ("noise named video", "damaged video"),
        "l cut short.mp4": ("truncated video", "damaged video"),
    }


def _write_sound(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("aac", rate=16000)
        stream.layout = "mono"
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        sound.sample_rate = 16000
        container.mux(stream.encode(sound))
        container.mux(stream.encode())


def _write_other_files(folder: FolderOfForms) -> None:
    table = pd.DataFrame({"path": ["a.jpg"], "valence": [0.5], "arousal": [0.1]})
    table.to_csv(folder.root / "1.csv", index=False)
    table.to_csv(folder.root / "1.tsv", index=False, sep="\t")
    table.to_parquet(folder.root / "1.parquet")
    np.save(folder.root / "1.npy", np.zeros(2))
    np.savez(folder.root / "1.npz", np.zeros(2))
    with zipfile.ZipFile(folder.root / "1.zip", "w") as archive:
        archive.write(folder.root / "a.jpg", "a.jpg")
    with tarfile.open(folder.root / "1.tar", "w") as tar:
        tar.add(folder.root / "a.jpg", "a.jpg")
    unread = {
        **dict.fromkeys(("1.csv", "1.tsv", "1.parquet"), "table"),
        **dict.fromkeys(("1.zip", "1.tar", "1 damaged.tar", "1.tar.gz"), "archive"),
        **dict.fromkeys(("1.cr2", "1.DNG", "1.nef"), "camera raw file"),
        **dict.fromkeys(("1.svg", "1.pdf", "1.psd", "1.jxl"), "picture of a form that is not read"),
        "1.xlsx": "spreadsheet",
        **dict.fromkeys(("1.npy", "1.npz", "1.txt", "1.json"), "no picture or video"),
        "README": "no picture or video",
    }
    for name, reason in unread.items():
        if not (folder.root / name).exists():
            (folder.root / name).write_bytes(b"something else")
        folder.reasons[name] = name.lower().removeprefix("1"), reason


def _write_hidden(folder: FolderOfForms) -> None:
    for name in (".DS_Store", "._a.jpg", "Thumbs.db", "desktop.ini", "folder.jpg/.a.png"):
        (folder.root / name).write_bytes(b"something else")
        folder.hidden[name] = "hidden file"
    (folder.root / ".thumbnails").mkdir()
    (folder.root / ".thumbnails" / "a.jpg").touch()
    folder.hidden[".thumbnails"] = "hidden folder"


def _write_links(folder: FolderOfForms) -> None:
    """Links, where they are to be had, and what may not be read, where anything may not."""
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder.root / "2 pipe.png")
        folder.reasons["2 pipe.png"] = "pipe", "neither file nor folder"
    if os.name == "nt":
        return
    beside = folder.root.with_name("beside")
    beside.mkdir()
    portrait(_FACE).resize(_SIZE).save(beside / "b.jpg", quality=97)
    for name, target, form, reason in (
        ("2 folder", beside, "linked folder", "linked folder"),
        ("2 loop", folder.root, "loop of links", "linked folder"),
        ("2 round.png", folder.root / "2 round.png", "link to itself", "link that leads nowhere"),
        ("2 gone.png", beside / "gone.png", "broken link", "link that leads nowhere"),
    ):
        (folder.root / name).symlink_to(target)
        folder.reasons[name] = form, reason
    (folder.root / "2 file.jpg").symlink_to(beside / "b.jpg")
    folder.found["2 file.jpg"] = "linked picture"
    if os.geteuid():  # whoever administers the machine may read all
        (folder.root / "2 shut.jpg").write_bytes((folder.root / "a.jpg").read_bytes())
        (folder.root / "2 shut.jpg").chmod(0)
        folder.reasons["2 shut.jpg"] = "file without read permission", "cannot be opened"
