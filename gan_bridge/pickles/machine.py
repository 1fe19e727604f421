"""A stack machine for pickles that can build plain data and nothing else.

It knows the opcodes of protocols 0 to 5 that official pickles are made of. A global is looked up,
as an exact (module, name) pair, in the list that the machine is given; what is found there is a
function of our own. Nothing is imported, no attribute of a foreign object is touched, and bytes
stay views of the file, so that a declared size takes no memory.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gan_bridge.pickles.opcodes import FOREIGN, OPERATIONS, STOP
from gan_bridge.pickles.refusal import PickleRefusal, require, shown

Names = Mapping[tuple[str, str], Callable[..., Any]]
MOST_STEPS = 1_000_000  # official pickles take some ten thousand
_CHUNK = 4096


@dataclass(frozen=True)
class Name:
    """A global on the list, as it lies on the stack."""

    module: str
    name: str
    make: Callable[..., Any]


class Machine:
    """Reads one pickle.

    Args:
        view: the bytes that it lies in.
        names: the globals it may use.
        at: where it starts.
        persistent: what makes an object of a persistent id; None refuses them.
        steps: how many opcodes it may take.
    """

    def __init__(
        self,
        view: memoryview,
        names: Names,
        at: int = 0,
        persistent: Callable[[Any], Any] | None = None,
        steps: int = MOST_STEPS,
    ) -> None:
        self.view, self.names, self.at, self.persistent = view, names, at, persistent
        self.steps = steps
        self.room = len(view)  # bytes that calls may make; each is in the file once
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []  # the stacks under each mark
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """The object that the pickle builds; `at` is left behind its end.

        Raises:
            PickleRefusal: an unknown opcode or global, a size that the file does not have, an
                operand of the wrong kind, or too many steps.
        """
        for _ in range(self.steps):
            code = self.take(1)[0]
            if code == STOP:
                require(not self.below and len(self.stack) == 1, "its stack is out of balance")
                return self.stack.pop()
            if code in FOREIGN:
                raise PickleRefusal(f"it wants {FOREIGN[code]}")
            if code not in OPERATIONS:
                raise PickleRefusal(f"byte {self.at - 1} is no opcode: it is damaged or no pickle")
            OPERATIONS[code](self)
        raise PickleRefusal(f"it takes more than {self.steps} steps")

    def take(self, count: int) -> memoryview:
        """The next `count` bytes, not copied."""
        left = len(self.view) - self.at
        if not 0 <= count <= left:
            raise PickleRefusal(
                f"it ends too early: {count} bytes are due at byte {self.at}, {left} are left"
            )
        self.at += count
        return self.view[self.at - count : self.at]

    def number(self, form: str) -> Any:
        """A packed number, in the notation of `struct`."""
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def line(self) -> str:
        """The text up to the next newline, which is passed over."""
        for start in range(self.at, len(self.view), _CHUNK):
            found = bytes(self.view[start : start + _CHUNK]).find(b"\n")
            if found >= 0:
                text = self.take(start + found - self.at)
                self.at += 1
                return bytes(text).decode("latin-1")
        raise PickleRefusal(f"it ends too early: the line at byte {self.at} has no end")

    def push(self, value: Any) -> None:
        """Put an object on the stack."""
        self.stack.append(value)

    def pop(self) -> Any:
        """Take the uppermost object."""
        require(bool(self.stack), f"its stack is empty at byte {self.at}")
        return self.stack.pop()

    def top(self) -> Any:
        """The uppermost object, which stays."""
        require(bool(self.stack), f"its stack is empty at byte {self.at}")
        return self.stack[-1]

    def mark(self) -> None:
        """Begin a new stack on top."""
        self.below.append(self.stack)
        self.stack = []

    def pop_marked(self) -> list[Any]:
        """All that was pushed since the last mark."""
        require(bool(self.below), f"a mark is missing at byte {self.at}")
        items, self.stack = self.stack, self.below.pop()
        return items

    def recall(self, index: int) -> None:
        """Push what the memo holds."""
        require(index in self.memo, f"it recalls object {index}, which it never stored")
        self.push(self.memo[index])

    def find(self, module: Any, name: Any) -> None:
        """Push the function of our own that stands for a global."""
        require(type(module) is type(name) is str, "it wants a global whose name is no text")
        if (module, name) not in self.names:
            raise PickleRefusal(f"it wants {shown(f'{module}.{name}')}, which is not on the list")
        self.push(Name(module, name, self.names[module, name]))

    def call(self, function: Any, arguments: Any) -> None:
        """Push what one of our own functions makes."""
        require(type(function) is Name, f"it calls {shown(function)}")
        require(type(arguments) is tuple, f"it calls {function.name} without a tuple of arguments")
        try:
            made = function.make(*arguments)
        except TypeError as error:
            raise PickleRefusal(
                f"it calls {function.module}.{function.name} with {len(arguments)} arguments of "
                "the wrong number or kind"
            ) from error
        if isinstance(made, memoryview):
            self.room -= len(made)
            require(self.room >= 0, "it makes more bytes than the file has")
        self.push(made)

    def build(self, state: Any) -> None:
        """Hand a state to an object of our own that takes one."""
        owner = self.top()
        if not hasattr(type(owner), "set_state"):
            raise PickleRefusal(f"it sets attributes of {shown(owner)}")
        owner.set_state(state)
