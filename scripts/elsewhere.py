"""Does the package do the same everywhere? Demo, doctor, artefacts and recipes in many settings.

    python scripts/elsewhere.py [SETTING ...] [--quick] [--json] [--list] [--workers N]

Each setting is a surrounding that a process may find itself in: another processor's kernels, other
threads, a home that cannot be written, no network. Each gets processes of its own, which must pass
every job; the digests must be the same in all, and the pictures within LEVELS of the default's.
Settings joined by + hold together. --quick leaves out scripts/demo.py, not the rest.

A setting that this machine cannot give is said to be so and counts neither way. Exit code 1 on any
failure.
"""

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from elsewhere_settings import SETTINGS, Setting, named
from PIL import Image

SCRIPTS = Path(__file__).parent
VISIT, DRAWN = "elsewhere_visit.py", "edit.png"
JOBS = ("demo", "doctor", "artefacts", "recipe")
#: Largest difference of a pixel, of 255 levels, that another processor's rounding may make.
LEVELS = 2
_MINUTES = 20  # a process that takes longer hangs
_ILLEGAL = {-getattr(signal, "SIGILL", 4), 128 + getattr(signal, "SIGILL", 4), 0xC000001D}


@dataclass
class Visit:
    """What was found in one setting.

    Attributes:
        setting: its name; folder: where its processes ran.
        absent: why this machine cannot give the setting, or None.
        surroundings: what the process saw of it.
        jobs: by name, None for one that passed, else its one line.
        again: the same for each recipe that was made again.
        digests: of each artefact, by the file that carries it.
        levels: the largest difference of a picture from the default's; None without a comparison.
    """

    setting: str
    folder: Path
    absent: str | None = None
    surroundings: dict[str, Any] = field(default_factory=dict)
    jobs: dict[str, str | None] = field(default_factory=dict)
    again: list[str | None] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    levels: int | None = None

    def pictures(self) -> dict[str, Path]:
        """The pictures that are to look alike in all settings."""
        files = (*self.folder.glob("*.png"), *self.folder.glob("demo/export/images/*.png"))
        return {path.relative_to(self.folder).as_posix(): path for path in files}


def visit_all(
    settings: Sequence[Setting],
    folder: Path,
    whole: bool = True,
    workers: int = 1,
    back: bool = True,
) -> list[Visit]:
    """Visit each setting, the default first, and compare them with it.

    Args:
        folder: an empty one, where each setting gets its own.
        whole: run scripts/demo.py too, not only its light form.
        workers: settings that are visited at once.
        back: make again in the default setting what was drawn in the others.
    """
    home = visit(named("default"), folder / "default", (), whole)
    drawn = home.folder / DRAWN
    chosen = [each for each in settings if each.name != "default"]
    with ThreadPoolExecutor(workers) as pool:
        others = list(
            pool.map(lambda each: visit(each, folder / each.name, [drawn], whole), chosen)
        )
    there = [each for each in others if each.absent is None]
    expected = home.pictures() | {"again_0.png": drawn}
    for each in there:
        each.levels = _farthest(each.pictures(), expected)
    if back:
        _bring_home(
            [each for each in there if (each.folder / DRAWN).is_file()], folder / "home again"
        )
    return [home, *others]


def visit(setting: Setting, folder: Path, recipes: Sequence[Path], whole: bool) -> Visit:
    """Run the jobs in one setting; `recipes` are pictures to make again, in place of its own."""
    found = Visit(setting.name, folder)
    folder.mkdir(parents=True)
    found.absent = setting.prepare(folder)
    if found.absent is not None:
        return found
    done = _run(setting, folder, SCRIPTS / VISIT, *map(str, recipes))
    report = folder / "visit.json"
    if report.is_file():
        _note(found, json.loads(report.read_text(encoding="utf-8")))
        found.absent = setting.missing(found.surroundings)
    elif setting.of_processor and done.returncode in _ILLEGAL:
        found.absent = "not on this processor: an illegal instruction"
    else:
        found.jobs = dict.fromkeys(JOBS, _last_words(done))
    if whole and found.absent is None and found.jobs["demo"] is None:
        done = _run(setting, folder, SCRIPTS / "demo.py", "demo")
        found.jobs["demo"] = None if done.returncode == 0 else _last_words(done)
    return found


def _note(found: Visit, report: Mapping[str, Any]) -> None:
    """Take over what elsewhere_visit.py wrote."""

    def line(each: Mapping[str, Any]) -> str | None:
        return None if each["pass"] else each["said"]

    opened = report["artefacts"]
    refused = [f"{name}: {each['said']}" for name, each in opened.items() if not each["pass"]]
    found.surroundings = report["surroundings"]
    found.again = [line(each) for each in report["recipes"]]
    found.jobs = {
        "demo": line(report["demo"]),
        "doctor": line(report["doctor"]),
        "artefacts": "; ".join(refused) or None,
        "recipe": "; ".join(filter(None, found.again)) or None,
    }
    found.digests = {name: each["said"] for name, each in opened.items() if each["pass"]}


def _run(setting: Setting, folder: Path, script: Path, *arguments: str) -> Any:
    """Start a copy of `script` in `folder`, as a user starts a script of theirs."""
    own = shutil.copyfile(script, folder / script.name)
    command = [*setting.prefix(), sys.executable, str(own), *arguments]
    options = {"cwd": folder, "env": setting.environment(folder), "timeout": 60 * _MINUTES}
    try:
        return subprocess.run(command, capture_output=True, check=False, **options)
    except subprocess.TimeoutExpired:
        message = f"no end after {_MINUTES} minutes".encode()
        return subprocess.CompletedProcess(command, 1, b"", message)


def _last_words(done: Any) -> str:
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return f"exit code {done.returncode}" + (f": {lines[-1].strip()}" if lines else "")


def _bring_home(others: Sequence[Visit], folder: Path) -> None:
    """Make again, in the default setting, what was drawn elsewhere; all of it counts there."""
    if not others:
        return
    back = visit(named("default"), folder, [each.folder / DRAWN for each in others], whole=False)
    for number, (each, refusal) in enumerate(zip(others, back.again, strict=True)):
        if refusal is not None:
            each.jobs["recipe"] = each.jobs["recipe"] or f"back in the default setting: {refusal}"
            continue
        name = f"again_{number}.png"
        levels = _farthest({name: folder / name}, {name: each.folder / DRAWN})
        each.levels = max(each.levels or 0, levels or 0)


def _farthest(found: Mapping[str, Path], expected: Mapping[str, Path]) -> int | None:
    """Largest difference of a pixel between pictures of the same name; 255 for another shape."""
    pairs = [
        (_pixels(found[name]), _pixels(expected[name])) for name in found.keys() & expected.keys()
    ]
    levels = [int(np.abs(a - b).max()) if a.shape == b.shape else 255 for a, b in pairs]
    return max(levels, default=None)


def _pixels(path: Path) -> np.ndarray:
    """(H, W, 3), signed, so that they can be subtracted."""
    return np.asarray(Image.open(path).convert("RGB")).astype(np.int16)


def unequal(visits: Sequence[Visit]) -> list[str]:
    """One line for each artefact that has more than one digest, saying where."""
    digests_of: dict[str, dict[str, list[str]]] = {}
    for each in visits:
        if each.absent is None:
            for name, digest in each.digests.items():
                digests_of.setdefault(name, {}).setdefault(digest, []).append(each.setting)
    return [
        f"{name}: "
        + ", ".join(f"{digest[:12]} in {' '.join(where)}" for digest, where in digests.items())
        for name, digests in digests_of.items()
        if len(digests) > 1
    ]


def failures(visits: Sequence[Visit]) -> Iterator[str]:
    """Everything that is wrong, a line each."""
    for each in visits:
        if each.absent is None:
            for job, failure in each.jobs.items():
                if failure is not None:
                    yield f"{each.setting}, {job}: {failure}"
            if each.levels is not None and each.levels > LEVELS:
                yield f"{each.setting}: pictures differ by {each.levels} levels, over {LEVELS}"
    for line in unequal(visits):
        yield f"digests differ, {line}"


def table(visits: Sequence[Visit]) -> str:
    """Settings × jobs, for people."""
    rows = [("setting", *JOBS, "levels", "kernels")]
    for each in visits:
        if each.absent is not None:
            rows.append((each.setting, *"-" * len(JOBS), "-", each.absent))
            continue
        marks = ["pass" if each.jobs.get(job, "") is None else "FAIL" for job in JOBS]
        seen = each.surroundings
        kernels = f"{'/'.join(seen.get('blas', []))} {seen.get('aten', '')}".strip()
        levels = "-" if each.levels is None else str(each.levels)
        rows.append((each.setting, *marks, levels, f"{kernels} × {seen.get('threads', '?')}"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def summary(visits: Sequence[Visit]) -> dict[str, Any]:
    """Plain JSON values of everything that was found."""
    compared = [each.levels for each in visits if each.levels is not None]
    return {
        "settings": [asdict(each) | {"folder": each.folder.name} for each in visits],
        "digests_equal": not unequal(visits),
        "levels": max(compared, default=None),
        "failures": list(failures(visits)),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("settings", nargs="*", help="some of --list, or joined by +; all of them")
    parser.add_argument("--quick", action="store_true", help="without the whole demo")
    parser.add_argument("--workers", type=int, default=1, help="settings visited at once")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--list", action="store_true", help="name the settings")
    asked = parser.parse_args(arguments)
    if asked.list:
        print("\n".join(f"{each.name:15} {each.meaning}" for each in SETTINGS))
        return 0
    try:
        settings = [named(name) for name in asked.settings] or list(SETTINGS)
    except KeyError as error:
        parser.error(f"no setting {error}; --list names them")
    with tempfile.TemporaryDirectory(prefix="elsewhere-", ignore_cleanup_errors=True) as folder:
        visits = visit_all(settings, Path(folder), not asked.quick, asked.workers)
    found = summary(visits)
    if asked.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        there = sum(each.absent is None for each in visits)
        equal = "equal in all" if found["digests_equal"] else "NOT equal"
        print(table(visits))
        print(
            f"\n{there} of {len(visits)} settings could be had here; digests {equal}; "
            f"pictures differ by at most {found['levels']} levels of 255"
        )
        print("\n".join(f"FAIL  {line}" for line in found["failures"]))
    return 1 if found["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
