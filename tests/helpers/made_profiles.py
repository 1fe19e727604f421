"""ICC profiles of other colour spaces, made of their numbers (ICC.1:2001-04, three primaries)."""

import struct

#: XYZ of red, green and blue under D50, and the exponent, of Adobe RGB (1998).
WIDE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
GAMMA = 2.19921875
_WHITE = (0.9642, 1.0, 0.8249)


def _fixed(values: tuple[float, ...]) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def wide_profile() -> bytes:
    """A profile of Adobe RGB's primaries and curve."""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(GAMMA * 256))
    named = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"wide\0" + bytes(78)
    tags = {b"desc": named, b"cprt": b"text\0\0\0\0none\0"}
    for name, xyz in zip((b"wtpt", b"rXYZ", b"gXYZ", b"bXYZ"), (_WHITE, *WIDE), strict=True):
        tags[name] = b"XYZ \0\0\0\0" + _fixed(xyz)
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, body, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    sizes = struct.pack(">I4sI", start + len(body), b"none", 0x02400000)
    header = sizes + b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28) + _fixed(_WHITE)
    return header + bytes(128 - len(header)) + table + body
