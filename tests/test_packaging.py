"""What `pip install` brings, and that it works from any folder."""

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PACKAGES = ("faces", "vae", "gan_bridge", "studio", "circumplex")
_LARGEST = 40 * 10**6  # with models in colour beside the grey ones
_LARGEST_WEIGHTS = 30 * 10**6

_EDITABLE = "import sys, hatchling.build as build; print(build.build_editable(sys.argv[1]))"
_IMPORT = """
import faces, gan_bridge, studio, vae
from faces import FaceReader
from gan_bridge import EmotionExplorer
from studio import Engine
from vae import Directions
print(*(module.__file__ for module in (faces, gan_bridge, studio, vae)), sep="\\n")
"""


def run(*words: str | Path, **options: object) -> str:
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, encoding="utf-8", check=False, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source archive, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (wheel,) = built.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the wheel was installed, without what it depends on."""
    folder = tmp_path_factory.mktemp("site")
    options = ("--quiet", "--no-deps", "--no-index", "--no-compile", "--target", folder)
    run(sys.executable, "-m", "pip", "install", *options, wheel)
    return folder


@pytest.fixture
def full_of_names(tmp_path: Path) -> Path:
    """A user's folder whose subfolders are called as the packages are, with scripts inside."""
    for name in PACKAGES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "notes.py").write_text("raise SystemExit('not the package')")
    return tmp_path


def test_the_wheel_carries_the_packages_whole(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        notes = {Path(name).name for name in archive.namelist() if ".dist-info/" in name}
    here = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert names == here
    assert {"LICENSE", "METADATA", "entry_points.txt"} <= notes
    assert wheel.stat().st_size <= _LARGEST


def test_the_weights_are_small() -> None:
    sizes = [
        path.stat().st_size
        for package in PACKAGES
        for path in (ROOT / package / "weights").rglob("*")
        if path.suffix in (".safetensors", ".task")
    ]
    assert len(sizes) > 10 and sum(sizes) <= _LARGEST_WEIGHTS


def test_the_source_archive_has_neither_tests_nor_data(built: Path) -> None:
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        tops = {Path(name).parts[1] for name in archive.getnames() if len(Path(name).parts) > 1}
    about = {"pyproject.toml", "PKG-INFO", "README.md", "LICENSE", "CITATION.cff", ".gitignore"}
    assert {"faces", "vae", "gan_bridge", "studio", "pyproject.toml", "LICENSE"} <= tops
    assert {name for name in tops if not name.startswith("NOTICE")} <= about | set(PACKAGES)


def test_the_version_is_one(wheel: Path) -> None:
    version = wheel.name.split("-")[1]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_the_oldest_versions_are_those_that_the_project_allows() -> None:
    lines = (ROOT / "requirements" / "oldest.txt").read_text(encoding="utf-8").splitlines()
    oldest = dict(line.split("==") for line in lines if not line.startswith("#"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in map(Requirement, project["dependencies"]):
        if requirement.marker is None:
            (bound,) = requirement.specifier
            release = Version(oldest[requirement.name]).release
            assert release[: len(Version(bound.version).release)] == Version(bound.version).release


def test_an_editable_install_is_a_path(tmp_path: Path) -> None:
    name = run(sys.executable, "-c", _EDITABLE, tmp_path, cwd=ROOT).split()[-1]
    with zipfile.ZipFile(tmp_path / name) as archive:
        added = [each for each in archive.namelist() if ".dist-info/" not in each]
        assert [Path(each).suffix for each in added] == [".pth"]
        assert Path(archive.read(added[0]).decode().strip()).resolve() == ROOT.resolve()


def test_the_wheel_works_beside_folders_of_the_same_names(
    installed: Path, full_of_names: Path
) -> None:
    environment = os.environ | {"PYTHONPATH": str(installed), "PYTHONUTF8": "1"}
    script = full_of_names / "script.py"
    script.write_text(_IMPORT, encoding="utf-8")
    files = run(sys.executable, script, cwd=full_of_names, env=environment).splitlines()
    assert len(files) == 4
    assert all(Path(file).is_relative_to(installed) for file in files)
    command = shutil.which("circumplex", path=installed / "bin")
    assert command is not None
    run(command, "grid", "grid.png", "--quiet", cwd=full_of_names, env=environment)
    assert (full_of_names / "grid.png").read_bytes().startswith(b"\x89PNG")
