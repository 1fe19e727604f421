"""Pictures in every state that people's folders hold them in."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from faces.sets.pictures import Rejected, decode, suppress_pillow_warnings


def encoded(image: Image.Image, kind: str = "PNG", **settings: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **settings)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds no pixel."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    header = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + header + struct.pack(">I", 4096) + b"IDAT"


@pytest.fixture(scope="module")
def portrait(portraits):
    with Image.open(portraits / "b.jpg") as image:
        return image.convert("RGB").resize((90, 120))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"no picture at all", "damaged picture"),
        (b"<!DOCTYPE html><html>Sign in</html>", "damaged picture"),
        (png_header(20_000, 10_000), "more than 64 megapixels"),
        (png_header(9_000, 8_000), "more than 64 megapixels"),
        (png_header(10_000, 10_000), "more than 64 megapixels"),
        (png_header(100, 100), "damaged picture"),
        (encoded(Image.new("L", (15, 400))), "smaller than 16 pixels"),
    ],
    ids=["zero byte", "text", "web page", "200 MP", "72 MP", "100 MP", "header alone", "thin"],
)
def test_what_cannot_be_used_says_why(data, reason):
    with suppress_pillow_warnings(), pytest.raises(Rejected) as rejection:
        decode(data, 512)
    assert rejection.value.reason == reason


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "BMP", "GIF"])
def test_a_truncated_file_is_damaged(portrait, kind):
    whole = encoded(portrait, kind)
    with suppress_pillow_warnings(), pytest.raises(Rejected, match="damaged"):
        decode(whole[: len(whole) // 2], 512)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "PA", "RGBA", "CMYK", "1", "I;16", "I", "F"])
def test_every_mode_becomes_rgb(portrait, mode):
    grey = np.asarray(portrait.convert("L"))
    if mode in ("I;16", "I"):
        odd = Image.fromarray(grey.astype(np.uint16) * 257)
        odd = odd if mode == "I;16" else odd.convert("I")
    elif mode == "F":
        odd = Image.fromarray(grey.astype(np.float32))
    else:
        odd = portrait.convert("RGBA" if mode == "PA" else "RGB").convert(mode)
    kind = "TIFF" if mode in ("CMYK", "I", "F", "PA") else "PNG"
    if mode == "PA":
        odd, kind = portrait.quantize(64), "GIF"
    pixels = decode(encoded(odd, kind), 512).pixels
    assert pixels.shape == (120, 90, 3)
    assert pixels.dtype == np.uint8
    error = np.abs(pixels.mean(-1) - np.asarray(portrait).mean(-1))
    assert error.mean() < (130 if mode == "1" else 12)


def jpeg_of(portrait: Image.Image, width: int, height: int) -> bytes:
    """A grey photo of that many pixels; the portrait's, enlarged."""
    return encoded(portrait.convert("L").resize((width, height), Image.Resampling.NEAREST), "JPEG")


def test_a_photo_of_108_megapixels_is_decoded_at_a_reduced_scale(portrait):
    data = jpeg_of(portrait, 9_000, 12_000)
    with suppress_pillow_warnings():
        small, most = decode(data, 512), decode(data, 10**6)
        face = decode(data, 1_000, np.array([3_000.0, 4_000.0, 4_000.0, 5_000.0]))
    assert small.pixels.shape == (512, 384, 3)
    assert most.pixels.shape == (6_000, 4_500, 3) and np.allclose(most.scale, 0.5)
    assert np.allclose(small.to_source(np.array([384.0, 512.0])), [9_000, 12_000])
    upright = np.asarray(portrait.convert("L").resize((384, 512), Image.Resampling.NEAREST), float)
    assert np.abs(small.pixels[..., 0] - upright).mean() < 4
    assert face.pixels.shape == (500, 500, 3) and face.offset.tolist() == [3_000, 4_000]


def test_a_jpeg_beyond_its_limit_is_a_bomb(portrait):
    header = bytearray(encoded(portrait, "JPEG"))
    at = header.index(b"\xff\xc0") + 5
    header[at : at + 4] = struct.pack(">HH", 17_000, 16_000)
    with suppress_pillow_warnings(), pytest.raises(Rejected) as rejection:
        decode(bytes(header), 512)
    assert rejection.value.reason == "more than 256 megapixels"


@pytest.mark.parametrize("kind", ["HEIF", "AVIF", "JPEG2000"])
def test_forms_of_phones_and_scanners_are_read(portrait, kind):
    if kind == "HEIF":
        import pillow_heif

        buffer = io.BytesIO()
        pillow_heif.from_pillow(portrait).save(buffer, quality=95)
        data = buffer.getvalue()
    else:
        data = encoded(portrait, kind, **({"quality": 95} if kind == "AVIF" else {}))
    pixels = decode(data, 512).pixels
    assert pixels.shape == (120, 90, 3)
    assert np.abs(pixels.astype(float) - np.asarray(portrait)).mean() < 4
    with pytest.raises(Rejected, match="damaged"):
        decode(data[: len(data) // 2], 512)


def test_transparency_lies_on_white(portrait):
    clear = portrait.convert("RGBA")
    clear.putalpha(0)
    assert (decode(encoded(clear), 512).pixels == 255).all()


@pytest.mark.parametrize("turn", range(1, 9))
def test_exif_turns_are_undone(portrait, turn):
    transposed = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = portrait.transpose(transposed[turn]) if turn > 1 else portrait
    exif = Image.Exif()
    exif[0x0112] = turn
    picture = decode(encoded(stored, "PNG", exif=exif), 512)
    assert np.array_equal(picture.pixels, np.asarray(portrait))


def test_a_large_picture_is_reduced_and_knows_its_scale(portraits):
    data = (portraits / "a.jpg").read_bytes()
    whole, small = decode(data, 10_000), decode(data, 400)
    assert max(small.pixels.shape) == 400
    assert np.allclose(whole.scale, 1)
    size = np.array(whole.pixels.shape[1::-1])
    assert np.allclose(small.to_source(np.array(small.pixels.shape[1::-1])), size)
    by_hand = Image.fromarray(whole.pixels).resize(small.pixels.shape[1::-1], Image.Resampling.BOX)
    assert np.abs(np.asarray(by_hand, float) - small.pixels).mean() < 2


def test_a_region_is_cut_out_and_knows_its_place(portraits):
    data = (portraits / "a.jpg").read_bytes()
    whole = decode(data, 10_000)
    part = decode(data, 10_000, np.array([300.0, 500.0, 900.0, 1100.0]))
    assert np.array_equal(part.pixels, whole.pixels[500:1100, 300:900])
    assert part.from_source(np.array([301.0, 502.0])).tolist() == [1, 2]
    with pytest.raises(Rejected, match="outside"):
        decode(data, 512, np.array([5000.0, 0.0, 6000.0, 900.0]))


@pytest.mark.parametrize("kind", ["I;16", "I", "F"])
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_cameras_of_fewer_bits_than_their_files_are_not_dark(portrait, kind, bits):
    grey = np.asarray(portrait.convert("L"))
    assert grey.max() > 200
    values = np.round(grey * ((2**bits - 1) / 255))
    odd = Image.fromarray(values.astype(np.float32 if kind == "F" else np.uint16))
    data = encoded(odd.convert("I") if kind == "I" else odd, "TIFF")
    assert np.abs(decode(data, 512).pixels[..., 0].astype(int) - grey).max() <= 1


def with_sbit(png: bytes, bits: int) -> bytes:
    """A grey PNG whose header says how many of its bits count."""
    chunk = b"sBIT" + bytes([bits])
    after_header = 8 + 25
    stated = struct.pack(">I", 1) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return png[:after_header] + stated + png[after_header:]


def test_the_white_that_a_file_states_is_taken():
    """1000 in words of 16 bits: of 10 bits where nothing says otherwise."""
    dark = Image.fromarray(np.full((20, 20), 1000, np.uint16))
    png, tiff = encoded(dark), encoded(dark, "TIFF")
    assert (decode(png, 512).pixels == round(1000 / 1023 * 255)).all()
    assert (decode(tiff, 512).pixels == round(1000 / 1023 * 255)).all()
    assert (decode(with_sbit(png, 12), 512).pixels == round(1000 / 65535 * 255)).all()
    for white in (4095, 16383, 65535):
        stated = encoded(dark, "TIFF", tiffinfo={281: white})
        assert (decode(stated, 512).pixels == round(1000 / white * 255)).all()
    # the largest value of this very picture is no white
    reached = encoded(dark, "TIFF", tiffinfo={281: 1000})
    assert (decode(reached, 512).pixels == round(1000 / 1023 * 255)).all()
    grey_map = b"P5 20 20 4095\n" + np.full(400, 1000, ">u2").tobytes()
    assert (decode(grey_map, 512).pixels == round(1000 / 4095 * 255)).all()


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_dim_picture_of_16_bits_is_not_brightened(kind):
    levels = np.linspace(0, 9000, 400).round().astype(np.uint16).reshape(20, 20)
    read = decode(encoded(Image.fromarray(levels), kind), 512).pixels[..., 0]
    assert np.abs(read - levels / 257).max() <= 0.51


@pytest.mark.parametrize("white", [1, 255])
def test_floating_point_may_go_a_little_above_white(white):
    levels = np.linspace(0, 1.02, 400, dtype=np.float32).reshape(20, 20)
    read = decode(encoded(Image.fromarray(levels * white), "TIFF"), 512).pixels[..., 0]
    assert np.abs(read - (levels * 255).clip(0, 255)).max() <= 0.51


def test_a_pixel_without_a_number_costs_itself_alone(portrait):
    values = np.asarray(portrait.convert("L"), np.float32) / 255
    broken = values.copy()
    broken[0, :3] = np.nan, np.inf, -np.inf
    whole, read = (
        decode(encoded(Image.fromarray(each), "TIFF"), 512).pixels for each in (values, broken)
    )
    assert np.array_equal(whole[1:], read[1:])


def test_a_video_under_a_pictures_name_is_named():
    data = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41"
    with pytest.raises(Rejected) as rejection:
        decode(data, 512)
    assert rejection.value.detail == "a video under a picture's name; rename it"
