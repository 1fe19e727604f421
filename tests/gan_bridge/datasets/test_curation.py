"""Curation: what is left out, for which reason, and that the rest is the set's own rows."""

from pathlib import Path

import numpy as np
import pytest

from faces.ground.errors import CircumplexError
from faces.sets import load_faceset
from gan_bridge.datasets.curation import CurationConfig, curate
from vae.checkpoint import load_run


def test_faces_are_left_out_for_one_reason_each(tiny_faceset: Path) -> None:
    faces, run = load_faceset(tiny_faceset), load_run("grey-vae")
    chosen = curate(faces, run, CurationConfig(unlike=0.1))
    rows = faces.rows("train")
    assert set(chosen.rows) < set(rows) and (np.diff(chosen.rows) > 0).all()
    assert list(chosen.reasons) == [
        "turned away", "detected with doubt", "no landmarks", "unlike the others",
    ]  # fmt: skip
    assert len(chosen.rows) + sum(chosen.reasons.values()) == len(rows)
    assert chosen.reasons["turned away"] > 0 and chosen.reasons["unlike the others"] > 0
    table = faces.manifest(["yaw", "pitch", "confidence"]).iloc[chosen.rows]
    assert table["yaw"].abs().max() <= 35 and table["confidence"].min() >= 0.95


def test_nothing_left_is_told(tiny_faceset: Path) -> None:
    faces, run = load_faceset(tiny_faceset), load_run("grey-vae")
    with pytest.raises(CircumplexError, match="no face of 'train' is left"):
        curate(faces, run, CurationConfig(max_yaw=1e-6, landmarks=False))


def test_wrong_settings_are_refused() -> None:
    for wrong in ({"max_yaw": 0.0}, {"unlike": 1.0}, {"min_confidence": 1.0}):
        with pytest.raises(CircumplexError):
            CurationConfig(**wrong)
