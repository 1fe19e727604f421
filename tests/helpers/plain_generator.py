"""What every generator says of itself, for tests that bring their own latents and pictures."""

from collections.abc import Mapping
from typing import Any


class PlainGenerator:
    """The attributes of the protocol that most tests do not look at."""

    kind, space, device = "stylegan3", "stylegan3/w", "cpu"
    channels = 3
    label: int | None = None
    tuned_from: str | None = None
    provenance: Mapping[str, Any] = {}
