"""What one process finds of the package in the surroundings that it was started in.

    python elsewhere_visit.py [PICTURE ...]

`scripts/elsewhere.py` copies this file into a folder of its own and starts it there, as a user
starts a script. It opens what the package carries, makes pictures beside itself, makes each PICTURE
again by its recipe (its own, where none is named), and writes visit.json.
"""

from faces import FaceReader  # isort: skip - first: whatever lies beside this file, it is found

import contextlib
import functools
import io
import json
import locale
import os
import platform
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from faces.ground.digests import file_digest

#: The face that is drawn, and the request.
SEED, VALENCE, AROUSAL = "14", "0.5", "0.3"


def surroundings() -> dict[str, Any]:
    """What decides over a computation here, and over what a process may do."""
    import numpy as np
    import torch
    from threadpoolctl import threadpool_info

    square = np.ones((8, 8))
    assert (square @ square == 8).all()  # the first call of a kernel the processor may lack
    blas = {each.get("architecture") for each in threadpool_info() if each["user_api"] == "blas"}
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "blas": sorted(name for name in blas if name),
        "aten": torch.backends.cpu.get_cpu_capability(),
        "onednn": torch.backends.mkldnn.is_available(),
        "threads": torch.get_num_threads(),
        "encoding": sys.stdout.encoding.lower(),
        "locale": locale.setlocale(locale.LC_CTYPE),
        "home_writable": _writable(Path("~").expanduser()),
        "network": _reachable(),
        "reader": FaceReader.__module__,
    }


def _writable(folder: Path) -> bool:
    try:
        (folder / ".elsewhere").touch()
        (folder / ".elsewhere").unlink()
    except OSError:
        return False
    return True


def _reachable() -> bool:
    """Whether there is a route: nothing is sent (the address is nobody's, RFC 5737)."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
            datagram.connect(("192.0.2.1", 9))
    except OSError:
        return False
    return True


def doctor() -> dict[str, Any]:
    """`circumplex doctor --json`, which must not lack anything."""
    try:
        return _command("doctor", "--json")
    except RuntimeError as error:
        lacking = {k: v["found"] for k, v in json.loads(str(error)).items() if not v["fine"]}
        raise RuntimeError(f"lacks {lacking}") from error


def _command(*arguments: str) -> Any:
    """What a verb prints with --json; its complaint as an error."""
    from studio.cli import main

    out, complaint = _Printed(sys.stdout), _Printed(sys.stderr)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(complaint):
        code = main(arguments)
    if code != 0:
        raise RuntimeError(complaint.text().strip() or out.text().strip())
    return json.loads(out.text())


class _Printed(io.TextIOWrapper):
    """What is printed, kept in memory; it takes no more letters than the stream it stands for."""

    def __init__(self, stream: Any) -> None:
        super().__init__(io.BytesIO(), encoding=stream.encoding, errors=stream.errors)

    def text(self) -> str:
        """All of it."""
        self.flush()
        return self.buffer.getvalue().decode(self.encoding)  # type: ignore[attr-defined]


def light_demo() -> dict[str, Any]:
    """A grid and an edit, by the command line."""
    _command("grid", "tiles.png", "--seed", SEED, "-n", "3", "--plain", "--json")
    request = ("--valence", VALENCE, "--arousal", AROUSAL)
    return _command("edit", "edit.png", "--seed", SEED, *request, "--json")


def open_run(name: str) -> str:
    """A β-VAE."""
    from vae.checkpoint import load_run

    return load_run(name).digest


def open_run_directions(name: str) -> str:
    """Its directions: their digest, and the bytes that they are saved as."""
    from vae.checkpoint import load_run
    from vae.probing.directions import Directions

    found = Directions.load(name, load_run(name).digest)
    return f"{found.digest} {_saved(found, f'{name}_directions')}"


def open_training_faces(name: str) -> str:
    """The marks by which the β-VAE's training pictures are told."""
    from faces.sets.training_faces import FILE, TrainingFaces
    from vae.packaged import run_folder

    trained_on = TrainingFaces.load(run_folder(name))
    assert trained_on is not None and not trained_on.contain(["0" * 64]).any()
    return file_digest(run_folder(name) / FILE)


def open_generator(name: str) -> str:
    """A StyleGAN3."""
    from gan_bridge.generators.opening import load_generator

    return load_generator(name).digest


def open_directions(name: str) -> str:
    """The directions in w, as those of the β-VAE."""
    from vae.probing.directions import Directions

    found = Directions.load(_folder(name))
    return f"{found.digest} {_saved(found, f'{name}_directions')}"


def open_bridge(name: str) -> str:
    """bridge.json with its directions, checked against the generator."""
    from gan_bridge.bridging.artefact import Bridge
    from gan_bridge.generators.opening import load_generator

    found = Bridge.load(_folder(name))
    found.check(load_generator(name))
    return found.directions.digest


def open_calibration(name: str) -> str:
    """The editor or calibration, as an edit opens it: checked against generator and directions."""
    from studio.engine import Engine

    found = Engine("cpu").explorer(name).calibration
    assert found is not None
    return f"{found.digest} {_saved(found, f'{name}_calibration')}"


def open_codes(name: str) -> str:
    """How the generator's latents stand for codes of the β-VAE."""
    from gan_bridge.generators.code_decoder import CODES, CodeLatents

    return _saved(CodeLatents.load(_folder(name) / CODES), f"{name}_codes")


def open_pixel_reader() -> str:
    """The network that reads pixels."""
    from faces.readers.pixels.reader import PixelReader
    from vae.checkpoint import tensors_digest

    return tensors_digest(PixelReader.load(device="cpu").network.state_dict())


def open_identity() -> str:
    """The network that tells people apart."""
    from faces.readers.identity import IdentityNetwork
    from vae.checkpoint import tensors_digest

    return tensors_digest(IdentityNetwork.load().state_dict())


def open_appearance() -> str:
    """What is read beside it: apparent age, sex, origin, and the turn of the head."""
    from faces.readers.appearance.reader import AppearanceReader

    return _saved(AppearanceReader.load(), "appearance")


def open_affect_reader() -> str:
    """The fitted reader of landmarks."""
    from faces.readers.affect.from_action_units import AffectReader

    return _saved(AffectReader.load(), "affect_reader")


def open_occlusion() -> str:
    """The network that sees which parts of a face are hidden."""
    from faces.ground.digests import tensors_digest
    from faces.sets.visibility.network import OcclusionNetwork

    return tensors_digest(OcclusionNetwork.load().arrays)


def open_landmarker() -> str:
    """MediaPipe's landmarker, which also looks at a picture."""
    import numpy as np

    from faces.readers.landmarks.landmarker import Landmarker
    from faces.readers.landmarks.model_file import landmarker_file

    with Landmarker() as opened:
        opened.read([np.full((64, 64, 3), 128, np.uint8)])
    return file_digest(landmarker_file())


#: Each bundled artefact, by the file that carries it, and what opens it and says its digest.
ARTEFACTS: dict[str, Callable[[], str]] = {
    "vae/weights/vae.safetensors": functools.partial(open_run, "bundled"),
    "vae/weights/directions.safetensors": functools.partial(open_run_directions, "bundled"),
    "vae/weights/training_faces.npy": functools.partial(open_training_faces, "bundled"),
    "vae/weights/grey/vae.safetensors": functools.partial(open_run, "grey-vae"),
    "vae/weights/grey/directions.safetensors": functools.partial(open_run_directions, "grey-vae"),
    "vae/weights/grey/training_faces.npy": functools.partial(open_training_faces, "grey-vae"),
    "gan_bridge/weights/generator.safetensors": functools.partial(open_generator, "stylegan3"),
    "gan_bridge/weights/directions.safetensors": functools.partial(open_directions, "stylegan3"),
    "gan_bridge/weights/bridge.json": functools.partial(open_bridge, "stylegan3"),
    "gan_bridge/weights/editor.safetensors": functools.partial(open_calibration, "stylegan3"),
    "gan_bridge/weights/codes.safetensors": functools.partial(open_codes, "stylegan3"),
    "gan_bridge/weights/grey/generator.safetensors": functools.partial(open_generator, "grey"),
    "gan_bridge/weights/grey/directions.safetensors": functools.partial(open_directions, "grey"),
    "gan_bridge/weights/grey/bridge.json": functools.partial(open_bridge, "grey"),
    "gan_bridge/weights/grey/calibration.safetensors": functools.partial(open_calibration, "grey"),
    "gan_bridge/weights/grey/codes.safetensors": functools.partial(open_codes, "grey"),
    "faces/weights/pixel_reader.safetensors": open_pixel_reader,
    "faces/weights/affect_reader.safetensors": open_affect_reader,
    "faces/weights/identity.safetensors": open_identity,
    "faces/weights/appearance.safetensors": open_appearance,
    "faces/weights/occlusion.safetensors": open_occlusion,
    "faces/weights/face_landmarker.task": open_landmarker,
}


def _folder(name: str) -> Path:
    """Where the artefacts of the StyleGAN3 lie."""
    from gan_bridge.generators.opening import network_path

    return network_path(name).parent


def _saved(artefact: Any, name: str) -> str:
    """SHA-256 of the bytes that an opened artefact is saved as: the same wherever it is saved."""
    path = Path("saved") / f"{name}.safetensors"
    path.parent.mkdir(exist_ok=True)
    artefact.save(path)
    return file_digest(path)


def again(picture: str, number: int) -> Any:
    """A picture made again by its recipe."""
    return _command("edit", f"again_{number}.png", "--recipe", picture, "--json")


def attempt(job: Callable[[], Any]) -> dict[str, Any]:
    """What a job gives, or the one line that it failed with."""
    try:
        return {"pass": True, "said": job()}
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what was to be found out
        return {"pass": False, "said": " ".join(f"{type(error).__name__}: {error}".split())}


def main(pictures: list[str]) -> int:
    found = {
        "surroundings": surroundings(),
        "doctor": attempt(doctor),
        "artefacts": {name: attempt(opening) for name, opening in ARTEFACTS.items()},
        "demo": attempt(light_demo),
        "recipes": [
            attempt(functools.partial(again, picture, number))
            for number, picture in enumerate(pictures or ["edit.png"])
        ],
    }
    partial = Path(f"visit.{os.getpid()}.json")
    partial.write_text(json.dumps(found), encoding="utf-8")
    partial.replace("visit.json")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
