"""The report: stand-alone, escaped, the same bytes for the same evidence, true to its numbers."""

import json
from dataclasses import replace

import numpy as np
import pytest
from other_process import said_elsewhere
from pages import HOSTILE, check_hostile, check_page

from studio.reports.formatting import interval, number
from studio.reports.methods import methods
from studio.reports.probe import render, write_report
from vae.config import TrainConfig, VAEConfig
from vae.probing.bases import make_directions
from vae.probing.evidence import CodedFaces, gather_evidence
from vae.probing.probes import fit_probes


def coded(seed, count, split, groups=None):
    rng = np.random.default_rng(seed)
    labels = rng.uniform(-1, 1, (count, 2)).astype(np.float32)
    codes = labels @ np.random.default_rng(9).normal(size=(2, 6)) + rng.normal(size=(count, 6))
    names = np.array(["happiness", "anger"], object)[rng.integers(0, 2, count)]
    return CodedFaces(HOSTILE, "cd" * 32, split, codes, labels, groups, names)


def one_run(guide, basis="orthogonal", **unseen):
    fitted = coded(0, 300, "train")
    probes = fit_probes(fitted.codes, fitted.labels)
    patterns = np.eye(2, 6)
    directions = make_directions(
        probes, basis, model="ab" * 32, faceset="cd" * 32, patterns=patterns
    )
    run = {
        "name": f"guide-{guide:g}",
        "digest": "ab" * 32,
        "config": json.loads(VAEConfig(64, 1, 6).to_json()),
        "training": json.loads(TrainConfig(guide=guide).to_json()),
        "provenance": {"training_faces": 28_000, "faces": "cd" * 32},
        "psnr": 23.456,
        "psnr_faces": 2048,
    }
    score = {"ccc": 0.4, "rmse": 0.3, "slope": 0.35}
    read_back = {"faces": 8, "points": 49, "reach": 0.8, "truncation": 0.7}
    read_back |= {"valence": score, "arousal": score}
    return {"run": run, "read_back": read_back} | gather_evidence(
        probes, directions, fitted, unseen
    )


def some_evidence(compare=True, **settings):
    codes = coded(1, 200, "val")
    return {
        "schema": "circumplex/report",
        "version": 1,
        "software": {"circumplex-studio": "0.1.0"},
        "seed": 0,
        "faceset": {
            "name": HOSTILE,
            "digest": "cd" * 32,
            "size": 64,
            "channels": 1,
            "faces": 500,
            "labels": "a proxy from human votes",
        },
        **one_run(1000.0, held_out=codes, **settings),
        "compare": one_run(0.0, held_out=codes) if compare else None,
    }


@pytest.fixture(scope="module")
def evidence():
    return some_evidence()


@pytest.fixture(scope="module")
def text(evidence):
    strip = np.random.default_rng(0).integers(0, 255, (2, 5, 8, 8, 3), np.uint8)
    return render(evidence, {"valence": strip, "arousal": strip}, np.linspace(-0.8, 0.8, 5))


def test_names_are_text(text):
    check_hostile(text, 4)


def test_drawings_take_their_ink_from_the_page(text):
    assert text.count("<svg") == 5
    assert "currentColor" in text
    assert "#010203" not in text


def test_numbers_of_the_page_are_those_of_the_evidence(evidence, text):
    for target in ("valence", "arousal"):
        score = evidence["held_out"][target]
        assert f"<b>{number(score['r2'], 3)}</b>" in text
        assert f"95 % CI {interval(score['r2_interval'], 3)}" in text
    other = evidence["compare"]["held_out"]["valence"]
    assert number(other["ccc"], 3) in text


def test_every_quadrant_is_told_with_its_faces(evidence, text):
    found = evidence["held_out"]["quadrants"]
    assert list(found["by_quadrant"]) == ["+V +A", "-V +A", "-V -A", "+V -A"]
    said = " ".join(methods(evidence))
    for name, own in found["by_quadrant"].items():
        assert f"{number(own['recall'], 3)}<small>{interval(own['interval'], 3)}" in text
        assert f"{name} {100 * own['recall']:.1f} %" in said
    assert f"balanced: {100 * found['balanced']:.1f} %" in text and "25.0 %" in said
    # an older report has the accuracy alone
    older = {key: found[key] for key in ("n", "accuracy", "interval", "majority")}
    older["majority_interval"] = found["majority_interval"]
    before = evidence | {"held_out": evidence["held_out"] | {"quadrants": older}, "compare": None}
    assert "<h3>Quadrants</h3>" in text and "<h3>Quadrants</h3>" not in render(before)
    assert "balanced" not in " ".join(methods(before))


def test_report_is_written_whole_and_by_another_process_the_same(tmp_path, evidence):
    first = write_report(tmp_path / "näme of run", evidence)
    bytes_of = [path.read_bytes() for path in first]
    assert json.loads(bytes_of[0]) == evidence
    (tmp_path / "evidence.json").write_bytes(bytes_of[0])
    code = "write_report(sys.argv[1], json.load(open(sys.argv[2], encoding='utf-8')))"
    said_elsewhere(__file__, code, tmp_path / "other", tmp_path / "evidence.json")
    assert [(tmp_path / "other" / path.name).read_bytes() for path in first] == bytes_of
    assert sorted(path.name for path in first[0].parent.iterdir()) == ["report.html", "report.json"]


def test_methods_say_what_was_done(evidence):
    said = " ".join(methods(evidence))
    for words in (
        "with weight 1000",
        "6 latent units",
        "28,000 faces",
        "a proxy from human votes",
        "5-fold cross-validation",
        "not human ratings",
        "Gram–Schmidt",
        "20 equal-width bins",
        "plain, without guidance",
        "23.5 dB",
    ):
        assert words in said
    assert interval(evidence["held_out"]["arousal"]["ccc_interval"]) in said


def test_methods_say_that_nothing_stands_beside():
    assert "No plain β-VAE" in " ".join(methods(some_evidence(compare=False)))
    assert "No plain β-VAE" not in " ".join(methods(some_evidence()))


def test_methods_describe_the_base_of_a_refined_run(evidence):
    run = evidence["run"]
    base = {"digest": "ef" * 32, "training": run["training"], "provenance": run["provenance"]}
    training = json.loads(TrainConfig(guide=0.0, epochs=8, express=150.0).to_json())
    refined = run | {"training": training, "provenance": run["provenance"] | {"base": base}}
    said = " ".join(methods(evidence | {"run": refined}))
    assert "for 30 epochs" in said and "with weight 1000" in said
    assert (
        "refined for 8 epochs with the encoder frozen (weight of the expression term 150)" in said
    )
    assert "what the refinement optimised" in said
    assert "what the refinement optimised" not in " ".join(methods(evidence))


@pytest.mark.parametrize("where", ["own", "base"])
def test_methods_warn_of_other_training_faces(evidence, where):
    run = evidence["run"]
    other = run["provenance"] | {"faces": "99" * 32}
    if where == "base":
        base = {"digest": "ef" * 32, "training": run["training"], "provenance": other}
        other = run["provenance"] | {"base": base}
    said = " ".join(methods(evidence | {"run": run | {"provenance": other}}))
    assert "cannot be excluded" in said
    assert "cannot be excluded" not in " ".join(methods(evidence))


def test_methods_know_the_set_by_the_name_that_version_0_1_0_gave_it(evidence):
    faceset, run = evidence["faceset"] | {"integrity": "77" * 32}, evidence["run"]
    of_old = run | {"provenance": run["provenance"] | {"faces": "77" * 32}}
    said = " ".join(methods(evidence | {"faceset": faceset, "run": of_old}))
    assert "cannot be excluded" not in said and "of another set" not in said


@pytest.mark.parametrize(("basis", "words"), [("dual", "dual basis"), ("pattern", "Haufe")])
def test_methods_name_the_basis(basis, words):
    codes = coded(1, 60, "val")
    found = some_evidence(compare=False) | one_run(0.0, basis, held_out=codes)
    said = " ".join(methods(found))
    assert words in said
    assert ("identically" in said) == (basis == "dual")


def test_a_test_set_and_identities_have_their_place():
    groups = np.repeat(np.arange(10), 6)
    unseen = replace(coded(2, 60, "all", groups), name="other set", already_seen=3)
    found = some_evidence(compare=False, test=unseen)
    text = render(found)
    assert text.count("<svg") == 9
    assert "On other set" in text
    assert "3 faces that are also among those fitted on" in text
    assert "identities resampled" in text
    check_page(text)


def test_what_is_not_defined_is_said_so():
    still = replace(coded(1, 20, "val"), labels=np.full((20, 2), 0.5, np.float32), expression=None)
    found = some_evidence(compare=False) | one_run(0.0, held_out=still)
    assert "not defined" in render(found)
    assert "not defined" in " ".join(methods(found))
