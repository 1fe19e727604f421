"""The one place that holds what is loaded: generators, directions, encoded photos, the device."""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from faces.ground.digests import bytes_digest, file_digest
from faces.ground.errors import CircumplexError
from faces.ground.paths import require_path
from faces.ground.process import configure
from faces.ground.progress import Progress, silent
from studio.model_choice import DirectionsChoice, GeneratorChoice, ModelChoice
from studio.model_files import CALIBRATION, EDITOR, directions_path, report_path, stamp
from studio.picture_readers import reader_of_bridge, senses_of_editor
from studio.validation import BUNDLED, RequestError

if TYPE_CHECKING:
    import numpy as np

    from faces.readers.identity import IdentityReader
    from gan_bridge.editing.calibration import Calibration
    from gan_bridge.editing.editor import Editor
    from gan_bridge.editing.explorer import EmotionExplorer
    from gan_bridge.editing.face_senses import FaceSenses
    from gan_bridge.editing.layer_strengths import Layers
    from gan_bridge.generators.protocol import Generator
    from gan_bridge.inversion.photo_face import PhotoFace
    from vae.checkpoint import Run
    from vae.probing.factors import Factor

T = TypeVar("T")
#: A request, which says more, or the bare name or path of a generator.
Choice = str | os.PathLike[str] | GeneratorChoice
_MOST_MODELS = 12
_MOST_PHOTOS = 16


class Engine:
    """Opens models on first use, keeps the last few, and lets one thread at a time work with them.

    A file that changed on disk is opened anew. Encoded photos are kept as latents in memory, under
    the digest of their bytes; nothing is written. Making one also sets the process up (see
    `faces.ground.process`), which reaches the threads only before torch is loaded.

    Args:
        device: "auto" (CUDA where there is one, else the CPU), or what torch calls a device.
    """

    def __init__(self, device: str = "auto") -> None:
        configure()
        self._wanted = device
        self._lock = threading.RLock()
        self._models: OrderedDict[Any, Any] = OrderedDict()
        self._photos: OrderedDict[Any, Any] = OrderedDict()

    @property
    def device(self) -> str:
        """The device in use.

        Raises:
            RequestError: the machine has no such device.
        """
        return self._device(self._wanted)

    @property
    def named_device(self) -> str | None:
        """The device that was asked for, unchecked; None leaves it to whoever loads torch."""
        return None if self._wanted == "auto" else self._wanted

    def device_of(self, choice: GeneratorChoice) -> str:
        """The device that a choice wants, the engine's where it leaves that open."""
        return self._device(choice.device if choice.device != "auto" else self._wanted)

    @staticmethod
    def _device(wanted: str) -> str:
        import torch

        if wanted == "auto":
            return "cuda" if torch.cuda.is_available() else "cpu"
        try:
            torch.empty(0, device=wanted)
        except (RuntimeError, AssertionError) as error:
            raise RequestError(
                f"this machine has no device {wanted!r}; use --device cpu or auto"
            ) from error
        return wanted

    @contextmanager
    def working(self) -> Iterator[None]:
        """Hold the models for the length of the block."""
        with self._lock:
            yield

    def run(self, source: str | os.PathLike[str] = BUNDLED, device: str = "auto") -> "Run":
        """The trained β-VAE in a folder, or the bundled one; "auto" is the engine's device."""
        from vae.checkpoint import load_run, on_device
        from vae.packaged import WEIGHTS, run_folder

        source = os.fspath(source)
        device = self._device(device if device != "auto" else self._wanted)
        key = ("run", *stamp(run_folder(source) / WEIGHTS), device)
        return self._model(key, lambda: on_device(load_run(source), device))

    def generator(self, choice: Choice = BUNDLED) -> "Generator":
        """The generator of a request, or of a run's folder, a StyleGAN's file, or the bundled one.

        Raises:
            CircumplexError: it is missing or damaged, or the class does not fit it.
        """
        from gan_bridge.generators.opening import (
            generator_of_run,
            is_network,
            load_generator,
            network_path,
        )

        chosen = GeneratorChoice.of(choice)
        source, label = chosen.generator, chosen.label
        with self._lock:
            device = self.device_of(chosen)
            if is_network(source):
                file = ("generator", *stamp(network_path(source)), label, device)
                return self._model(file, lambda: load_generator(source, device, label))
            if label is not None:
                raise RequestError(f"{source} has no classes; leave out the class")
            run = self.run(source, device)
            key = ("generator", run.digest, device)
            return self._model(key, lambda: generator_of_run(run, device))

    def explorer(
        self, choice: Choice = BUNDLED, *, layers: "Layers" = None, calibration: str | None = None
    ) -> "EmotionExplorer":
        """Generator and directions together, and the calibration that lies beside these.

        Args:
            choice: a request, or the name or path of a generator.
            layers: edited by default, in the place of the choice's: a recipe has them as numbers.
            calibration: digest of the one that a recipe names, where an older one may lie beside an
                editor.

        Raises:
            CircumplexError: either is missing or they do not belong together.
        """
        from gan_bridge.bridging.artefact import EVIDENCE, Bridge
        from gan_bridge.editing.explorer import EmotionExplorer
        from gan_bridge.editing.foreign_directions import foreign_files, load_foreign_directions
        from vae.probing.directions import Directions

        chosen = ModelChoice.of(choice)
        generator = self.generator(chosen)
        layers = chosen.layers if layers is None else layers
        if files := foreign_files(chosen.directions):
            own = load_foreign_directions(files, generator)
            aimed = None if chosen.raw else self._calibration(files[0].path.parent, calibration)
            # the folder is the user's: what lies beside them may be of other directions
            if aimed is not None and not own.matches(aimed.evidence["directions"]):
                aimed = None
            return EmotionExplorer(generator, own, layers, None, *self._aimed(aimed, generator))
        path = self.directions_path(chosen)
        aimed = None if chosen.raw else self._calibration(path.parent, calibration)
        if (path.parent / EVIDENCE).is_file():
            both = ("bridge", *stamp(path), *stamp(path.parent / EVIDENCE))
            bridge = self._model(both, lambda: Bridge.load(path.parent, path.name))
            device = self.device_of(chosen)
            reader = self._model(
                ("reader", *both, device),
                lambda: reader_of_bridge(bridge, partial(self.run, device=device)),
            )
            return EmotionExplorer(
                generator, bridge, layers, reader, *self._aimed(aimed, generator)
            )
        key = ("directions", *stamp(path))
        found = self._model(key, lambda: Directions.load(path))
        # which checks that they fit
        return EmotionExplorer(generator, found, layers, None, *self._aimed(aimed, generator))

    def _calibration(self, folder: Path, digest: str | None) -> "Calibration | Editor | None":
        """The editor in a folder, or the calibration of an older one, if there is any; the one of
        that digest where both are there."""
        from gan_bridge.editing.calibration import Calibration
        from gan_bridge.editing.editor import Editor
        from gan_bridge.editing.rated_editor import load_editor

        editor, surface = folder / EDITOR, folder / CALIBRATION
        kinds: tuple[tuple[Path, Callable[[Path], Calibration | Editor]], ...] = (
            (editor, load_editor),
            (surface, Calibration.load),
        )
        found = [
            self._model((file.name, *stamp(file)), partial(load, file))
            for file, load in kinds
            if file.is_file()
        ]
        named = (each for each in found if digest is not None and each.matches(digest))
        return next(named, found[0] if found else None)

    def further_factors(self, choice: Choice = BUNDLED) -> "tuple[Factor, ...]":
        """The factors beside valence and arousal that the chosen directions have; none where there
        are no directions, or another program's, which name none."""
        from gan_bridge.editing.foreign_directions import foreign_files
        from vae.probing.directions import Directions

        chosen = DirectionsChoice.of(choice)
        try:
            if foreign_files(chosen.directions):
                return ()
            path = self.directions_path(chosen)
            directions = self._model(("directions", *stamp(path)), lambda: Directions.load(path))
        except CircumplexError:  # whoever asks for a face is told what is wrong
            return ()
        return directions.others

    def report_path(self, choice: Choice = BUNDLED) -> Path:
        """Where the numbers about a generator's directions lie, if they were measured."""
        return report_path(DirectionsChoice.of(choice))

    def directions_path(self, choice: Choice) -> Path:
        """The file of the directions.

        Raises:
            CircumplexError: it is missing; the message says how to make it.
        """
        return directions_path(DirectionsChoice.of(choice))

    def anchored(
        self, explorer: "EmotionExplorer", w: "np.ndarray", image: "np.ndarray"
    ) -> "EmotionExplorer":
        """The explorer for one face that stays as it is where it is asked for what it shows, which
        is kept for the next request.

        Args:
            w: (1, L, W); image: its picture, uint8 (H, W, 3).
        """
        aimed = explorer.calibration
        models = explorer.generator.digest, explorer.directions.digest, aimed and aimed.digest
        edited = explorer.default_strengths.tobytes()
        key = ("shown", *models, bytes_digest(edited, w.tobytes(), image.tobytes()))
        shown = self._cached(self._photos, _MOST_PHOTOS, key, lambda: explorer.shown(w, image))
        return explorer.anchored(shown)

    def _aimed(
        self, calibration: "Calibration | Editor | None", generator: "Generator"
    ) -> "tuple[Calibration | Editor | None, Callable[[np.ndarray], np.ndarray]]":
        """A calibration, and what reads pictures in its terms."""
        return calibration, partial(self._read_as_editor, calibration, str(generator.device))

    def _read_as_editor(
        self, editor: "Calibration | Editor | None", device: str, images: "np.ndarray"
    ) -> "np.ndarray":
        """What those who trained an editor read in pictures; NaN where there is none."""
        import numpy as np

        from gan_bridge.editing.editor import Editor

        senses = self.senses(editor, device)
        if senses is None or not isinstance(editor, Editor):
            return np.full((len(images), 2), np.nan)
        return editor.in_request_terms(senses.mean_affect(images))

    def senses(self, editor: "Calibration | Editor | None", device: str) -> "FaceSenses | None":
        """The readers that trained an editor; None where it is none, or they are not at hand."""
        from gan_bridge.editing.editor import Editor

        if not isinstance(editor, Editor):
            return None
        key = ("senses", editor.digest, device)
        return self._model(key, lambda: senses_of_editor(editor, device))

    def identity_reader(self) -> "IdentityReader":
        """The bundled network that tells people apart."""
        from faces.readers.identity import IdentityReader

        return self._model(("identity",), IdentityReader)

    def photo_face(
        self,
        photo: Path,
        generator: "Generator",
        number: int | None = None,
        progress: Progress = silent,
    ) -> "PhotoFace":
        """What is found of a photo's face, and how near it comes; kept for the next request.

        Args:
            number: which of several faces, by size from 1; None for the largest.

        Raises:
            CircumplexError: see `gan_bridge.inversion.photo_face.find_photo`.
        """
        from gan_bridge.generators.protocol import Encoder
        from gan_bridge.inversion.photo_face import find_photo, quick_inverter

        require_path(photo, "give a picture file")
        owner = generator.digest, str(generator.device)

        def find() -> "PhotoFace":
            inverter = None
            if isinstance(generator, Encoder):
                inverter = self._model(
                    ("inverter", *owner),
                    lambda: quick_inverter(generator, progress),
                )
            return find_photo(photo, generator, number, inverter)

        key = (*owner, file_digest(photo), number)
        return self._cached(self._photos, _MOST_PHOTOS, key, find)

    def _model(self, key: Any, make: Callable[[], T]) -> T:
        """A model, kept while it is among the last that were asked for."""
        return self._cached(self._models, _MOST_MODELS, key, make)

    def _cached(
        self, cache: OrderedDict[Any, Any], most: int, key: Any, make: Callable[[], T]
    ) -> T:
        with self._lock:
            if key not in cache:
                cache[key] = make()
            cache.move_to_end(key)
            while len(cache) > most:
                cache.popitem(last=False)
            return cache[key]
