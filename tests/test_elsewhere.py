"""The same everywhere: the package in processes with other kernels, threads and surroundings."""

import importlib
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
WEIGHTS = ("faces/weights", "vae/weights", "gan_bridge/weights")
#: Two processes, as far from the default as this machine goes, and from each other.
FAR = ("prescott+aten-default+onednn-sse41+threads-3", "crowded+home-missing+ascii+offline+proxy")


@pytest.fixture(scope="module")
def elsewhere() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        return importlib.import_module("elsewhere")


def test_every_bundled_file_is_opened(elsewhere: ModuleType) -> None:
    visit = (ROOT / "scripts" / elsewhere.VISIT).read_text(encoding="utf-8")
    shipped = [path for folder in WEIGHTS for path in (ROOT / folder).rglob("*") if path.is_file()]
    read_by_people = (".md", ".html", "")
    unopened = [
        path.name
        for path in shipped
        if path.suffix not in read_by_people and path.relative_to(ROOT).as_posix() not in visit
    ]
    assert unopened == ["report.json", "report.json"]  # figures that the page shows


@pytest.mark.timeout(900)  # three processes that import everything, beside whatever else runs
def test_far_settings_give_the_same(elsewhere: ModuleType, tmp_path: Path) -> None:
    settings = [elsewhere.named(name) for name in FAR]
    visits = elsewhere.visit_all(settings, tmp_path, whole=False, workers=2, back=False)
    assert list(elsewhere.failures(visits)) == []
    assert visits[0].absent is None and visits[-1].absent is None
    assert "machine" not in (visits[1].absent or "")  # another processor may lack its kernels
    assert visits[0].digests and set(visits[0].jobs) == set(elsewhere.JOBS)
    assert json.loads(json.dumps(elsewhere.summary(visits)))["digests_equal"]


def test_a_difference_is_a_failure(elsewhere: ModuleType, tmp_path: Path) -> None:
    here = elsewhere.Visit("default", tmp_path, digests={"a": "1", "b": "2"})
    there = elsewhere.Visit("haswell", tmp_path, digests={"a": "1", "b": "3"}, levels=9)
    there.jobs = {"demo": "it fell over", "doctor": None}
    said = " / ".join(elsewhere.failures([here, there]))
    assert "haswell, demo: it fell over" in said and "doctor" not in said
    assert "9 levels" in said and "b: 2 in default, 3 in haswell" in said and "a:" not in said
    assert "FAIL" in elsewhere.table([here, there])
    there.absent = "not on this processor"
    assert list(elsewhere.failures([here, there])) == []
    assert "not on this processor" in elsewhere.table([here, there])


def test_settings_join_and_are_named(elsewhere: ModuleType, tmp_path: Path) -> None:
    both = elsewhere.named("Prescott+crowded")
    assert both.prepare(tmp_path) is None and (tmp_path / "faces").is_dir()
    assert both.environment(tmp_path)["OPENBLAS_CORETYPE"] == "Prescott"
    assert both.missing({"blas": ["Haswell"]}) == "not on this processor: prescott"
    assert both.missing({"blas": ["Prescott"]}) is None
    with pytest.raises(KeyError, match="nowhere"):
        elsewhere.named("nowhere")
    with pytest.raises(SystemExit):
        elsewhere.main(["nowhere"])
