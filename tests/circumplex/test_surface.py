"""`import circumplex as cx`: the names it hands on, their types, and the verbs."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import circumplex as cx

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_the_stub_types_what_the_package_hands_on() -> None:
    tree = ast.parse(Path(cx.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    typed = {
        alias.asname: node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed == cx._HOMES


@pytest.mark.parametrize("name", cx.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(cx, name) is not None


def test_it_says_which_version_it_is() -> None:
    assert (
        cx.__version__ == tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"]
    )


def test_importing_it_loads_nothing_heavy() -> None:
    script = "import sys, circumplex; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    heavy = {"numpy", "torch", "pandas", "gradio", "matplotlib", "mediapipe", "sklearn"}
    assert not heavy & set(done.stdout.split())


def test_a_verb_is_its_workflow(tmp_path: Path) -> None:
    from studio.engine import Engine
    from studio.workflows import grid

    request = grid.GridRequest(seed=6, n=2, plain=True)
    assert cx.grid(seed=6, n=2, plain=True).data == grid.run(request, Engine()).data


def test_a_verb_refuses_what_its_request_refuses() -> None:
    with pytest.raises(cx.CircumplexError, match="n is 1; it must be between 2 and 25"):
        cx.grid(seed=6, n=1)
