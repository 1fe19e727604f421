"""The command line: exit codes, one-line errors, JSON, and quick help."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from studio.cli import main, terminal
from studio.cli.terminal import show_progress

VERBS = ("prepare", "train", "probe", "grid", "edit", "export", "verify", "studio", "doctor")
HEAVY = ("torch", "torchvision", "pandas", "sklearn", "scipy", "matplotlib", "gradio", "accelerate")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"Example: circumplex {verb}" in shown
    assert "--json" in shown and "--debug" in shown


def test_help_and_import_load_nothing_heavy() -> None:
    script = (
        "import sys, studio, gan_bridge\nfrom studio.cli import main\n"
        "main(['--help']); main(['export', '--help'])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "[]"


def test_bridge_and_vae_need_no_app() -> None:
    script = (
        "import sys\n"
        "for name in ('gradio', 'facenet_pytorch', 'mediapipe'): sys.modules[name] = None\n"
        "import gan_bridge.editing.explorer, gan_bridge.generators.opening\n"
        "import vae.probing.directions, studio.workflows"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["grid"],
        ["grid", "a.png", "--n", "1"],
        ["grid", "a.gif"],
        ["grid", "a.png", "--n", "many"],
        ["edit", "a.png", "--seed", "1", "--photo", "b.jpg"],
        ["export", "out", "--seeds", "x"],
        ["export", "out", "--grid", "3", "--ring", "4"],
        ["probe", "run", "set", "--basis", "none"],
        ["train", "set", "run", "--latent-dim", "0"],
        ["prepare", "a.csv"],
        ["prepare", "a.csv", "set", "--size", "1"],
        ["prepare", "a.csv", "set", "--column", "valence"],
        ["studio", "--host", "0.0.0.0"],
        ["grid", "a.png", "--device", "warp9"],
        ["nonsense"],
        ["--nonsense"],
    ],
)
def test_wrong_usage_ends_with_2_and_one_line(
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: ") and shown.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["grid", "a.png", "-g", "gone"], "gone"),
        (["edit", "a.png", "--recipe", "gone.png", "-g", "RUN"], "gone.png"),
        (["export", "out", "--points", "gone.csv"], "gone.csv"),
        (["probe", "RUN", "gone"], "gone"),
        (["train", "gone", "out"], "gone"),
        (["prepare", "gone.csv", "out"], "gone.csv"),
        (["train", "gone", "out", "--resume"], "request.json"),
    ],
)
def test_failures_end_with_a_line_that_names_the_file(
    arguments: list[str],
    names: str,
    probed_run: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    given = [str(probed_run) if argument == "RUN" else argument for argument in arguments]
    assert main(given) in (1, 2)
    shown = capsys.readouterr()
    assert names in shown.err and shown.err.count("\n") == 1 and "Traceback" not in shown.err


LONG = "x" * 300


@pytest.mark.parametrize(
    "arguments",
    [
        ["measure", f"{LONG}.jpg"],
        ["edit", f"{LONG}.png", "--valence", "0.5"],
        ["grid", "a.png", "-g", f"{LONG}.pkl"],
        ["grid", f"{LONG}/a.png"],
        ["prepare", LONG, "out"],
        ["edit", "a.png", "--latent", f"{LONG}.npz"],
        ["edit", "a.png", "--photo", f"{LONG}.jpg"],
        ["probe", LONG, "faces"],
        ["edit", "file/a.png", "--valence", "0.5"],
        ["measure", "photo.jpg", "--table", "file/t.csv"],
        ["grid", "a.png", "-g", "https://example.org/ffhq.pkl"],
        ["measure", "https://example.org/a.jpg"],
    ],
)
def test_what_the_system_refuses_is_no_defect(
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("file", "photo.jpg"):
        (tmp_path / name).touch()
    assert main(arguments) == 1  # what escaped would reach the hook for defects
    shown = capsys.readouterr()
    assert shown.err.startswith("error: ") and shown.err.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"file", "photo.jpg"}


def test_the_home_folder_is_meant_after_an_equals_sign(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "latent.npy").write_bytes(b"")
    assert main(["edit", "a.png", "--latent=~/latent.npy"]) == 1
    assert f"{tmp_path / 'latent.npy'} cannot be read: it is empty" in capsys.readouterr().err
    assert main(["grid", "a.png", "--generator=~/gone.pkl"]) == 1
    assert f"{tmp_path / 'gone.pkl'} is missing" in capsys.readouterr().err


def test_debug_gives_the_traceback(tmp_path: Path) -> None:
    from faces.ground.errors import CircumplexError

    with pytest.raises(CircumplexError):
        main(["grid", str(tmp_path / "a.png"), "-g", str(tmp_path / "gone"), "--debug"])


def test_options_that_hold_everywhere_stand_before_or_after(
    probed_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rest = ["edit", str(tmp_path / "a.png"), "-g", str(probed_run), "--valence", "-0.5"]
    assert main(["--json", "--device", "cpu", *rest]) == 0
    before = json.loads(capsys.readouterr().out)
    assert main([*rest, "--overwrite", "--json", "--device", "cpu"]) == 0
    assert json.loads(capsys.readouterr().out) == before
    assert before["recipe"]["valence"] == -0.5
    assert set(before["predicted"]) == {"valence", "arousal"}


def test_export_prints_its_folder_and_counts(
    probed_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "with space ä"
    options = ["--seeds", "3", "--ring", "2", "--intensity", "0.4,0.8", "-g", str(probed_run)]
    assert main(["export", str(folder), *options, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert main(["export", str(folder), *options]) == 0
    assert "4 pictures in" in capsys.readouterr().out
    assert printed == {
        "folder": str(folder), "pictures": 4, "made": 4, "verified": 0, "seeds": 1, "identities": 1,
        "points": 4, "requests": 4, "beyond": 0, "distances": {}, "dropped": {}, "rejected": {},
        "normed": None, "luminance": None, "clipped": 0, "repaired": [], "prototypes": {},
        "far_neutrals": {}, "rated_otherwise": 0, "rated_unknown": 0,
    }  # fmt: skip


def test_export_writes_the_name_that_the_recipes_page_gives(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(tmp_path / "a"), "--seeds", "1", "--grid", "3", "--unread"]) == 0
    assert capsys.readouterr().out.count("\n") == 1  # nothing was read, all within
    page = (Path(__file__).parents[3] / "docs" / "recipes.md").read_text(encoding="utf-8")
    names = re.findall(r"images/s\d+_p\S+\.png", page)
    assert names and all((tmp_path / "a" / name).is_file() for name in names)


def test_export_counts_requests_that_no_face_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    points = tmp_path / "points.csv"
    points.write_text("valence,arousal\n0,0\n-1,-1\n1,-1\n")
    line = ["export", str(tmp_path / "b"), "--seeds", "1,2", "--points", str(points), "--unread"]
    for _ in range(2):  # made, and verified
        assert main(line) == 0
        assert "  4 of 6 requests lie beyond what faces show;" in capsys.readouterr().out
        assert pd.read_csv(tmp_path / "b" / "table.csv")["reached"].sum() == 2


def test_an_interruption_ends_with_130(
    probed_run: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("studio.stimuli.export.picture_bytes", interrupted)
    assert main(["export", str(tmp_path / "out"), "-g", str(probed_run)]) == 130
    shown = capsys.readouterr().err
    assert "interrupted" in shown and "calibrate and evaluate continue when repeated" in shown


def test_doctor_looks_at_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert {"python", "torch", "devices", "bundled weights", "landmarker", "disk"} <= set(report)


def test_doctor_fails_where_something_is_lacking(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CIRCUMPLEX_LANDMARKER", str(tmp_path / "gone.task"))
    assert main(["doctor", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert {name for name, check in report.items() if not check["fine"]} - {"disk"} == {
        "landmarker"
    }
    assert "gone.task" in report["landmarker"]["found"]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("circumplex-studio ")


def test_short_work_shows_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(show_progress(range(5), "quick", 5)) == [0, 1, 2, 3, 4]
    assert capsys.readouterr().err == ""


def test_long_work_shows_a_bar_and_loses_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 10_000, 3))
    monkeypatch.setattr(terminal, "_now", lambda: float(next(clock)))
    assert list(show_progress(iter(range(5)), "slow work", 5)) == [0, 1, 2, 3, 4]
    shown = capsys.readouterr()
    assert "slow work" in shown.err and shown.out == ""
