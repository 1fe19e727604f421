"""From values of a pickle to the records that networks are built from."""

import math
from collections.abc import Mapping
from dataclasses import fields
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from gan_bridge.pickles.modules import SavedModule
from gan_bridge.pickles.refusal import PickleRefusal, shown

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

R = TypeVar("R", bound="DataclassInstance")
_REMEDY = "only networks of the official architectures open here"
_KINDS = {
    "Generator",
    "Discriminator",
    "MappingNetwork",
    "SynthesisNetwork",
    "SynthesisInput",
    "SynthesisLayer",
    "SynthesisBlock",
    "ToRGBLayer",
    "FullyConnectedLayer",
    "Conv2dLayer",
    "DiscriminatorBlock",
    "DiscriminatorEpilogue",
    "MinibatchStdLayer",
}


def make_record(kind: type[R], values: Mapping[str, Any]) -> R:
    """A config of checked values: whole numbers stay whole, reals become floats.

    Raises:
        PickleRefusal: a value of another kind than the record's.
        CircumplexError: a value out of its range.
    """
    kinds = {field.name: field.type for field in fields(kind)}
    return kind(**{name: _fitting(name, value, kinds[name]) for name, value in values.items()})


def _fitting(name: str, value: Any, kind: Any) -> Any:
    kinds = get_args(kind) or (kind,)
    if float in kinds and type(value) in (int, float) and math.isfinite(value):
        return float(value)
    if type(value) in kinds and not isinstance(value, float):
        return value
    wanted = " or ".join("null" if each is NoneType else each.__name__ for each in kinds)
    raise PickleRefusal(f"its {name} is {shown(value)}, not {wanted}; {_REMEDY}")


def assume(module: SavedModule, path: str, wanted: Mapping[str, Any]) -> None:
    """Refuse attributes other than what our networks take for granted; those that the class did
    not keep are passed over, since weights that do not fit are refused later.

    Raises:
        PickleRefusal: naming the first that differs.
    """
    for name, value in wanted.items():
        found = module.recall(name, value)
        if not same(found, value):
            raise PickleRefusal(
                f"its {path or module.kind} has {name} {shown(found)} where {shown(value)} is "
                f"supported; {_REMEDY}"
            )


def same(found: Any, wanted: Any) -> bool:
    """Whether two settings agree, numbers to six digits."""
    if isinstance(wanted, int | float) and not isinstance(wanted, bool):
        number = isinstance(found, int | float) and not isinstance(found, bool)
        return number and math.isclose(found, wanted, rel_tol=1e-6, abs_tol=1e-9)
    return type(found) is type(wanted) and bool(found == wanted)


def check_kinds(network: SavedModule) -> None:
    """Refuse modules of classes that the official networks do not have.

    Raises:
        PickleRefusal: naming the first.
    """
    for path, module in network.walk():
        if module.kind not in _KINDS:
            where = path or "network"
            raise PickleRefusal(f"its {where} is of the class {shown(module.kind)}; {_REMEDY}")
