import ast
import textwrap

import pytest

import mxbook as mx
from mxbook.base.errors import ParameterError
from mxbook.ops.registry import operators


def test_an_operator_is_shown_with_its_rules_and_examples():
    shown = mx.book.show_source(mx.nd.FullyConnected)
    assert shown.file == "mxbook/ops/families/dense.py"
    assert shown.text.startswith('@operator(\n    "FullyConnected"')
    for part in ("@fully_connected.shapes", '.gradient("bias")', "fully_connected.example("):
        assert part in shown.text
    assert mx.book.show_source(operators["FullyConnected"]) == shown


def test_every_operator_has_a_source_that_is_python():
    for op in set(operators.values()):
        shown = mx.book.show_source(op)
        assert shown.file.startswith("mxbook/ops/")
        assert ast.parse(textwrap.dedent(shown.text)).body


def test_functions_classes_methods_and_modules():
    assert mx.book.show_source(mx.nd.NDArray).text.startswith("class NDArray")
    assert "def asnumpy" in mx.book.show_source(mx.nd.NDArray.asnumpy).text
    assert mx.book.show_source(mx.engine).place == "mxbook/engine/__init__.py, line 1"
    own = mx.book.show_source(test_functions_classes_methods_and_modules)
    assert own.file == "tests/book/test_source.py"


def test_line_numbers_are_those_of_the_file():
    shown = mx.book.show_source(mx.nd.FullyConnected)
    first = repr(shown).splitlines()[1]
    assert first.split() == [str(shown.line), "@operator("]


def test_a_notebook_shows_python_in_colour():
    text = mx.book.show_source(mx.nd.dot)._repr_markdown_()
    assert text.startswith("`mxbook/ops/families/dot.py, line ")
    assert "\n```python\n@operator(" in text


@pytest.mark.parametrize("thing", [len, 3, "text"])
def test_what_has_no_source_is_told(thing):
    with pytest.raises(ParameterError, match="no Python source"):
        mx.book.show_source(thing)
