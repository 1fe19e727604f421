"""Of what kind each part of a condition is, by the kinds of its columns: text goes together with
text, numbers with numbers. What does not is refused whatever stands in the cells."""

import ast
from collections.abc import Mapping

from studio.stimuli.columns import COUNT, NUMBER, TEXT, TRUTH

_EQUAL = (ast.Eq, ast.NotEq)


def kind_of(node: ast.expr, columns: Mapping[str, str]) -> str:
    """TEXT, NUMBER or TRUTH of a part that is no list.

    Args:
        columns: kinds of columns by name.

    Raises:
        TypeError: parts that do not go together; the message names them.
    """
    match node:
        case ast.Constant(value=value):
            return TRUTH if isinstance(value, bool) else TEXT if isinstance(value, str) else NUMBER
        case ast.Name(id=name):
            return NUMBER if columns[name] == COUNT else columns[name]
        case ast.BoolOp(values=parts):
            return _all(parts, TRUTH, columns)
        case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr(), right=right):
            return _all([left, right], TRUTH, columns)
        case ast.BinOp(left=left, right=right):
            return _all([left, right], NUMBER, columns)
        case ast.UnaryOp(op=ast.USub(), operand=part):
            return _all([part], NUMBER, columns)
        case ast.UnaryOp(operand=part):
            return _all([part], TRUTH, columns)
        case ast.Compare(left=left, ops=ops, comparators=others):
            for one, op, other in zip([left, *others], ops, others, strict=False):
                _require_comparable(one, op, other, columns)
            return TRUTH
        case ast.Call(func=ast.Attribute(value=part, attr=name), args=args):
            return _method_kind(part, name, args, columns)
    raise TypeError(f"{_said(node)} stands where a column or a value is to stand")


def _all(parts: list[ast.expr], wanted: str, columns: Mapping[str, str]) -> str:
    """The kind that is wanted, where all parts are of it."""
    for part in parts:
        found = kind_of(part, columns)
        if found != wanted:
            raise TypeError(f"{_said(part)} is {_spoken(found)} where {_spoken(wanted)} is needed")
    return wanted


def _require_comparable(
    one: ast.expr, op: ast.cmpop, other: ast.expr, columns: Mapping[str, str]
) -> None:
    if isinstance(op, ast.In | ast.NotIn):
        _require_listed(one, other, columns)
        return
    first, second = kind_of(one, columns), kind_of(other, columns)
    if first != second:
        raise TypeError(
            f"{_said(one)} is {_spoken(first)} and {_said(other)} is {_spoken(second)}; compare "
            "like with like"
        )
    if first == TRUTH and not isinstance(op, _EQUAL):
        raise TypeError(f"{_said(one)} is true or false, and neither more nor less than another")


def _method_kind(
    part: ast.expr, name: str, args: list[ast.expr], columns: Mapping[str, str]
) -> str:
    kind_of(part, columns)
    if not any(isinstance(each, ast.Name) for each in ast.walk(part)):
        raise TypeError(f"{name} is said of a column, and {_said(part)} is none")
    if name == "isin":
        _require_listed(part, args[0], columns)
    elif name == "between":
        for end in args:
            _require_comparable(part, ast.LtE(), end, columns)
    elif name == "abs":
        return _all([part], NUMBER, columns)
    return TRUTH


def _require_listed(one: ast.expr, items: ast.expr, columns: Mapping[str, str]) -> None:
    """Values of the kind of `one`, in a list that names no column."""
    kind = kind_of(one, columns)
    if not isinstance(items, ast.List | ast.Tuple):
        raise TypeError("isin and in take a list, as in ['happy', 'calm']")
    if not any(isinstance(each, ast.Name) for each in ast.walk(one)):
        raise TypeError(f"in is said of a column, and {_said(one)} is none")
    for item in items.elts:
        if any(isinstance(each, ast.Name) for each in ast.walk(item)):
            raise TypeError(f"{_said(item)} stands in a list of values")
        _all([item], kind, columns)


def _said(node: ast.expr) -> str:
    return f"{ast.unparse(node):.40}"


def _spoken(kind: str) -> str:
    return {TEXT: "text", NUMBER: "a number", TRUTH: "true or false"}[kind]
