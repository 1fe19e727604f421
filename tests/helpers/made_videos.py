"""Short videos for tests."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import imageio_ffmpeg
import numpy as np


def write_video(path: Path, frames: Sequence[np.ndarray], rate: int = 25) -> Path:
    """Write frames, uint8 (H, W, 3) RGB with even sides; the ending chooses the container."""
    height, width = frames[0].shape[:2]
    form = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(rate)]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *form, "-i", "-"]
    data = np.stack(frames).tobytes()
    subprocess.run([*command, "-pix_fmt", "yuv420p", str(path)], input=data, check=True)
    return path
