"""Which pictures of an export are kept: conditions on the columns of its table.

A condition is an expression such as `rated_valence.between(.3, .5) and not reached`: columns,
numbers, texts, comparisons, arithmetic, and, or, not, and a few of the methods that pandas' columns
have. It is read as a tree whose every node is known here, never run as Python. A value that is
missing makes what is said of it unknown; a picture is kept where the condition is true. Whether it
can be decided at all depends on the kinds of its columns alone, and is known before any picture is
made.
"""

import ast
import difflib
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faces.ground.errors import CircumplexError
from studio.stimuli.columns import TRUTH, Column
from studio.stimuli.condition_kinds import kind_of
from studio.stimuli.norms import rated_name

if TYPE_CHECKING:
    import pandas as pd

_COMPARISONS: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ARITHMETIC: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_JOINED: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.And: operator.and_,
    ast.BitAnd: operator.and_,
    ast.Or: operator.or_,
    ast.BitOr: operator.or_,
}
#: Methods of a column, with how many arguments they take.
_METHODS = {"between": 2, "isin": 1, "abs": 0, "isna": 0, "notna": 0}
_DEEPEST = 50  # levels of a condition, far beyond what anybody writes


@dataclass(frozen=True)
class Condition:
    """One condition, read and understood.

    Attributes:
        text: as it was given; columns: that it speaks of.
    """

    text: str
    columns: tuple[str, ...]
    _tree: ast.expr

    @classmethod
    def parse(cls, text: str) -> "Condition":
        """Read a condition.

        Raises:
            CircumplexError: it is none; the message names what is not understood.
        """
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            reason = getattr(error, "msg", None) or "not understood"
            raise CircumplexError(
                f"condition {text!r:.80} cannot be read ({reason}); write it as "
                "'rated_valence.between(.3, .5) and reached'"
            ) from error
        columns: dict[str, None] = {}
        _check(tree, text, columns)
        return cls(text.strip(), tuple(columns), tree)

    def require_columns(self, columns: Sequence[Column]) -> None:
        """Refuse a condition on a column that there is not, or that columns of such kinds cannot
        decide.

        Raises:
            CircumplexError: naming the column and those like it, or what goes together with what.
        """
        known = {column.name: column for column in columns}
        for name in self.columns:
            if name not in known:
                renamed = [rated_name(name)] if rated_name(name) in known else []
                near = renamed or difflib.get_close_matches(name, known, 3, 0.5) or list(known)[:8]
                raise CircumplexError(
                    f"condition {self.text!r}: there is no column {name}; there is "
                    f"{', '.join(near)}"
                )
        try:
            kind = kind_of(self._tree, {name: known[name].kind for name in self.columns})
        except TypeError as error:
            raise CircumplexError(f"condition {self.text!r} cannot be decided: {error}") from error
        if kind != TRUTH:
            raise CircumplexError(
                f"condition {self.text!r} is neither true nor false; compare it with something"
            )

    def holds(self, table: "pd.DataFrame") -> "pd.Series":
        """Whether it is true of each row, bool; False where that is unknown.

        Args:
            table: as `export_rows.typed_table` makes it, of columns that `require_columns` took.

        Raises:
            CircumplexError: a number is too large, or divided by none.
        """
        import pandas as pd

        try:
            found = _value(self._tree, table)
        except ArithmeticError as error:
            raise CircumplexError(f"condition {self.text!r} cannot be decided: {error}") from error
        if isinstance(found, bool):
            return pd.Series(found, table.index)
        return found.fillna(False).astype(bool)


def read_conditions(texts: Sequence[str], most_identity: float | None) -> list[Condition]:
    """The conditions of `--where`, and of the limits that have an option of their own."""
    limits = [] if most_identity is None else [f"identity_distance <= {most_identity:g}"]
    return [Condition.parse(text) for text in (*texts, *limits)]


def _check(node: ast.expr, text: str, columns: dict[str, None], depth: int = 0) -> None:
    """Refuse whatever `_value` does not know, and gather the columns."""
    if depth > _DEEPEST:
        raise CircumplexError(f"condition {text!r:.80} is nested too deeply; write it flat")
    if isinstance(node, ast.Name):
        columns[node.id] = None
    elif not _is_known(node):
        raise CircumplexError(
            f"condition {text!r:.80}: {ast.unparse(node)!r:.40} is not understood; it may hold "
            f"columns, numbers, texts, comparisons, and, or, not, {', '.join(_METHODS)}"
        )
    for child in _children(node):
        _check(child, text, columns, depth + 1)


def _is_known(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=value):
            return type(value) in (int, float, str, bool)
        case ast.BoolOp() | ast.List() | ast.Tuple():
            return True
        case ast.UnaryOp(op=op):
            return isinstance(op, ast.Not | ast.Invert | ast.USub)
        case ast.BinOp(op=op):
            return type(op) in _ARITHMETIC or type(op) in _JOINED
        case ast.Compare(ops=ops):
            return all(type(op) in _COMPARISONS or isinstance(op, ast.In | ast.NotIn) for op in ops)
        case ast.Call(func=ast.Attribute(attr=name), args=args, keywords=[]):
            return _METHODS.get(name) == len(args)
    return False


def _children(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.Call):  # the method's name is no value
        assert isinstance(node.func, ast.Attribute)
        return [node.func.value, *node.args]
    return [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


def _value(node: ast.expr, table: "pd.DataFrame") -> Any:
    """What a node is: a column of pandas' nullable kinds, or a plain value."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return table[name]
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_value(item, table) for item in items]
        case ast.BoolOp(op=op, values=parts):
            return _joined(_JOINED[type(op)], [_value(part, table) for part in parts])
        case ast.UnaryOp(op=ast.USub(), operand=part):
            return -_value(part, table)
        case ast.UnaryOp(operand=part):
            found = _value(part, table)
            return not found if isinstance(found, bool) else ~found
        case ast.BinOp(left=left, op=op, right=right):
            both = _value(left, table), _value(right, table)
            known = _ARITHMETIC.get(type(op)) or _JOINED[type(op)]
            return known(*both)
        case ast.Compare(left=left, ops=ops, comparators=others):
            values = [_value(part, table) for part in (left, *others)]
            pairs = zip(values, ops, values[1:], strict=False)
            return _joined(operator.and_, [_compared(a, op, b) for a, op, b in pairs])
        case ast.Call(func=ast.Attribute(value=part, attr=name), args=args):
            return _method(_value(part, table), name, [_value(each, table) for each in args])
    raise TypeError(f"{ast.unparse(node)} is not understood")  # `_check` has refused it


def _compared(left: Any, op: ast.cmpop, right: Any) -> Any:
    if isinstance(op, ast.In | ast.NotIn):
        found = _method(left, "isin", [right])
        return found if isinstance(op, ast.In) else ~found
    found = _COMPARISONS[type(op)](left, right)
    # texts compare to another kind of truth, which does not go together with this one
    return found if isinstance(found, bool) else found.astype("boolean")


def _method(column: Any, name: str, given: list[Any]) -> Any:
    if name == "between":
        return _compared(column, ast.GtE(), given[0]) & _compared(column, ast.LtE(), given[1])
    if name == "isin":
        found = column.isin(given[0]).astype("boolean")
        return found.mask(column.isna())
    return getattr(column, name)()


def _joined(join: Callable[[Any, Any], Any], parts: list[Any]) -> Any:
    found = parts[0]
    for part in parts[1:]:
        found = join(found, part)
    return found
