"""Real faces for the tests of face sets."""

from pathlib import Path

import pandas as pd
import pytest


@pytest.fixture(scope="session")
def crops(drawn: Path) -> list[Path]:
    """Forty smiling faces that the detector finds, all of different bytes."""
    table = pd.read_csv(drawn / "manifest.csv")
    happy = table[(table["votes_happiness"] >= 9) & (table["split"] == "train")]
    return [drawn / path for path in happy["path"].head(40)]
