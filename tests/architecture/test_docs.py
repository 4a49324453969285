"""Every public name is documented, and generated functions lead to the operator's block."""

import ast
import inspect
from pathlib import Path

import pytest

import mxbook as mx
from tests.architecture.sources import FUNCTIONS, PACKAGES, ROOT, sources

every_file = pytest.mark.parametrize("source", sources(), ids=lambda s: str(s.path))


def public(body):
    """The public functions and classes among statements, with those of classes."""
    for node in body:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body)


def is_setter(node) -> bool:
    return any(ast.unparse(d).endswith(".setter") for d in node.decorator_list)


@every_file
def test_every_public_name(source):
    assert ast.get_docstring(source.tree), "the module has no docstring"
    for node in public(source.tree.body):
        assert ast.get_docstring(node) or is_setter(node), f"{node.name}, line {node.lineno}"


@pytest.mark.parametrize("folder", PACKAGES, ids=lambda p: p.name)
def test_every_package_says_what_it_is(folder):
    for package in [folder, *(p.parent for p in folder.rglob("__init__.py"))]:
        text = (package / "__init__.py").read_text()
        assert (package / "README.md").exists() or ast.get_docstring(ast.parse(text)), package


def test_functions_made_from_operators():
    families = ROOT / "mxbook" / "ops"
    functions = mx.nd.registry.functions
    for name, function in functions.items():
        assert function.__doc__, name
        assert inspect.signature(function).parameters, name
        assert families in Path(inspect.getsourcefile(inspect.unwrap(function))).parents, name
