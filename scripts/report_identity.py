"""How well the identity network tells people apart, on portraits of known people.

    python scripts/report_identity.py TABLE [--group COLUMN]

TABLE is a CSV with the columns `path` (relative to it) and `identity`, at least two pictures of a
person; COLUMN names a group of people, such as gender. Printed, as JSON: mean distance of one
person's pictures and of two people's, the equal error rate with its threshold, and the shares of
strangers taken for one person, and of pictures of one person taken for two, at 0.6; then the same
among the people of each group.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from faces.readers import FaceReader
from faces.readers.identity import SAME_PERSON, distances


def figures(apart: np.ndarray, same: np.ndarray) -> dict[str, Any]:
    """Of pairs at these distances (P,), `same` of which are of one person."""
    own, other = np.sort(apart[same]), np.sort(apart[~same])
    thresholds = np.sort(apart)
    accepted = np.searchsorted(other, thresholds, "left") / len(other)
    refused = 1 - np.searchsorted(own, thresholds, "left") / len(own)
    at = int(np.argmin(np.abs(accepted - refused)))
    return {
        "pairs": {"one person": len(own), "strangers": len(other)},
        "mean_distance": {"one person": own.mean(), "strangers": other.mean()},
        "extreme": {"one person": own[-1], "strangers": other[0]},
        "equal_error_rate": (accepted[at] + refused[at]) / 2,
        "equal_error_threshold": thresholds[at],
        "strangers_accepted": (other <= SAME_PERSON).mean(),
        "own_refused": (own > SAME_PERSON).mean(),
    }


def main() -> None:
    import pandas as pd

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", type=Path)
    parser.add_argument("--group", action="append", default=[])
    given = parser.parse_args()
    table = pd.read_csv(given.table, dtype=str)
    paths = [given.table.parent / path for path in table["path"]]
    with FaceReader(pixel=None, affect=None, identity="bundled") as reader:
        found = list(reader.read_files(paths))
    read = np.array([each.embedding is not None for each in found])
    apart = distances(np.stack([each.embedding for each in found if each.embedding is not None]))
    table = table[read]
    first, second = np.triu_indices(len(table), 1)
    people = table["identity"].to_numpy()
    pairs, same = apart[first, second], people[first] == people[second]
    report = {"pictures": len(table), "not_found": int((~read).sum()), "all": figures(pairs, same)}
    for column in given.group:
        groups = table[column].to_numpy()
        within = groups[first] == groups[second]
        for name in np.unique(groups):
            chosen = within & (groups[first] == name)
            if same[chosen].any() and not same[chosen].all():
                report[f"{column}: {name}"] = figures(pairs[chosen], same[chosen])
    print(json.dumps(report, indent=1, default=lambda value: round(float(value), 4)))


if __name__ == "__main__":
    main()
