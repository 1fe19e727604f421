"""What is wrong in data, counted by kind and named."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_EXAMPLES = 5


@dataclass
class Faults:
    """What was wrong, by kind: how often, and the first few by name."""

    found: dict[str, dict[str, Any]]

    def add(self, kind: str, names: Iterable[str]) -> None:
        """Count `names` under a kind; nothing where there are none."""
        names = list(names)
        if names:
            entry = self.found.setdefault(kind, {"count": 0, "examples": []})
            entry["count"] += len(names)
            entry["examples"] = [*entry["examples"], *names][:_EXAMPLES]

    def drop(self, kinds: Iterable[str]) -> None:
        """Forget kinds that are counted elsewhere."""
        for kind in kinds:
            self.found.pop(kind, None)

    def lines(self) -> list[str]:
        """A line for each kind."""
        return [
            f"{kind}: {each['count']:,} (such as {'; '.join(each['examples'][:2])})"
            for kind, each in self.found.items()
        ]


def is_faults(found: object) -> bool:
    """Whether a value read from a file is what `Faults.found` is."""
    return isinstance(found, dict) and all(
        isinstance(each, dict)
        and isinstance(each.get("count"), int)
        and isinstance(each.get("examples"), list)
        and all(isinstance(name, str) for name in each["examples"])
        for each in found.values()
    )
