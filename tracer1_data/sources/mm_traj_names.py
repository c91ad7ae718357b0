"""What a block of Python reads, sets, and leaves in names, seen from its syntax tree. Nothing is executed.

Code of datasets is foreign text: its length and depth are limited, so that reading it takes bounded time and stack.
"""

from __future__ import annotations

import ast
import warnings
from typing import Any

LONGEST_CODE = 100_000
DEEPEST_CODE = 100
LONGEST_VALUE = 100_000
"""Characters of a value that is followed; names make values of values, and they would grow without bound."""
_LARGEST_BITS = 64

_ORDER = {
    ast.Assign: ("value", "targets"),
    ast.AnnAssign: ("value", "target"),
    ast.NamedExpr: ("value", "target"),
    ast.For: ("iter", "target", "body", "orelse"),
    ast.comprehension: ("iter", "target", "ifs"),
    ast.ListComp: ("generators", "elt"),
    ast.SetComp: ("generators", "elt"),
    ast.GeneratorExp: ("generators", "elt"),
    ast.DictComp: ("generators", "key", "value"),
}


_BUILTINS = {
    "abs", "all", "any", "bool", "chr", "dict", "divmod", "enumerate", "filter", "float", "format", "int", "isinstance", "len",
    "list", "map", "max", "min", "ord", "pow", "print", "range", "repr", "reversed", "round", "sorted", "str", "sum", "tuple",
    "zip",
}  # fmt: skip
_MODULES = {"math", "statistics", "fractions", "itertools", "collections", "re", "json", "unicodedata"}


class Unknown(Exception):
    """The value of an expression is not known without executing it."""


def parse_code(code: str) -> ast.Module:
    """The syntax tree. Raises ValueError that says why there is none."""
    if len(code) > LONGEST_CODE:
        raise ValueError(f"longer than {LONGEST_CODE:,} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
    except SyntaxError as error:
        raise ValueError(f"line {error.lineno}: {error.msg}") from error
    except (RecursionError, MemoryError) as error:
        raise ValueError("nested too deeply") from error
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST_CODE):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    if level:
        raise ValueError("nested too deeply")
    return tree


class Names(ast.NodeVisitor):
    """The names that code sets (``bound``), and those it reads before it has set them (``free``)."""

    def __init__(self, tree: ast.AST) -> None:
        self.bound: set[str] = set()
        self.free: set[str] = set()
        self.visit(tree)

    def generic_visit(self, node: ast.AST) -> None:
        """Visit the parts in the order in which Python evaluates them."""
        for field in _ORDER.get(type(node), node._fields):
            part = getattr(node, field, None)
            for child in part if isinstance(part, list) else [part]:
                if isinstance(child, ast.AST):
                    self.visit(child)

    def visit_Name(self, node: ast.Name) -> None:
        """A name that is read, or set."""
        if not isinstance(node.ctx, ast.Load):
            self.bound.add(node.id)
        elif node.id not in self.bound:
            self.free.add(node.id)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """``x += 1`` reads x first."""
        if isinstance(node.target, ast.Name) and node.target.id not in self.bound:
            self.free.add(node.target.id)
        self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> None:
        """A function's parameter."""
        self.bound.add(node.arg)

    def visit_alias(self, node: ast.alias) -> None:
        """What an import is called."""
        self.bound.add(node.asname or node.name.partition(".")[0])

    def _visit_named(self, node: ast.FunctionDef | ast.ClassDef | ast.ExceptHandler) -> None:
        if node.name:
            self.bound.add(node.name)
        self.generic_visit(node)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_ExceptHandler = _visit_named


def is_repeatable(tree: ast.Module, names: Names) -> bool:
    """Whether the code prints the same whenever it is executed alone: it reads no name from outside, knows neither time, chance
    nor files, and has no set, whose order changes."""
    imported = [
        alias.name if isinstance(node, ast.Import) else node.module or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    ]
    return (
        names.free <= _BUILTINS
        and {module.partition(".")[0] for module in imported} <= _MODULES
        and not any(isinstance(node, ast.Set | ast.SetComp) for node in ast.walk(tree))
    )


class Known:
    """Names whose values are known: they were assigned literals, or what is made of such."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[Any, int]] = {}

    def value(self, node: ast.expr) -> Any:
        """The value of a literal, a known name, or an f-string, list, tuple or dict of such. Raises :class:`Unknown`."""
        return self._sized(node)[0]

    def assign(self, name: str, node: ast.expr) -> None:
        """The name gets the expression's value. Raises :class:`Unknown`; the name is forgotten then."""
        self.drop(name)
        self._values[name] = self._sized(node)

    def drop(self, name: str) -> None:
        """The name got a value that is not known."""
        self._values.pop(name, None)

    def forget(self, node: ast.AST) -> None:
        """Code ran that is not followed: what it sets, and every list and dict (it may have changed them), is unknown."""
        names = Names(node).bound
        self._values = {
            name: known
            for name, known in self._values.items()
            if name not in names and not isinstance(known[0], list | dict)
        }

    def _sized(self, node: ast.expr) -> tuple[Any, int]:
        """The value, and about how many characters it has."""
        match node:
            case ast.Constant(value=str(value)):
                value, size = value, len(value)
            case ast.Constant(value=float() | bool() | None as value):
                size = 20
            case ast.Constant(value=int(value)) if value.bit_length() <= _LARGEST_BITS:
                size = 20
            case ast.Name(id=name) if name in self._values:
                value, size = self._values[name]
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float()) as number):
                value, size = -self.value(number), 20
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                value, size = self._all(parts)
                value = tuple(value) if isinstance(node, ast.Tuple) else value
            case ast.Dict(keys=keys, values=parts) if None not in keys:
                (names, many), (values, more) = self._all(keys), self._all(parts)
                if not all(isinstance(name, str) for name in names):
                    raise Unknown
                value, size = dict(zip(names, values, strict=True)), many + more
            case ast.JoinedStr(values=parts):
                pieces, size = self._all([_plain(part) for part in parts])
                value = "".join(map(str, pieces))
            case _:
                raise Unknown
        if size > LONGEST_VALUE:
            raise Unknown
        return value, size

    def _all(self, nodes: list[ast.expr]) -> tuple[list[Any], int]:
        sized = [self._sized(node) for node in nodes]
        return [value for value, _ in sized], sum(size + 4 for _, size in sized)


def _plain(part: ast.expr) -> ast.expr:
    """The expression that a piece of an f-string shows as it is."""
    if not isinstance(part, ast.FormattedValue):
        return part
    if part.conversion != -1 or part.format_spec is not None:
        raise Unknown
    return part.value
