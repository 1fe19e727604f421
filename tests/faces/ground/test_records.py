"""Settings: the bounds in a field, the words that refuse a value, JSON there and back."""

import json
from dataclasses import dataclass
from typing import Any, Literal, get_args

import pytest

from faces.ground.errors import CircumplexError
from faces.ground.records import Record, setting, settings_of

Kind = Literal["round", "square"]


@dataclass(frozen=True)
class Shape(Record):
    sides: int = setting(4, "How many.", at_least=3, at_most=12)
    share: float = setting(0.5, above=0, below=1)
    kind: Kind = setting("round", choices=get_args(Kind))
    most: int | None = setting(8, at_least=1)
    seed: int = setting(0, at_least=0, below=2**63)
    name: str = "shape"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sides": 2}, "sides is 2; it must be between 3 and 12"),
        ({"sides": 4.5}, "sides is 4.5; it must be a whole number, between 3 and 12"),
        ({"sides": True}, "sides is True; it must be a whole number"),
        ({"sides": None}, "sides is None"),
        ({"share": 0}, "share is 0; it must be above 0 and below 1"),
        ({"share": float("nan")}, "share is nan"),
        ({"share": "half"}, "share is 'half'"),
        ({"kind": "oval"}, "kind is 'oval'; it must be one of round, square"),
        ({"most": 0}, "most is 0; it must be at least 1"),
        ({"seed": 2**63}, r"it must be at least 0 and below 2\^63"),
    ],
)
def test_a_value_out_of_its_bounds_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(CircumplexError, match=message):
        Shape(**values)


def test_what_the_bounds_allow() -> None:
    shape = Shape(sides=3, share=0.25, kind="square", most=None, seed=2**63 - 1)
    assert Shape.from_dict(json.loads(shape.to_json())) == shape
    assert Shape.sides == 4  # a default is the class's, as of any dataclass
    with pytest.raises(CircumplexError, match="Shape has no setting 'corners'"):
        Shape.from_dict({"corners": 4})


def test_fields_say_what_they_are() -> None:
    known, said = settings_of(Shape)["sides"]
    assert (known.default, said.help, said.bounds()) == (4, "How many.", "between 3 and 12")
    assert "name" not in settings_of(Shape)
