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
            CircumplexError: no dict, an unknown or lacking setting, or a value out of its range.
        """
        if not isinstance(values, dict):
            raise CircumplexError(f"{cls.__name__} is {values!r}, not a table of settings")
        known = {field.name for field in fields(cls)}  # type: ignore[arg-type]
        if unknown := sorted(set(values) - known):
            raise CircumplexError(
                f"{cls.__name__} has no setting {unknown[0]!r}; it has {', '.join(sorted(known))}"
            )
        try:
            return cls(**values)
        except TypeError as error:  # a word where a number belongs, or a setting that is lacking
            raise CircumplexError(f"{cls.__name__} cannot be {values}: {error}") from error

    def _require(self, holds: bool, name: str, wanted: str) -> None:
        if not holds:
            raise CircumplexError(f"{name} is {getattr(self, name)!r}; it must be {wanted}")
