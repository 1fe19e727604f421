"""Settings as frozen dataclasses that check themselves and travel as JSON."""

import json
from dataclasses import asdict, fields
from typing import Any, Self

from faces.ground.errors import CircumplexError


class Record:
    """JSON in and out, and one way to refuse a value."""

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)  # type: ignore[call-overload]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Build from a dict such as `json.loads(record.to_json())`.

        Raises:
            CircumplexError: an unknown setting, or a value out of its range.
        """
        known = {field.name for field in fields(cls)}  # type: ignore[arg-type]
        if unknown := sorted(set(values) - known):
            raise CircumplexError(
                f"{cls.__name__} has no setting {unknown[0]!r}; it has {', '.join(sorted(known))}"
            )
        return cls(**values)

    def _require(self, holds: bool, name: str, wanted: str) -> None:
        if not holds:
            raise CircumplexError(f"{name} is {getattr(self, name)!r}; it must be {wanted}")
