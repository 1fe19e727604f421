"""`--set`: words into values, and the same value in picture, recipe, grid, export and page."""

import base64
import gc
import json
import re
import shutil
import warnings
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from safetensors.numpy import load, save

from faces.ground.errors import CircumplexError
from gan_bridge.networks.config import StyleGAN3Config
from gan_bridge.networks.files import build_network, save_networks
from studio import workflows
from studio.app import build_app
from studio.app.session import Session
from studio.cli import main
from studio.engine import Engine
from studio.further_factors import fitted_on, parse_others
from studio.model_choice import ModelChoice
from studio.stimuli.columns import factor_columns, factor_names, factor_values
from studio.stimuli.export_rows import table_rows
from studio.stimuli.recipe import read_recipe
from studio.validation import RequestError
from studio.workflows.animate import AnimateRequest
from studio.workflows.edit import EditRequest
from studio.workflows.export import ExportRequest
from studio.workflows.grid import GridRequest
from vae.probing.directions import Directions

names = st.text(min_size=1).map(str.strip).filter(bool)
numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(st.dictionaries(names, numbers))
def test_words_become_values(others: dict[str, float]) -> None:
    assert parse_others([f"{name}={value!r}" for name, value in others.items()]) == others
    assert parse_others([f" {name} = {value!r} " for name, value in others.items()]) == others


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["age"], "'age' is not NAME=VALUE"),
        (["=4"], "'=4' is not NAME=VALUE"),
        (["age="], "'' is no number to set age to"),
        (["age=old"], "'old' is no number"),
        (["age=4", "age=5"], "age is set twice"),
    ],
)
def test_words_that_say_nothing_are_refused(words: list[str], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        parse_others(words)


@given(st.text())
def test_any_word_is_values_or_wrong_usage(word: str) -> None:
    try:
        ((name, value),) = parse_others([word]).items()
    except RequestError:
        name, _, text = word.rpartition("=")
        assert not name.strip() or not _is_number(text)
    else:
        assert name == word.rpartition("=")[0].strip()
        assert value == float(word.rpartition("=")[2]) or np.isnan(value)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"others": {"valence": 0.2}}, "valence has an option of its own, --valence"),
        ({"others": {"age": float("inf")}}, "age is inf"),
    ],
)
@pytest.mark.parametrize("request_of", [EditRequest, GridRequest])
def test_requests_refuse(request_of: Any, values: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        request_of(seed=0, **values)


def test_a_recipe_decides_over_further_factors_too() -> None:
    with pytest.raises(RequestError, match="the recipe decides further factors"):
        EditRequest(recipe=Path("a.png"), others={"age": 4.0})


@pytest.fixture
def models(factored: Path) -> list[str]:
    return ["-g", "grey-vae", "--directions", str(factored)]


def _pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def test_an_edit_shows_it_and_its_recipe_makes_it_again(
    models: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, low, high, again = (tmp_path / f"{name}.png" for name in ("p", "l", "h", "a"))
    asked = ["--seed", "3", "-v", "0.1"]
    assert main(["edit", str(plain), *models, *asked]) == 0
    assert main(["edit", str(low), *models, *asked, "--set", "smile=0", "--set", "open=-1"]) == 0
    capsys.readouterr()
    assert main(["edit", str(high), *models, *asked, "--set", "smile=7", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["recipe"]["others"] == {"smile": 7.0}
    found = said["others"]["smile"]
    assert found["requested"] == 7 and 0 < found["aimed"] <= 1
    assert found["predicted"] == pytest.approx(found["aimed"], abs=1e-4)
    assert any("smile 7 lies beyond 0 to" in note for note in said["notes"])
    assert np.abs(_pixels(low) - _pixels(plain)).mean() > 0.5
    assert np.abs(_pixels(high) - _pixels(low)).mean() > 0.5
    assert read_recipe(plain).others is None
    assert read_recipe(low).others == {"smile": 0.0, "open": -1.0}
    assert main(["edit", str(again), *models, "--recipe", str(low)]) == 0
    assert again.read_bytes() == low.read_bytes()


def test_a_factor_that_directions_lack_is_named(
    tmp_path: Path, models: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a.png"
    assert main(["edit", str(out), "-g", "grey-vae", "--set", "age=40"]) == 1
    assert "no further factor 'age'; they have valence, arousal;" in capsys.readouterr().err
    assert main(["edit", str(out), *models, "--set", "age=40"]) == 1
    assert "they have valence, arousal, smile, open;" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(("kept", "words"), [(0, []), (1, ["--set", "smile=0.8"])])
def test_a_picture_of_fewer_factors_opens_with_more(
    kept: int, words: list[str], tmp_path: Path, models: list[str], factored: Path
) -> None:
    from vae.probing.directions import Directions

    directions = Directions.load(factored)
    fewer = tmp_path / "fewer"
    fewer.mkdir()
    replace(directions, others=directions.others[:kept]).save(fewer / "directions.safetensors")
    first, again = tmp_path / "first.png", tmp_path / "again.png"
    edit = ["edit", str(first), "-g", "grey-vae", "--directions", str(fewer), "-v", "0.3", *words]
    assert main(edit) == 0
    assert main(["edit", str(again), *models, "--recipe", str(first)]) == 0
    assert first.read_bytes() == again.read_bytes()


def test_grid_and_export_hold_it_everywhere(factored: Path, engine: Engine, tmp_path: Path) -> None:
    choice: dict[str, Any] = {"generator": "grey-vae", "directions": factored}
    others = {"open": 1.0}
    explorer = engine.explorer(ModelChoice(**choice)).with_others(others)
    grid = workflows.grid.run(GridRequest(seed=2, n=2, reach=0.2, others=others, **choice), engine)
    plain = workflows.grid.run(GridRequest(seed=2, n=2, reach=0.2, **choice), engine)
    assert grid.recipe["others"] == others and grid.recipe["picture"] != plain.recipe["picture"]
    request = ExportRequest(
        folder=tmp_path / "out", seeds=(2,), points=((0.2, 0.1),), others=others, **choice
    )
    workflows.export.run(request, engine)
    (file,) = (tmp_path / "out/images").iterdir()
    expected = explorer.edit(explorer.latent(2), 0.2, 0.1)[0]
    assert np.array_equal(_pixels(file), expected)
    assert read_recipe(file).others == others
    settings = json.loads((tmp_path / "out/export.json").read_text())
    assert settings["others"] == others


def test_an_export_tells_what_was_set_and_is_aimed_at(
    factored: Path, engine: Engine, tmp_path: Path
) -> None:
    request = ExportRequest(
        folder=tmp_path / "out", seeds=(2,), points=((0.2, 0.1),), others={"open": 1e6},
        original=True, where=("set_open > 1 or not edited",), generator="grey-vae",
        directions=factored,
    )  # fmt: skip
    workflows.export.run(request, engine)
    original, edited = table_rows(tmp_path / "out" / "table.parquet")
    aimed = engine.explorer(request).with_others(request.others).aimed_others["open"]
    assert (edited["set_open"], edited["aimed_open"]) == (1e6, aimed) and aimed < 1e6
    assert original["set_open"] is None and original["aimed_open"] is None
    readme = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert readme.count("the nearest that its labels show") == 2 and "as in its labels" in readme
    assert "1 point a face, and each face unedited." in readme
    assert "| `set_open` | Requested open; empty of unedited faces." in readme
    assert re.search(
        r"sets open to 1e\+06 \(`set_open`\), aimed at \S+, .* neutral faces of", readme
    )
    assert "0 of 1 requests lie beyond" in readme or "1 of 1 requests lie beyond" in readme


def test_an_export_says_that_factors_carried_over_are_of_scores(
    factored: Path, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explorer = copy(engine.explorer(ModelChoice(generator="grey-vae", directions=factored)))
    assert fitted_on(explorer) == "labels"
    explorer.directions = replace(Directions.load(factored), space="stylegan3/w")
    word = fitted_on(explorer)
    assert word == "probe's scores"
    monkeypatch.setattr(workflows.export, "fitted_on", lambda _: word)
    request = ExportRequest(
        folder=tmp_path / "out", seeds=(2,), points=((0.2, 0.1),), others={"open": 0.5},
        unread=True, generator="grey-vae", directions=factored,
    )  # fmt: skip
    workflows.export.run(request, engine)
    readme = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert readme.count(f"the nearest that its {word} show") == 2 and "its labels" not in readme
    assert f"as in its {word}" in readme


def test_factors_have_plain_names_in_columns() -> None:
    assert factor_names(["age", "a b", "a_b", "Größe", "年"]) == {
        "age": "age", "a b": "a_b", "a_b": "a_b_2", "Größe": "Gr_e", "年": "factor",
    }  # fmt: skip
    columns = factor_columns(["a b", "a_b"], "labels")
    assert [each.name for each in columns] == ["set_a_b", "aimed_a_b", "set_a_b_2", "aimed_a_b_2"]


def test_no_factor_takes_the_columns_of_valence_and_arousal() -> None:
    names = ["valence!", "Arousal", "arousal?", "valence_2"]
    assert list(factor_names(names).values()) == [
        "valence_2",
        "Arousal",
        "arousal_2",
        "valence_2_2",
    ]
    row = {"valence": 0.1, "aimed_valence": 0.2}
    values = factor_values({"valence!": 5.0}, {"valence!": 4.0})
    assert row | values == row | {"set_valence_2": 5.0, "aimed_valence_2": 4.0}


def test_an_animation_holds_it_in_every_frame(
    factored: Path, models: list[str], engine: Engine, tmp_path: Path
) -> None:
    words = ["--seed", "3", "--target", "0.3,0.1", "--offset", "0", "--fps", "2", "--unread"]
    out, again = tmp_path / "out", tmp_path / "again"
    set_both = ["--set", "smile=7", "--set", "open=-1", "--formats", "png"]
    assert main(["animate", str(out), *models, *words, *set_both]) == 0
    table = pd.read_csv(out / "table.csv")
    assert (table["set_smile"] == 7).all() and (table["set_open"] == -1).all()
    explorer = engine.explorer(ModelChoice(generator="grey-vae", directions=factored))
    aimed = explorer.with_others({"smile": 7.0, "open": -1.0}).aimed_others
    for name, value in aimed.items():
        assert table[f"aimed_{name}"].to_numpy() == pytest.approx(value)
    assert aimed["smile"] < 7
    last = sorted((out / "frames").iterdir())[-1]
    choice: dict[str, Any] = {"generator": "grey-vae", "directions": factored}
    others = {"smile": 7.0, "open": -1.0}
    asked = EditRequest(seed=3, valence=0.3, arousal=0.1, others=others, **choice)
    assert last.read_bytes() == workflows.edit.run(asked, engine).data
    recipe = ["--recipe", str(out / "animation.json"), "--formats", "png", "--unread"]
    assert main(["animate", str(again), *models, *recipe]) == 0
    assert last.read_bytes() == (again / "frames" / last.name).read_bytes()
    request = AnimateRequest(folder=out, seed=3, circle=0.2, others=others, overwrite=True,
        unread=True, duration=500.0, fps=4.0, **choice)  # fmt: skip
    made = workflows.animate.run(request, engine)
    assert made.summary()["others"] == others
    assert any("smile 7 lies beyond" in note for note in made.notes)
    assert made.settings["asked"]["others"] == others
    with pytest.raises(RequestError, match="the recipe decides further factors"):
        AnimateRequest(folder=out, recipe=out / "animation.json", others=others)


def test_the_page_animates_what_its_sliders_say(
    factored: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[AnimateRequest] = []

    def run(request: AnimateRequest, *_: Any) -> Any:
        asked.append(request)
        raise CircumplexError("that is all")

    monkeypatch.setattr(workflows.animate, "run", run)
    choice = ModelChoice(generator="grey-vae", directions=factored)
    session = Session(engine, choice)
    with pytest.raises(gr.Error, match="that is all"):
        session.animated(0.2, 0.1, 4, None, 0.7, {"smile": 0.6})
    assert asked[0].others == {"smile": 0.6}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        page = build_app(engine, choice)
        wired = {each.fn.__name__: each.inputs for each in page.fns.values() if each.fn}
        states = [each for each in wired["animated"] if isinstance(each, gr.State)]
        assert states[-1] is wired["animated"][5] is wired["refined"][-1]
        del page, wired, states
        gc.collect()


def test_the_page_has_a_slider_for_each_and_makes_the_same_picture(
    factored: Path, engine: Engine, tmp_path: Path
) -> None:
    choice = ModelChoice(generator="grey-vae", directions=factored)
    with warnings.catch_warnings():
        # gradio leaves event loops to the garbage collector, which would blame a later test
        warnings.simplefilter("ignore", ResourceWarning)
        page = build_app(engine, choice)
        sliders = {
            block.label: (block.minimum, block.maximum, block.info)
            for block in page.blocks.values()
            if isinstance(block, gr.Slider)
        }
        del page
        gc.collect()
    least, most, _ = sliders["smile"]
    assert least == 0 and 0.5 < most <= 1
    assert sliders["open"] == (-1, 1, "-1 is no; 1 is yes")
    session = Session(engine, choice)
    place = (0.2, 0.1, 4, None, 0.7, None)
    change = session.set_factor("smile")
    others, portrait, _ = change(True, 0.6, *place, {"open": 1.0})
    assert others == {"open": 1.0, "smile": 0.6}
    assert portrait["who"] == "seed 4, smile 0.6, open 1"
    request = EditRequest(seed=4, valence=0.2, arousal=0.1, others=others, **choice.models())
    made = workflows.edit.run(request, engine)
    assert portrait["src"].endswith(base64.b64encode(made.data).decode())
    assert portrait["src"] == session.face(*place, others)[0]["src"]
    others, left, _ = change(False, 0.6, *place, {"smile": 0.6})
    assert others == {} and left == session.face(*place)[0] and left["src"] != portrait["src"]


def test_a_page_without_directions_of_more_has_none(
    engine: Engine, probed_run: Path, tmp_path: Path
) -> None:
    assert engine.further_factors(str(probed_run)) == ()
    shutil.copytree(probed_run, tmp_path / "bare")
    (tmp_path / "bare/directions.safetensors").unlink()
    assert engine.further_factors(str(tmp_path / "bare")) == ()


def test_probe_takes_factors_in_their_order_and_says_how_well_they_are_told(
    rated_faceset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "probe"
    words = ["--factor", "open", "--factor", "smile", "--out", str(folder)]
    main(["probe", "grey-vae", str(rated_faceset), *words])
    said = capsys.readouterr().out
    assert "held_out open: R²" in said and "balanced accuracy" in said
    assert "no is -1, yes is 1" in said and "after valence, arousal, open" in said
    page = (folder / "report.html").read_text(encoding="utf-8")
    evidence = json.loads((folder / "report.json").read_text())
    assert [each["name"] for each in evidence["factors"]] == ["open", "smile"]
    assert "Further factors" in page
    assert f"{evidence['factors'][1]['held_out']['r2']:.3f}".replace("-", "−") in page


@pytest.mark.parametrize(
    ("factor", "message"),
    [
        ("valence", "valence cannot be a further factor"),
        ("mood", "no column mood; it has path"),
        ("expression", "different words, such as"),
    ],
)
def test_probe_refuses_what_is_no_further_label(
    rated_faceset: Path, factor: str, message: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    words = ["--factor", factor, "--out", str(tmp_path / "out")]
    assert main(["probe", "grey-vae", str(rated_faceset), *words]) == 1
    assert message in capsys.readouterr().err


@pytest.fixture(scope="module")
def aged_faceset(
    few_faces: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[bool], Path]:
    """Makes a face set of 60 people, without valence, arousal and split, whose "age" is the votes
    for happiness, or those dealt out anew."""
    from faces.sets import PrepareConfig, prepare

    def made(tells: bool) -> Path:
        folder = tmp_path_factory.mktemp("aged")
        table = pd.read_csv(few_faces)
        table = table[table["split"] == "train"]
        votes = table.filter(like="votes_")
        age = (20 + 40 * votes["votes_happiness"] / votes.sum(axis=1)).round(1).to_numpy()
        if not tells:
            age = np.random.default_rng(0).permutation(age)
        people = [f"person {k // 4}" for k in range(len(table))]
        bare = pd.DataFrame({"path": table["path"], "age": age, "identity": people})
        bare.to_csv(folder / "faces.csv", index=False)
        settings = PrepareConfig(size=64, channels=1, val_fraction=0)
        prepare(folder / "faces.csv", folder / "set", settings, keep=["age"])
        return folder / "set"

    return made


def test_a_factor_alone_goes_beside_the_runs_own_directions(
    aged_faceset: Callable[[bool], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "probe"
    line = ["probe", "grey-vae", str(aged_faceset(True)), "--factor", "age", "--out", str(out)]
    assert main(line) == 0
    said = capsys.readouterr().out
    assert "has no valence and arousal: those directions stay as they are" in said
    assert "a tenth of the train split, by person: the set has no other" in said
    own, found = Directions.load("grey-vae"), Directions.load(out)
    assert found.factors == ("valence", "arousal", "age")
    for name in ("centre", "weights", "intercept", "valence", "arousal"):
        np.testing.assert_array_equal(getattr(found, name), getattr(own, name))
    evidence = json.loads((out / "report.json").read_text(encoding="utf-8"))
    about, (age,) = evidence["factors_from"], evidence["factors"]
    assert age["held_out"]["told"] and found.others[0].told
    parted = about["parted"]["age"]
    assert parted["fit"]["n"] + parted["held_out"]["n"] == 240
    assert parted["held_out"]["n"] == 24  # six whole people
    assert "age: fitted on 216 faces, reported on 24, a tenth" in said
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "a tenth of the train split, by person" in page
    assert main([*line, "--basis", "dual"]) == 2
    assert "leave out --test, --compare and --basis" in capsys.readouterr().err
    assert main([*line[:3], "--out", str(out)]) == 1
    assert "name another label that it has with --factor" in capsys.readouterr().err


def test_a_factor_that_its_probe_does_not_tell_is_carried_over_by_force_alone(
    aged_faceset: Callable[[bool], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noise, net, out = tmp_path / "noise", tmp_path / "net.safetensors", tmp_path / "bridge"
    line = ["probe", "grey-vae", str(aged_faceset(False)), "--factor", "age", "--out", str(noise)]
    assert main(line) == 1
    assert "these codes do not tell age" in capsys.readouterr().out
    torch.manual_seed(0)
    small = {"img_resolution": 16, "img_channels": 1, "z_dim": 8, "w_dim": 8, "mapping_layers": 1}
    config = StyleGAN3Config(num_layers=4, margin_size=4, channel_base=128, channel_max=8, **small)
    save_networks(net, {"G_ema": build_network(config)})
    line = ["bridge", str(net), "grey-vae", str(out), "--probes", str(noise), "--quiet"]
    line += ["--samples", "80", "--faces", "2", "--crop", "whole", "--truncation", "1"]
    assert main(line) == 1
    assert "age is not told by its probe: R² " in capsys.readouterr().err
    _forget_told(noise / "directions.safetensors")
    assert main(line) == 1
    assert "age is not told by its probe: R² " in capsys.readouterr().err
    assert not (out / "bridge.json").exists()
    assert main([*line, "--force"]) == 0
    said = capsys.readouterr().out
    (age,) = json.loads((out / "bridge.json").read_text(encoding="utf-8"))["factors"]
    probe = Directions.load(noise).others[0]
    assert age["probe"]["r2"] == probe.r2 and age["probe"]["told"] is False
    assert age["probe"]["r2_interval"] == list(probe.r2_interval or ())
    assert f"probe of age: R² of the label {probe.r2:.3f} [" in said
    assert "age: its probe is not told from nothing; what is carried over may be noise" in said
    assert "held_out age: R² of the probe's scores" in said and "shuffled scores" in said
    assert f"age: scores from {age['low']:g} to {age['high']:g}" in said
    page = (out / "bridge.html").read_text(encoding="utf-8")
    assert "R² of the probe" in page and "not told from nothing, may be noise" in page
    assert f"{probe.r2:.3f}".replace("-", "−") in page


def _forget_told(file: Path) -> None:
    """Leave out of a file's header what earlier versions did not write there."""
    raw = file.read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])["__metadata__"]
    factors = json.loads(header["others"])
    header["others"] = json.dumps([{k: f[k] for k in f if k != "told"} for f in factors])
    file.write_bytes(save(load(raw), metadata=header))


def test_ratings_and_editors_of_fewer_factors_fit_directions_with_more(factored: Path) -> None:
    from gan_bridge.editing.owners import check_owners
    from studio.ratings.rated_stimuli import RatedStimuli
    from vae.probing.directions import Directions

    directions = Directions.load(factored)
    fewer = replace(directions, others=directions.others[:1])
    owners = {"generator": "ab", "directions": fewer.digest}
    check_owners(owners, "ab", directions, "the editor edits with")
    none = np.empty((0, 2))
    editor: Any = SimpleNamespace(matches=lambda digest: digest == "cd")
    rated = RatedStimuli(none, none, none, owners | {"calibration": "cd"}, factored)
    rated.check("ab", directions, editor)
    with pytest.raises(CircumplexError, match="another directions"):
        rated.check("ab", replace(fewer, others=directions.others[1:]), editor)
