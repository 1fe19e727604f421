"""The probing of a run: encode, fit, orthogonalise, measure; for a run and its plain twin alike."""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from faces.ground.provenance import library_versions
from faces.sets import FaceSet
from faces.sets.manifest import MANIFEST
from faces.sets.training_faces import TrainingFaces
from vae.checkpoint import Run, run_folder
from vae.codes import check_shape, encode_batches, to_uint8
from vae.probing.directions import Directions, label_patterns, make_directions
from vae.probing.evidence import CodedFaces, gather_evidence, measured
from vae.probing.hull import label_hull
from vae.probing.probes import check_labels, fit_probes
from vae.probing.readback import read_back
from vae.training.scores import reconstruction_psnr

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
) -> tuple[Directions, dict[str, Any]]:
    """Fit probes on the training split of `faces`, report on its held-out split and on `test`.

    Codes lie in a temporary file while this runs, so memory does not grow with the faces.

    Args:
        test: a face set never seen; all its rows count but those whose picture is among the
            training faces.
        basis: one of `vae.probing.directions.BASES`.
        seed: of folds, shuffles, bootstrap and samples.
        compare: another run, such as the plain β-VAE, measured in the same way on the same faces.
        bins: of the mutual information gap.
        label_note: what the labels are, such as "a proxy from human votes", for the methods
            section; where it is None, what the face set says of them.

    Returns:
        The directions, and the evidence: `schema, version, software, seed, faceset, run` and the
        keys of `gather_evidence`; `compare` holds the other run's `run, fit, directions,
        held_out, test`, or None.

    Raises:
        CircumplexError: faces of another size than the run's, no labels, labels that do not vary,
            no face to report on, or the disk is full.
    """
    runs = [run] if compare is None else [run, compare]
    choice = _choose_rows(runs, faces, test)
    directions, evidence = _probe(run, choice, basis, seed, progress, bins)
    other = None
    if compare is not None:
        other = _probe(compare, choice, basis, seed, progress, bins)[1]
    head = {
        "schema": SCHEMA,
        "version": VERSION,
        "software": library_versions(),
        "seed": seed,
        "faceset": _describe_faces(faces) | {"labels": label_note or _label_note(faces)},
    }
    return directions, head | evidence | {"compare": other}


def traverse(
    run: Run,
    directions: Directions,
    values: np.ndarray,
    faces: int = 3,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """Pictures along each direction, the other prediction held at its own value.

    Args:
        values: (n,) predictions to move to, such as -0.8 … 0.8.
        faces: rows: the mean face, then draws from the aggregate posterior.

    Returns:
        "valence" and "arousal", each (faces, n, S, S, 3) uint8 RGB.
    """
    directions.check_model(run.digest)
    mean = run.model.posterior_mean.double().cpu().numpy()
    factor = run.model.posterior_factor.double().cpu().numpy()
    noise = np.random.default_rng(seed).standard_normal((faces, len(mean)))
    noise[0] = 0.0
    z = mean + noise @ factor.T
    read = directions.predict(z)
    strips: dict[str, list[np.ndarray]] = {"valence": [], "arousal": []}
    for value in values:
        strips["valence"].append(_decode(run, directions.move(z, value, read[:, 1])))
        strips["arousal"].append(_decode(run, directions.move(z, read[:, 0], value)))
    return {name: np.stack(images, axis=1) for name, images in strips.items()}


class _Choice:
    """Which rows of which face set take part: labelled ones, none on both sides."""

    def __init__(self, faces: FaceSet, rows: np.ndarray, split: str) -> None:
        self.faces, self.split = faces, split
        labelled = np.isfinite(faces.labels(rows)).all(1)
        self.rows = rows[labelled]
        self.unlabelled = int(len(rows) - labelled.sum())
        self.already_seen = 0

    def without(self, known: set[str], runs: Sequence[Run]) -> "_Choice":
        """Leave out pictures whose digest is among `known`, or that a run was trained on."""
        digests = _column(self.faces, "digest")[self.rows]
        new = np.array([digest not in known for digest in digests], bool)
        for run in runs:
            if trained := TrainingFaces.load(run.folder):
                new &= ~trained.contain(digests)
        self.already_seen = int(len(new) - new.sum())
        self.rows = self.rows[new]
        return self


def _choose_rows(runs: Sequence[Run], faces: FaceSet, test: FaceSet | None) -> dict[str, _Choice]:
    """Rows to fit on ("fit") and to report on ("held_out", "test"), which no run has seen."""
    for run in runs:
        check_shape(run.model, faces)
    training = faces.rows("train")
    check_labels(faces.labels(training), faces.folder)
    fit = _Choice(faces, training, "train")
    choices = {"fit": fit}
    for split in ("val", "test"):
        held = _Choice(faces, faces.rows(split), split).without(set(), runs)
        if len(held.rows) > 1:
            choices["held_out"] = held
            break
    if test is not None:
        for run in runs:
            check_shape(run.model, test)
        known = set(_column(faces, "digest")[training])
        choices["test"] = _Choice(test, np.arange(len(test)), "all").without(known, runs)
        if len(choices["test"].rows) < 2:
            raise CircumplexError(
                f"{test.folder} has fewer than two labelled faces outside the training split of "
                f"{faces.folder}; test on a set that the training has not seen"
            )
    if len(choices) == 1:
        raise CircumplexError(
            f"{faces.folder} has no labelled faces that the training has not seen to report on; "
            "prepare it with a validation split, or name another set to test on"
        )
    return choices


def _probe(
    run: Run,
    choices: Mapping[str, _Choice],
    basis: str,
    seed: int,
    progress: Progress,
    bins: int,
) -> tuple[Directions, dict[str, Any]]:
    with _coded(run, choices, progress) as coded:
        fitted = coded.pop("fit")
        probes = fit_probes(fitted.codes, fitted.labels, fitted.groups, seed=seed)
        patterns = label_patterns(fitted.codes, fitted.labels) if basis == "pattern" else None
        directions = make_directions(
            probes, basis, model=run.digest, faceset=fitted.digest, patterns=patterns
        )
        evidence = gather_evidence(probes, directions, fitted, coded, bins=bins, seed=seed)
    evidence = {"run": _describe_run(run, choices, seed, progress)} | evidence
    evidence["read_back"] = read_back(run, directions, seed=seed, progress=progress)
    first = measured(evidence)[0][1]
    pair = (first["valence"], first["arousal"])
    directions = replace(
        directions,
        r2=tuple(score["r2"] for score in pair),
        r2_interval=tuple(tuple(score["r2_interval"]) for score in pair),
        r2_alone=tuple(score["r2_alone"] for score in pair),
        hull=label_hull(fitted.labels),
    )
    return directions, evidence


@contextmanager
def _coded(
    run: Run, choices: Mapping[str, _Choice], progress: Progress
) -> Iterator[dict[str, CodedFaces]]:
    """The chosen faces as codes, in a folder that goes when the block ends."""
    # Windows keeps what is still mapped: its own cleaning of temporary files takes it
    with tempfile.TemporaryDirectory(
        prefix="circumplex-codes-", ignore_cleanup_errors=True
    ) as folder:
        yield {
            name: _encode(run, choice, Path(folder) / name, progress)
            for name, choice in choices.items()
        }


def _encode(run: Run, choice: _Choice, path: Path, progress: Progress) -> CodedFaces:
    rows, faces = choice.rows, choice.faces
    with path.open("wb") as stream:
        for batch in encode_batches(run.model, faces, rows, progress=progress):
            if not np.isfinite(batch).all():
                raise CircumplexError(
                    f"{run.folder} gives codes that are not finite; its training diverged, "
                    "train anew with a lower --learning-rate"
                )
            try:
                stream.write(np.ascontiguousarray(batch, "<f4").data)
            except OSError as error:
                raise CircumplexError(
                    f"cannot keep codes in {path.parent} ({error.strerror}); "
                    "name a roomier folder in TMPDIR"
                ) from error
    shape = (len(rows), run.config.latent_dim)
    codes = np.memmap(path, "<f4", "r", shape=shape) if len(rows) else np.empty(shape, "<f4")
    return CodedFaces(
        name=faces.folder.name,
        digest=faces.identity,
        split=choice.split,
        codes=codes,
        labels=faces.labels(rows),
        groups=_identities(faces, rows),
        expression=_column(faces, "expression")[rows] if choice.split != "train" else None,
        unlabelled=choice.unlabelled,
        already_seen=choice.already_seen,
    )


def _identities(faces: FaceSet, rows: np.ndarray) -> np.ndarray | None:
    """Identity of each row as a number, a new one for each face that has none; None for no set."""
    import pandas as pd

    numbers, names = pd.factorize(_column(faces, "identity")[rows])
    if not len(names):
        return None
    return np.where(numbers >= 0, numbers, len(names) + np.arange(len(numbers)))


def _column(faces: FaceSet, name: str) -> np.ndarray:
    return faces.manifest([name])[name].to_numpy(object)


def _describe_run(
    run: Run, choices: Mapping[str, _Choice], seed: int, progress: Progress
) -> dict[str, Any]:
    held = choices.get("held_out") or choices["test"]
    rows = held.rows
    if len(rows) > PSNR_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, PSNR_ROWS, replace=False))
    return {
        "name": "bundled" if run.folder == run_folder("bundled") else run.folder.name,
        "digest": run.digest,
        "config": json.loads(run.config.to_json()),
        "training": json.loads(run.training.to_json()),
        "provenance": run.provenance,
        "psnr": reconstruction_psnr(run.model, held.faces, rows, progress),
        "psnr_faces": len(rows),
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
    """What the labels are, where the set says so or its kept columns show it."""
    import pyarrow.parquet as parquet

    columns = parquet.read_schema(faces.folder / MANIFEST).names
    votes = any(name.startswith("votes_") for name in columns)
    return faces.info.get("labels") or (VOTES_NOTE if votes else None)


@torch.inference_mode()
def _decode(run: Run, z: np.ndarray) -> np.ndarray:
    device = run.model.posterior_mean.device
    return to_uint8(run.model.decode(torch.from_numpy(z.astype(np.float32)).to(device)))
