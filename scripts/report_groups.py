"""How differently each reader of valence and arousal reads neutral faces of different groups.

    python scripts/report_groups.py MANIFEST REPORT.json [--split val] [--by gender,age,ethnicity]

MANIFEST as in `grouped_faces.py`. Where it has the column expression, its neutral faces are read,
and its happy ones of the same identity give smile minus neutral; else the faces that look neutral
to the pixel reader, which then is no judge of itself. The gap of an attribute is the largest mean
of a group minus the smallest; `chance` is the mean gap when groups are shuffled, for among many
small groups some gap is always left. Brackets are bootstrap 95 % intervals.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from grouped_faces import GROUPS, LOOKS_NEUTRAL, ReadFaces, read_faces, read_manifest

from faces.ground.files import write_json
from faces.ground.json_values import plain
from faces.ground.provenance import software
from vae.probing.metrics import bootstrap_interval, mean_of

TARGETS = ("valence", "arousal")
SMALLEST = 4  #: faces below which a group is not shown
NEAR = 0.15  #: from (0, 0), within which a neutral face reads as neutral
_SHUFFLES = 200


def group_figures(values: np.ndarray, groups: np.ndarray) -> dict[str, Any]:
    """Means by group and the gap between them.

    Args:
        values: (N, 2) finite readings, or differences of readings.
        groups: (N,) names; groups of fewer than SMALLEST are left out.

    Returns:
        Plain JSON values: `groups` by name, each with n and, by target, [mean, low, high]; `gap` by
        target, [gap, low, high, chance].
    """
    names, counts = np.unique(groups, return_counts=True)
    shown = names[counts >= SMALLEST]
    rows = np.isin(groups, shown)
    values, groups = values[rows], groups[rows]
    member = groups[:, None] == shown
    sums = _sums(values, member)
    gap, bounds = _gap(sums.sum(0)), bootstrap_interval(sums, _gap)
    rng = np.random.default_rng(0)
    chance = np.mean(
        [_gap(_sums(rng.permutation(values), member).sum(0)) for _ in range(_SHUFFLES)], axis=0
    )
    return {
        "groups": {
            str(name): {"n": int((groups == name).sum())} | _means(values[groups == name])
            for name in shown
        },
        "gap": {
            target: plain([gap[k], *bounds[:, k], chance[k]]) for k, target in enumerate(TARGETS)
        },
    }


def _sums(values: np.ndarray, member: np.ndarray) -> np.ndarray:
    """(N, 2, 2 G): which group a face is of, and its value there."""
    ones = np.repeat(member[:, None, :], values.shape[1], axis=1)
    return np.concatenate([ones, ones * values[:, :, None]], axis=2).astype(np.float64)


def _gap(sums: np.ndarray) -> np.ndarray:
    """Largest minus smallest mean, from sums (…, 2 G); a group that no draw met is left out."""
    counts, totals = np.split(sums, 2, axis=-1)
    means = np.divide(totals, counts, out=np.full_like(totals, np.nan), where=counts > 0)
    return np.nanmax(means, axis=-1) - np.nanmin(means, axis=-1)


def _means(values: np.ndarray) -> dict[str, Any]:
    bounds = bootstrap_interval(np.stack([np.ones_like(values), values], -1), mean_of)
    return {target: plain([values[:, k].mean(), *bounds[:, k]]) for k, target in enumerate(TARGETS)}


def near_neutral(affect: np.ndarray) -> float:
    """The share of readings (N, 2) within NEAR of (0, 0)."""
    return float((np.hypot(*affect.T) <= NEAR).mean())


def judge(affect: np.ndarray, table: pd.DataFrame, neutral: np.ndarray, by: list[str]) -> Any:
    """All figures of one reader, (N, 2), on the rows `neutral` (N,) and the smiles beside them."""
    rows = neutral & np.isfinite(affect).all(1)
    found: dict[str, Any] = {
        "n": int(rows.sum()),
        "mean": _means(affect[rows]),
        "near_neutral": near_neutral(affect[rows]),
        "by": {name: group_figures(affect[rows], table[name].to_numpy(str)[rows]) for name in by},
    }
    if {"expression", "identity"} <= set(table) and table["identity"].notna().any():
        smiles = np.isfinite(affect).all(1) & (table["expression"] == "happiness").to_numpy()
        of = table["identity"].to_numpy()
        at = {of[row]: row for row in np.flatnonzero(smiles)}
        pairs = np.array([(row, at[of[row]]) for row in np.flatnonzero(rows) if of[row] in at])
        change = affect[pairs[:, 1]] - affect[pairs[:, 0]]
        found["smile_minus_neutral"] = {"mean": _means(change)} | {
            name: group_figures(change, table[name].to_numpy(str)[pairs[:, 0]]) for name in by
        }
    return found


def neutral_rows(table: pd.DataFrame, read: ReadFaces) -> np.ndarray:
    """Which faces are neutral, (N,): as the manifest says, else as they look."""
    if "expression" in table and table["expression"].notna().any():
        return (table["expression"] == "neutral").to_numpy()
    return read.neutral > LOOKS_NEUTRAL


def lines(report: dict[str, Any], by: list[str]) -> list[str]:
    """The report as a table of Markdown."""
    cells = [f"{target} by {name}" for name in by for target in TARGETS]
    shown = [f"| reader | n | mean | within {NEAR} | {' | '.join(cells)} |"]
    shown.append("|---" * (4 + len(cells)) + "|")
    for reader, found in report["readers"].items():
        mean = ", ".join(f"{found['mean'][target][0]:+.2f}" for target in TARGETS)
        gaps = [found["by"][name]["gap"][target] for name in by for target in TARGETS]
        told = [f"{gap:.2f} [{low:.2f}, {high:.2f}]" for gap, low, high, _ in gaps]
        start = f"| {reader} | {found['n']} | {mean} | {found['near_neutral']:.0%} | "
        shown.append(start + " | ".join(told) + " |")
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("manifest", type=Path)
    parser.add_argument("report", type=Path)
    parser.add_argument("--split", help="read this split only")
    parser.add_argument("--by", default=",".join(GROUPS))
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    table, by = read_manifest(given.manifest), given.by.split(",")
    if given.split:
        table = table[table["split"] == given.split]
    read = read_faces(list(table["path"]), given.processes, "faces")
    neutral = neutral_rows(table, read)
    readers = {name: judge(affect, table, neutral, by) for name, affect in read.affect.items()}
    report = {"software": software(), "faces": len(table), "readers": readers}
    write_json(given.report, report)
    print("\n".join(lines(report, by)))


if __name__ == "__main__":
    main()
