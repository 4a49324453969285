"""Code of graphs: what a pass leaves of it, and how it looks."""

import mxbook as mx

from .codes import code_of, names


def test_instructions_keep_their_half():
    code = code_of(mx.sym.tanh(mx.sym.var("a")) * 2)
    assert 0 < code.forward < len(code.instructions)
    left = code.with_instructions(
        [(0, code.instructions[0]), (code.forward, code.instructions[-1])]
    )
    assert (left.forward, len(left.instructions)) == (1, 2)
    assert left.wanted == code.wanted == {*code.results, *code.gradients}


def test_code_as_text():
    lines = str(code_of(mx.sym.tanh(mx.sym.var("a")), wanted=False)).splitlines()
    assert lines[0].split() == ["inputs", "v0"]
    assert lines[1].split("#")[0].split() == ["0", "v1", "=", "tanh(v0)"]
    assert lines[2].split() == ["out", "v1"]


def test_only_what_is_repeatable_says_so():
    code = code_of(mx.sym.Dropout(mx.sym.tanh(mx.sym.var("a"))), wanted=False)
    found = dict(zip(names(code), [i.repeatable for i in code.instructions], strict=True))
    assert found == {"tanh": True, "Dropout": False}
