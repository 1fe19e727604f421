"""What readers find in an export, in a few numbers."""

import numpy as np
import pytest

from studio.stimuli.export_rows import Row, planned_columns
from studio.stimuli.export_tally import far_neutrals, mean_distances, prototype_hits, say_hits
from studio.stimuli.plan import Stimulus
from studio.stimuli.points import prototype_points


def _row(valence: float | None, arousal: float | None, **values: object) -> Row:
    row = planned_columns(Stimulus(f"{values.get('expression')}", "a", "a", 1, valence, arousal))
    row |= {"aimed_valence": valence, "aimed_arousal": arousal, "expression": None}
    return row | {"pixel_valence": None, "pixel_arousal": None} | values


def test_readings_are_held_against_what_readers_are_to_find() -> None:
    rows = [
        _row(0.2, 0.0, pixel_valence=0.5, pixel_arousal=0.4),
        _row(0.4, 0.0, pixel_valence=0.5, pixel_arousal=0.0),
        _row(None, None, pixel_valence=0.9, pixel_arousal=0.9),
        _row(0.1, 0.1),
    ]
    assert mean_distances(rows, ["pixel"], np.asarray) == {"pixel": pytest.approx(0.3)}
    shifted = mean_distances(rows, ["pixel"], lambda points: np.add(points, (0.1, 0.0)))
    assert shifted == {"pixel": pytest.approx((np.hypot(0.2, 0.4) + 0) / 2)}
    assert mean_distances(rows[2:3], ["pixel"], np.asarray) == {}


def test_neutral_faces_that_are_read_as_something_else_are_named() -> None:
    rows = [
        _row(0.0, 0.0, expression="sadness", pixel_valence=-0.4, pixel_arousal=0.0),
        _row(0.0, 0.0, expression="neutral", pixel_valence=-0.1, pixel_arousal=0.1),
        _row(0.5, 0.0, expression="happiness", pixel_valence=0.9, pixel_arousal=0.1),
        _row(None, None, expression="fear", pixel_valence=0.9, pixel_arousal=0.1),
    ]
    assert far_neutrals(rows, ["pixel"], np.asarray) == {"sadness": {"pixel": 0.4}}
    assert far_neutrals(rows, ["pixel"], lambda points: np.subtract(points, (0.4, 0.0))) == {
        "neutral": {"pixel": 0.316}
    }


def test_expressions_are_counted_at_their_places() -> None:
    (happy, fear) = prototype_points(["happiness", "fear"])
    rows = [
        *(_row(*happy, expression="happiness") for _ in range(2)),
        *(_row(*fear, expression=shown) for shown in ("surprise", "fear", "surprise")),
        _row(0.5, 0.0, expression="happiness"),  # at no place
        _row(*happy),  # in which nothing was found
        _row(None, None, expression="happiness"),
    ]
    assert say_hits(prototype_hits(rows)) == "happiness 2/2, fear 1/3 (mostly surprise)"
