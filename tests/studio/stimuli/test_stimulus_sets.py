"""Sets of stimuli for a laboratory: readings, conditions, matching, masks, descriptions."""

import csv
import hashlib
import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from faces.circumplex import ANCHORS, EXPRESSIONS, PLACES
from faces.ground.errors import CircumplexError
from faces.readers.affect.errors import packaged_errors
from faces.readers.affect.registry import AFFECT_READERS
from gan_bridge.editing.editor import Editor
from studio import workflows
from studio.cli import main
from studio.engine import Engine
from studio.stimuli.export_result import ExportResult
from studio.stimuli.finishing import FinishConfig
from studio.stimuli.luminance import luma_statistics
from studio.stimuli.plan import list_identities
from studio.stimuli.points import ring_points
from studio.stimuli.recipe import read_recipe
from studio.workflows.edit import EditRequest
from studio.workflows.export import ExportRequest
from studio.workflows.export_description import ExportAccount, describe_export
from studio.workflows.verify import VerifyRequest

RING = ring_points(2, [0, 0.5])


@pytest.fixture(scope="module")
def stimuli(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Iterator[Path]:
    """Two people at three points and unedited, of one luminance, by the package's generator."""
    folder = tmp_path_factory.mktemp("stimuli") / "set"
    request = ExportRequest(
        folder=folder, seeds=(5000, 5001), points=RING, original=True, match_luminance=True
    )
    workflows.export.run(request, engine)
    return folder


def _unread(folder: Path, **values: object) -> ExportRequest:
    return ExportRequest(
        **{"folder": folder, "seeds": (3, 4), "points": RING, "unread": True} | values
    )


def _export(engine: Engine, folder: Path, **values: object) -> tuple[ExportResult, pd.DataFrame]:
    result = workflows.export.run(_unread(folder, **values), engine)
    return result, pd.read_csv(folder / "table.csv")


def test_independent_readers_say_what_a_picture_shows(stimuli: Path) -> None:
    table = pd.read_csv(stimuli / "table.csv")
    assert len(table) == 8 and table["found"].all()
    for name in AFFECT_READERS:
        happy = table[f"{name}_valence"][table["valence"] == 0.5].mean()
        sad = table[f"{name}_valence"][table["valence"] == -0.5].mean()
        assert happy > sad + 0.2
    edited = table[table["edited"]]
    assert (edited["identity_distance"][edited["intensity"] == 0] == 0).all()
    assert edited["identity_distance"][edited["intensity"] > 0].between(0.05, 0.6).all()
    assert table[["yaw", "pitch", "roll"]].abs().max(axis=None) < 45
    readme = (stimuli / "README.md").read_text(encoding="utf-8")
    assert re.search(r"Reader `pixel` .* it helped to aim the edits", readme)
    assert re.search(r"Reader `action_units` .* it took no part", readme)


def test_an_interval_is_the_measured_error_of_its_reader(stimuli: Path) -> None:
    table = pd.read_csv(stimuli / "table.csv")
    errors = packaged_errors().readers
    assert "pixel" in errors
    for name, error in errors.items():
        low, value, high = (table[f"{name}_valence{end}"] for end in ("_low", "", "_high"))
        np.testing.assert_allclose(low, (value - 1.96 * error.valence).clip(-1), atol=2e-5)
        np.testing.assert_allclose(high, (value + 1.96 * error.valence).clip(upper=1), atol=2e-5)


def test_readings_are_held_against_aims_in_readers_terms(
    stimuli: Path, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shift = np.array([0.3, -0.1])
    monkeypatch.setattr(Editor, "in_reader_terms", lambda _, requested: requested + shift)
    request = ExportRequest(
        folder=shutil.copytree(stimuli, tmp_path / "set"), seeds=(5000, 5001), points=RING,
        original=True, match_luminance=True,
    )  # fmt: skip
    result = workflows.export.run(request, engine)
    assert (result.made, result.requests) == (0, 6)
    edited = pd.read_csv(stimuli / "table.csv").query("edited")
    for name in AFFECT_READERS:
        far = [
            edited[f"{name}_{target}"] - edited[f"aimed_{target}"] - shift[k]
            for k, target in enumerate(("valence", "arousal"))
        ]
        assert result.distances[name] == pytest.approx(np.hypot(*far).mean())


def test_requests_in_raters_terms_are_described(tmp_path: Path) -> None:
    result = ExportResult(tmp_path, 1, 1, 1, 1, 1, 1, 0, {})
    plain = ExportAccount(
        finish=FinishConfig(), generator=("g", "0" * 64), packaged=False, people=False,
        result=result, truncation=None, original=False, factors={}, fitted="labels", rated=False,
        readers={}, norms=None, oval=None,
    )  # fmt: skip
    rows = [{"identity": "a"}]
    told = [
        " ".join(describe_export(replace(plain, rated=rated), tmp_path, rows, ()).facts)
        for rated in (False, True)
    ]
    assert "what people see" not in told[0] and "`aimed_…` say what people see" in told[1]
    assert "1 point a face." in told[0]


def test_requests_have_polar_coordinates_and_distances(stimuli: Path) -> None:
    table = pd.read_csv(stimuli / "table.csv").set_index(["identity", "valence"])
    left = table.loc["s05000", -0.5]
    assert (left["angle"], left["intensity"], left["prototype"]) == (180, 0.5, "contempt")
    for name in EXPRESSIONS:
        far = np.hypot(*np.subtract(PLACES[name], (-0.5, 0)))
        assert left[f"distance_{name}"] == pytest.approx(far, abs=1e-4)
    middle = table.loc["s05001", 0.0]
    assert np.isnan(middle["angle"]) and middle["word"] == middle["prototype"] == "neutral"


def test_the_unedited_face_stands_beside(stimuli: Path, engine: Engine) -> None:
    table = pd.read_csv(stimuli / "table.csv").set_index("file")
    row = table.loc["images/s05000_original.png"]
    assert not row["edited"] and np.isnan(row["valence"]) and np.isnan(row["aimed_valence"])
    explorer = engine.explorer("stylegan3")
    w = explorer.latent(5000, 0.7)
    recipe = read_recipe(stimuli / row.name)
    again = workflows.edit.run(EditRequest(recipe=stimuli / row.name), engine)
    assert again.reproduction is not None and again.reproduction.identical
    assert recipe.anchor == (recipe.valence, recipe.arousal)
    np.testing.assert_array_equal(explorer.anchored(recipe.anchor).move(w, *recipe.anchor), w)


def test_all_pictures_have_one_luminance(stimuli: Path) -> None:
    table = pd.read_csv(stimuli / "table.csv")
    target = json.loads((stimuli / "export.json").read_text())["luminance"]
    shown = [
        luma_statistics(np.asarray(Image.open(stimuli / file).convert("RGB")))
        for file in table["file"]
    ]
    np.testing.assert_allclose(shown, [target] * 8, atol=0.1)
    np.testing.assert_allclose(shown, table[["luminance_mean", "luminance_sd"]], atol=1e-4)


def test_one_changed_byte_of_a_set_is_found(stimuli: Path, engine: Engine, tmp_path: Path) -> None:
    folder = shutil.copytree(stimuli, tmp_path / "set")
    found = workflows.verify.run(VerifyRequest(folder=folder, again=8), engine)
    assert found.fine and (found.pictures, found.identical) == (8, 8)
    path = sorted((folder / "images").iterdir())[5]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    found = workflows.verify.run(VerifyRequest(folder=folder), engine)
    assert [finding.file for finding in found.findings] == [f"images/{path.name}"]


def test_psychopy_takes_the_table(stimuli: Path) -> None:
    """The rules of psychopy.data.importConditions: every name is there, once, and a variable's; no
    byte order mark; no text that it would run or turn into a number."""
    data = (stimuli / "table.csv").read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf")
    header, *rows = csv.reader(data.decode("utf-8").splitlines())
    assert all(re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII) for name in header)
    assert len(set(header)) == len(header) and all(len(row) == len(header) for row in rows)
    texts = [row[header.index(name)] for row in rows for name in ("file", "word", "identity")]
    assert not any(text.startswith("[") or re.fullmatch(r"[\d.,]+", text) for text in texts)
    assert all((stimuli / row[header.index("file")]).is_file() for row in rows)


def test_r_reads_the_table(stimuli: Path) -> None:
    """By the rules of read.csv: syntactic names, no reserved word, TRUE and FALSE alone for what is
    true or false, nothing or a number in columns of numbers; and by R itself where it is there."""
    header, *rows = csv.reader((stimuli / "table.csv").read_text(encoding="utf-8").splitlines())
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9._]*", name) for name in header)
    assert not {"if", "else", "for", "while", "next", "break", "in", "function"} & set(header)
    columns = dict(zip(header, zip(*rows, strict=True), strict=True))
    assert set(columns["edited"]) == {"TRUE", "FALSE"}
    assert set(columns["reached"]) <= {"TRUE", "FALSE", ""}
    assert [float(cell) for cell in columns["pixel_valence"] if cell]
    assert columns["valence"].count("") == 2
    if shutil.which("Rscript") is None:
        return
    code = (
        "t <- read.csv('table.csv'); stopifnot(nrow(t) == 8, is.logical(t$edited), "
        "is.logical(t$reached), is.numeric(t$pixel_valence), sum(is.na(t$valence)) == 2); "
        "cat(names(t), sep='\\n')"
    )
    run = subprocess.run(
        ["Rscript", "-e", code], cwd=stimuli, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == list(pd.read_csv(stimuli / "table.csv").columns)


def test_programs_find_a_description(stimuli: Path) -> None:
    table = pd.read_csv(stimuli / "table.csv")
    about = json.loads((stimuli / "croissant.json").read_text(encoding="utf-8"))
    assert {"@language", "@vocab", "sc", "cr", "dct"} <= set(about["@context"])
    assert about["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    file, pictures = about["distribution"]
    assert file["sha256"] == hashlib.sha256((stimuli / "table.csv").read_bytes()).hexdigest()
    assert len(list(stimuli.glob(pictures["includes"]))) == 8
    fields = about["recordSet"][0]["field"]
    assert [each["source"]["extract"]["column"] for each in fields] == list(table.columns)
    kinds = {each["name"]: each["dataType"] for each in fields}
    assert (kinds["seed"], kinds["edited"], kinds["yaw"]) == (
        "sc:Integer", "sc:Boolean", "sc:Float",
    )  # fmt: skip
    bids = pd.read_csv(stimuli / "stimuli.tsv", sep="\t", na_values="n/a")
    assert list(bids.columns) == ["stimulus_id", *table.columns]
    sidecar = json.loads((stimuli / "stimuli.json").read_text(encoding="utf-8"))
    assert list(sidecar) == list(bids.columns)
    assert all(each["Description"] for each in sidecar.values())
    assert "CC BY-NC 4.0" in (stimuli / "LICENSE.txt").read_text(encoding="utf-8")


def test_conditions_keep_pictures_and_the_others_are_listed(engine: Engine, tmp_path: Path) -> None:
    result, table = _export(engine, tmp_path / "a", where=("valence >= 0", "seed != 4"))
    assert result.pictures == 2 and set(table["valence"]) == {0, 0.5} and set(table["seed"]) == {3}
    assert result.dropped == {"valence >= 0": 2, "seed != 4": 3}
    dropped = pd.read_csv(tmp_path / "a" / "dropped.csv")
    assert len(dropped) == 4
    assert set(table["file"]) == {f"images/{p.name}" for p in (tmp_path / "a/images").iterdir()}
    again, _ = _export(engine, tmp_path / "a", where=("valence >= 0", "seed != 4"))
    assert (again.made, again.pictures, again.dropped) == (0, 2, result.dropped)


def test_a_filter_that_leaves_nothing_says_what_each_condition_dropped(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["export", str(tmp_path / "a"), "--seeds", "3,4", "--ring", "2", "--unread", "--quiet"]
    assert main([*line, "--where", "valence > .9", "--where", "seed == 3"]) == 1
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert "none of 4 pictures meets the conditions: dropped are 4 by valence > .9, 2 by" in shown
    assert main([*line, "--where", "valance > .9"]) == 1
    assert "there is no column valance; there is valence" in capsys.readouterr().err
    assert main([*line, "--where", "seed == 3"]) == 0  # nothing was left in the way


def test_norms_are_joined_and_filter(engine: Engine, tmp_path: Path) -> None:
    _, first = _export(engine, tmp_path / "first")
    norms = tmp_path / "norms.csv"
    file, digest = first["file"], first["sha256"]
    rated = pd.DataFrame({
        "stimulus": [Path(file[0]).name, digest[1], file[5], "other.png"],
        "rated_valence": [0.1, 0.4, 0.45, 0.4],
        "rated_n": [20, 20, 19, 20],
    })  # fmt: skip
    rated.to_csv(norms, index=False)
    result, table = _export(
        engine, tmp_path / "second", norms=norms, where=("rated_valence.between(.3, .5)",)
    )
    assert result.normed == 3 and list(table["rated_valence"]) == [0.4, 0.45]
    assert list(table["file"]) == [first["file"][1], first["file"][5]]
    assert list(table["sha256"]) == [first["sha256"][1], first["sha256"][5]]
    rated.loc[1, "stimulus"] = rated.loc[0, "stimulus"]
    rated.to_csv(norms, index=False)
    with pytest.raises(CircumplexError, match="twice under stimulus"):
        _export(engine, tmp_path / "third", norms=norms)


@pytest.mark.parametrize("suffix", ["jpg", "webp"])
def test_other_formats_hold_their_recipes(suffix: str, engine: Engine, tmp_path: Path) -> None:
    _, table = _export(engine, tmp_path / "a", format=suffix, size=160, seeds=(3,))
    path = tmp_path / "a" / table["file"][1]
    with Image.open(path) as picture:
        assert (picture.size, path.suffix) == ((160, 160), f".{suffix}")
    again = workflows.edit.run(EditRequest(recipe=path), engine)
    assert str(again.reproduction) == f"identical to the face in {path.name} before it was finished"
    assert again.recipe.finish is None and read_recipe(path).finish is not None
    found = workflows.verify.run(VerifyRequest(folder=tmp_path / "a", again=3), engine)
    assert found.fine and found.identical == 3


def test_an_oval_shows_the_inner_face_and_is_what_is_matched(
    engine: Engine, tmp_path: Path
) -> None:
    _, table = _export(
        engine, tmp_path / "a", mask="oval", background="#204060", match_luminance=True
    )
    pictures = np.stack([np.asarray(Image.open(tmp_path / "a" / file)) for file in table["file"]])
    assert (pictures[:, [0, 0, -1, -1], [0, -1, 0, -1]] == (0x20, 0x40, 0x60)).all()
    corner = (pictures == (0x20, 0x40, 0x60)).all((0, 3)).mean()
    assert 0.25 < corner < 0.6
    assert table["luminance_sd"].std() < 0.1 and table["luminance_mean"].std() < 0.1
    whole = [luma_statistics(picture)[0] for picture in pictures]
    assert abs(np.mean(whole) - table["luminance_mean"].mean()) > 5


@pytest.mark.parametrize("what", ["histogram", "spectrum", "both"])
def test_shine_matches_the_set(what: str, engine: Engine, tmp_path: Path) -> None:
    pytest.importorskip("shinier")
    result, table = _export(engine, tmp_path / "a", shine=what)
    _, plain = _export(engine, tmp_path / "b")
    pictures = [np.asarray(Image.open(tmp_path / "a" / file)) for file in table["file"]]
    before = [np.asarray(Image.open(tmp_path / "b" / file)) for file in table["file"]]
    assert _apart(pictures, what) < 0.5 * _apart(before, what)
    clipped = [
        int(((((new == 0) | (new == 255)) & (new != old)).any(2)).sum())
        for new, old in zip(pictures, before, strict=True)
    ]
    assert list(table["clipped"]) == clipped and result.clipped == sum(clipped)
    assert (plain["clipped"] == 0).all()
    again, _ = _export(engine, tmp_path / "a", shine=what)
    assert again.made == 0 and not (tmp_path / "a" / ".drawn").exists()
    found = workflows.verify.run(VerifyRequest(folder=tmp_path / "a", again=2), engine)
    assert found.fine and found.identical == 2


def _apart(pictures: list[np.ndarray], what: str) -> float:
    """How differently pictures look to SHINE: mean spread of histograms, or of spectra."""
    linear = [(np.where(p <= 10, p / 3294.6, ((p / 255 + 0.055) / 1.055) ** 2.4)) for p in pictures]
    light = np.stack([each @ (0.2126, 0.7152, 0.0722) for each in linear])
    if what == "spectrum":
        return float(np.abs(np.fft.fft2(light)).std(0)[1:9, 1:9].mean())
    return float(np.quantile(light, np.linspace(0.05, 0.95, 19), axis=(1, 2)).std(1).mean())


def test_shards_hold_pictures_and_rows_in_pairs(engine: Engine, tmp_path: Path) -> None:
    _, table = _export(engine, tmp_path / "a", shards=4)
    names: list[str] = []
    for path in sorted((tmp_path / "a" / "shards").iterdir()):
        with tarfile.open(path) as shard:
            members = shard.getnames()
            row = json.loads(shard.extractfile(members[1]).read())  # type: ignore[union-attr]
            picture = shard.extractfile(members[0]).read()  # type: ignore[union-attr]
        assert hashlib.sha256(picture).hexdigest() == row["sha256"]
        assert [Path(name).suffix for name in members] == [".png", ".json"] * (len(members) // 2)
        names += members[::2]
    assert [f"images/{name}" for name in names] == list(table["file"])


def test_photos_are_people_too(portrait: Path, engine: Engine, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    shutil.copy(portrait, photos / "Anna Ä.png")
    Image.new("RGB", (200, 200), (90, 90, 90)).save(photos / "nobody.png")
    request = ExportRequest(
        folder=tmp_path / "a", photos=(photos,), points=((0.4, 0.1),), original=True, force=True,
        refine=0,
    )  # fmt: skip
    result = workflows.export.run(request, engine)
    table = pd.read_csv(tmp_path / "a" / "table.csv")
    assert list(table["file"]) == [
        "images/anna_original.png", "images/anna_p0_v+0.40_a+0.10.png",
    ]  # fmt: skip
    assert set(table["source"]) == {"Anna Ä.png"} and table["seed"].isna().all()
    assert table["identity_distance"].gt(0).all()
    assert list(result.rejected) == ["nobody.png"] and "face" in result.rejected["nobody.png"]
    assert list(pd.read_csv(tmp_path / "a" / "rejected.csv")["source"]) == ["nobody.png"]
    assert "consent" in (tmp_path / "a" / "LICENSE.txt").read_text(encoding="utf-8")
    found = workflows.verify.run(VerifyRequest(folder=tmp_path / "a", again=2), engine)
    assert found.fine and found.identical == 2
    assert workflows.export.run(request, engine).made == 0


def test_a_latent_is_a_person_too(engine: Engine, tmp_path: Path) -> None:
    w = engine.explorer("stylegan3").latent(5, 0.7)
    np.save(tmp_path / "Bea.npy", w)
    request = ExportRequest(
        folder=tmp_path / "a", latents=(tmp_path / "Bea.npy",), points=((0.3, 0.1),),
        original=True, refine=0,
    )  # fmt: skip
    workflows.export.run(request, engine)
    table = pd.read_csv(tmp_path / "a" / "table.csv").set_index("file")
    first, edited = (table.loc[name] for name in table.index)
    assert first.name == "images/bea_original.png" and first["identity_distance"] == 0
    assert 0 < edited["identity_distance"] < 0.6
    image = np.asarray(Image.open(tmp_path / "a" / first.name))
    np.testing.assert_array_equal(image, engine.generator("stylegan3").synthesize(w)[0])


def test_names_that_look_like_something_else_stay(engine: Engine, tmp_path: Path) -> None:
    w = engine.explorer("stylegan3").latent(5, 0.7)
    names = ["001", "1", "nan", "null"]
    for name in names:
        np.save(tmp_path / f"{name}.npy", w)
    Image.new("RGB", (200, 200), (90, 90, 90)).save(tmp_path / "007.png")
    request = ExportRequest(
        folder=tmp_path / "a", latents=tuple(tmp_path / f"{name}.npy" for name in names),
        photos=(tmp_path / "007.png",), points=((0.3, 0.1),), unread=True, refine=0,
        where=("identity in ['001', 'nan', 'null']", "identity != 'null'"),
    )  # fmt: skip
    result = workflows.export.run(request, engine)
    folder = tmp_path / "a"
    parquet = pd.read_parquet(folder / "table.parquet")
    cells = list(csv.DictReader((folder / "table.csv").read_text(encoding="utf-8").splitlines()))
    bids = list(
        csv.DictReader(
            (folder / "stimuli.tsv").read_text(encoding="utf-8").splitlines(), delimiter="\t"
        )
    )
    for read in (parquet.to_dict("records"), cells, bids):
        assert [row["identity"] for row in read] == ["001", "nan"]
    assert workflows.verify.run(VerifyRequest(folder=folder), engine).fine
    again = workflows.export.run(request, engine)
    assert (again.made, again.pictures, again.rejected) == (0, 2, result.rejected)
    rejected = list(
        csv.DictReader((folder / "rejected.csv").read_text(encoding="utf-8").splitlines())
    )
    assert [row["identity"] for row in rejected] == ["007"]


def test_expressions_and_neutral_faces_are_told(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["export", str(tmp_path / "a"), "--seeds", "0,1", "--original", "--quiet", "--mask"]
    line += ["oval", "--prototypes", "neutral,happiness,fear", "--max-identity", "2"]
    assert main(line) == 0
    shown = capsys.readouterr().out
    assert "8 pictures in" in shown and "(8 made now, 0 kept of an earlier run)" in shown
    table = pd.read_csv(tmp_path / "a" / "table.csv")
    wanted = table[table["prototype"] == "happiness"]
    hits = (wanted["expression"] == "happiness").sum()
    assert "the pixel reader finds that expression in neutral" in shown
    assert f"happiness {hits}/2" in shown
    readme = (tmp_path / "a" / "README.md").read_text(encoding="utf-8")
    assert f"happiness {hits}/2" in readme and "not expressions" in readme
    assert "3 points a face, and each face unedited." in readme
    assert "sampled with truncation 0.7" in readme
    assert "Kept are pictures that meet `identity_distance <= 2`; dropped: 0." in readme
    beyond = (~table["reached"].dropna().astype(bool)).sum()
    assert f"{beyond} of 6 requests lie beyond" in readme
    neutral = table[(table["intensity"] == 0) & table["edited"]]
    far = {
        row["file"]
        for _, row in neutral.iterrows()
        if any(np.hypot(row[f"{n}_valence"], row[f"{n}_arousal"]) > 0.3 for n in AFFECT_READERS)
    }
    assert all((file in shown) == (file in far) for file in neutral["file"])
    x, y, across, down = map(
        float, re.search(r"centre \((\S+), (\S+)\), radii (\S+) × (\S+) pixels", readme).groups()
    )  # type: ignore[union-attr]
    picture = np.asarray(Image.open(tmp_path / "a" / table["file"][0]))
    around = (picture == 128).all(2)
    assert around[int(y), int(x)] == 0 and around[int(y), int(x - across) - 2]
    assert not around[int(y - 0.9 * down), int(x)] and around[int(y + down) + 1, int(x)]
    assert main([*line, "--intensity", "0.5"]) == 2
    assert "prototypes has none; leave it out" in capsys.readouterr().err


def test_help_and_documents_say_how_far_apart_expressions_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    apart = f"{ANCHORS['anger'] - ANCHORS['fear']:.0f}°"
    assert main(["export", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert f"anger and fear are {apart} apart" in shown
    assert "'circumplex-studio[shine]'" in shown
    text = (Path(__file__).parents[3] / "docs" / "stimuli.md").read_text(encoding="utf-8")
    assert f"anger and fear are {apart} apart" in " ".join(text.split())


def test_names_of_files_become_names_of_pictures(tmp_path: Path) -> None:
    for name in ("Anna.jpg", "anna.png", "日本.jpg", "a b (1).webp"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    found = list_identities([7], [tmp_path], [])
    assert [(each.name, each.source) for each in found] == [
        ("s00007", "seed 7"), ("anna", "Anna.jpg"), ("a-b-1", "a b (1).webp"),
        ("anna-2", "anna.png"), ("face", "日本.jpg"),
    ]  # fmt: skip


def test_a_set_of_nobody_says_why(engine: Engine, tmp_path: Path) -> None:
    Image.new("RGB", (200, 200), (90, 90, 90)).save(tmp_path / "nobody.png")
    with pytest.raises(CircumplexError, match=r"nobody\.png: .*face"):
        workflows.export.run(
            _unread(tmp_path / "a", seeds=(), photos=(tmp_path / "nobody.png",)), engine
        )
