"""What is imported late (inside a function, a script, a line for another process) is there."""

import ast
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("faces", "vae", "gan_bridge", "studio", "circumplex")


def imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """(module, name) of each import from the project, also in Python that is kept as text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            if node.module.split(".")[0] in PACKAGES:
                yield from ((node.module, each.name) for each in node.names)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and "import " in node.value
        ):
            yield from imports(_as_code(node.value))


def _as_code(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError:  # prose
        return ast.Module([], [])


def _has(module: str, name: str) -> bool:
    opened = import_module(module)
    is_package = hasattr(opened, "__path__")
    return hasattr(opened, name) or (is_package and find_spec(f"{module}.{name}") is not None)


@pytest.mark.parametrize("folder", (*PACKAGES, "scripts"))
def test_every_imported_name_is_there(folder: str) -> None:
    found = 0
    for path in (ROOT / folder).rglob("*.py"):
        for module, name in imports(ast.parse(path.read_text(encoding="utf-8"))):
            assert _has(module, name), f"{path.relative_to(ROOT)}: {module} has no {name}"
            found += 1
    assert found
