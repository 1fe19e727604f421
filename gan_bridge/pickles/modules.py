"""PyTorch modules as official pickles hold them: what they remember, and their tensors."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gan_bridge.pickles.refusal import PickleRefusal, require, shown
from gan_bridge.pickles.tensors import SavedTensor

PERSISTENCE = 6  # version of the official form
_PART = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_MOST_PATH = 120  # of a dotted name
_ABSENT = object()


@dataclass(frozen=True)
class SavedModule:
    """A module that nothing was built of: its class's name and its `__dict__`.

    The source of the class lies in the pickle as well, and is passed over.
    """

    kind: str
    state: dict[str, Any]

    @classmethod
    def of_meta(cls, meta: Any) -> "SavedModule":
        """What `torch_utils.persistence._reconstruct_persistent_obj` stands for."""
        require(isinstance(meta, dict), f"it makes an object of {shown(meta)}")
        version, kind, state = (meta.get(name) for name in ("version", "class_name", "state"))
        require(
            meta.get("type") == "class", f"it makes an object of type {shown(meta.get('type'))}"
        )
        require(version == PERSISTENCE, f"it is of persistence version {shown(version)}, not 6")
        require(isinstance(state, dict) and type(kind) is str, "an object in it has no state")
        return cls(kind, state)

    def recall(self, name: str, default: Any = _ABSENT) -> Any:
        """An attribute or, where the class did not keep it, the argument it was built with.

        Raises:
            PickleRefusal: it has neither, and there is no `default`.
        """
        arguments = self.state.get("_init_kwargs")
        given = arguments if isinstance(arguments, dict) else {}
        found = self.state.get(name, given.get(name, default))
        if found is _ABSENT:
            raise PickleRefusal(f"its {shown(self.kind)} does not say its {name}")
        return found

    @property
    def children(self) -> dict[str, "SavedModule"]:
        """The modules in it, by name; places that were left empty are not there.

        Raises:
            PickleRefusal: something else stands among them.
        """
        return {
            name: child
            for name, child in self._table("_modules").items()
            if _is(child, SavedModule, name)
        }

    def child(self, name: str) -> "SavedModule":
        """The module of that name.

        Raises:
            PickleRefusal: there is none.
        """
        if name not in self.children:
            raise PickleRefusal(f"its {shown(self.kind)} has no part {name!r}")
        return self.children[name]

    def buffer(self, name: str) -> SavedTensor | None:
        """A buffer of this module itself, where it has one.

        Raises:
            PickleRefusal: something else stands in its place.
        """
        found = self._table("_buffers").get(name)
        return found if _is(found, SavedTensor, name) else None

    def walk(self) -> Iterator[tuple[str, "SavedModule"]]:
        """This module and all below it, with their dotted names.

        Raises:
            PickleRefusal: one stands in two places or in itself, or they nest too deep.
        """
        waiting, met = [("", self)], set()
        while waiting:
            path, module = waiting.pop()
            require(id(module) not in met, f"its module {path} stands in two places")
            require(len(path) <= _MOST_PATH, "its modules nest too deep")
            met.add(id(module))
            yield path, module
            waiting += [(_join(path, name), child) for name, child in module.children.items()]

    def tensors(self, most: int) -> dict[str, SavedTensor]:
        """Parameters and buffers under the names of the official state dict.

        Args:
            most: bytes that all of them together may have, as a file cannot hold more: a tensor
                that is named many times would otherwise be copied as often.

        Raises:
            PickleRefusal: something else stands among them, or there are too many.
        """
        found: dict[str, SavedTensor] = {}
        size = 0
        for path, module in self.walk():
            passing = module.state.get("_non_persistent_buffers_set")
            for table in ("_parameters", "_buffers"):
                for name, tensor in module._table(table).items():
                    if not _is(tensor, SavedTensor, name):
                        continue
                    if isinstance(passing, set) and name in passing:
                        continue
                    found[_join(path, name)] = tensor
                    size += tensor.count * tensor.storage.dtype.itemsize
                    require(size <= most, "its tensors are larger than the file")
        return found

    def _table(self, name: str) -> dict[str, Any]:
        table = self.state.get(name)
        require(isinstance(table, dict), f"its {shown(self.kind)} has no {name}")
        return table or {}


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _is(value: Any, kind: type, name: str) -> bool:
    """Whether it is there; refuses what is of another kind."""
    require(_PART.fullmatch(name) is not None, f"a part of it is called {shown(name)}")
    require(value is None or isinstance(value, kind), f"its part {name} is {shown(value)}")
    return value is not None
