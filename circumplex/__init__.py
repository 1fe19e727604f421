"""Circumplex Studio under one name: `import circumplex as cx`.

    cx.grid(out=Path("grid.png"), seed=6)           every verb of the command line, by its name
    explorer = cx.Engine().explorer("stylegan3")    or the parts that it is made of
    happy = explorer.edit(explorer.latent(6), valence=0.7, arousal=0.2)

Names load when first used, so that importing this costs next to nothing. Their types stand in the
stub beside this file.
"""

from importlib import import_module
from typing import Any

_NAMES = {
    "faces.circumplex": ("EXPRESSIONS", "word"),
    "faces.ground.errors": ("CircumplexError",),
    "faces.readers": (
        "FEATURE_NAMES",
        "FaceReader",
        "FaceReading",
        "Landmarker",
        "PixelReader",
        "geometric_features",
    ),
    "faces.sets": ("FaceSet", "PrepareConfig", "load_faceset"),
    "vae": (
        "BetaVAE",
        "Directions",
        "Run",
        "TrainConfig",
        "VAEConfig",
        "fit_probes",
        "load_run",
        "mutual_information_gap",
    ),
    "gan_bridge": (
        "Bridge",
        "BridgeConfig",
        "EmotionExplorer",
        "Generator",
        "grid_points",
        "load_generator",
    ),
    "studio": ("Engine", "build_app"),
    "circumplex.verbs": (
        "animate",
        "bridge",
        "calibrate",
        "classify_report",
        "classify_train",
        "convert",
        "edit",
        "evaluate",
        "export",
        "finetune",
        "grid",
        "invariance",
        "invert",
        "measure",
        "pose_emotion",
        "pose_error",
        "prepare",
        "probe",
        "ratings_design",
        "ratings_import",
        "ratings_report",
        "train",
        "verify",
    ),
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("circumplex-studio")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
