"""A manifest of faces with groups, as the scripts read it."""

import importlib.util
from pathlib import Path

import pandas as pd

SCRIPT = Path(__file__).parents[2] / "scripts" / "grouped_faces.py"


def test_a_manifest_leads_to_its_pictures(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("grouped_faces", SCRIPT)
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    pd.DataFrame({"path": ["a.png", "b.png"], "age": [61, None]}).to_csv(
        tmp_path / "m.csv", index=False
    )
    table = script.read_manifest(tmp_path / "m.csv")
    assert list(table["path"]) == [str(tmp_path / "a.png"), str(tmp_path / "b.png")]
    assert list(table["age"]) == ["60+", "unknown"]
