"""`ratings report` on simulated studies with a known truth, and on tables that are odd."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pages import HOSTILE, check_page

from faces.ground.errors import CircumplexError
from studio.cli import main
from studio.ratings.agreement import compared, references
from studio.ratings.careless import CarelessConfig
from studio.ratings.rated_stimuli import read_rated_stimuli
from studio.ratings.scales import TARGETS
from studio.ratings.simulation import SimulationConfig, simulate
from studio.ratings.stimuli import read_stimuli
from studio.ratings.summary import summarise
from studio.stimuli.norms import Norms

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


def test_what_was_set_or_rated_of_further_factors_is_no_reader() -> None:
    stems = (
        "requested",
        "aimed",
        "rated",
        "expected",
        "set_pain",
        "aimed_pain",
        "rated_old",
        "mine",
    )
    names = [f"{stem}_{target}" for stem in stems for target in ("valence", "arousal")]
    found = references(pd.DataFrame({name: [0.1] for name in names}))
    assert list(found) == ["request", "aimed at", "mine"]


def rated_again(folder: Path, **columns: Any) -> pd.DataFrame:
    """Stimuli of 30 pictures with further columns, as table.csv; what was written."""
    table = pd.DataFrame({"file": [f"{k:04d}.png" for k in range(30)], **columns})
    table.to_csv(folder / "table.csv", index=False)
    return table


def test_ratings_that_the_stimuli_had_are_replaced_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rated_again(tmp_path, rated_valence=9.0, rated_arousal_n=3, note="x")
    found = report(tmp_path, simulate(SMALL, 7).table, "--stimuli", tmp_path / "table.csv")
    assert found["replaced"] == ["rated_valence", "rated_arousal_n"]
    assert "replaced: rated_valence, rated_arousal_n" in capsys.readouterr().out
    joined = pd.read_csv(tmp_path / "report" / "stimuli.csv")
    assert joined["rated_valence"].abs().max() <= 1 and set(joined["note"]) == {"x"}
    assert not [name for name in joined if name.endswith(("_x", "_y"))]
    shutil.copy(tmp_path / "report" / "stimuli.csv", tmp_path / "table.csv")  # and once more
    again = report(tmp_path, simulate(SMALL, 7).table, "--stimuli", tmp_path / "table.csv")
    assert len(again["replaced"]) == 10


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ([None] * 30, 30),  # each unknown one is a person of their own
        (["n"] * 10 + ["none"] * 10 + [None] * 10, 12),
        ([f"{k % 10:03d}" for k in range(30)], 10),
        (["NA"] * 15 + ["1"] * 15, 2),
    ],
)
def test_people_are_names_and_unknown_ones_are_nobody_else(
    tmp_path: Path, people: list[str | None], expected: int, capsys: pytest.CaptureFixture[str]
) -> None:
    study = simulate(SMALL, 7)
    rated_again(tmp_path, person=people, valence=study.truth[:, 0], arousal=study.truth[:, 1])
    found = report(tmp_path, study.table, "--stimuli", tmp_path / "table.csv")
    each = found["agreement"]["request"]["valence"]
    assert each["people"] == expected and each["people_known"] == any(people)
    said = capsys.readouterr().out
    low, high = each["ccc_interval"]
    assert f"CCC with request: valence {each['ccc']:.2f} [{low:.2f}, {high:.2f}]" in said
    assert ("of unknown people" if expected == 30 else f"{expected} people (fewer than 30") in said


def test_the_first_column_of_people_that_has_values_counts(tmp_path: Path) -> None:
    seeds = [k // 3 for k in range(30)]
    rated_again(tmp_path, person=[None] * 30, identity=[f"{k:03d}" for k in seeds], seed=range(30))
    found = read_stimuli(tmp_path / "table.csv").table
    assert found["person"].tolist() == [f"{k:03d}" for k in seeds]
    assert found["identity"].tolist()[:4] == ["000", "000", "000", "001"]
    assert found["seed"].tolist()[1] == "1"


def test_whom_person_does_not_name_identity_does(tmp_path: Path) -> None:
    identity = [f"seed-{k // 3}" for k in range(30)]
    person = ["anna", None, " "] + ["seed-1"] * 3 + ["x", "y", None] + [None] * 21
    rated_again(tmp_path, person=person, identity=identity, seed=range(30))
    found = read_stimuli(tmp_path / "table.csv").table
    assert found["person"].tolist() == ["anna"] * 3 + identity[3:6] + ["x", "y"] + identity[8:]
    rated_again(tmp_path, person=person, model="stylegan3")  # one model is not one person
    assert read_stimuli(tmp_path / "table.csv").table["person"].isna().sum() == 24


def test_a_picture_without_a_file_is_refused(tmp_path: Path) -> None:
    rated_again(tmp_path, valence=0.1)
    text = (tmp_path / "table.csv").read_text().replace("0003.png", "")
    (tmp_path / "table.csv").write_text(text)
    with pytest.raises(CircumplexError, match="has a row without a file"):
        read_stimuli(tmp_path / "table.csv")


def test_groups_of_two_columns_with_the_same_words(tmp_path: Path) -> None:
    table = simulate(SMALL, 1).table
    number = table["rater"].str[1:].astype(int)
    table["sex"] = np.where(number % 2, "f", "m")
    table["hand"] = np.where(number % 4 < 2, "f", "m")
    table["age"] = np.where(number < 20, "18-30", np.where(number < 30, "18 30", "über 30"))
    found = report(tmp_path, table, "--by", "sex,hand,age")
    norms = pd.read_csv(tmp_path / "report" / "norms.csv")
    names = {"sex_f", "sex_m", "hand_f", "hand_m", "age_18_30", "age_18_30_2", "age_uber_30"}
    assert {f"valence_mean_{name}" for name in names} <= set(norms)
    flagged = {each["rater"] for each in found["raters"]["named"]}
    own = table[(table["hand"] == "f") & ~table["rater"].isin(flagged)]
    mean = own[own["stimulus"] == "0000.png"]["valence"].mean()
    assert norms["valence_mean_hand_f"].iloc[0] == pytest.approx(mean, abs=1e-5)
    exported = Norms.read(tmp_path / "report" / "norms.csv", ("file", "valence"))
    assert "valence_sd_age_18_30" in {column.name for column in exported.columns}
    what = {each["column"]: (each["what"], each["unit"]) for each in found["norms"]}
    assert list(what) == list(norms.columns)
    assert "raters whose age is 18-30" in what["arousal_n_age_18_30_2"][0]
    assert what["valence_sd"][1] == "[-1, 1]" and "95 % confidence" in what["valence_low"][0]


def test_a_reserved_column_is_no_group(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    simulate(SMALL, 1).table.to_csv(tmp_path / "r.csv", index=False)
    words = ["ratings", "report", str(tmp_path / "r.csv"), "--out", str(tmp_path / "o")]
    assert main([*words, "--by", "stimulus"]) == 2
    said = capsys.readouterr().err
    assert "'stimulus' is a column of the ratings themselves" in said and said.count("\n") == 1


def test_what_the_import_counted_is_not_counted_twice(tmp_path: Path) -> None:
    rows = [(f"r{k}", f"{s}.png", 1 + (k + 3 * s) % 9, "" if (k, s) in {(0, 0), (1, 1)} else 5)
            for k in range(6) for s in range(6)]  # fmt: skip
    names = ["rater", "stimulus", "valence", "arousal"]
    pd.DataFrame(rows, columns=names).to_csv(tmp_path / "d.csv", index=False)
    brought = ["ratings", "import", str(tmp_path / "d.csv"), "--scale", "1:9"]
    assert main([*brought, "--out", str(tmp_path / "ratings.csv")]) == 0
    words = ["--out", str(tmp_path / "report"), "--keep-flagged"]

    def faults() -> tuple[dict[str, Any], dict[str, Any]]:
        assert main(["ratings", "report", str(tmp_path / "ratings.csv"), *words]) == 0
        data = json.loads((tmp_path / "report" / "ratings.json").read_text())["data"]
        return data["imported"], data["faults"]

    imported, own = faults()
    assert imported["arousal without an answer"]["count"] == 2 and own == {}
    table = pd.read_csv(tmp_path / "ratings.csv")
    table.loc[5, "arousal"] = np.nan  # changed since: what is missing is counted anew
    table.to_csv(tmp_path / "ratings.csv", index=False)
    assert faults()[1]["arousal missing"]["count"] == 3


@pytest.mark.parametrize(
    "damage", ["[]", '{"faults": []}', '{"faults": {"x": 3}}', "[" * 100_000, "{"]
)
def test_a_damaged_file_beside_the_table_is_one_line(
    tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    simulate(SMALL, 1).table.to_csv(tmp_path / "r.csv", index=False)
    (tmp_path / "r.json").write_text(damage)
    out = tmp_path / "out"
    assert main(["ratings", "report", str(tmp_path / "r.csv"), "--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert "r.json" in said and said.count("\n") == 1 and not out.exists()


@pytest.mark.parametrize("data", [[], {}, {"models": {}}, {"models": [1]}, {"models": "x"}])
def test_a_damaged_report_is_one_line(tmp_path: Path, data: Any) -> None:
    (tmp_path / "ratings.json").write_text(json.dumps({"data": data}))
    (tmp_path / "stimuli.csv").write_text("valence,arousal,rated_valence,rated_arousal\n0,0,0,0\n")
    if data == {}:
        assert read_rated_stimuli(tmp_path).models is None
    else:
        with pytest.raises(CircumplexError, match=r"ratings\.json is damaged"):
            read_rated_stimuli(tmp_path)


def test_rated_stimuli_hold_names_and_refuse_words(tmp_path: Path) -> None:
    (tmp_path / "ratings.json").write_text('{"data": {"models": null}}')
    path = tmp_path / "stimuli.csv"
    head = "person,valence,arousal,rated_valence,rated_arousal\n"
    path.write_text(f"{head}001,0,0,0.5,0\n001,0,0,0.5,0\n,0,0,0.5,0\n,0,0,0.5,0\n1,0,0,,0\n")
    rated = read_rated_stimuli(tmp_path)
    assert len(rated.ratings) == 4 and len(set(rated.people)) == 3
    path.write_text(f"{head}001,0,0,happy,0\n")
    with pytest.raises(CircumplexError, match="has words under rated_valence"):
        read_rated_stimuli(tmp_path)
