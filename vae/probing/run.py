"""The probing of a run: encode, fit, orthogonalise, measure; for a run and its plain twin alike."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from faces.ground.progress import Progress, silent
from faces.ground.provenance import library_versions
from faces.sets import FaceSet
from faces.sets.manifest import MANIFEST
from vae.checkpoint import Run
from vae.packaged import PACKAGED
from vae.probing.bases import label_patterns, make_directions
from vae.probing.components import component_scores
from vae.probing.directions import Directions, Pair
from vae.probing.encoding import encoded_rows
from vae.probing.evidence import gather_evidence, measured, sample_rows
from vae.probing.factor_fitting import FactorLabels, add_factor, read_factor_labels
from vae.probing.hull import label_hull
from vae.probing.probes import fit_probes
from vae.probing.readback import read_back
from vae.probing.rows import LabelledRows, choose_rows
from vae.probing.verdict import label_problems, refuse_constant
from vae.training.scores import reconstruction_psnr
from vae.training.verdict import judge_reconstruction, reconstruction_problems

SCHEMA, VERSION = "circumplex/report", 1
VOTES_NOTE = "valence and arousal are a proxy from human votes on expressions"
PSNR_ROWS = 2048  #: faces that the reconstruction is measured on at most


def probe_run(
    run: Run,
    faces: FaceSet,
    test: FaceSet | None = None,
    basis: str = "orthogonal",
    seed: int = 0,
    progress: Progress = silent,
    compare: Run | None = None,
    bins: int = 20,
    label_note: str | None = None,
    factors: Sequence[str] = (),
) -> tuple[Directions, dict[str, Any]]:
    """Fit probes on the training split of `faces`, report on its held-out split and on `test`.

    Codes lie in a temporary file while this runs, so memory does not grow with the faces.

    Args:
        test: another face set, without those of its pictures that are among the training faces.
        basis: one of `vae.probing.directions.BASES`.
        seed: of folds, shuffles, bootstrap and samples.
        compare: another run, such as the plain β-VAE, probed in the same way.
        bins: of the mutual information gap.
        label_note: what the labels are, for the methods section; None for what the set says.
        factors: columns of the manifest that get a direction too, made orthogonal in this order
            after valence and arousal; of the faces that carry those, the ones that carry these.

    Returns:
        The directions, and the evidence: `schema, version, software, seed, faceset, run`, the keys
        of `gather_evidence`, and `verdict`, and `compare`: the other
        run's `run` and those keys, or None.

    Raises:
        CircumplexError: faces of another size than the run's, no labels, labels that do not vary,
            no face to report on, or the disk is full.
    """
    runs = [run] if compare is None else [run, compare]
    rows = choose_rows(runs, faces, test)
    factor_labels = read_factor_labels(factors, rows)
    components = component_scores(rows, seed, progress)
    (directions, evidence), *others = (
        _probe(each, dict(rows), basis, seed, progress, bins, factor_labels) for each in runs
    )
    for _, each in ((directions, evidence), *others):
        for name, scores in components.items():
            each[name]["components"] = scores
    head = _describe_report(faces, seed, label_note)
    return directions, head | evidence | {"compare": others[0][1] if others else None}


def _describe_report(faces: FaceSet, seed: int, label_note: str | None) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "software": library_versions(),
        "seed": seed,
        "faceset": _describe_faces(faces) | {"labels": label_note or _label_note(faces)},
    }


def _probe(
    run: Run,
    choices: Mapping[str, LabelledRows],
    basis: str,
    seed: int,
    progress: Progress,
    bins: int,
    factors: Sequence[FactorLabels],
) -> tuple[Directions, dict[str, Any]]:
    with encoded_rows(run, choices, progress) as coded:
        fitted = coded.pop("fit")
        refuse_constant(run, fitted.codes)
        probes = fit_probes(fitted.codes, fitted.labels, fitted.groups, seed=seed)
        patterns = label_patterns(fitted.codes, fitted.labels) if basis == "pattern" else None
        directions = make_directions(
            probes, basis, model=run.digest, faceset=fitted.digest, patterns=patterns
        )
        evidence = gather_evidence(probes, directions, fitted, coded, bins=bins, seed=seed)
        found = []
        for each in factors:
            parts = each.beside({"fit": fitted, **coded})
            directions, known = add_factor(directions, each.name, parts, each.classes, seed=seed)
            found.append(known)
    evidence = {"run": _describe_run(run, choices, seed, progress)} | evidence
    evidence["verdict"] = _verdict(run, choices, evidence, progress)
    evidence |= {"factors": found} if found else {}
    evidence["read_back"] = read_back(run, directions, seed=seed, progress=progress)
    first = measured(evidence)[0][1]
    valence, arousal = first["valence"], first["arousal"]
    directions = replace(
        directions,
        r2=(valence["r2"], arousal["r2"]),
        r2_interval=(_pair(valence["r2_interval"]), _pair(arousal["r2_interval"])),
        r2_alone=(valence["r2_alone"], arousal["r2_alone"]),
        hull=label_hull(fitted.labels),
    )
    return directions, evidence


def _pair(bounds: Sequence[float]) -> Pair:
    low, high = bounds
    return low, high


def _describe_run(
    run: Run, choices: Mapping[str, LabelledRows], seed: int, progress: Progress
) -> dict[str, Any]:
    unseen = choices.get("held_out") or choices["test"]
    rows = unseen.rows[sample_rows(len(unseen.rows), PSNR_ROWS, seed)]
    return {
        "name": next(
            (name for name, folder in PACKAGED.items() if folder == run.folder), run.folder.name
        ),
        "digest": run.digest,
        "config": json.loads(run.config.to_json()),
        "training": json.loads(run.training.to_json()),
        "provenance": run.provenance,
        "psnr": reconstruction_psnr(run.model, unseen.faces, rows, progress),
        "psnr_faces": len(rows),
    }


def _verdict(
    run: Run, choices: Mapping[str, LabelledRows], evidence: Mapping[str, Any], progress: Progress
) -> dict[str, Any]:
    """Whether run and directions are of any use, in figures and in sentences."""
    fit, held = choices["fit"], choices.get("held_out") or choices["test"]
    found = judge_reconstruction(run.model, fit.faces, fit.rows, held.rows, progress, held.faces)
    return {
        "reconstruction": found,
        "network": reconstruction_problems(found),
        "labels": label_problems(evidence),
    }


def _describe_faces(faces: FaceSet) -> dict[str, Any]:
    return {
        "name": faces.folder.name,
        "digest": faces.identity,
        "integrity": faces.integrity,
        "size": faces.size,
        "channels": faces.channels,
        "faces": len(faces),
        "settings": faces.info.get("settings", {}),
    }


def _label_note(faces: FaceSet) -> str | None:
    """What the labels are, where the set says so or its columns show it."""
    import pyarrow.parquet as parquet

    columns = parquet.read_schema(faces.folder / MANIFEST).names
    votes = any(name.startswith("votes_") for name in columns)
    return faces.info.get("labels") or (VOTES_NOTE if votes else None)
