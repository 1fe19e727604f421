"""The evidence: its keys, its plainness, and what `probe_run` makes of real faces."""

import json
from dataclasses import replace

import numpy as np
import pytest
from other_process import said_elsewhere

from faces.ground.errors import CircumplexError
from vae.probing.bases import make_directions
from vae.probing.evidence import CodedFaces, gather_evidence, label_histogram, measured
from vae.probing.probes import fit_probes


def coded(rng, count=400, split="train", groups=None, noise=0.3):
    labels = rng.uniform(-1, 1, (count, 2)).astype(np.float32)
    mixing = np.random.default_rng(9).normal(size=(2, 6))
    codes = (labels @ mixing + noise * rng.normal(size=(count, 6))).astype(np.float32)
    names = np.array(["happiness", "anger", None], object)[rng.integers(0, 3, count)]
    return CodedFaces("set", "cd" * 32, split, codes, labels, groups, names)


def gathered(rng, **unseen):
    fitted = coded(rng)
    probes = fit_probes(fitted.codes, fitted.labels)
    directions = make_directions(probes, model="ab" * 32, faceset=fitted.digest)
    return gather_evidence(probes, directions, fitted, unseen)


def as_text():
    rng = np.random.default_rng(1)
    found = gathered(rng, held_out=coded(rng, split="val"), test=coded(rng, split="all"))
    return json.dumps(found, allow_nan=False)


def leaves(value, path=""):
    """Every number, word and None of nested JSON values by its path."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return {k: v for key, each in items for k, v in leaves(each, f"{path}/{key}").items()}
    return {path: value}


def test_evidence_is_plain_json_and_the_same_in_another_process():
    """With another number of threads sums round differently: equal to six digits."""
    here = leaves(json.loads(as_text()))
    there = leaves(json.loads(said_elsewhere(__file__, "print(as_text())")))
    assert list(there) == list(here)
    for path, value in here.items():
        wanted = pytest.approx(value, rel=1e-6, abs=1e-6) if type(value) is float else value
        assert there[path] == wanted, path
    assert [name for name, _ in measured(json.loads(as_text()))] == ["held_out", "test"]


def test_evidence_has_its_documented_keys(rng):
    found = gathered(rng, held_out=coded(rng, 300, "val"))
    assert set(found) == {"fit", "directions", "held_out"}
    held = found["held_out"]
    for target in ("valence", "arousal"):
        score = held[target]
        for metric in ("r2", "ccc", "rmse", "pearson"):
            low, high = score[f"{metric}_interval"]
            assert low <= score[metric] <= high
        assert score["r2"] > 0.5 > 0.05 > score["shuffled_r2"]
        assert score["n_train"] == 400
        assert score["n_test"] == 300
        assert len(score["top_units"]) == 5
        assert held["mig"][target] == score["mig"]
        assert 0 < score["r2_alone"] <= 1
    assert held["mig"]["bins"] == 20
    assert set(held["dci"]) == {"disentanglement", "completeness", "informativeness", "error"}
    assert held["quadrants"]["accuracy"] > held["quadrants"]["majority"]
    assert set(held["expressions"]) == {"happiness", "anger"}
    assert abs(found["directions"]["cosine_after"]) <= 1e-6
    assert len(held["predictions"]["label"]) == 300


def test_evidence_survives_labels_that_do_not_vary(rng):
    still = replace(coded(rng, 30, "val"), labels=np.full((30, 2), 0.5, np.float32))
    held = gathered(rng, held_out=still)["held_out"]
    assert held["valence"]["r2"] is None
    assert held["valence"]["mig"] is None
    assert held["dci"] is None
    assert held["quadrants"] is None
    json.dumps(held, allow_nan=False)


def test_identities_widen_the_intervals(rng):
    groups = np.repeat(np.arange(10), 30)
    alone, grouped = coded(np.random.default_rng(3), 300, "val"), None
    offsets = 0.4 * rng.normal(size=(10, 6)).astype(np.float32)
    alone = replace(alone, codes=alone.codes + offsets[groups])
    grouped = replace(alone, groups=groups)
    found = [gathered(np.random.default_rng(4), held_out=faces) for faces in (alone, grouped)]
    narrow, wide = (np.ptp(each["held_out"]["valence"]["r2_interval"]) for each in found)
    assert wide > narrow
    assert found[1]["held_out"]["identities"] == 10


def test_coded_faces_must_be_labelled(rng):
    faces = coded(rng, 20)
    with pytest.raises(ValueError, match="without labels"):
        replace(faces, labels=np.full((20, 2), np.nan, np.float32))
    with pytest.raises(ValueError, match="do not pair"):
        replace(faces, labels=faces.labels[:5])


def test_label_histogram_counts_arousal_by_row():
    found = label_histogram(np.array([[0.95, -0.95], [0.95, -0.95], [-0.95, 0.95]]), bins=2)
    assert found["counts"] == [[0, 2], [1, 0]]


def test_probe_run_measures_a_run_on_real_faces(tiny_run, tiny_faceset):
    from faces.sets import load_faceset
    from vae.checkpoint import load_run
    from vae.probing.run import probe_run
    from vae.probing.traversal import traverse

    run, faces = load_run(tiny_run), load_faceset(tiny_faceset)
    directions, evidence = probe_run(run, faces, compare=run, label_note="a proxy")
    assert directions.model == run.digest
    assert directions.faceset == faces.identity
    assert abs(directions.cosine_after) <= 1e-6
    assert directions.r2[0] == evidence["held_out"]["valence"]["r2"]
    assert evidence["fit"]["split"] == "train"
    assert evidence["held_out"]["split"] == "val"
    assert evidence["compare"]["held_out"] == evidence["held_out"]
    assert evidence["faceset"]["labels"] == "a proxy"
    baseline = evidence["held_out"]["components"]["64"]["valence"]  # 256 would need more faces
    low, high = baseline["r2_interval"]
    assert list(evidence["held_out"]["components"]) == ["64"] and low <= baseline["r2"] <= high
    json.dumps(evidence, allow_nan=False)
    again = probe_run(run, faces, compare=run, label_note="a proxy")[1]
    assert again == evidence
    strips = traverse(run, directions, np.linspace(-0.8, 0.8, 5))
    assert strips["arousal"].shape == (3, 5, 64, 64, 3)
    assert strips["valence"].dtype == np.uint8


def test_probe_run_leaves_faces_it_was_fitted_on_out_of_the_test(tiny_run, tiny_faceset):
    from faces.sets import load_faceset
    from vae.checkpoint import load_run
    from vae.probing.run import probe_run

    run, faces = load_run(tiny_run), load_faceset(tiny_faceset)
    _, evidence = probe_run(run, faces, test=faces, basis="pattern")
    held, test = evidence["held_out"], evidence["test"]
    assert test["split"] == "all"
    assert test["n"] + test["already_seen"] + test["unlabelled"] == len(faces)
    assert test["n"] == held["n"]
    assert test["valence"]["r2"] == pytest.approx(held["valence"]["r2"])
    assert evidence["directions"]["basis"] == "pattern"


def test_probe_run_refuses_faces_of_another_size(tiny_faceset):
    from faces.sets import load_faceset
    from vae.checkpoint import Run
    from vae.config import TrainConfig, VAEConfig
    from vae.model import BetaVAE
    from vae.probing.run import probe_run

    config = VAEConfig(128, 3, 8, encoder_width=8, decoder_width=8)
    run = Run(BetaVAE(config).eval(), config, TrainConfig(), {}, "00" * 32, tiny_faceset)
    with pytest.raises(CircumplexError, match="64 pixels"):
        probe_run(run, load_faceset(tiny_faceset))


def test_probe_run_names_a_set_without_labels(tiny_run, tiny_faceset, monkeypatch):
    from faces.sets import FaceSet, load_faceset
    from vae.checkpoint import load_run
    from vae.probing.run import probe_run

    def unlabelled(self, rows):
        return np.full((len(rows), 2), np.nan, np.float32)

    monkeypatch.setattr(FaceSet, "labels", unlabelled)
    with pytest.raises(CircumplexError, match="carries valence"):
        probe_run(load_run(tiny_run), load_faceset(tiny_faceset))
