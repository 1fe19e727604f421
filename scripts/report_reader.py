"""Measure a pixel reader on FER+'s `val`, which it never saw in training.

    python scripts/report_reader.py FERPLUS REPORT.json [--reader FILE] [--faceset FACESET]

FERPLUS holds manifest.csv and the pictures. Some pictures of `val` are copies of training pictures;
every figure is given for all faces and for those without a copy. FACESET is the same set as
`circumplex prepare` aligned it, whose `val` is read too. Brackets are bootstrap 95 % intervals.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from faces.circumplex import EXPRESSIONS, QUADRANTS
from faces.ground.files import write_json
from faces.readers.pixels.network import anchors
from faces.readers.pixels.reader import PixelReader, PixelReadings
from faces.readers.pixels.votes import COLUMNS, VotedFaces, read_voted
from faces.sets import load_faceset
from studio.cli.terminal import show_progress
from vae.probing.metrics import bootstrap_interval, ccc, intervals, mean_of
from vae.probing.quadrants import quadrants

#: Bins of equal width in which confidence is compared with what came true.
_BINS = 10
#: Faces between two movements of the progress bar.
_CHUNK = 256


def read_all(reader: PixelReader, faces: VotedFaces) -> PixelReadings:
    """`reader.read` with progress."""
    starts = show_progress(range(0, len(faces), _CHUNK), "read", -(-len(faces) // _CHUNK))
    parts = [reader.read(faces.images[start : start + _CHUNK]) for start in starts]
    return PixelReadings(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("probabilities", "valence", "arousal")
        )
    )


def figures(faces: VotedFaces, readings: PixelReadings) -> dict[str, Any]:
    """All figures of one set of faces, as plain JSON values."""
    found = readings.probabilities.argmax(1)
    right = (found == faces.labels).astype(np.float64)
    shares = faces.shares()
    truth = shares @ anchors().numpy()
    read = np.stack([readings.valence, readings.arousal], 1)
    tied = (faces.votes == faces.votes.max(1, keepdims=True)).sum(1) > 1
    entropy = -(shares * np.log(readings.probabilities.clip(1e-8))).sum(1)
    return {
        "faces": len(faces),
        "tied_votes": float(tied.mean()),
        "accuracy": _bounded(right),
        "accuracy_without_ties": _bounded(right[~tied]),
        "cross_entropy_to_votes": _bounded(entropy),
        "expressions": _by_expression(faces.labels, found),
        "confusion": _confusion(faces.labels, found),
        "calibration": _calibration(readings.probabilities, faces.labels, shares),
        "ccc": _concordance(truth, read),
        "mean_readings": _mean_readings(faces.labels, read),
    }


def _bounded(values: np.ndarray) -> dict[str, Any]:
    rows = np.stack([np.ones_like(values), values], -1)
    return {"value": float(values.mean()), "interval": bootstrap_interval(rows, mean_of).tolist()}


def _by_expression(labels: np.ndarray, found: np.ndarray) -> dict[str, Any]:
    codes = np.arange(len(EXPRESSIONS))
    true, answered = labels[:, None] == codes, found[:, None] == codes
    rows = np.stack([true & answered, answered, true], -1).astype(np.float64)  # (N, 8, 3)
    hits, answers, labelled = rows.sum(0).T
    low, high = bootstrap_interval(rows, _f1)
    macro = bootstrap_interval(rows, lambda sums: _f1(sums).mean(-1))
    by_name = {
        name: {
            "faces": int(labelled[code]),
            "precision": float(hits[code] / max(answers[code], 1)),
            "recall": float(hits[code] / max(labelled[code], 1)),
            "f1": float(_f1(rows.sum(0))[code]),
            "f1_interval": [float(low[code]), float(high[code])],
        }
        for code, name in enumerate(EXPRESSIONS)
    }
    average = {"value": float(_f1(rows.sum(0)).mean()), "interval": macro.tolist()}
    return {"macro_f1": average, **by_name}


def _f1(sums: np.ndarray) -> np.ndarray:
    """F1 from the sums (…, 3) of hits, of answers and of labels."""
    return 2 * sums[..., 0] / np.maximum(sums[..., 1] + sums[..., 2], 1)


def _confusion(labels: np.ndarray, found: np.ndarray) -> list[list[int]]:
    """Rows: the majority's expression; columns: the reader's."""
    counts = np.zeros((len(EXPRESSIONS),) * 2, np.int64)
    np.add.at(counts, (labels, found), 1)
    return counts.tolist()


def _calibration(probabilities: np.ndarray, labels: np.ndarray, shares: np.ndarray) -> Any:
    """Expected calibration error (Guo et al. 2017) of the most probable expression.

    Once against whether the majority agrees, once against the share of votes, which is learnt.
    """
    rows, top = np.arange(len(labels)), probabilities.argmax(1)
    confidence = probabilities[rows, top]
    outcomes = {"majority": (top == labels).astype(np.float64), "votes": shares[rows, top]}
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    table = [
        {
            "confidence": float(confidence[bins == at].mean()),
            **{name: float(outcome[bins == at].mean()) for name, outcome in outcomes.items()},
            "faces": int((bins == at).sum()),
        }
        for at in np.unique(bins)
    ]
    errors = {
        f"error_{name}": sum(row["faces"] * abs(row["confidence"] - row[name]) for row in table)
        / len(labels)
        for name in outcomes
    }
    return {**errors, "bins": table}


def _concordance(truth: np.ndarray, read: np.ndarray) -> dict[str, Any]:
    values, bounds = ccc(truth, read), intervals(truth, read)["ccc"]
    return {
        name: {"value": float(values[at]), "interval": bounds[:, at].tolist()}
        for at, name in enumerate(("valence", "arousal"))
    }


def _mean_readings(labels: np.ndarray, read: np.ndarray) -> dict[str, Any]:
    """Mean (valence, arousal) by expression, and whether it lies in its anchor's quadrant."""
    means = np.stack([read[labels == code].mean(0) for code in range(len(EXPRESSIONS))])
    expected, found = quadrants(anchors().numpy()), quadrants(means)
    return {
        name: {
            "valence": float(means[code, 0]),
            "arousal": float(means[code, 1]),
            "quadrant": QUADRANTS[found[code]],
            # neutral is the centre and has no quadrant
            "as_it_should": None if name == "neutral" else bool(expected[code] == found[code]),
        }
        for code, name in enumerate(EXPRESSIONS)
    }


def aligned_faces(folder: Path) -> VotedFaces:
    """The `val` faces of a prepared set that kept its votes."""
    faceset = load_faceset(folder)
    rows = faceset.rows("val")
    table = faceset.manifest(["expression", *COLUMNS]).iloc[rows]
    return VotedFaces(
        faceset.read(rows)[:, 0],
        table[list(COLUMNS)].to_numpy(np.int64),
        table["expression"].map(EXPRESSIONS.index).to_numpy(np.int64),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ferplus", type=Path)
    parser.add_argument("report", type=Path)
    parser.add_argument("--reader", default="bundled")
    parser.add_argument("--faceset", type=Path)
    given = parser.parse_args()
    reader = PixelReader.load(given.reader)
    seen = set(read_voted(given.ferplus, "train", show_progress).digests())
    faces = read_voted(given.ferplus, "val", show_progress)
    readings = read_all(reader, faces)
    new = np.array([digest not in seen for digest in faces.digests()])
    few = PixelReadings(readings.probabilities[new], readings.valence[new], readings.arousal[new])
    report = {
        "parameters": sum(value.numel() for value in reader.network.parameters()),
        "provenance": reader.provenance,
        "all": figures(faces, readings),
        "without_copies": figures(faces[new], few),
    }
    if given.faceset:
        aligned = aligned_faces(given.faceset)
        report["aligned"] = figures(aligned, read_all(reader, aligned))
    write_json(given.report, report)
    print(json.dumps({"accuracy": report["all"]["accuracy"], "ccc": report["all"]["ccc"]}))


if __name__ == "__main__":
    main()
