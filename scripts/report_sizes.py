"""How small a face may be and still be found, beside MTCNN and the bare landmarker; false faces.

    python scripts/report_sizes.py PORTRAITS [PLOT] [--textures N]

PORTRAITS is a folder of pictures of one face each. Each is pasted into full-HD frames of textures
and landscapes at widths from 16 to 900 pixels, and looked for. The same textures without a face
count false ones. Written: PLOT, or docs/images/sizes.png; printed: the figures as JSON.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from faces.readers.landmarks.config import LandmarkerConfig
from faces.readers.landmarks.landmarker import Landmarker
from faces.readers.landmarks.table import Landmarks
from faces.sets.boxes import overlap
from studio.cli.terminal import show_progress

WIDTHS = (16, 22, 28, 32, 40, 56, 80, 120, 180, 240, 360, 600, 900)
FRAME = (1080, 1920)
_SMALL = (270, 480)
_FOUND = 0.5  # overlap with where the face was put

#: Boxes (N, 4) of the faces of a picture.
Find = Callable[[np.ndarray], np.ndarray]


def texture(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """A picture without a face, uint8 (H, W, 3): one of five kinds, in colour or nearly grey."""
    picture = _texture(rng, shape)
    if rng.random() < 0.5:
        return picture
    grey = picture.mean(2, keepdims=True)
    return (grey + (picture - grey) * rng.uniform(0, 0.3)).astype(np.uint8)


def _texture(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    kind = rng.integers(5)
    if kind == 0:  # noise whose spectrum falls as a power of the frequency
        return _levels(_noise(rng, shape, rng.uniform(0, 2.5)))
    if kind == 1:  # a gradient with a little grain
        down, across = np.mgrid[0 : 1 : shape[0] * 1j, 0 : 1 : shape[1] * 1j]
        slope = np.stack([a * down + b * across for a, b in rng.normal(size=(3, 2))], 2)
        return _levels(slope + rng.normal(0, 0.02, slope.shape))
    if kind == 2:
        return _shapes(rng, shape)
    if kind == 3:  # blurred noise
        rough = rng.normal(size=(*shape, 3)).astype(np.float32)
        return _levels(cv2.GaussianBlur(rough, (0, 0), float(rng.uniform(1, 12))))
    # a landscape: sky above hills, one before the other
    picture = _levels(_noise(rng, shape, 2.2)) // 4 + rng.integers(90, 190, 3, dtype=np.uint8)
    for layer in range(4):
        line = _noise(rng, (1, shape[1]), 1.6)[0, :, 0] * shape[0] * 0.08
        ground = np.arange(shape[0])[:, None] > line + shape[0] * (0.4 + 0.15 * layer)
        rough = _noise(rng, shape, 1.2) * 14
        picture = np.where(ground[..., None], rng.uniform(20, 160, 3) + rough, picture)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _noise(rng: np.random.Generator, shape: tuple[int, int], power: float) -> np.ndarray:
    """(H, W, 3) of variance 1 whose amplitudes fall as 1 / frequency ** power."""
    down, across = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None]
    frequency = np.maximum(np.hypot(down, across), 1 / max(shape))[..., None]
    white = np.fft.rfft2(rng.normal(size=(*shape, 3)), axes=(0, 1))
    noise = np.fft.irfft2(white / frequency**power, shape, axes=(0, 1))
    return (noise - noise.mean()) / noise.std()


def _levels(values: np.ndarray) -> np.ndarray:
    low, high = np.quantile(values, [0.01, 0.99])
    return np.clip((values - low) / max(high - low, 1e-9) * 255, 0, 255).astype(np.uint8)


def _shapes(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    picture = np.full((*shape, 3), rng.integers(0, 256, 3), np.uint8)
    for _ in range(int(rng.integers(10, 60))):
        colour = rng.integers(0, 256, 3).tolist()
        at = rng.integers(0, shape[1]), rng.integers(0, shape[0])
        size = [int(each) for each in rng.integers(4, shape[0] // 4, 2)]
        centre = (int(at[0]), int(at[1]))
        if rng.random() < 0.5:
            cv2.ellipse(picture, centre, size, float(rng.uniform(0, 180)), 0, 360, colour, -1)
        else:
            cv2.rectangle(picture, centre, (centre[0] + size[0], centre[1] + size[1]), colour, -1)
    return picture


def finders(landmarker: Landmarker) -> dict[str, Find]:
    """What is compared, by name."""
    import mediapipe
    from facenet_pytorch import MTCNN
    from mediapipe.tasks.python import BaseOptions
    from mediapipe.tasks.python.vision import FaceLandmarker, FaceLandmarkerOptions

    mtcnn = MTCNN()
    base = BaseOptions(model_asset_path=str(landmarker.file))
    bare = FaceLandmarker.create_from_options(FaceLandmarkerOptions(base, num_faces=8))

    def ours(picture: np.ndarray) -> np.ndarray:
        faces = landmarker.read([picture])[0]
        return _boxes([face.box for face in faces if isinstance(face, Landmarks)])

    def theirs(picture: np.ndarray) -> np.ndarray:
        boxes, _ = mtcnn.detect(Image.fromarray(picture))
        return _boxes([] if boxes is None else boxes)

    def alone(picture: np.ndarray) -> np.ndarray:
        image = mediapipe.Image(mediapipe.ImageFormat.SRGB, picture)
        points = [
            np.array([(p.x, p.y) for p in face]) * picture.shape[1::-1]
            for face in bare.detect(image).face_landmarks
        ]
        return _boxes([np.concatenate([each.min(0), each.max(0)]) for each in points])

    return {"circumplex": ours, "MTCNN": theirs, "landmarker alone": alone}


def _boxes(boxes: "list[np.ndarray] | np.ndarray") -> np.ndarray:
    return np.reshape(np.array(boxes, np.float64), (-1, 4))


def framed(
    rng: np.random.Generator, portrait: np.ndarray, box: np.ndarray, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """A frame in which a portrait's face is so many pixels wide, and the face's box there."""
    scale = width / (box[2] - box[0])
    size = np.maximum(1, np.round(np.array(portrait.shape[1::-1]) * scale)).astype(int)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    pasted = cv2.resize(portrait, tuple(size.tolist()), interpolation=way)
    frame = cv2.resize(texture(rng, _SMALL), FRAME[::-1], interpolation=cv2.INTER_CUBIC)
    # as much of the portrait as the frame holds, the face in the middle of it
    centre = (box[:2] + box[2:]) / 2 * scale
    low = np.round(np.clip(centre - np.array(FRAME[::-1]) / 2, 0, None)).astype(int)
    part = pasted[low[1] : low[1] + FRAME[0], low[0] : low[0] + FRAME[1]]
    free = np.array(FRAME) - part.shape[:2]
    top, left = (int(rng.integers(0, each + 1)) for each in free)
    frame[top : top + part.shape[0], left : left + part.shape[1]] = part
    return frame, box * scale + np.tile(np.array([left, top]) - low, 2)


def found_by_width(find: dict[str, Find], portraits: list[np.ndarray]) -> dict[str, list[float]]:
    """Share of the faces found at each of WIDTHS, by what looked for them."""
    rng = np.random.default_rng(0)
    boxes = [find["landmarker alone"](portrait) for portrait in portraits]
    usable = [(p, b[0]) for p, b in zip(portraits, boxes, strict=True) if len(b) == 1]
    shares: dict[str, list[float]] = {name: [] for name in find}
    for width in show_progress(WIDTHS, "widths", len(WIDTHS)):
        frames = [framed(rng, portrait, box, width) for portrait, box in usable]
        for name, each in find.items():
            hits = [
                any(overlap(face, box) >= _FOUND for face in each(frame)) for frame, box in frames
            ]
            shares[name].append(float(np.mean(hits)))
    return shares


def plot(shares: dict[str, list[float]], path: Path) -> None:
    """The shares as one figure."""
    from matplotlib.figure import Figure

    figure = Figure((6, 3.4), layout="constrained")
    axes = figure.subplots()
    for name, line in shares.items():
        axes.plot(WIDTHS, line, marker="o", markersize=3.5, label=name)
    axes.set_xscale("log")
    axes.set_xticks([16, 32, 80, 240, 900], ["16", "32", "80", "240", "900"])
    axes.minorticks_off()
    axes.set(xlabel="width of the face in pixels of a 1920 x 1080 frame", ylabel="found")
    axes.legend(frameon=False, loc="lower right")
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("portraits", type=Path)
    parser.add_argument("plot", type=Path, nargs="?", default=Path("docs/images/sizes.png"))
    parser.add_argument("--faces", type=int, help="at most so many portraits")
    parser.add_argument("--textures", type=int, default=500)
    given = parser.parse_args()
    files = sorted(given.portraits.glob("*.jpg"))[: given.faces]
    portraits = [np.array(Image.open(file).convert("RGB")) for file in files]
    with Landmarker(LandmarkerConfig(faces="all", confidence=False)) as landmarker:
        find = finders(landmarker)
        shares = found_by_width(find, portraits)
        plot(shares, given.plot)
        rng = np.random.default_rng(1)
        false = dict.fromkeys(find, 0)
        for _ in show_progress(range(given.textures), "textures", given.textures):
            picture = texture(rng, _SMALL)
            for name, each in find.items():
                false[name] += bool(len(each(picture)))
    false_shares = {name: count / max(given.textures, 1) for name, count in false.items()}
    print(json.dumps({"widths": WIDTHS, "found": shares, "false": false_shares}))


if __name__ == "__main__":
    main()
