"""ICC profiles of other colour spaces, made of their numbers (ICC.1:2001-04)."""

import itertools
import struct

import numpy as np

#: XYZ of red, green and blue under D50, and the exponent, of Adobe RGB (1998).
WIDE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
GAMMA = 2.19921875
#: XYZ of sRGB's red, green and blue under D50 (IEC 61966-2-1, adapted).
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.7141))
_WHITE = (0.9642, 1.0, 0.8249)


def _fixed(values: tuple[float, ...]) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def in_wide(levels: np.ndarray) -> np.ndarray:
    """Levels of sRGB as those of Adobe RGB, by the definitions of both."""
    values = levels / 255
    light = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    there = light @ np.array(SRGB) @ np.linalg.inv(np.array(WIDE))
    return np.round(255 * there.clip(0, 1) ** (1 / GAMMA)).astype(np.uint8)


def wide_profile() -> bytes:
    """A profile of Adobe RGB's primaries and curve."""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(GAMMA * 256))
    tags = {}
    for name, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), WIDE, strict=True):
        tags[name] = b"XYZ \0\0\0\0" + _fixed(xyz)
    return _profile(b"mntrRGB XYZ ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


def table_profile(space: str) -> bytes:
    """A press's ("CMYK") or a scanner's ("RGB"), by a table from its numbers to Lab alone (lut8).

    Each ink takes four fifths of one of sRGB's primaries away, black nine tenths of all.
    """
    count = len(space)
    corners = np.array(list(itertools.product((0.0, 1.0), repeat=count)))
    light = corners
    if space == "CMYK":
        light = (1 - 0.8 * corners[:, :3]) * (1 - 0.9 * corners[:, 3:])
    ratio = light @ np.array(SRGB) / _WHITE
    root = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    x, y, z = root.T
    lab = np.stack([(116 * y - 16) * 2.55, 500 * (x - y) + 128, 200 * (y - z) + 128], -1)
    steps = bytes(range(256))
    table = b"mft1\0\0\0\0" + bytes([count, 3, 2, 0]) + _fixed((1, 0, 0, 0, 1, 0, 0, 0, 1))
    table += steps * count + lab.round().clip(0, 255).astype(np.uint8).tobytes() + steps * 3
    device = b"prtr" if space == "CMYK" else b"scnr"
    return _profile(device + space.encode().ljust(4) + b"Lab ", {b"A2B0": table})


def _profile(kind: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A file of a device's class, its colours and those it is connected by, and its tags."""
    named = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"made\0" + bytes(78)
    white = b"XYZ \0\0\0\0" + _fixed(_WHITE)
    tags = {b"desc": named, b"cprt": b"text\0\0\0\0none\0", b"wtpt": white} | tags
    table, body, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    sizes = struct.pack(">I4sI", start + len(body), b"none", 0x02400000)
    header = sizes + kind + bytes(12) + b"acsp" + bytes(28) + _fixed(_WHITE)
    return header + bytes(128 - len(header)) + table + body
