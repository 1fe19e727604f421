"""`prepare`: from a source of faces to a face set; killed work goes on where it was."""

import shutil
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import pyarrow.parquet as parquet

from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema, only_writer, read_json, write_json
from faces.ground.progress import Progress, silent
from faces.ground.provenance import check_version, software
from faces.sets.balance import shuffled
from faces.sets.chunks import FOLDER, PreparedChunks, Tally, manifest_schema
from faces.sets.config import PrepareConfig
from faces.sets.fingerprint import faceset_identity, identity_columns
from faces.sets.manifest import (
    FACES,
    INFO,
    MANIFEST,
    OLDER,
    REJECTED,
    SCHEMA,
    VERSION,
    WEIGHTS,
    integrity_of,
    load_faceset,
)
from faces.sets.moving import moving_notes
from faces.sets.pictures import suppress_pillow_warnings
from faces.sets.pipeline import Pick, Pipeline, Row, SelectionState
from faces.sets.request import has_same_pictures, is_asked_for, is_made_of, plan_digest
from faces.sets.sources.opening import open_source
from faces.sets.sources.options import SourceKeywords
from faces.sets.sources.rows import Source
from faces.sets.sources.stores import PictureStore

_ROWS_PER_CHUNK = 1024


def prepare(
    source: str | Path,
    target: str | Path,
    config: PrepareConfig | None = None,
    *,
    progress: Progress = silent,
    **settings: Unpack[SourceKeywords],
) -> dict[str, Any]:
    """Make a face set out of a source of faces.

    Work that was killed is taken up again by the same call, and gives the same bytes.

    Args:
        source: what `open_source` reads.
        target: folder of the face set; made if it is not there.
        config: settings.
        progress: shown over the rows of the source.
        settings: how the source is read, such as form, columns, codes; see SourceOptions.

    Returns:
        What faceset.json holds: settings, counts (found, kept, rejected, reasons, splits,
        expressions), notes on how the source was understood, identity and integrity.

    Raises:
        CircumplexError: nothing usable, a full disk, another writer, or a folder that holds a
            face set of another source or other settings.
    """
    config = config or PrepareConfig()
    target = Path(target)
    listed = _listed(open_source(source, progress=progress, **settings), config)
    plan = plan_digest(listed, config)
    with only_writer(target):
        if (info := _finished(target, listed, config, plan)) is None:
            chunks = PreparedChunks(target, manifest_schema(listed))
            _begin_or_resume(chunks, listed.pictures, plan)
            counts = _write_faceset(chunks, listed, config, Path(source), progress)
            info = _info(target, listed, Path(source), config, plan, counts)
            write_json(target / INFO, info)
            shutil.rmtree(chunks.folder)
    return info


def check(
    source: str | Path,
    config: PrepareConfig | None = None,
    *,
    sample: int | None = None,
    progress: Progress = silent,
    **settings: Unpack[SourceKeywords],
) -> dict[str, Any]:
    """What `prepare` would keep and drop, and why; nothing is written.

    Every face is looked for, which takes as long as `prepare` itself.

    Args:
        sample: look at so many pictures, evenly over the source; None at all.
        settings: how the source is read; see SourceOptions.

    Returns:
        Counts: found, kept, rejected, reasons, splits, expressions, and notes on how the source
        was understood; of a sample, found are those looked at, and `sample_of` is the number of
        all.
    """
    config = config or PrepareConfig()
    listed = _listed(open_source(source, progress=progress, **settings), config)
    tally, kept = Tally(), list[str]()
    count = len(listed) if sample is None else min(sample, len(listed))
    records = islice(listed.records(), 0, None, max(1, len(listed) // max(1, count)))
    rows = iter(progress(islice(records, count), "checking faces", count))
    pipeline = Pipeline(listed, config, SelectionState())
    with suppress_pillow_warnings():
        for _ in range(0, count, _ROWS_PER_CHUNK):
            chunk = pipeline.run(islice(rows, _ROWS_PER_CHUNK))
            tally.add(chunk.accepted, chunk.rejected)
            kept += (row["path"] for row in chunk.accepted)
    moving = moving_notes(kept, listed.pictures)
    counts = tally.counts() | {"notes": [*listed.notes, *moving]}
    return counts if sample is None else counts | {"sample_of": len(listed)}


def prepare_picture(
    path: str | Path, config: PrepareConfig | None = None, pick: Pick | None = None
) -> np.ndarray:
    """The face of one picture, cut as `prepare` cuts it: uint8 (C, S, S).

    Arguments and errors are those of `examine_picture`.
    """
    return examine_picture(path, config, pick)[1]


def examine_picture(
    path: str | Path, config: PrepareConfig | None = None, pick: Pick | None = None
) -> tuple[Row, np.ndarray]:
    """The face of one picture, cut as `prepare` cuts it, and what the manifest would say of it.

    Args:
        path: a picture file.
        config: settings of the face set whose like is wanted; what concerns labels, splits and
            the balanced subset is left aside.
        pick: which of its faces; `config.choose` says it where this is left out.

    Returns:
        The manifest's row (box, points, pose, …), and uint8 (C, S, S).

    Raises:
        CircumplexError: unreadable, no face, or none within the settings' limits.
    """
    path = Path(path)
    config = replace(config or PrepareConfig(), per_class=None)
    source = Source.of("table", path.parent, {"path": [path.name]})
    with suppress_pillow_warnings():
        chunk = Pipeline(source, config, SelectionState(), pick).run(source.records())
    for row in chunk.rejected:
        detail = f" ({row['detail']})" if row["detail"] else ""
        raise CircumplexError(f"{path}: {row['reason']}{detail}; choose another picture")
    return chunk.accepted[0], chunk.faces[0]


def _listed(source: Source, config: PrepareConfig) -> Source:
    """The source with the labels judged as the settings ask, in the order of work."""
    faces = source.faces
    if source.has_affect:
        reasons = source.affect_reasons()
        if config.require_labels:
            faces = faces.assign(reason=faces["reason"].mask(faces["reason"].isna(), reasons))
        else:
            faces = faces.assign(
                valence=faces["valence"].mask(reasons.notna()),
                arousal=faces["arousal"].mask(reasons.notna()),
            )
    if config.per_class is not None:
        faces = shuffled(faces, config.seed)
    faces = faces.assign(reason=faces["reason"].where(faces["reason"].notna(), None))
    return replace(source, faces=faces)


def _finished(
    target: Path, source: Source, config: PrepareConfig, plan: str
) -> dict[str, Any] | None:
    """The face set that is already there, if it is the one that is asked for."""
    if not (target / INFO).exists():
        return None
    info = read_json(target / INFO)
    check_schema(info, SCHEMA, VERSION, target / INFO, OLDER)
    requested = is_asked_for(info, source, config, plan)
    if requested:
        try:
            faces = load_faceset(target)
        except CircumplexError:
            (target / INFO).unlink()  # damaged: make it again
            return None
        requested = is_made_of(target, info, source)
    if not requested:
        raise CircumplexError(
            f"{target} holds a face set of another source or other settings; "
            "choose another folder or remove this one"
        )
    shutil.rmtree(target / FOLDER, ignore_errors=True)
    return info | {"identity": faces.identity, "integrity": faces.integrity}


def _begin_or_resume(chunks: PreparedChunks, pictures: PictureStore, plan: str) -> None:
    """Begin the chunks of a plan, or go on with them.

    Chunks of another version of the program would not be the same bytes.
    """
    note = chunks.folder / "plan.json"
    ours = {"plan": plan, "rows_a_part": _ROWS_PER_CHUNK, "software": software()}
    if not note.exists():
        write_json(note, ours)
        return
    theirs, target = read_json(note), chunks.target
    check_version(theirs, target)
    first = chunks.manifest_of(0)
    if theirs != ours or (chunks.has(0) and not has_same_pictures(first, pictures)):
        raise CircumplexError(
            f"{target} holds half of a face set of another source or other settings; "
            "repeat that call, choose another folder, or remove this one"
        )


def _write_faceset(
    chunks: PreparedChunks, source: Source, config: PrepareConfig, path: Path, progress: Progress
) -> dict[str, Any]:
    """Write the arrays and tables of the face set chunk by chunk; returns `Tally.counts`.

    Raises:
        CircumplexError: no face is usable; `path` names the source.
    """
    number = _write_chunks(chunks, source, config, progress)
    counts = chunks.count(number)
    if not counts["kept"]:
        shutil.rmtree(chunks.folder)
        raise _no_usable_face(path, counts)
    chunks.assemble(number, (counts["kept"], config.channels, config.size, config.size), counts)
    return counts


def _write_chunks(
    chunks: PreparedChunks, source: Source, config: PrepareConfig, progress: Progress
) -> int:
    """Write the chunks that are not there yet; returns how many there are."""
    count = -(-len(source) // _ROWS_PER_CHUNK)
    state = SelectionState()
    first = 0
    while first < count and chunks.has(first):
        chunks.restore(first, state)
        first += 1
    if first == count:
        return count
    start = first * _ROWS_PER_CHUNK
    rows = iter(progress(source.records(start), "preparing faces", len(source) - start))
    pipeline = Pipeline(source, config, state)
    with suppress_pillow_warnings():
        for number in range(first, count):
            chunks.write(number, pipeline.run(islice(rows, _ROWS_PER_CHUNK)))
    return count


def _no_usable_face(source: Path, counts: dict[str, Any]) -> CircumplexError:
    if not counts["found"]:
        return CircumplexError(f"{source} lists no faces; check the folder")
    reasons = ", ".join(f"{count} x {reason}" for reason, count in counts["reasons"].items())
    return CircumplexError(f"{source} has no usable face: {reasons}; mend these or the settings")


def _info(
    target: Path,
    source: Source,
    path: Path,
    config: PrepareConfig,
    plan: str,
    counts: dict[str, Any],
) -> dict[str, Any]:
    files = (FACES, MANIFEST, REJECTED, WEIGHTS)
    settings = asdict(config)
    manifest = parquet.read_table(target / MANIFEST, columns=list(identity_columns(settings)))
    kept = parquet.read_table(target / MANIFEST, columns=["path"])["path"].to_pylist()
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "size": config.size,
        "channels": config.channels,
        "source": path.name,
        "form": source.form,
        "settings": settings,
        "counts": counts,
        "notes": [*source.notes, *moving_notes(kept, source.pictures)],
        "plan": plan,
        "identity": faceset_identity(manifest.to_pandas(), settings),
        "integrity": integrity_of(target),
        "files": {name: (target / name).stat().st_size for name in files},
    }
