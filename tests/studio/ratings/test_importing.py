"""Files of answers, each program's and plain ones; what is wrong in them is counted and named."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from studio.cli import main

DATA = Path(__file__).parents[2] / "data"
STUDY = ("--raters", "5", "--share", "5", "--repeats", "1", "--instructed", "1", "--blocks", "2")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("rated") / "study"
    assert main(["ratings", "design", str(DATA / "people"), str(out), *STUDY]) == 0
    return out


def imported(out: Path, *words: object) -> tuple[pd.DataFrame, dict[str, Any]]:
    assert main(["ratings", "import", *map(str, words), "--out", str(out), "--overwrite"]) == 0
    evidence = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    return pd.read_csv(out, dtype={"rater": str}), evidence


def counts(evidence: dict[str, Any]) -> dict[str, int]:
    return {kind: each["count"] for kind, each in evidence["faults"].items()}


def conditions(study: Path, number: int) -> pd.DataFrame:
    return pd.read_csv(study / "psychopy" / f"list_{number:04d}.csv", keep_default_na=False)


def test_what_lab_js_itself_wrote(study: Path, tmp_path: Path) -> None:
    """The file was saved by lab.js 22 running this study; every picture got 3 and 7."""
    data = DATA / "cases" / "ratings_labjs.csv"
    table, evidence = imported(tmp_path / "r.csv", data, "--design", study)
    assert evidence["faults"] == {} and evidence["files"][0]["program"] == "lab.js"
    rows = conditions(study, 2)
    assert table["kind"].tolist() == rows["kind"].tolist()
    assert table["stimulus"].fillna("").tolist() == rows["stimulus"].tolist()
    shown = table[table["kind"] != "instructed"]
    assert set(zip(shown["valence"], shown["arousal"], strict=True)) == {(-0.5, 0.5)}
    assert set(table["rater"]) == {"L7"} and table["rt"].notna().all()
    assert table["passed"].dropna().tolist() == [True]


def test_a_wide_file_of_psychopy(study: Path, tmp_path: Path) -> None:
    rows = conditions(study, 1)
    data = rows.assign(
        **{"participant": "007", "expName": "rate", "psychopyVersion": "2026.1.0"},
        **{"slider_valence.response": 9, "slider_arousal.response": 5, "slider_valence.rt": 1.5},
    )
    data = pd.concat([pd.DataFrame([{"participant": "007"}]), data])  # a routine before the loop
    data.to_csv(tmp_path / "007.csv", index=False)
    table, evidence = imported(tmp_path / "r.csv", tmp_path / "007.csv", "--design", study)
    assert evidence["files"][0]["program"] == "PsychoPy"
    assert counts(evidence) == {"without a stimulus, left out": 1}
    rated = table[table["kind"] == "rating"]
    assert set(table["rater"]) == {"007"} and len(rated) == 5
    assert set(rated["valence"]) == {1.0} and set(rated["arousal"]) == {0.0}


def test_json_of_jspsych(study: Path, tmp_path: Path) -> None:
    trials: list[dict[str, Any]] = [{"trial_type": "form", "time_elapsed": 5, "rater": "a"}]
    for at, row in enumerate(conditions(study, 3).to_dict("records"), 1):
        trials.append({"trial_type": "form", "time_elapsed": 10 * at, "rater": "a", "list": 3,
                       "trial": at, "kind": row["kind"], "stimulus": row["stimulus"],
                       "expected_valence": row["expected_valence"],
                       "expected_arousal": row["expected_arousal"], "affect_grid": "8,2",
                       "rt": 700})  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(trials), encoding="utf-8")
    table, evidence = imported(tmp_path / "r.csv", tmp_path / "a.json", "--design", study)
    assert evidence["faults"] == {} and evidence["files"][0]["program"] == "jsPsych"
    assert set(table["valence_answer"]) == {8} and set(table["arousal_answer"]) == {2}
    assert table["passed"].notna().sum() == 1


def plain_answers(study: Path, off: int = 0) -> pd.DataFrame:
    """List 1 as a plain table without what was expected; instructed answers wrong by `off`."""
    rows = conditions(study, 1)
    asked = [pd.to_numeric(rows[f"expected_{target}"]) for target in ("valence", "arousal")]
    found = rows[["list", "trial", "kind", "stimulus"]].assign(rater="a", valence=5, arousal=5)
    away = [(each + off).where(each + off <= 9, each - off) for each in asked]
    for target, column in zip(("valence", "arousal"), away, strict=True):
        found[target] = column.fillna(found[target])
    return found


@pytest.mark.parametrize(("off", "passed"), [(0, "TRUE"), (1, "FALSE")])
def test_the_design_knows_what_instructed_trials_asked(
    study: Path, tmp_path: Path, off: int, passed: str
) -> None:
    plain_answers(study, off).to_csv(tmp_path / "a.csv", index=False)
    _, evidence = imported(tmp_path / "r.csv", tmp_path / "a.csv", "--design", study)
    written = pd.read_csv(tmp_path / "r.csv", dtype=str)
    assert written["passed"].dropna().tolist() == [passed] and evidence["faults"] == {}


def test_instructed_trials_that_nobody_can_judge_exclude_nobody(
    study: Path, tmp_path: Path
) -> None:
    data = pd.concat([plain_answers(study).assign(rater=rater) for rater in "ab"])
    for target in ("valence", "arousal"):
        data[target] = [2, 4, 6, 8, 3, 7, 5] * 2
    data.to_csv(tmp_path / "a.csv", index=False)
    table, evidence = imported(tmp_path / "r.csv", tmp_path / "a.csv", "--scale", "1:9")
    assert table["passed"].isna().all()
    assert counts(evidence) == {
        "instructed trials not judged, as what they asked for is not known": 2
    }
    out = tmp_path / "report"
    assert main(["ratings", "report", str(tmp_path / "r.csv"), "--out", str(out)]) == 0
    assert json.loads((out / "ratings.json").read_text())["raters"]["instructed"] == 0


def test_instructed_trials_on_a_scale_that_is_only_named(study: Path, tmp_path: Path) -> None:
    rows = conditions(study, 1)
    expected = {f"expected_{t}": rows[f"expected_{t}"] for t in ("valence", "arousal")}
    plain_answers(study, off=2).assign(**expected).to_csv(tmp_path / "a.csv", index=False)
    table, evidence = imported(tmp_path / "r.csv", tmp_path / "a.csv", "--scale", "1:9")
    assert table["passed"].dropna().tolist() == [False] and evidence["faults"] == {}


def test_sliders_may_be_a_tenth_of_their_length_away(tmp_path: Path) -> None:
    rows = [("a", "x.png", "rating", 0, 0, "", ""), ("a", "", "instructed", 80, -100, 100, -100),
            ("a", "", "instructed", 79, -100, 100, -100)]  # fmt: skip
    names = ["rater", "stimulus", "kind", "valence", "arousal", "expected_valence",
             "expected_arousal"]  # fmt: skip
    pd.DataFrame(rows, columns=names).to_csv(tmp_path / "a.csv", index=False)
    table, _ = imported(tmp_path / "r.csv", tmp_path / "a.csv", "--scale=sliders")
    assert table["passed"].dropna().tolist() == [True, False]


def test_trials_of_the_design_that_are_not_in_the_data(study: Path, tmp_path: Path) -> None:
    data = plain_answers(study)
    data[data["kind"] == "rating"].to_csv(tmp_path / "a.csv", index=False)
    _, evidence = imported(tmp_path / "r.csv", tmp_path / "a.csv", "--design", study)
    assert counts(evidence) == {
        "raters with fewer than the design's 1 repeated trials a list": 1,
        "raters with fewer than the design's 1 instructed trials a list": 1,
    }
    assert "a has 0" in str(evidence["faults"])


def test_plain_tables_long_and_wide_are_one(tmp_path: Path) -> None:
    long = pd.DataFrame(
        [("a", "1.png", 9, 1), ("a", "2.png", 5, 5), ("b", "1.png", 7, 3), ("b", "2.png", 1, 9)],
        columns=["participant", "image", "valence", "arousal"],
    )
    long.to_csv(tmp_path / "long.csv", index=False, sep=";")
    wide = pd.DataFrame({"subject": ["a", "b"], "1.png_valence": [9, 7], "1.png_arousal": [1, 3],
                         "2.png_valence": [5, 1], "2.png_arousal": [5, 9]})  # fmt: skip
    wide.to_csv(tmp_path / "wide.csv", index=False)
    names = ["rater", "stimulus", "valence", "arousal"]
    found = [
        imported(tmp_path / "r.csv", tmp_path / name, "--scale", "1:9")[0].sort_values(names[:2])
        for name in ("long.csv", "wide.csv")
    ]
    assert found[0][names].values.tolist() == found[1][names].values.tolist()
    assert found[0]["valence"].tolist() == [1, 0, 0.5, -1]


def test_columns_by_other_names_and_groups(tmp_path: Path) -> None:
    data = pd.DataFrame({"who": ["a", "b"], "face": ["1.png"] * 2, "v": [0.5, -1], "a": [0, 1],
                         "gender": ["f", "m"]})  # fmt: skip
    data.to_csv(tmp_path / "d.csv", index=False)
    others = {"rater": "who", "stimulus": "face", "valence": "v", "arousal": "a"}
    names = [f"--column={name}={column}" for name, column in others.items()]
    table, _ = imported(tmp_path / "r.csv", tmp_path / "d.csv", "--scale", "-1:1", *names,
                        "--by", "gender")  # fmt: skip
    assert table["gender"].tolist() == ["f", "m"] and table["valence"].tolist() == [0.5, -1]


def bad(tmp_path: Path) -> Path:
    """One of everything: missing, off the scale, a fraction, twice, unknown, nameless."""
    rows = [("a", "001_neutral.jpg", "5", "5"), ("a", "001_smiling.jpg", "", "6"),
            ("a", "002_neutral.jpg", "11", "5"), ("a", "002_smiling.jpg", "4.5", "5"),
            ("a", "001_neutral.jpg", "9", "9"), ("a", "ghost.jpg", "5", "5"),
            ("", "008_neutral.jpg", "5", "5"), ("a", "", "5", "5"),
            ("a", "008_neutral.jpg", "NA", "none"), ("a", "017_neutral.jpg", "x", "5")]  # fmt: skip
    table = pd.DataFrame(rows, columns=["rater", "stimulus", "valence", "arousal"])
    table.to_csv(tmp_path / "bad.csv", index=False)
    return tmp_path / "bad.csv"


def test_everything_wrong_is_counted_and_named(study: Path, tmp_path: Path) -> None:
    table, evidence = imported(tmp_path / "r.csv", bad(tmp_path), "--design", study)
    assert counts(evidence) == {
        "without a rater, left out": 1,
        "without a stimulus, left out": 1,
        "a stimulus that the study does not have, left out": 1,
        "valence without an answer": 2,
        "arousal without an answer": 1,
        "valence off the scale from 1 to 9, taken as missing": 3,
        "no answer at all, left out": 1,
        "a picture rated twice by one rater, the first kept": 1,
        "raters with fewer than the design's 1 repeated trials a list": 1,
        "raters with fewer than the design's 1 instructed trials a list": 1,
    }
    assert "ghost.jpg" in str(evidence["faults"])
    assert table.set_index("stimulus")["valence_answer"].dropna().to_dict() == {
        "001_neutral.jpg": 5
    }
    assert len(table) == 5  # what has one good answer stays, the other empty


@pytest.mark.parametrize(("keep", "valence"), [("first", 5), ("last", 9), ("mean", 7)])
def test_what_is_kept_of_two_answers(
    study: Path, tmp_path: Path, keep: str, valence: float
) -> None:
    words = (bad(tmp_path), "--design", study, "--repeated", keep)
    table, evidence = imported(tmp_path / "r.csv", *words)
    own = table[table["stimulus"] == "001_neutral.jpg"]
    assert own["valence_answer"].tolist() == [valence]
    assert own["valence"].tolist() == [(valence - 5) / 4]
    said = "averaged as asked" if keep == "mean" else f"the {keep} kept"
    assert counts(evidence)[f"a picture rated twice by one rater, {said}"] == 1


def two_files(tmp_path: Path) -> tuple[Path, Path]:
    for name, stimulus in (("1.csv", "x.png"), ("2.csv", "y.png")):
        table = pd.DataFrame([("a", stimulus, 0.5, 0.1), ("a", "both.png", 0, 0)])
        table.columns = pd.Index(["rater", "stimulus", "valence", "arousal"])
        table.to_csv(tmp_path / name, index=False)
    return tmp_path / "1.csv", tmp_path / "2.csv"


def test_two_files_of_one_rater(tmp_path: Path) -> None:
    files = two_files(tmp_path)
    table, evidence = imported(tmp_path / "r.csv", *files, "--scale=-1:1")
    assert table["stimulus"].tolist() == ["x.png", "both.png"]
    assert counts(evidence) == {"two files of one rater, the first kept": 1}
    table, evidence = imported(tmp_path / "r.csv", *files, "--scale=-1:1", "--same-rater", "merge")
    assert table["stimulus"].tolist() == ["x.png", "both.png", "y.png"]
    assert counts(evidence)["a picture rated twice by one rater, the first kept"] == 1
    copy = tmp_path / "copy.csv"
    copy.write_bytes(files[0].read_bytes())
    _, evidence = imported(tmp_path / "r.csv", files[0], copy, "--scale=-1:1")
    assert counts(evidence) == {"the same file twice, read once": 1}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("1.csv",), "the scale is not known"),
        (("1.csv", "2.csv", "--scale=-1:1", "--same-rater", "refuse"), "two files of rater a"),
        (("twice.csv", "--scale=-1:1", "--repeated", "refuse"), "1 ratings were given twice"),
        (("empty.csv", "--scale=-1:1"), "no rating is left"),
        (("1.csv", "--scale=-1:1", "--by", "gender"), "no column 'gender'"),
        (("1.csv", "--scale=-1:1", "--column", "rt=time"), "no column 'time'"),
        (("no_rater.csv", "--scale=-1:1"), "no column of raters"),
        (("no_answer.csv", "--scale=-1:1"), "no column of arousal"),
        (("torn.json", "--scale=-1:1"), "is no JSON"),
        (("folder", "--scale=-1:1"), "there are no files of ratings"),
        (("gone.csv", "--scale=-1:1"), "gone.csv is missing"),
    ],
)
def test_what_cannot_be_read_is_one_line(
    tmp_path: Path, words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    two_files(tmp_path)
    good = "rater,stimulus,valence,arousal\n"
    (tmp_path / "twice.csv").write_text(good + "a,x.png,0,0\na,x.png,1,1\n")
    (tmp_path / "empty.csv").write_text(good + "a,x.png,,\n")
    (tmp_path / "no_rater.csv").write_text("stimulus,valence,arousal\nx.png,0,0\n")
    (tmp_path / "no_answer.csv").write_text("rater,stimulus,valence\na,x.png,0\n")
    (tmp_path / "torn.json").write_text('[{"rater": "a"')
    (tmp_path / "folder").mkdir()
    given = [str(tmp_path / w) if w.endswith((".csv", ".json", "folder")) else w for w in words]
    out = tmp_path / "r.csv"
    assert main(["ratings", "import", *given, "--out", str(out)]) in (1, 2)
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1 and not out.exists()


def labjs_rows(rater: str | None, minutes: float, consent: bool = True) -> list[dict[str, object]]:
    """One run of two answers, from `minutes` on lab.js' clock."""
    senders = ["Consent"] * consent + ["Rater", "Rating", "Rating"]
    return [
        {"sender": sender, "sender_type": "html.Form", "time_commit": 60_000 * minutes + 1000 * at,
         "rater": rater if sender == "Rater" else None, "kind": "rating",
         "stimulus": f"{at}.png" if sender == "Rating" else None,
         "valence": 3, "arousal": 4}
        for at, sender in enumerate(senders)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("second", "named"),
    [
        (labjs_rows(None, 9), {"a", "c"}),  # later on its own clock, but with a consent of its own
        (labjs_rows(None, 0, consent=False), {"a", "c"}),  # without one, but its clock is anew
        (labjs_rows("b", 0), {"a", "b", "c"}),
    ],
)
def test_a_code_holds_within_its_own_run(
    tmp_path: Path, second: list[dict[str, object]], named: set[str]
) -> None:
    rows = [*labjs_rows("a", 1), *second, *labjs_rows("c", 2)]
    pd.DataFrame(rows).to_csv(tmp_path / "all.csv", index=False)
    table, evidence = imported(tmp_path / "r.csv", tmp_path / "all.csv", "--scale", "1:9")
    assert set(table["rater"]) == named and (table.groupby("rater").size() == 2).all()
    lost = counts(evidence).get("without a rater, left out", 0)
    assert lost == 2 * (3 - len(named))


def test_columns_of_a_wide_table_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wide = pd.DataFrame({"subject": ["a"], "1.png_valence": [9], "1.png_arousal": [1],
                         "mean_valence": [5], "mean_arousal": [5]})  # fmt: skip
    wide.to_csv(tmp_path / "wide.csv", index=False)
    table, evidence = imported(tmp_path / "r.csv", tmp_path / "wide.csv", "--scale", "1:9")
    assert table["stimulus"].tolist() == ["1.png"]
    assert evidence["files"][0]["wide"] == ["1.png"]
    said = capsys.readouterr().out
    assert "wide.csv: read as stimuli from its columns: 1.png" in said
    assert "left out, as no stimuli: mean_valence, mean_arousal" in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--column=valence=v", "--column=arousal=v"), "--column gives 'v' to valence and to"),
        (("--column=valence=v", "--column=valence=a"), "--column names valence twice"),
        (("--by", "kind"), "'kind' is a column of the ratings themselves"),
        (("--by", "stimulus,gender"), "'stimulus' is a column of the ratings themselves"),
        (("--by", "gender,gender"), "'gender' is named twice"),
    ],
)
def test_one_column_has_one_meaning(
    tmp_path: Path, words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "d.csv").write_text("rater,stimulus,v,a,gender\na,x.png,0,0,f\n")
    out = tmp_path / "r.csv"
    given = [str(tmp_path / "d.csv"), "--scale=-1:1", "--out", str(out), *words]
    assert main(["ratings", "import", *given]) in (1, 2)
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1 and not out.exists()


def test_a_wide_table_with_two_columns_for_one_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "d.csv").write_text("rater,x_valence,valence_x,x_arousal\na,1,2,3\n")
    given = [str(tmp_path / "d.csv"), "--scale=1:9", "--out", str(tmp_path / "r.csv")]
    assert main(["ratings", "import", *given]) == 1
    assert "has valence of x twice: x_valence and valence_x" in capsys.readouterr().err


def test_groups_that_were_not_asked_for_are_offered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [(f"r{k}", f"{s}.png", 0, 0, "fm"[k % 2], k, s) for k in range(4) for s in range(3)]
    names = ["rater", "stimulus", "valence", "arousal", "gender", "number", "order"]
    pd.DataFrame(rows, columns=names).to_csv(tmp_path / "d.csv", index=False)
    _, evidence = imported(tmp_path / "r.csv", tmp_path / "d.csv", "--scale=-1:1")
    assert evidence["left"] == ["gender"]
    assert "left: gender (`--by gender` keeps it)" in capsys.readouterr().out
    out = str(tmp_path / "report")
    words = ["ratings", "report", str(tmp_path / "r.csv"), "--out", out, "--by", "gender"]
    assert main(words) == 1
    assert "`circumplex ratings import --by gender`, which keeps it" in capsys.readouterr().err
    _, evidence = imported(tmp_path / "r.csv", tmp_path / "d.csv", "--scale=-1:1", "--by", "gender")
    assert evidence["left"] == []


def test_json_that_is_too_deep(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "deep.json").write_text("[" * 100_000)
    given = [str(tmp_path / "deep.json"), "--scale=1:9", "--out", str(tmp_path / "r.csv")]
    assert main(["ratings", "import", *given]) == 1
    said = capsys.readouterr().err
    assert "is no JSON" in said and said.count("\n") == 1
