"""The page about a classifier."""

import numpy as np
from pages import HOSTILE, check_hostile, check_page

from studio.evaluation.classification_scores import score
from studio.reports.classification import CONFUSION, render, split_notes, write_report

CLASSES = ("neutral", "happiness", HOSTILE)


def evidence(**split) -> dict:
    rng = np.random.default_rng(0)
    labels = rng.choice(3, 300, p=[0.6, 0.3, 0.1])
    odds = rng.normal(size=(300, 3)) + 2 * np.eye(3)[labels]
    probabilities = np.exp(odds) / np.exp(odds).sum(1, keepdims=True)
    return {
        "software": "circumplex-studio",
        "kind": "pixels",
        "config": {"model": HOSTILE, "epochs": 3},
        "classes": list(CLASSES),
        "data": {"name": f"a/{HOSTILE}", "digest": "ab" * 32, "dropped": {HOSTILE: 3}},
        "trained": {"data": {"name": "a/set", "digest": "ab" * 32}, "weights": None, "faces": 900},
        "split": {"kind": "grouped", "train": 900, "groups": 7, "shared": 0, "unseen": True}
        | split,
        "scores": score(labels, probabilities, CLASSES),
        "ungrouped": {"accuracy": 0.99, "macro_f1": 0.98},
    }


def test_names_are_text_and_the_same_evidence_gives_the_same_page() -> None:
    html = render(evidence())
    check_hostile(html, 5)
    assert html == render(evidence()) and html.count("<svg") == 3
    text = check_page(html).text
    assert "99.0 %" in text and "7 videos or people were scored, none of them trained on" in text


def test_the_drawing_beside_the_page_is_one_element(tmp_path) -> None:
    assert write_report(tmp_path, evidence()).is_file()
    drawing = (tmp_path / CONFUSION).read_text()
    assert drawing.startswith("<svg") and drawing.rstrip().endswith("</svg>")


def test_the_page_says_what_a_split_is_worth() -> None:
    alone = " ".join(split_notes(evidence(kind="ungrouped", groups=None)))
    assert "neither videos nor people" in alone and "flatters" in alone
    unknown = " ".join(split_notes(evidence(unseen=False)))
    assert "may be among them" in unknown and "none of them trained on" not in unknown
    shared = " ".join(split_notes(evidence(kind="given", shared=2)))
    assert "2 of the 7 videos or people" in shared
    assert "Left out: 3 <script>" in shared
