"""Showing how something is written: the source of an operator, a function or a class."""

import ast
import inspect
from pathlib import Path
from typing import Any, NamedTuple

import mxbook
from mxbook.base.errors import ParameterError
from mxbook.ops.operator import Operator

ROOT = Path(mxbook.__file__).resolve().parents[1]


class Source(NamedTuple):
    """A piece of a file; text on a terminal, coloured Python in a notebook."""

    file: str
    line: int
    text: str

    @property
    def place(self) -> str:
        """`mxbook/ops/families/dense.py, line 19`."""
        return f"{self.file}, line {self.line}"

    def __repr__(self) -> str:
        width = len(str(self.line + self.text.count("\n")))
        lines = enumerate(self.text.splitlines(), self.line)
        numbered = [f"{n:>{width}}  {line}".rstrip() for n, line in lines]
        return "\n".join([self.place, *numbered])

    def _repr_markdown_(self) -> str:
        # The front end colours it, in its own theme, and so does the web page of a repository.
        fence = "```" if "```" not in self.text else "````"
        return f"`{self.place}`\n\n{fence}python\n{self.text}\n{fence}"


def show_source(thing: Any) -> Source:
    """The source of an operator (with its rules and examples), a function, a class or a module.

    `thing` may be an operator's function such as `mx.nd.FullyConnected`.  Raises ParameterError
    for things that have no Python source.

    >>> show_source(show_source).text.splitlines()[0]
    'def show_source(thing: Any) -> Source:'
    """
    if isinstance(thing, Operator):
        thing = thing.source
    whole = inspect.unwrap(thing) if callable(thing) else thing
    try:
        file = inspect.getsourcefile(whole)
        lines, start = inspect.getsourcelines(whole)
    except (TypeError, OSError) as error:
        name = getattr(thing, "__name__", type(thing).__name__)
        raise ParameterError(
            f"{name} has no Python source to show",
            rule="an operator, function, method, class or module written in Python",
            values=[("python", str(error))],
            hint="it is built into Python or made by a C extension",
        ) from error
    text = "".join(lines).rstrip()
    start = max(start, 1)
    if file is not None and inspect.isfunction(whole):
        text = _with_rules(Path(file), start, whole.__name__) or text
    return Source(_short(file), start, text)


def _short(file: str | None) -> str:
    path = Path(file or "unknown").resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


def _with_rules(file: Path, start: int, name: str) -> str:
    """An operator's block: its kernel, and the rules and examples that follow it in the file.

    Empty when the function at line `start` is not an operator's kernel.
    """
    if not file.is_relative_to(ROOT / "mxbook" / "ops"):
        return ""
    source = file.read_text(encoding="utf-8")
    statements = ast.parse(source).body
    begins = [
        min([s.lineno, *(d.lineno for d in getattr(s, "decorator_list", ()))]) for s in statements
    ]
    if start not in begins:
        return ""
    first = begins.index(start)
    ends = [s.end_lineno or 0 for s in statements]
    last = max(
        (i for i in range(first, len(statements)) if i == first or _belongs(statements[i], name)),
    )
    return "\n".join(source.splitlines()[start - 1 : ends[last]])


def _belongs(statement: ast.stmt, name: str) -> bool:
    """Whether a statement is `@name.rule` before a function, `name.x(...)` or `name.x = ...`."""
    heads = [
        *getattr(statement, "decorator_list", ()),
        *([statement.value] if isinstance(statement, ast.Expr) else ()),
        *(statement.targets if isinstance(statement, ast.Assign) else ()),
    ]
    return any(_root(head) == name for head in heads)


def _root(node: ast.expr) -> str:
    """The name with which a chain of calls and attributes begins."""
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
