"""Each file of weights has one licence: README, its card and the metadata say the same."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("faces/weights", "vae/weights", "gan_bridge/weights")
WEIGHTS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".safetensors", ".task")
)


def rows() -> dict[str, str]:
    """README's table: a file or a folder of weights, and its licence."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text[text.index("| weights | learned from | licence |") :]
    found: dict[str, str] = {}
    for line in table.splitlines()[2:]:
        if not line.startswith("|"):
            break
        named, _, licence = (cell.strip() for cell in line.strip("|").split("|"))
        paths = re.findall(r"`([^`]+)`", named)
        folder = paths[0].rpartition("/")[0]
        for path in paths:
            found[path if "/" in path.strip("/") else f"{folder}/{path}"] = licence
    return found


@pytest.mark.parametrize("path", WEIGHTS)
def test_a_file_of_weights_has_one_licence(path: str) -> None:
    covering = {row: licence for row, licence in rows().items() if path.startswith(row)}
    assert len(set(covering.values())) == 1, covering
    (licence,) = set(covering.values())
    card = (ROOT / path).parent / "CARD.md"
    assert licence in " ".join(card.read_text(encoding="utf-8").split())
    said = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert licence.replace(" ", "-") in said["license"]
