"""Computed numbers as the values that JSON has."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """A number or array as JSON values; None stands for what is not defined."""
    if isinstance(value, Sequence | np.ndarray) and np.ndim(value):
        return [plain(item) for item in value]
    number = float(value)
    return number if np.isfinite(number) else None
