"""Valence and arousal directions in a StyleGAN's w, carried over from a β-VAE by its probes.

Faces are drawn, synthesized, cut as the β-VAE's faces were, encoded, and scored by its probes. The
scores are regressed on w (ridge, cross-validated penalty), and everything is measured on samples
that the regression did not see. What is found are the directions of the *scores*: they inherit
whatever the β-VAE mistakes for expression.
"""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from faces.ground.digests import file_digest, json_digest, text_digest
from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from faces.ground.provenance import library_versions
from faces.readers.identity.network import BUNDLED
from faces.sets import FaceSet
from gan_bridge.bridging.artefact import SCHEMA, VERSION, Bridge
from gan_bridge.bridging.config import BridgeConfig
from gan_bridge.bridging.encoded_faces import EncodedFaces
from gan_bridge.bridging.fitting import (
    HELD_OUT,
    ScoredSamples,
    find_directions,
    find_factors,
)
from gan_bridge.bridging.layer_profile import LayerProfile
from gan_bridge.bridging.nuisances import (
    BY_BUNDLED,
    BY_FACENET,
    IDENTITY,
    NUISANCES,
    POSE,
    facenet_reading,
    identity_reading,
    pose_readings,
)
from gan_bridge.bridging.scoring import DetectedFace, Scorer, WholePicture, choose_crop
from gan_bridge.editing.explorer import EmotionExplorer
from gan_bridge.generators.protocol import StyleBased
from gan_bridge.generators.sampling import (
    ArrayCache,
    PictureReader,
    Reading,
    ResumableCache,
    Samples,
    draw_samples,
    uncached,
)
from vae.checkpoint import Run
from vae.probing.directions import Directions

_AFFECT = "affect"


@dataclass(frozen=True)
class _Readers:
    """What reads a picture: affect, the nuisances to take out, identity, and pose where it can."""

    scorer: Scorer
    nuisances: dict[str, Reading]
    identity: Reading
    identity_by: str
    pose: Reading | None


@dataclass(frozen=True)
class BridgeResult:
    """A bridge, and the seconds that the generator took of its making."""

    bridge: Bridge
    synthesis_seconds: float


def build_bridge(
    generator: StyleBased,
    run: Run,
    probes: Directions,
    config: BridgeConfig | None = None,
    *,
    identity: str | os.PathLike[str] | None = None,
    readings: Mapping[str, Reading] | None = None,
    folder: Path | None = None,
    faces: FaceSet | None = None,
    beside: Bridge | None = None,
    allow_unsupported: bool = False,
    progress: Progress = silent,
) -> BridgeResult:
    """Find the directions, take out nuisances, profile the layers.

    Args:
        generator: whose w it is; run: the β-VAE that looks; probes: its own directions.
        config: `crop` "auto" is settled by the generator's provenance.
        identity: file of InceptionResnetV1 weights; None for the package's own identity network.
        readings: further nuisances by name; yaw, pitch and roll come from the detector.
        folder: keeps what was read, so that the same call goes on where it was killed; the caller
            removes it.
        faces: whose latents stand in the place of random ones (`EncodedFaces`).
        beside: a bridge of this generator whose valence, arousal and layers stay as they are: the
            probes' further factors alone are found, beside them.
        allow_unsupported: carry over factors too whose probe tells their label no better than
            shuffled ones.

    Returns:
        The bridge; its evidence holds `schema, version, software, generator, run, config,
        sampling` and the keys of `find_directions`, and `profile` of `LayerProfile.run`. Of one
        `beside` another it is that one's, with `factors`, and `factors_from` with those heads.

    Raises:
        CircumplexError: no face in the pictures, scores that do not vary, an unknown nuisance, a
            factor that its probe does not tell.
    """
    if not allow_unsupported:
        _check_told(probes)
    config = config or BridgeConfig()
    config = replace(config, crop=choose_crop(config.crop, run, generator.provenance))
    if beside is not None:
        _check_beside(beside, generator, probes)
    readers = _open_readers(run, probes, config, dict(readings or {}), identity, generator.device)
    draw = None if faces is None else EncodedFaces(generator, faces, config)
    if draw is not None:
        config = replace(config, samples=len(draw.rows))
    plan = _plan(generator, run, probes, config)
    if faces is not None:
        plan["faces"] = faces.identity
    cache = _open_cache(folder, plan, identity, generator.device)

    pictures = PictureReader(generator)
    seeds = range(config.seed, config.seed + config.samples)
    by_name = {_AFFECT: readers.scorer.read_factors} | readers.nuisances
    samples = draw_samples(pictures, seeds, config.truncation, by_name, progress, cache, draw)
    groups = None if draw is None else draw.groups
    scored = _scored(generator, plan, samples, groups, probes)
    nuisances = {name: samples.readings[name] for name in readers.nuisances}
    head = _head(generator, run, probes, config, plan)
    if beside is not None:
        directions, factors = find_factors(beside.directions, scored, nuisances, config.seed)
        return BridgeResult(_extended(beside, directions, factors, head), pictures.seconds)
    directions, evidence = find_directions(scored, nuisances, config.basis, config.seed)
    spread = directions.predict(scored.part(False).codes).std(0)
    profile = _open_profile(directions, spread, pictures, readers, config, cache).run(progress)
    evidence = head | evidence | {"profile": profile}
    return BridgeResult(Bridge(directions, evidence), pictures.seconds)


def _check_told(probes: Directions) -> None:
    """Refuse factors whose scores are noise, however well a regression on w finds the noise."""
    for factor in probes.others:
        if factor.told is False:
            r2, shuffled = (
                "undefined" if value is None else f"{value:.3g}"
                for value in (factor.r2, factor.shuffled_r2)
            )
            raise CircumplexError(
                f"{factor.name} is not told by its probe: R² {r2} on faces it never saw, with "
                f"shuffled labels {shuffled}; probe more faces with it, or carry its scores over "
                "with --force"
            )


def _check_beside(beside: Bridge, generator: StyleBased, probes: Directions) -> None:
    """Refuse a bridge of another generator, and probes that add nothing to it."""
    beside.check(generator)
    if not probes.others:
        raise CircumplexError(
            "these probes hold valence and arousal alone, and nothing to add; find a further "
            "factor with `circumplex probe --factor`"
        )
    if there := set(beside.directions.factors) & {factor.name for factor in probes.others}:
        raise CircumplexError(
            f"the directions to add to have {min(there)} already; probe without it, or bridge anew"
        )


def _extended(
    beside: Bridge, directions: Directions, factors: list[dict[str, Any]], head: dict[str, Any]
) -> Bridge:
    """The bridge with further factors beside what it had."""
    known = beside.evidence
    return Bridge(
        directions,
        known
        | {
            "directions": known["directions"] | {"digest": directions.digest},
            "factors": [*known.get("factors", ()), *factors],
            "factors_from": head,
        },
    )


def _open_cache(
    folder: Path | None,
    plan: Mapping[str, Any],
    identity: str | os.PathLike[str] | None,
    device: str,
) -> ArrayCache:
    if folder is None:
        return uncached
    weights = file_digest(BUNDLED if identity is None else identity)
    return ResumableCache(folder, {**plan, "identity": weights}, device)


def _scored(
    generator: StyleBased,
    plan: Mapping[str, Any],
    samples: Samples,
    groups: np.ndarray | None,
    probes: Directions,
) -> ScoredSamples:
    readings = samples.readings[_AFFECT]
    return ScoredSamples(
        name=generator.name,
        model=generator.digest,
        space=generator.space,
        digest=json_digest(plan),
        w=samples.w,
        scores=readings[:, :2],
        groups=groups,
        factors=probes.others,
        others=readings[:, 2:],
    )


def _open_profile(
    directions: Directions,
    spread: np.ndarray,
    pictures: PictureReader,
    readers: _Readers,
    config: BridgeConfig,
    cache: ArrayCache,
) -> LayerProfile:
    """The profile of faces whose seeds follow those of the samples."""
    generator, first = pictures.generator, config.seed + config.samples
    # the directions follow from the settings; their own digest is of numbers computed here
    settings = text_digest(config.to_json())[:16]
    return LayerProfile(
        EmotionExplorer(generator, directions),
        pictures,
        readers.scorer,
        generator.sample_w(range(first, first + config.faces), config.truncation),
        spread,
        readers.identity,
        readers.identity_by,
        readers.pose,
        lambda name, make: cache(f"{settings}-{name}", make),
    )


def _open_readers(
    run: Run,
    probes: Directions,
    config: BridgeConfig,
    readings: dict[str, Reading],
    identity: str | os.PathLike[str] | None,
    device: str,
) -> _Readers:
    finder, whole = DetectedFace(run), WholePicture(run)
    cut = finder if config.crop == "detect" else whole
    # faces that were cut by their box have the five points anywhere
    placed = cut if whole.settings.align == "points" else finder
    available = pose_readings(finder) | readings
    if identity is None:
        available[IDENTITY] = identity_reading(placed.points, device)
    else:
        available[IDENTITY] = facenet_reading(identity, device)
    nuisances = _choose_readings(config.without, available)
    # the detector looks only where it is asked for anyway
    detects = config.crop == "detect" or bool(set(POSE) & set(nuisances))
    return _Readers(
        scorer=Scorer(run, probes, cut),
        nuisances=nuisances,
        identity=available[IDENTITY],
        identity_by=BY_BUNDLED if identity is None else BY_FACENET,
        pose=finder.pose if detects else None,
    )


def _choose_readings(
    without: tuple[str, ...], available: Mapping[str, Reading]
) -> dict[str, Reading]:
    for name in without:
        if name not in available:
            names = ", ".join(dict.fromkeys((*NUISANCES, *available)))
            raise CircumplexError(f"no reading is called {name!r}; there are {names}")
    return {name: available[name] for name in without}


def _plan(
    generator: StyleBased, run: Run, probes: Directions, config: BridgeConfig
) -> dict[str, Any]:
    """Everything that decides over the scores."""
    return {
        "generator": generator.digest,
        "label": generator.label,
        "run": run.digest,
        "probes": probes.digest,
        "seed": config.seed,
        "samples": config.samples,
        "truncation": config.truncation,
        "crop": config.crop,
    }


def _head(
    generator: StyleBased,
    run: Run,
    probes: Directions,
    config: BridgeConfig,
    plan: Mapping[str, Any],
) -> dict[str, Any]:
    """What was bridged, and how."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "software": library_versions(),
        "generator": {
            "name": generator.name,
            "digest": generator.digest,
            "kind": generator.kind,
            "resolution": generator.resolution,
            "num_layers": generator.num_layers,
            "w_dim": generator.w_dim,
            "label": generator.label,
        },
        "run": {
            "digest": run.digest,
            "directions": probes.digest,
            "hull": probes.hull and [list(corner) for corner in probes.hull],
        },
        "config": asdict(config) | {"without": list(config.without)},
        "sampling": {
            "digest": json_digest(plan),
            "held_out": HELD_OUT,
            "faces": plan.get("faces"),
        },
    }
