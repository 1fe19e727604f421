"""The opcodes of pickles, protocols 0 to 5, as operations of the machine.

Numbers, texts and bytes are bounded by what the file holds. Keys of dicts and members of sets are
text: official pickles hold no others, and hashing what a stranger nested deep is not safe.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gan_bridge.pickles.refusal import PickleRefusal, require, shown

if TYPE_CHECKING:
    from gan_bridge.pickles.machine import Machine

Operation = Callable[["Machine"], None]
_MOST_DIGITS, _MOST_BYTES = 40, 16  # of a whole number; torch's magic number has 10 bytes


def _pushing(make: Callable[["Machine"], Any]) -> Operation:
    return lambda machine: machine.push(make(machine))


def _packed(form: str) -> Operation:
    """A number, as `struct` names it."""
    return lambda machine: machine.push(machine.number(form))


def _counted(form: str, read: Callable[[memoryview], Any]) -> Operation:
    """A length, then so many bytes."""
    return lambda machine: machine.push(read(machine.take(machine.number(form))))


def _swapped(use: Callable[["Machine", Any, Any], None]) -> Operation:
    """An operation on the two uppermost objects, handed over from below."""

    def operation(machine: "Machine") -> None:
        upper, lower = machine.pop(), machine.pop()
        use(machine, lower, upper)

    return operation


def _tuple(count: int) -> Operation:
    return lambda machine: machine.push(tuple([machine.pop() for _ in range(count)][::-1]))


def _text(encoding: str) -> Callable[[memoryview | str], str]:
    def read(data: memoryview | str) -> str:
        try:
            raw = data.encode("latin-1") if isinstance(data, str) else bytes(data)
            return raw.decode(encoding)
        except UnicodeDecodeError as error:
            raise PickleRefusal(f"a text in it is not {encoding}") from error

    return read


def _whole(data: memoryview) -> int:
    require(len(data) <= _MOST_BYTES, f"a whole number in it has {len(data)} bytes")
    return int.from_bytes(data, "little", signed=True)


def _written(machine: "Machine", kind: type = int) -> Any:
    """A number in decimal digits."""
    text = machine.line()
    if kind is int and text in ("00", "01"):  # how protocol 0 writes a truth value
        return text == "01"
    digits = text.removesuffix("L")
    try:
        require(len(digits) <= _MOST_DIGITS, f"a number in it has {len(digits)} digits")
        return kind(digits)
    except ValueError as error:
        raise PickleRefusal(f"{shown(text)} in it is no number") from error


def _quoted(machine: "Machine") -> str:
    text = machine.line()
    require(len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"", "a text has no quotes")
    require("\\" not in text, "it holds text of Python 2 with escapes")
    return text[1:-1]


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


def members(items: Any) -> set[str]:
    """A set of texts."""
    require(type(items) in (list, tuple), f"it makes a set of {shown(items)}")
    require(all(type(item) is str for item in items), "a set has a member that is no text")
    return set(items)


def _into_top(use: Callable[[Any, list[Any]], None], count: int | None = None) -> Operation:
    """Move objects, `count` of them or all since the mark, into the one below."""

    def operation(machine: "Machine") -> None:
        if count is None:
            items = machine.pop_marked()
        else:
            items = [machine.pop() for _ in range(count)][::-1]
        use(machine.top(), items)

    return operation


def _new_dict(machine: "Machine") -> dict[str, Any]:
    made: dict[str, Any] = {}
    _fill(made, machine.pop_marked())
    return made


def _discard(machine: "Machine") -> None:
    if machine.stack:
        machine.stack.pop()
    else:
        machine.pop_marked()


def _drop(machine: "Machine") -> None:
    machine.pop_marked()


def _remember(index: Callable[["Machine"], int]) -> Operation:
    def operation(machine: "Machine") -> None:
        place = index(machine)
        machine.memo[place] = machine.top()

    return operation


def _protocol(machine: "Machine") -> None:
    version = machine.number("B")
    require(version <= 5, f"it is of protocol {version}; 0 to 5 are known")


def _frame(machine: "Machine") -> None:
    length = machine.number("<Q")
    left = len(machine.view) - machine.at
    require(length <= left, f"it ends too early: a frame of {length} bytes is due, {left} are left")


def _persistent(machine: "Machine") -> None:
    if machine.persistent is None:
        raise PickleRefusal("it wants an object from outside, by a persistent id")
    machine.push(machine.persistent(machine.pop()))


def _instance(machine: "Machine") -> None:
    wanted = f"{machine.line()}.{machine.line()}"
    raise PickleRefusal(f"it wants {shown(wanted)} (opcode INST)")


STOP = ord(".")
FOREIGN = {
    ord("P"): "an object from outside, by a persistent id",
    ord("o"): "an instance of a class (opcode OBJ)",
    0x82: "an extension (opcode EXT1)",
    0x83: "an extension (opcode EXT2)",
    0x84: "an extension (opcode EXT4)",
    0x92: "an object with named arguments (opcode NEWOBJ_EX)",
    0x97: "a buffer from outside (opcode NEXT_BUFFER)",
    0x98: "a buffer from outside (opcode READONLY_BUFFER)",
}
_CODES: dict[bytes, Operation] = {
    b"\x80": _protocol,
    b"\x95": _frame,
    # plain values
    b"N": _pushing(lambda machine: None),
    b"\x88": _pushing(lambda machine: True),
    b"\x89": _pushing(lambda machine: False),
    b"K": _packed("<B"),
    b"M": _packed("<H"),
    b"J": _packed("<i"),
    b"G": _packed(">d"),
    b"I": _pushing(_written),
    b"L": _pushing(_written),
    b"F": _pushing(lambda machine: _written(machine, float)),
    b"\x8a": _counted("<B", _whole),
    b"\x8b": _counted("<i", _whole),
    # texts and bytes
    b"S": _pushing(_quoted),
    b"U": _counted("<B", _text("latin-1")),
    b"T": _counted("<i", _text("latin-1")),
    b"V": _pushing(lambda machine: _text("raw-unicode-escape")(machine.line())),
    b"\x8c": _counted("<B", _text("utf-8")),
    b"X": _counted("<I", _text("utf-8")),
    b"\x8d": _counted("<Q", _text("utf-8")),
    b"C": _counted("<B", memoryview),
    b"B": _counted("<I", memoryview),
    b"\x8e": _counted("<Q", memoryview),
    b"\x96": _counted("<Q", memoryview),
    # collections
    b")": _pushing(lambda machine: ()),
    b"\x85": _tuple(1),
    b"\x86": _tuple(2),
    b"\x87": _tuple(3),
    b"t": _pushing(lambda machine: tuple(machine.pop_marked())),
    b"]": _pushing(lambda machine: []),
    b"l": _pushing(lambda machine: machine.pop_marked()),
    b"a": _into_top(_extend, 1),
    b"e": _into_top(_extend),
    b"}": _pushing(lambda machine: {}),
    b"d": _pushing(_new_dict),
    b"s": _into_top(_fill, 2),
    b"u": _into_top(_fill),
    b"\x8f": _pushing(lambda machine: set()),
    b"\x90": _into_top(_add),
    b"\x91": _pushing(lambda machine: members(machine.pop_marked())),
    # the stack and the memo
    b"(": lambda machine: machine.mark(),
    b"0": _discard,
    b"1": _drop,
    b"2": lambda machine: machine.push(machine.top()),
    b"p": _remember(_written),
    b"q": _remember(lambda machine: machine.number("<B")),
    b"r": _remember(lambda machine: machine.number("<I")),
    b"\x94": _remember(lambda machine: len(machine.memo)),
    b"g": lambda machine: machine.recall(_written(machine)),
    b"h": lambda machine: machine.recall(machine.number("<B")),
    b"j": lambda machine: machine.recall(machine.number("<I")),
    # globals and objects
    b"c": lambda machine: machine.find(machine.line(), machine.line()),
    b"\x93": _swapped(lambda machine, module, name: machine.find(module, name)),
    b"R": _swapped(lambda machine, function, arguments: machine.call(function, arguments)),
    b"\x81": _swapped(lambda machine, function, arguments: machine.call(function, arguments)),
    b"b": lambda machine: machine.build(machine.pop()),
    b"Q": _persistent,
    b"i": _instance,
}
OPERATIONS = {code[0]: operation for code, operation in _CODES.items()}
