"""The verifiers find what is broken."""

import pytest

import mxbook as mx
from mxbook.graph.code import Code, Instruction
from mxbook.graph.memory import plan_memory
from mxbook.graph.verify import verify, verify_kinds, verify_memory, verify_same

from .codes import code_of

A, B = mx.sym.var("a"), mx.sym.var("b")


def moved(x, inputs=None, outputs=None):
    return Instruction(x.op, x.params, x.plan, inputs or x.inputs, outputs or x.outputs)


def with_all(code, instructions):
    return code.with_instructions(list(enumerate(instructions)))


def test_what_is_not_made_made_twice_or_missing():
    code = code_of(mx.sym.tanh(A), wanted=False)
    verify(code)
    (only,) = code.instructions
    for broken in ([moved(only, inputs=(99,))], [only, only], []):
        with pytest.raises(ValueError, match=r"99|instruction 1|nothing makes"):
            verify(Code(broken, code.specs, code.inputs, code.results))


def test_gradients_are_not_used_before_they_arrive():
    code = code_of(mx.sym.tanh(A))
    verify(code)
    code.forward = len(code.instructions)
    with pytest.raises(ValueError, match="instruction"):
        verify(code)


def test_other_shapes_than_the_rules_say():
    code = code_of(mx.sym.sum(A * B, axis=0))
    verify_kinds(code)
    (made,) = code.instructions[0].outputs
    code.specs[made] = mx.nd.zeros((5,))._spec
    with pytest.raises(ValueError, match=r"is \(5,.*, not \(2, 3\)"):
        verify_kinds(code)


def test_a_gradient_of_another_shape():
    code = code_of(mx.sym.sum(A * B, axis=0))
    code.gradients = (code.arriving[0], code.gradients[1])
    with pytest.raises(ValueError, match="the gradient of v"):
        verify_kinds(code)


def test_another_result():
    code = code_of(mx.sym.tanh(A) - mx.sym.tanh(B), wanted=False)
    first, second, last = code.instructions
    verify_same(code, code)
    verify_same(code, with_all(code, [second, first, last]))
    swapped = with_all(code, [first, second, moved(last, inputs=last.inputs[::-1])])
    with pytest.raises(ValueError, match="result 0"):
        verify_same(code, swapped)


def test_random_numbers_are_equal_to_nothing_but_themselves():
    code = code_of(mx.sym.Dropout(A) - mx.sym.Dropout(A), wanted=False)
    first, second, last = code.instructions
    one = moved(last, inputs=(first.outputs[0], first.outputs[0]))
    with pytest.raises(ValueError, match="result 0"):
        verify_same(code, with_all(code, [first, one]))
    verify_same(code, with_all(code, [second, first, last]))


def test_changes_in_another_order():
    names = {n: mx.sym.var(n) for n in ("gamma", "beta")}
    both = [mx.sym.BatchNorm(x, **names, axis=0, name=n) for x, n in ((A, "x"), (B, "y"))]
    code = code_of(mx.sym.Group(both), wanted=False, shape=(3,))
    verify_same(code, code)
    with pytest.raises(ValueError, match="another order"):
        verify_same(code, with_all(code, code.instructions[::-1]))


def test_two_values_in_one_buffer():
    code = code_of(mx.sym.tanh(A) * mx.sym.exp(A) + 1, wanted=False)
    memory = plan_memory(code, lambda i: i.plan.writes_out)
    verify_memory(code, memory)
    first, second = (i.outputs[0] for i in code.instructions[:2])
    memory.buffer[second] = memory.buffer[first]
    with pytest.raises(ValueError, match="at the same time"):
        verify_memory(code, memory)
    memory.sizes = [1] * len(memory.sizes)
    with pytest.raises(ValueError, match="too small"):
        verify_memory(code, memory)
