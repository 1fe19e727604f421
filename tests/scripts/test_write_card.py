"""Cards say what the files beside them say."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import vae
from faces.circumplex import QUADRANTS
from faces.ground.files import read_json
from gan_bridge.editing.editor import Editor
from gan_bridge.editing.reachable import ANGLES, ReachableRegion

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))  # it imports its neighbour
        file = ROOT / "scripts" / "write_card.py"
        spec = importlib.util.spec_from_file_location("write_card", file)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


def test_the_generators_card_tells_its_editors_worth_and_reach(script: ModuleType) -> None:
    card, editor = script.CARD.read_text(encoding="utf-8"), Editor.load(script.EDITOR)
    for lines in (script.reachable(editor.region), script.worth(editor.evidence)):
        assert "\n".join(lines) in card


def test_what_is_reachable_is_a_share_of_the_area(script: ModuleType) -> None:
    (text,) = script.reachable(ReachableRegion(np.full(ANGLES, 0.5)))
    assert "25 % of the circle" in text and all(f"{name} 25 %" in text for name in QUADRANTS)
    (whole,) = script.reachable(ReachableRegion(np.full(ANGLES, 2.0)))
    assert "100 % of the circle" in whole


def test_marks_are_kept_and_what_stands_between_goes(script: ModuleType, tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text("before\n<!-- measured -->\nold\n<!-- end of measured -->\nafter\n")
    script.replace_measured(document, ["new"])
    text = document.read_text(encoding="utf-8")
    assert text == "before\n<!-- measured -->\n\nnew<!-- end of measured -->\nafter\n"
    document.write_text("no marks")
    with pytest.raises(SystemExit, match="lacks"):
        script.replace_measured(document, ["new"])


@pytest.mark.parametrize("document", ["vae/weights/CARD.md", "README.md"])
def test_quadrants_and_read_back_are_the_reports(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8").replace("−", "-")
    report = read_json(Path(vae.__file__).parent / "weights" / "report.json")
    found = report["held_out"]["quadrants"]
    for key, bounds in (("accuracy", "interval"), ("balanced", "balanced_interval")):
        assert f"{found[key]:.3f} [{found[bounds][0]:.3f}, {found[bounds][1]:.3f}]" in text
    for name, own in found["by_quadrant"].items():
        low, high = own["interval"]
        assert f"{own['recall']:.3f} [{low:.3f}, {high:.3f}]" in text
        assert f"{name} ({own['n']:,}" in text
    slopes = [f"{report['read_back'][name]['slope']:.2f}" for name in ("valence", "arousal")]
    assert f"| {', '.join(slopes)} |" in text
