"""Reading faces beside MediaPipe's landmarker called a picture at a time, from start to end."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from faces.ground.progress import Progress, silent
from studio.bench.children import Usage, measure
from studio.bench.pictures import bench_pictures

_SETS = 100_000

_OURS = """
import sys
from pathlib import Path
from studio.engine import Engine
from studio.workflows import measure
if __name__ == "__main__":
    folder, out, processes = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    request = measure.MeasureRequest((folder,), features=out, pixel=None, processes=processes)
    measure.run(request, Engine("cpu"))
"""
_THEIRS = """
import sys
from pathlib import Path
import mediapipe, numpy
from mediapipe.tasks.python import BaseOptions
from mediapipe.tasks.python.vision import FaceLandmarker, FaceLandmarkerOptions
from PIL import Image
options = FaceLandmarkerOptions(BaseOptions(model_asset_path=sys.argv[2]),
    output_face_blendshapes=True, output_facial_transformation_matrixes=True)
with FaceLandmarker.create_from_options(options) as landmarker:
    for path in sorted(Path(sys.argv[1]).iterdir()):
        pixels = numpy.array(Image.open(path).convert("RGB"))
        landmarker.detect(mediapipe.Image(mediapipe.ImageFormat.SRGB, pixels))
"""


def readers(images: Path, count: int, progress: Progress = silent) -> dict[str, Any]:
    """Pictures a second of whole processes, less their start, ours with two workers.

    The start is what the same process takes for one picture. The peer reads each picture as it is,
    in one process, and looks once; ours looks again where nothing is found, and reads action units,
    pose and the 53 features.

    Raises:
        CircumplexError: the folder holds no pictures.
    """
    from faces.readers import landmarker_file

    files = bench_pictures(images, count, least=2)
    model = str(landmarker_file())
    usage: dict[str, Usage] = {}
    with tempfile.TemporaryDirectory() as place:
        folders = {"one": files[:1], "all": files}
        for name, chosen in folders.items():
            (Path(place) / name).mkdir()
            for number, file in enumerate(chosen):
                shutil.copy(file, Path(place) / name / f"{number:06d}{file.suffix}")
        for name in progress(("one", "all"), "readers", 2):
            folder, out = str(Path(place) / name), str(Path(place) / f"{name}.read")
            usage[f"ours {name}"] = measure(_OURS, folder, out, "2")
            usage[f"theirs {name}"] = measure(_THEIRS, folder, model)
    ours = (len(files) - 1) / (usage["ours all"].seconds - usage["ours one"].seconds)
    theirs = (len(files) - 1) / (usage["theirs all"].seconds - usage["theirs one"].seconds)
    return {
        "pictures": len(files),
        "circumplex, two processes, faces/s": round(ours, 1),
        "landmarker alone, one process, faces/s": round(theirs, 1),
        "ratio": round(ours / theirs, 2),
        "start, circumplex, seconds": round(usage["ours one"].seconds, 2),
        f"53 features of {_SETS} faces, seconds": round(_features(), 2),
    }


def _features() -> float:
    import time

    from faces import geometric_features

    points = np.random.default_rng(0).random((_SETS, 478, 3), dtype=np.float32)
    start = time.perf_counter()
    geometric_features(points)
    return time.perf_counter() - start
