"""Whether a report of ratings finds the truth: simulated studies, and how long a large one takes.

    python scripts/report_ratings.py REPORT.json [--runs 200] [--raters 200] [--stimuli 60]

Each run draws stimuli, raters with their own bias, noise and 5 % careless ones, and asks the report
for the stimuli's means and for ICC(2,1): how often its 95 % intervals hold the truth, how many of
the careless it flags (recall), and how many of the others (false alarms).
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
import time
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from faces.ground.files import write_json
from faces.ground.provenance import software
from studio.engine import Engine
from studio.ratings.careless import CarelessConfig
from studio.ratings.scales import TARGETS
from studio.ratings.simulation import SimulatedStudy, SimulationConfig, simulate
from studio.ratings.summary import RatingSummary, summarise
from studio.workflows import ratings


def found_truth(study: SimulatedStudy, summary: RatingSummary) -> dict[str, float]:
    """Shares of intervals that hold the truth, and of raters that were judged rightly."""
    means, singles = [], []
    for k, target in enumerate(TARGETS):
        low, high = (summary.norms[f"{target}_{end}"].to_numpy() for end in ("low", "high"))
        means.append((low <= study.truth[:, k]) & (study.truth[:, k] <= high))
        bounds = summary.figures["reliability"]["kept"][target]["single_interval"]
        singles.append(bounds[0] <= study.icc <= bounds[1])
    flagged = set(summary.raters["rater"][summary.raters["flags"] != ""])
    attentive = set(summary.raters["rater"]) - study.careless
    return {
        "means": float(np.mean(means)),
        "icc": float(np.mean(singles)),
        "recall": len(flagged & study.careless) / max(1, len(study.careless)),
        "false_alarms": len(flagged & attentive) / len(attentive),
    }


def coverage(config: SimulationConfig, runs: int) -> dict[str, Any]:
    """Means of `found_truth` over runs, of seeds from 0, with the standard error of each."""
    every = []
    for seed in range(runs):
        study = simulate(config, seed)
        every.append(found_truth(study, summarise(study.table, None, CarelessConfig())))
    names = [name for name in every[0] if name != "icc" or config.steps is None]
    return {
        name: {
            "mean": float(np.mean([each[name] for each in every])),
            "se": float(np.std([each[name] for each in every], ddof=1) / np.sqrt(runs)),
        }
        for name in names
    }


def timed(raters: int, stimuli: int) -> dict[str, float]:
    """Seconds of `ratings report`, page and all, on tables with every cell filled and half."""
    seconds = {}
    with TemporaryDirectory() as folder:
        for name, share in (("complete", None), ("half", stimuli // 2)):
            config = SimulationConfig(raters=raters, stimuli=stimuli, share=share, steps=9)
            path = Path(folder) / f"{name}.csv"
            simulate(config, 0).table.to_csv(path, index=False)
            start = time.perf_counter()
            ratings.report(ratings.ReportRequest(path, Path(folder) / name), Engine("cpu"))
            seconds[name] = time.perf_counter() - start
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("report", type=Path)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--raters", type=int, default=200)
    parser.add_argument("--stimuli", type=int, default=60)
    given = parser.parse_args()
    size = {"raters": given.raters, "stimuli": given.stimuli}
    studies = {
        "sliders, every rater sees all": SimulationConfig(**size),
        "sliders, every rater sees half": SimulationConfig(**size, share=given.stimuli // 2),
        "nine points, every rater sees all": SimulationConfig(**size, steps=9),
    }
    report: dict[str, Any] = {"software": software(), "runs": given.runs, "studies": {}}
    for name, config in studies.items():
        found = coverage(config, given.runs)
        report["studies"][name] = {"config": asdict(config), **found}
        shown = ", ".join(f"{k} {v['mean']:.3f} (SE {v['se']:.3f})" for k, v in found.items())
        print(f"{name}: {shown}", flush=True)
    report["seconds of 500 raters × 300 stimuli"] = timed(500, 300)
    print(report["seconds of 500 raters × 300 stimuli"])
    write_json(given.report, report)


if __name__ == "__main__":
    main()
