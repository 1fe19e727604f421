"""Who and what stands behind a study of invariance: faces, people and readers, as plain JSON."""

from typing import Any

import numpy as np

from faces.ground.json_values import plain
from studio.evaluation.invariance import in_two_groups
from studio.evaluation.invariance_config import AT_REST, BY_LABELS, LIKELY, NEAR, SMILE
from studio.evaluation.listed_faces import known_of
from studio.evaluation.read_faces import NEUTRAL, TARGETS, ReadFaces


def counts_of(of: np.ndarray) -> dict[str, int]:
    """How many faces each group (or state) of (N,) has; None is none."""
    names, counts = np.unique([each for each in of if each is not None], return_counts=True)
    return {str(name): int(count) for name, count in zip(names, counts, strict=True)}


def states_of(read: ReadFaces) -> dict[str, Any]:
    """Who said which faces are neutral: labels, or rules with their thresholds."""
    rules = {"likely": LIKELY, "smile": SMILE, "rest": AT_REST}
    counts = {judge: counts_of(states) for judge, states in read.judges.items()}
    return {"rules": None if BY_LABELS in read.judges else rules, "faces": counts}


def readers_of(read: ReadFaces) -> dict[str, Any]:
    """What each reader is, who chose its faces, and how near neutral faces read to (0, 0)."""
    from faces.readers.affect.registry import AFFECT_READERS

    found: dict[str, Any] = {}
    for outcome in read.values:
        states = read.states(outcome)
        kind = AFFECT_READERS.get(outcome.reader)
        about = found.setdefault(
            outcome.reader,
            {
                "description": outcome.column if kind is None else kind.description,
                "judge": BY_LABELS if BY_LABELS in read.judges else outcome.judge,
                "near_neutral": None,
            },
        )
        if outcome.target == TARGETS[0]:
            pair = [each for each in read.values if each.reader == outcome.reader][:2]
            affect = np.stack([read.values[each] for each in pair], axis=1)[states == NEUTRAL]
            affect = affect[np.isfinite(affect).all(1)]
            about["near_neutral"] = (
                plain((np.hypot(*affect.T) <= NEAR).mean()) if len(affect) else None
            )
    return found


def people_of(read: ReadFaces) -> dict[str, Any] | None:
    """Who is without a neutral or an expressive face that was read, and who is in two groups, by
    name."""
    people = read.listed.people
    if people is None:
        return None
    known, found = set(people), read.found()
    without_neutral, without_other = {}, {}
    for judge, states in read.judges.items():
        neutral = states == NEUTRAL
        other = known_of(states) & ~neutral
        without_neutral[judge] = sorted(known - set(people[neutral & found]))
        without_other[judge] = sorted(known - set(people[other & found]))
    return {
        "count": len(known),
        "without_neutral": without_neutral,
        "without_expression": without_other,
        "in_two_groups": {
            name: sorted(set(people[rows]))
            for name, of in read.listed.groups.items()
            if (rows := in_two_groups(people, of)).any()
        },
    }
