"""A stack machine for pickles that can build plain data and nothing else.

`pickletools.genops` takes a pickle apart into opcodes and checked arguments; what the opcodes do
stands here. Python's own `pickle.Unpickler` with `find_class` would not do: BUILD writes into the
`__dict__` and the attributes of whatever lies on the stack, the functions that `find_class` gave
included; APPEND and ADDITEMS call methods of any object; keys of dicts are hashed however deep they
nest; nothing bounds the steps. Here a global is looked up, as an exact (module, name) pair, in the
list that the machine is given, and what is found there is a function of our own. Nothing is
imported and no attribute of a foreign object is touched.

Keys of dicts and members of sets are text: official pickles hold no others.
"""

import mmap
import pickletools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from gan_bridge.pickles.refusal import PickleRefusal, require, shown

AllowedGlobals = Mapping[tuple[str, str], Callable[..., Any]]
MOST_STEPS = 1_000_000  # official pickles take some ten thousand
_MOST_BITS = 128  # of a whole number; torch's magic number has 80
_MOST_WORDS = 120  # characters of what pickletools says
_HIGHEST_PROTOCOL = 5


@dataclass(frozen=True)
class GlobalName:
    """A global on the list, as it lies on the stack."""

    module: str
    name: str
    make: Callable[..., Any]


def load_plain(
    file: BytesIO | mmap.mmap,
    size: int,
    allowed: AllowedGlobals,
    persistent: Callable[[Any], Any] | None = None,
    steps: int = MOST_STEPS,
) -> Any:
    """The object that a pickle builds; `file` is left behind its end.

    Args:
        file: where it lies, from the current position on. A read of more bytes than there are must
            take no more memory than these, which holds for memory and mapped files alone.
        size: bytes of the whole file.
        allowed: the globals it may use.
        persistent: what makes an object of a persistent id; None refuses them.
        steps: how many opcodes it may take.

    Raises:
        PickleRefusal: an unknown opcode or global, a size that the file does not have, an operand
            of the wrong kind, or too many steps.
    """
    machine = _Machine(size, allowed, persistent)
    for step, (opcode, argument, at) in enumerate(_opcodes(file)):
        require(step < steps, f"it takes more than {steps} steps")
        machine.at = at
        machine.apply(opcode, argument)
    return machine.result()


def _opcodes(file: BytesIO | mmap.mmap) -> Iterator[tuple[str, Any, int]]:
    """Names, arguments and places of the opcodes, up to STOP."""
    try:
        # it wants no more of a file than `read` and `readline`, which a map has too
        for opcode, argument, at in pickletools.genops(file):  # type: ignore[arg-type]
            yield opcode.name, argument, at or 0
    except UnicodeDecodeError as error:
        raise PickleRefusal(f"a text in it is not {error.encoding}") from error
    except ValueError as error:
        what = str(error)[:_MOST_WORDS]
        if file.read(1):
            raise PickleRefusal(f"it is damaged or no pickle: {what}") from error
        raise PickleRefusal(f"it ends too early: {what}") from error


class _Machine:
    """The stack, the marks in it and the memo of one pickle of a file of `size` bytes."""

    def __init__(
        self,
        size: int,
        allowed: AllowedGlobals,
        persistent: Callable[[Any], Any] | None,
    ) -> None:
        self.size, self.allowed, self.persistent = size, allowed, persistent
        self.room = size  # bytes that calls may make; each is in the file once
        self.at = 0  # of the opcode
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []  # the stacks under each mark
        self.memo: dict[int, Any] = {}

    def apply(self, opcode: str, argument: Any) -> None:
        """Do what an opcode says."""
        if opcode in _FOREIGN:
            raise PickleRefusal(f"it wants {_FOREIGN[opcode]}")
        if opcode in _CONSTANTS:
            self.stack.append(_CONSTANTS[opcode]())
        elif opcode in _OPERATIONS:
            _OPERATIONS[opcode](self, argument)
        else:  # a number, a text or bytes
            fits = type(argument) is not int or argument.bit_length() <= _MOST_BITS
            require(fits, f"a whole number in it is of more than {_MOST_BITS} bits")
            self.stack.append(argument)

    def result(self) -> Any:
        """What was built."""
        require(not self.below and len(self.stack) == 1, "its stack is out of balance")
        return self.stack.pop()

    def pop(self) -> Any:
        """Take the uppermost object."""
        require(bool(self.stack), f"its stack is empty at byte {self.at}")
        return self.stack.pop()

    def top(self) -> Any:
        """The uppermost object, which stays."""
        require(bool(self.stack), f"its stack is empty at byte {self.at}")
        return self.stack[-1]

    def pop_some(self, count: int) -> list[Any]:
        """The `count` uppermost objects, the lowest first."""
        return [self.pop() for _ in range(count)][::-1]

    def mark(self) -> None:
        """Begin a new stack on top."""
        self.below.append(self.stack)
        self.stack = []

    def pop_marked(self) -> list[Any]:
        """All that was pushed since the last mark."""
        require(bool(self.below), f"a mark is missing at byte {self.at}")
        items, self.stack = self.stack, self.below.pop()
        return items

    def remember(self, index: int) -> None:
        """Put the uppermost object into the memo."""
        self.memo[index] = self.top()

    def recall(self, index: int) -> None:
        """Push what the memo holds."""
        require(index in self.memo, f"it recalls object {index}, which it never stored")
        self.stack.append(self.memo[index])

    def find(self, module: Any, name: Any) -> None:
        """Push the function of our own that stands for a global."""
        require(type(module) is type(name) is str, "it wants a global whose name is no text")
        if (module, name) not in self.allowed:
            raise PickleRefusal(f"it wants {shown(f'{module}.{name}')}, which is not on the list")
        self.stack.append(GlobalName(module, name, self.allowed[module, name]))

    def call(self, function: Any, arguments: Any) -> None:
        """Push what one of our own functions makes."""
        require(type(function) is GlobalName, f"it calls {shown(function)}")
        require(type(arguments) is tuple, f"it calls {function.name} without a tuple of arguments")
        try:
            result = function.make(*arguments)
        except TypeError as error:
            raise PickleRefusal(
                f"it calls {function.module}.{function.name} with {len(arguments)} arguments of "
                "the wrong number or kind"
            ) from error
        if isinstance(result, bytes):
            self.room -= len(result)
            require(self.room >= 0, "it makes more bytes than the file has")
        self.stack.append(result)

    def build(self, state: Any) -> None:
        """Hand a state to an object of our own that takes one."""
        owner = self.top()
        if not hasattr(type(owner), "set_state"):
            raise PickleRefusal(f"it sets attributes of {shown(owner)}")
        owner.set_state(state)

    def open_persistent(self) -> None:
        """Push what stands for a persistent id."""
        if self.persistent is None:
            raise PickleRefusal("it wants an object from outside, by a persistent id")
        self.stack.append(self.persistent(self.pop()))

    def discard(self) -> None:
        """Drop the uppermost object, or the mark that is uppermost."""
        if self.stack:
            self.stack.pop()
        else:
            self.pop_marked()


def members(items: Any) -> set[str]:
    """A set of texts."""
    require(type(items) in (list, tuple), f"it makes a set of {shown(items)}")
    require(all(type(item) is str for item in items), "a set has a member that is no text")
    return set(items)


def _fill(target: Any, items: list[Any]) -> None:
    """Pairs into a dict."""
    require(type(target) is dict, f"it puts items into {shown(target)}")
    require(len(items) % 2 == 0, "a dict has a key without a value")
    for key, value in zip(items[::2], items[1::2], strict=True):
        require(type(key) is str, f"a dict has the key {shown(key)}, which is no text")
        target[key] = value


def _extend(target: Any, items: list[Any]) -> None:
    require(type(target) is list, f"it appends to {shown(target)}")
    target.extend(items)


def _add(target: Any, items: list[Any]) -> None:
    require(type(target) is set, f"it adds members to {shown(target)}")
    target.update(members(items))


def _filled(items: list[Any]) -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    _fill(pairs, items)
    return pairs


def _protocol(machine: _Machine, version: int) -> None:
    known = version <= _HIGHEST_PROTOCOL
    require(known, f"it is of protocol {version}; 0 to {_HIGHEST_PROTOCOL} are known")


def _frame(machine: _Machine, length: int) -> None:
    left = machine.size - machine.at - 9  # the opcode and its eight bytes
    require(length <= left, f"it ends too early: a frame of {length} bytes is due, {left} are left")


def _instance(machine: _Machine, wanted: str) -> None:
    raise PickleRefusal(f"it wants {shown(wanted.replace(' ', '.', 1))} (opcode INST)")


_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_SET": set,
}
_OPERATIONS: dict[str, Callable[[_Machine, Any], Any]] = {
    "PROTO": _protocol,
    "FRAME": _frame,
    "STOP": lambda m, _: None,
    # collections
    "TUPLE1": lambda m, _: m.stack.append(tuple(m.pop_some(1))),
    "TUPLE2": lambda m, _: m.stack.append(tuple(m.pop_some(2))),
    "TUPLE3": lambda m, _: m.stack.append(tuple(m.pop_some(3))),
    "TUPLE": lambda m, _: _push_marked(m, tuple),
    "LIST": lambda m, _: _push_marked(m, list),
    "DICT": lambda m, _: _push_marked(m, _filled),
    "FROZENSET": lambda m, _: _push_marked(m, members),
    "APPEND": lambda m, _: _into_top(m, m.pop_some(1), _extend),
    "APPENDS": lambda m, _: _into_top(m, m.pop_marked(), _extend),
    "SETITEM": lambda m, _: _into_top(m, m.pop_some(2), _fill),
    "SETITEMS": lambda m, _: _into_top(m, m.pop_marked(), _fill),
    "ADDITEMS": lambda m, _: _into_top(m, m.pop_marked(), _add),
    # the stack and the memo
    "MARK": lambda m, _: m.mark(),
    "POP": lambda m, _: m.discard(),
    "POP_MARK": lambda m, _: m.pop_marked(),
    "DUP": lambda m, _: m.stack.append(m.top()),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), lambda m, index: m.remember(index)),
    "MEMOIZE": lambda m, _: m.remember(len(m.memo)),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), lambda m, index: m.recall(index)),
    # globals and objects
    "GLOBAL": lambda m, words: m.find(*words.split(" ", 1)),
    "STACK_GLOBAL": lambda m, _: m.find(*m.pop_some(2)),
    **dict.fromkeys(("REDUCE", "NEWOBJ"), lambda m, _: m.call(*m.pop_some(2))),
    "BUILD": lambda m, _: m.build(m.pop()),
    "BINPERSID": lambda m, _: m.open_persistent(),
    "INST": _instance,
}
_FOREIGN = {
    "PERSID": "an object from outside, by a persistent id",
    "OBJ": "an instance of a class (opcode OBJ)",
    "NEWOBJ_EX": "an object with named arguments (opcode NEWOBJ_EX)",
    **{name: f"an extension (opcode {name})" for name in ("EXT1", "EXT2", "EXT4")},
    "NEXT_BUFFER": "a buffer from outside (opcode NEXT_BUFFER)",
    "READONLY_BUFFER": "a buffer from outside (opcode READONLY_BUFFER)",
}


def _push_marked(machine: _Machine, make: Callable[[list[Any]], Any]) -> None:
    value = make(machine.pop_marked())  # first, as it brings back the stack below
    machine.stack.append(value)


def _into_top(machine: _Machine, items: list[Any], put: Callable[[Any, list[Any]], None]) -> None:
    put(machine.top(), items)
