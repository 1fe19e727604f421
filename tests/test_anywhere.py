"""The packages and their verbs without what only Unix has."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

_BLOCK = """
import os, signal, sys
for name in ("fcntl", "resource", "pwd", "grp", "termios", "tty"):
    sys.modules[name] = None
for owner, name in ((signal, "SIGKILL"), (signal, "SIGHUP"), (os, "fork"), (os, "forkpty")):
    delattr(owner, name)
"""

#: gradio's own parts choose by the system's name, which cannot be changed here: it comes first.
_IMPORT_ALL = """
from importlib import import_module
from pkgutil import walk_packages
for root in sys.argv[1:]:
    package = import_module(root)
    print(root)
    for module in walk_packages(package.__path__, root + "."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
            print(module.name)
"""

_VERBS = """
from studio.cli import main
folder = sys.argv[1] + "/"
grid = main(["grid", folder + "grid.png", "--quiet"])
export = main(["export", folder + "stimuli", "--seeds", "3", "--grid", "2", "--quiet"])
measure = main(["measure", folder + "stimuli/images", "--json", "--processes", "1", "--quiet"])
sys.exit(grid or export or measure)
"""


def run(code: str, *arguments: str) -> str:
    words = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_opens_without_the_modules_of_unix() -> None:
    packages = sorted(
        path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests"
    )
    assert {"faces", "vae", "gan_bridge", "studio"} <= set(packages)
    opened = run("import gradio" + _BLOCK + _IMPORT_ALL, *packages).split()
    files = [file for package in packages for file in (ROOT / package).rglob("*.py")]
    assert len(opened) == len([file for file in files if file.name != "__main__.py"])


@pytest.mark.usefixtures("landmarker")
def test_verbs_run_without_the_modules_of_unix(tmp_path: Path) -> None:
    printed = run(_BLOCK + _VERBS, str(tmp_path)).splitlines()
    assert (tmp_path / "grid.png").stat().st_size > 0
    (table,) = (tmp_path / "stimuli").glob("*.csv")
    with table.open(encoding="utf-8", newline="") as stream:
        files = [row["file"] for row in csv.DictReader(stream)]
    assert len(files) == 4
    assert all("\\" not in file and (tmp_path / "stimuli" / file).is_file() for file in files)
    readings = [json.loads(line) for line in printed if line.startswith("{")]
    assert sorted(Path(each["path"]).name for each in readings) == sorted(
        Path(file).name for file in files
    )
    assert any(each["found"] for each in readings)
