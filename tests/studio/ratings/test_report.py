"""`ratings report` on simulated studies with a known truth, and on tables that are odd."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pages import HOSTILE, check_page

from studio.cli import main
from studio.ratings.agreement import compared
from studio.ratings.careless import CarelessConfig
from studio.ratings.scales import TARGETS
from studio.ratings.simulation import SimulationConfig, simulate
from studio.ratings.summary import summarise

FILES = {"ratings.html", "ratings.json", "norms.csv", "raters.csv"}
SMALL = SimulationConfig(raters=40, stimuli=30, steps=9)


def report(folder: Path, table: pd.DataFrame, *words: object) -> dict[str, Any]:
    table.to_csv(folder / "ratings.csv", index=False)
    out = folder / "report"
    given = [str(folder / "ratings.csv"), "--out", str(out), *map(str, words)]
    assert main(["ratings", "report", *given]) == 0
    check_page((out / "ratings.html").read_text(encoding="utf-8"))
    found: dict[str, Any] = json.loads((out / "ratings.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("share", [None, 15])
def test_the_truth_lies_within_the_intervals(share: int | None) -> None:
    """60 studies: 3600 intervals of means, 120 of ICC; the seeds are fixed."""
    config = SimulationConfig(raters=60, stimuli=30, share=share)
    means, singles, careless, alarms = [], [], 0, 0
    for seed in range(60):
        study = simulate(config, seed)
        found = summarise(study.table, None, CarelessConfig())
        for k, target in enumerate(TARGETS):
            low, high = (found.norms[f"{target}_{end}"].to_numpy() for end in ("low", "high"))
            means.append((low <= study.truth[:, k]) & (study.truth[:, k] <= high))
            bounds = found.figures["reliability"]["kept"][target]["single_interval"]
            singles.append(bounds[0] <= study.icc <= bounds[1])
        flagged = set(found.raters["rater"][found.raters["flags"] != ""])
        careless += len(flagged & study.careless)
        alarms += len(flagged - study.careless)
    assert 0.93 <= np.mean(means) <= 0.97
    assert 0.88 <= np.mean(singles) <= 0.99
    assert careless >= 0.95 * 60 * 3 and alarms <= 0.01 * 60 * 57


def test_nine_points_have_the_truth_of_their_steps() -> None:
    many = SimulationConfig(raters=4000, stimuli=8, steps=9, careless=0, stimulus_sd=0.5)
    study = simulate(many, 1)
    means = study.table.groupby("stimulus")[list(TARGETS)].mean().to_numpy()
    assert np.abs(means - study.truth).max() < 5 * 0.25 / np.sqrt(4000)


def test_the_report_has_its_files_and_its_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = simulate(SMALL, 3)
    found = report(tmp_path, study.table)
    assert {path.name for path in (tmp_path / "report").iterdir()} - {".lock"} == FILES
    assert found["raters"]["all"] == 40 and found["raters"]["excluded"] == 2
    assert {each["rater"] for each in found["raters"]["named"]} == set(study.careless)
    said = capsys.readouterr().out
    assert "2 raters left out" in said and "failed instructed trials: 2" in said
    norms = pd.read_csv(tmp_path / "report" / "norms.csv")
    kept = study.table[~study.table["rater"].isin(study.careless)]
    first = kept[kept["stimulus"] == "0000.png"]["valence"]
    row = norms[norms["stimulus"] == "0000.png"].iloc[0]
    assert row["valence_n"] == 38
    assert row["valence_mean"] == pytest.approx(first.mean(), abs=1e-5)
    assert row["valence_sd"] == pytest.approx(first.std(), abs=1e-5)
    width = row["valence_high"] - row["valence_low"]
    assert width == pytest.approx(2 * 2.0262 * first.std() / np.sqrt(38), rel=1e-3)  # t of 37
    every, without = (found["reliability"][name]["valence"] for name in ("all", "kept"))
    assert every["raters"] == 40 and without["raters"] == 38
    assert without["single"] > every["single"] and found["change"]["valence"]["largest"] > 0


def test_flagged_raters_can_be_kept(tmp_path: Path) -> None:
    found = report(tmp_path, simulate(SMALL, 3).table, "--keep-flagged")
    assert (found["raters"]["flagged"], found["raters"]["excluded"]) == (2, 0)
    assert found["reliability"]["all"] == found["reliability"]["kept"]


def test_careless_raters_are_found_without_instructed_trials(tmp_path: Path) -> None:
    study = simulate(SimulationConfig(raters=40, stimuli=30, instructed=0, careless=0.1), 5)
    table = study.table
    upside_down = sorted(set(table["rater"]) - study.careless)[0]
    rows = table["rater"] == upside_down
    table.loc[rows, list(TARGETS)] *= -1
    found = report(tmp_path, table)
    reasons = {each["rater"]: each["flags"] for each in found["raters"]["named"]}
    assert "no correlation with the others" in reasons[upside_down]
    one_answer = table[~rows].groupby("rater")["valence"].nunique()
    for rater in one_answer.index[one_answer == 1]:
        assert "one answer" in reasons[rater]


@pytest.mark.parametrize("words", [("TRUE", "FALSE"), ("true", "false"), ("1", "0")])
def test_failed_trials_are_read_in_every_spelling(tmp_path: Path, words: tuple[str, str]) -> None:
    table = simulate(SMALL, 3).table
    spelled = table["passed"].map({True: words[0], False: words[1]})
    found = report(tmp_path, table.assign(passed=spelled))
    assert found["raters"]["by_flag"]["failed instructed trials"] == 2
    assert found["raters"]["failed"] == (table["passed"] == False).sum()  # noqa: E712


def test_odd_words_of_passed_are_counted(tmp_path: Path) -> None:
    table = simulate(SMALL, 3).table
    found = report(tmp_path, table.assign(passed=table["passed"].map({False: "falsch"})))
    fault = found["data"]["faults"]["passed neither TRUE nor FALSE, not judged"]
    assert fault["examples"][0] == "falsch" and found["raters"]["failed"] == 0


def test_where_every_rater_would_be_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = simulate(SMALL, 3).table
    table.loc[table["kind"] == "instructed", "passed"] = False
    table.to_csv(tmp_path / "r.csv", index=False)
    out = tmp_path / "out"
    assert main(["ratings", "report", str(tmp_path / "r.csv"), "--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and not out.exists()
    assert "all 40 raters are flagged" in said and "failed instructed trials: 40" in said


@pytest.mark.parametrize("target", TARGETS)
def test_a_rater_who_reversed_one_scale_is_flagged(target: str) -> None:
    study = simulate(SimulationConfig(raters=40, stimuli=30, careless=0), 11)
    table = study.table
    table.loc[table["rater"] == "R0004", target] *= -1
    raters = summarise(table, None, CarelessConfig()).raters.set_index("rater")
    assert raters[f"{target}_r"]["R0004"] < -0.5 and raters["excluded"].sum() == 1
    mean = raters[["valence_r", "arousal_r"]].mean(axis=1)["R0004"]
    flags = raters["flags"]["R0004"].split("; ")
    assert f"{target} runs the other way" in flags
    assert ("no correlation with the others" in flags) == (mean <= 0)


def test_norms_join_the_stimuli_and_meet_request_and_readers(tmp_path: Path) -> None:
    study = simulate(SMALL, 7)
    rng = np.random.default_rng(0)
    stimuli = pd.DataFrame(
        {
            "file": [f"{k:04d}.png" for k in range(31)],  # one that nobody rated
            "seed": [k // 2 for k in range(31)],
            "valence": [*study.truth[:, 0], 0.0],
            "arousal": [*(study.truth[:, 1] + 0.2), 0.0],
            "pixel_valence": rng.normal(size=31),
            "pixel_arousal": rng.normal(size=31),
            "luminance_mean": 100.0,
        }
    )
    stimuli.to_csv(tmp_path / "table.csv", index=False)
    found = report(tmp_path, study.table, "--stimuli", tmp_path / "table.csv")
    assert set(found["agreement"]) == {"request", "pixel"}
    request = found["agreement"]["request"]
    assert request["valence"]["ccc"] > 0.9 and request["valence"]["n"] == 30
    assert request["arousal"]["bias"] == pytest.approx(0.2, abs=0.05)
    assert found["agreement"]["pixel"]["valence"]["ccc"] < 0.4
    joined = pd.read_csv(tmp_path / "report" / "stimuli.csv")
    assert joined["file"].tolist() == stimuli["file"].tolist()
    norms = pd.read_csv(tmp_path / "report" / "norms.csv")
    assert joined["rated_valence"].equals(norms["valence_mean"])
    assert joined["rated_valence_n"].tolist()[-1] == 0 and np.isnan(
        joined["rated_valence"].iloc[-1]
    )
    chosen = joined.query("rated_valence.between(-.1, .3)")
    assert 0 < len(chosen) < 30 and {"rated_arousal_sd", "rated_arousal_low"} <= set(chosen)
    assert found["precision"]["valence"]["without"] == 1


def test_limits_of_agreement_by_their_formulas() -> None:
    rng = np.random.default_rng(2)
    rated = rng.normal(size=50)
    other = rated + 0.3 + rng.normal(scale=0.2, size=50)
    found = compared(rated, other, np.arange(50).astype(str))
    sd = np.std(other - rated, ddof=1)
    assert found["bias"] == pytest.approx(np.mean(other - rated))
    assert found["limits"] == pytest.approx([found["bias"] - 1.96 * sd, found["bias"] + 1.96 * sd])
    low, high = found["limits_interval"][1]
    # Bland & Altman (1999): the standard error of a limit is about √3 SD / √n
    assert (high - low) / 2 == pytest.approx(2.01 * np.sqrt(2.92) * sd / np.sqrt(50), rel=0.01)
    assert found["bias_interval"][0] < 0.3 < found["bias_interval"][1]


def test_groups_of_raters_even_of_one(tmp_path: Path) -> None:
    table = simulate(SMALL, 1).table
    groups = {f"R{k:04d}": "m" if k < 20 else "f" for k in range(39)} | {"R0039": "x"}
    table["gender"] = table["rater"].map(groups)
    found = report(tmp_path, table, "--by", "gender")
    assert sum(found["groups"]["gender"].values()) == found["raters"]["all"] - 2
    norms = pd.read_csv(tmp_path / "report" / "norms.csv")
    own = table[(table["gender"] == "m") & (table["stimulus"] == "0003.png")]
    flagged = {each["rater"] for each in found["raters"]["named"]}
    own = own[~own["rater"].isin(flagged)]
    row = norms[norms["stimulus"] == "0003.png"].iloc[0]
    assert row["arousal_mean_gender_m"] == pytest.approx(own["arousal"].mean(), abs=1e-5)
    assert row["arousal_n_gender_m"] == len(own)
    if "R0039" not in flagged:
        assert row["arousal_n_gender_x"] == 1 and np.isnan(row["arousal_sd_gender_x"])
        page = (tmp_path / "report" / "ratings.html").read_text(encoding="utf-8")
        assert "x of gender" in page


def test_an_odd_table_is_counted(tmp_path: Path) -> None:
    table = simulate(SMALL, 2).table[["rater", "stimulus", "kind", "valence", "arousal"]]
    extra = pd.DataFrame(
        [("R0001", "0001.png", "rating", 0.9, 0.9), ("R0001", "ghost.png", "rating", 0, 0),
         ("R0002", HOSTILE, "rating", 0, 0), (None, "0001.png", "rating", 0, 0)],
        columns=table.columns,
    )  # fmt: skip
    table = pd.concat([table, extra], ignore_index=True)
    table.loc[0, "valence"], table.loc[5, "arousal"] = 7.0, np.nan
    stimuli = pd.DataFrame({"file": [f"{k:04d}.png" for k in range(30)]})
    stimuli.to_csv(tmp_path / "table.csv", index=False)
    found = report(tmp_path, table, "--stimuli", tmp_path / "table.csv")
    assert {kind: each["count"] for kind, each in found["data"]["faults"].items()} == {
        "without a rater or a stimulus, left out": 1,
        "a stimulus that is not among the stimuli, left out": 2,
        "valence outside [-1, 1], taken as missing": 1,
        "arousal missing": 1,
        "a picture rated twice by one rater, the first kept": 1,
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.assign(valence=table["valence"] * 4 + 5), "not in [-1, 1]"),
        (lambda table: table.drop(columns="arousal"), "no column 'arousal'"),
        (lambda table: table.head(0), "no rating that can be used"),
    ],
)
def test_a_table_that_is_none_is_refused(
    tmp_path: Path, change: Any, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change(simulate(SMALL, 2).table).to_csv(tmp_path / "ratings.csv", index=False)
    out = tmp_path / "report"
    assert main(["ratings", "report", str(tmp_path / "ratings.csv"), "--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1 and not out.exists()


def test_one_rater_and_one_stimulus_are_reported_as_what_they_are(tmp_path: Path) -> None:
    rows = [("a", "x.png", 0.5, 0.25)]
    table = pd.DataFrame(rows, columns=["rater", "stimulus", "valence", "arousal"])
    found = report(tmp_path, table)
    assert found["reliability"]["kept"]["valence"]["single"] is None
    assert found["raters"]["single_rating"] == ["a"]
    page = (tmp_path / "report" / "ratings.html").read_text(encoding="utf-8")
    assert "one complete rating or none, of whom nothing can be said: 1, such as a." in page
    assert found["plan"] == {"valence": None, "arousal": None}
    norms = pd.read_csv(tmp_path / "report" / "norms.csv")
    assert norms["valence_mean"].tolist() == [0.5] and norms["valence_sd"].isna().all()
