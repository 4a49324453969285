"""The source files of mxbook as syntax trees, for the tests of this folder."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
PACKAGES = (ROOT / "mxbook", ROOT / "widgets" / "mxbook_widgets")


class Source(NamedTuple):
    """A file: its path below the root, its text and its syntax tree."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        """The package or module directly below `mxbook`."""
        return self.path.with_suffix("").parts[1]


def sources(*folders: Path) -> list[Source]:
    """All Python files of the folders (of everything)."""
    paths = [p for folder in folders or PACKAGES for p in sorted(folder.rglob("*.py"))]
    texts = [p.read_text() for p in paths if "node_modules" not in p.parts]
    return [
        Source(p.relative_to(ROOT), text, ast.parse(text))
        for p, text in zip(paths, texts, strict=True)
    ]


class Import(NamedTuple):
    """An imported module: `late` when it is imported inside a function."""

    module: str
    line: int
    late: bool


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def imports(source: Source) -> Iterator[Import]:
    """Every import of a file with its full dotted name; also `import_module` of a fixed name."""
    late = {
        id(inner)
        for outer in ast.walk(source.tree)
        if isinstance(outer, FUNCTIONS)
        for inner in ast.walk(outer)
    }
    for node in ast.walk(source.tree):
        for module in _modules(source, node):
            yield Import(module, node.lineno, id(node) in late)


def _modules(source: Source, node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        package = [*source.path.parts[: -node.level]] if node.level else []
        base = ".".join([*package, *([node.module] if node.module else [])])
        return [f"{base}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "import_module":
        return [a.value for a in node.args[:1] if isinstance(a, ast.Constant)]
    return []
