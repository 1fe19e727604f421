"""Finding and cropping faces beside facenet-pytorch called an image at a time."""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from faces.ground.progress import Progress, silent
from faces.sets.boxes import intersection_over_union
from studio.bench.pictures import bench_pictures

_PIXELS = 160  # facenet-pytorch's usual size; small pictures are enlarged to it for its detector


def preparing(images: Path, count: int, progress: Progress = silent) -> dict[str, Any]:
    """Faces per second of `prepare`, from files to face set, and of facenet-pytorch's MTCNN.

    The peer reads, enlarges to 160 pixels, detects and crops one picture after the other; ours
    reads the same files. The share of faces found stands beside both, and how well they agree.

    Raises:
        CircumplexError: the folder holds no pictures.
    """
    paths = bench_pictures(images, count)
    ours, found, boxes = _ours(paths, progress)
    theirs, peer_boxes = _one_at_a_time(paths, progress)
    both = sorted(set(boxes) & set(peer_boxes))
    overlap = [intersection_over_union(boxes[path], peer_boxes[path]) for path in both]
    return {
        "pictures": len(paths),
        "circumplex, faces/s": round(len(paths) / ours, 1),
        "facenet-pytorch, faces/s": round(len(paths) / theirs, 1),
        "ratio": round(theirs / ours, 2),
        "found, circumplex": round(found / len(paths), 4),
        "found, facenet-pytorch": round(len(peer_boxes) / len(paths), 4),
        "median overlap of the boxes (IoU)": round(float(np.median(overlap)), 3) if both else None,
    }


def _ours(paths: list[Path], progress: Progress) -> tuple[float, int, dict[Path, np.ndarray]]:
    import pandas as pd

    from faces.sets import PrepareConfig, load_faceset, prepare
    from faces.sets.detection import Detector

    Detector()  # both sides' libraries are loaded before their clock starts
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "faces.csv"
        pd.DataFrame({"path": [str(path.resolve()) for path in paths]}).to_csv(table, index=False)
        config = PrepareConfig(size=64, require_labels=False)
        start = time.perf_counter()
        counts = prepare(table, Path(folder) / "set", config, progress=progress)["counts"]
        seconds = time.perf_counter() - start
        faces = load_faceset(Path(folder) / "set").manifest(
            ["path", "box_left", "box_top", "box_right", "box_bottom"]
        )
    lost = sum(number for reason, number in counts["reasons"].items() if "no face" in reason)
    corners = faces.iloc[:, 1:].to_numpy(float)
    by_name = {path.name: path for path in paths}
    names = [by_name[Path(path).name] for path in faces["path"]]
    return seconds, len(paths) - lost, dict(zip(names, corners, strict=True))


def _one_at_a_time(paths: list[Path], progress: Progress) -> tuple[float, dict[Path, np.ndarray]]:
    import torch
    from facenet_pytorch import MTCNN
    from PIL import Image

    device = "cuda" if torch.cuda.is_available() else "cpu"
    detector = MTCNN(image_size=_PIXELS, device=device)
    boxes = {}
    start = time.perf_counter()
    for path in progress(paths, "facenet-pytorch", len(paths)):
        with Image.open(path) as picture:
            rgb = picture.convert("RGB")
            enlarged = rgb.resize((_PIXELS, _PIXELS), Image.Resampling.BILINEAR)
        found, _ = detector.detect(enlarged)
        if found is not None:
            detector.extract(enlarged, found, None)
            scale = np.array([rgb.width, rgb.height] * 2) / _PIXELS
            boxes[path] = found[0] * scale
    return time.perf_counter() - start, boxes
