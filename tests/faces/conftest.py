"""Real faces for the tests of face sets."""

from pathlib import Path

import pandas as pd
import pytest


@pytest.fixture(scope="session")
def crops(ferplus: Path) -> list[Path]:
    """Forty faces of FER+ that the detector finds, all of different bytes."""
    table = pd.read_csv(ferplus / "manifest.csv")
    happy = table[(table["votes_happiness"] >= 9) & (table["split"] == "train")]
    return [ferplus / path for path in happy["path"].head(40)]
