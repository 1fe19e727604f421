"""The verb that measures: bench."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from studio.cli.terminal import Terminal, verb

_WHAT = ("startup", "metrics", "prepare", "readers", "train", "memory", "generator")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    verb(app, "bench")(bench)


def bench(
    terminal: Terminal,
    what: Annotated[
        list[str] | None, typer.Argument(help=f"Any of {', '.join(_WHAT)}; all when left out.")
    ] = None,
    images: Annotated[
        Path | None, typer.Option(help="Folder of face pictures, for prepare and readers.")
    ] = None,
    faceset: Annotated[
        Path | None, typer.Option(help="Folder that `circumplex prepare` wrote, for train.")
    ] = None,
    table: Annotated[
        Path | None, typer.Option(help="CSV of labelled pictures, for memory.")
    ] = None,
    case: Annotated[
        list[str] | None, typer.Option(help="Network, for generator, such as T-256; repeatable.")
    ] = None,
    count: Annotated[
        int, typer.Option(min=16, help="Pictures, for prepare, readers and memory.")
    ] = 2000,
) -> None:
    """Measure speed and memory; a speed is a ratio to its peer on this machine in this run.

    Example: circumplex bench train --faceset data/faces --json
    """
    chosen = what or list(_WHAT)
    if unknown := [name for name in chosen if name not in _WHAT]:
        raise typer.BadParameter(f"{unknown[0]!r} is not one of {', '.join(_WHAT)}")
    results: dict[str, Any] = {"machine": _machine()}
    for name in chosen:
        results[name] = _measure(name, images, faceset, table, case, count, terminal)
    lines = [
        f"{part:8s} {figure}: {value}"
        for part, figures in results.items()
        for figure, value in figures.items()
    ]
    terminal.result(results, *lines)


def _measure(
    name: str,
    images: Path | None,
    faceset: Path | None,
    table: Path | None,
    cases: list[str] | None,
    count: int,
    terminal: Terminal,
) -> dict[str, Any]:
    """One part's figures, or why there are none."""
    if name == "startup":
        from studio.bench.startup import startup

        return startup(terminal.progress)
    if name == "metrics":
        from studio.bench.metrics import metrics

        return metrics(terminal.progress)
    if name == "prepare" and images is not None:
        from studio.bench.preparing import preparing

        return preparing(images, count, terminal.progress)
    if name == "readers" and images is not None:
        from studio.bench.readers import readers

        return readers(images, count, terminal.progress)
    if name == "train" and faceset is not None:
        from faces.sets import load_faceset
        from studio.bench.training import training

        return training(load_faceset(faceset), terminal.progress)
    if name == "memory" and table is not None:
        from studio.bench.memory import memory

        return memory(table, count, terminal.progress)
    if name == "generator":
        from studio.bench.generator import generator

        return generator(tuple(cases or ()), terminal.progress)
    needed = {
        "prepare": "--images",
        "readers": "--images",
        "train": "--faceset",
        "memory": "--table",
    }
    return {"not measured": f"give {needed[name]}"}


def _machine() -> dict[str, Any]:
    """What the figures depend on besides the code."""
    import platform

    import torch

    tuned = [name for name in os.environ if name.startswith("MALLOC_")]
    return {
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU",
        "allocator": ", ".join(f"{name}={os.environ[name]}" for name in tuned) or "default",
    }
