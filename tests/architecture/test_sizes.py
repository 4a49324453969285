"""Small files, small functions."""

import ast

import pytest

from tests.architecture.sources import FUNCTIONS, sources

LINES_OF_A_FILE = 600
LINES_OF_A_FUNCTION = 60

every_file = pytest.mark.parametrize("source", sources(), ids=lambda s: str(s.path))


@every_file
def test_file(source):
    assert len(source.text.splitlines()) <= LINES_OF_A_FILE


@every_file
def test_functions(source):
    for node in ast.walk(source.tree):
        if isinstance(node, FUNCTIONS):
            length = node.end_lineno - node.lineno + 1
            assert length <= LINES_OF_A_FUNCTION, f"{node.name}, line {node.lineno}"
