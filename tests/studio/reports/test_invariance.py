"""The page about readings by group."""

import io

import numpy as np
import pytest
from pages import HOSTILE, check_hostile, check_page
from PIL import Image

from studio.evaluation.invariance import compare_groups
from studio.evaluation.invariance_accounts import people_of, readers_of, states_of
from studio.evaluation.invariance_config import BY_LABELS, InvarianceConfig
from studio.evaluation.listed_faces import ListedFaces
from studio.evaluation.read_faces import Outcome, ReadFaces
from studio.reports.drawing import png
from studio.reports.invariance import render
from studio.reports.invariance_figures import forest
from studio.reports.invariance_overview import overview
from studio.reports.invariance_words import accounting, at_rest, sentences


def evidence(
    *, labelled: bool = True, groups: tuple[str, ...] = ("a", "b", HOSTILE), n: int = 240
) -> dict:
    """Groups of one attribute, whose names try to be more than names."""
    rng = np.random.default_rng(0)
    group = np.array(groups, object)[rng.integers(0, len(groups), n)]
    label = np.array(["neutral", "happiness"] * (n // 2), object)
    people = np.repeat(np.arange(n // 2), 2).astype(str).astype(object)
    group = np.repeat(group[::2], 2)
    listed = ListedFaces(
        f"x/{HOSTILE}", "0", people, {"kind": group}, people, label, np.full((n, 2), np.nan), {}
    )
    values = {
        Outcome("mine", "valence", "mine_valence"): rng.normal(0, 0.1, n) + 0.3 * (group == "a"),
        Outcome("mine", "arousal", "mine_arousal"): rng.normal(0, 0.1, n),
    }
    read = ReadFaces(listed, values, {BY_LABELS: label}, {HOSTILE: 2})
    config = InvarianceConfig(draws=100, shuffles=100)
    states = states_of(read)
    if not labelled:
        states["rules"] = {"likely": 0.5, "smile": 0.5, "rest": {"AU1": 0.5, "AU12": 0.1}}
    data = {"name": listed.name, "digest": "0", "faces": n, "left_out": {"no path": 1}}
    data |= {"unread": {HOSTILE: 2}, "ungrouped": {"kind": 0}, "relative": 3, "notes": [HOSTILE]}
    data["never_read"] = read.never_read()
    return {
        "software": "circumplex-studio",
        "data": data,
        "config": {name: getattr(config, name) for name in config.__dataclass_fields__},
        "own_neutral": True,
        "by": {"kind": {"a": 1}},
        "states": states,
        "people": people_of(read),
        "readers": readers_of(read),
        **compare_groups(read, config, own_neutral=True),
    }


def test_names_are_text_and_the_page_stands_alone() -> None:
    html = render(evidence())
    check_hostile(html, 6)
    text = check_page(html).text
    assert html.count("<svg") == 1
    assert "relative to a neutral picture already: 3 readings" in text
    assert "left out, no path: 1" in text and "what the labels say" in text
    assert "People are independent of each other" in text


def test_the_rule_and_its_limits_stand_on_the_page() -> None:
    text = check_page(render(evidence(labelled=False))).text
    assert "AU1 at most 0.5; AU12 at most 0.1" in text
    assert "it chooses stronger smiles of that group" in text
    assert (
        at_rest({"AU1": 0.5, "AU12": 0.1, "AU4": 0.5}) == "AU1, AU4 at most 0.5; AU12 at most 0.1"
    )


def test_sentences_tell_the_largest_difference_first() -> None:
    found = evidence()
    told = sentences(found)
    neutral = next(line for line in told if line.startswith("mine, neutral faces"))
    rows = [row for row in found["comparisons"] if row["measure"] == "neutral"]
    largest = max(rows, key=lambda row: abs(row["difference"]))
    assert largest["group"] == "a" and 0.2 < largest["difference"] < 0.4
    value = f"{largest['difference']:.2f} [{largest['low']:.2f}, {largest['high']:.2f}]"
    counted = "of 6 comparisons, 3 equivalent, 3 different (bound ±0.1)."
    assert f"{counted} Different: valence of kind a {value} higher than of the others" in neutral
    assert any("corrected by each person's own neutral face" in line for line in told)


def test_it_begins_with_who_was_compared_and_warns_of_few() -> None:
    few = evidence(groups=("women", "men"), n=36)
    few["by"] |= {"age": {"20-29": 30, "60+": 6}}
    sizes = {row["group"]: row["n"] for row in few["means"]}
    who, valence, caution = overview(few)
    assert who == (
        f"Only these people could be compared: by kind men ({sizes['men']}) and women "
        f"({sizes['women']}); by age no two groups have 5 people."
    )
    assert valence.startswith("Valence of faces showing happiness, by kind: mine men − women ")
    assert f"fewer than 20 people in men ({sizes['men']}) and women ({sizes['women']})." in caution
    text = check_page(render(few)).text
    assert text.index(who) < text.index("mine, neutral faces")
    many = overview(evidence())
    assert many[0].startswith("These people could be compared: by kind ")
    assert many[1].endswith(" of 3.") and len(many) == 2
    table = text[text.index("Differences with 95 % intervals.") :]
    assert "?: undecided" in table and "≠: different" in table


def test_a_column_that_nothing_reads_is_named() -> None:
    found = evidence()
    assert "AU9 was not read in any face" not in accounting(found)
    found["data"]["never_read"] = ["AU9"]
    assert "AU9 was not read in any face" in accounting(found)


@pytest.mark.parametrize("groups", [("women", "men"), ("a", "b", "c", "d")])
def test_no_words_of_the_figure_overprint_others(groups: tuple[str, ...]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    draw, size = forest(evidence(groups=groups))
    figure = Figure(figsize=size, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    draw(figure)
    canvas.draw()
    ticks = {id(tick) for axes in figure.axes for tick in axes.get_xticklabels()}  # some undrawn
    words = [each for each in figure.findobj(Text) if each.get_text().strip()]
    words = [each for each in words if each.get_visible() and id(each) not in ticks]
    boxes = [each.get_window_extent() for each in words]
    assert len(boxes) > 12
    for k, one in enumerate(boxes):
        assert one.x0 >= 0 <= one.y0 and one.x1 <= canvas.get_width_height()[0]
        assert not any(one.overlaps(other) for other in boxes[:k])


def test_a_reader_without_comparisons_has_no_empty_panels() -> None:
    from matplotlib.figure import Figure

    found = evidence()
    _, size = forest(found)
    found["readers"]["nothing"] = found["readers"]["mine"]
    figure = Figure(figsize=size)
    draw_more, wider = forest(found)
    draw_more(figure)
    assert wider == size and len(figure.axes) == 3


def test_the_figure_is_a_picture_too() -> None:
    draw, size = forest(evidence())
    with Image.open(io.BytesIO(png(draw, size))) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    assert (pixels[0, 0] == 255).all() and len(np.unique(pixels.reshape(-1, 3), axis=0)) > 10
