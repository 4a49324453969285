"""Buffers: large enough, never used by two at a time, and few."""

import pytest
from hypothesis import given

import mxbook as mx
from mxbook.graph.memory import RESHAPING, owners, plan_memory
from mxbook.graph.merge import merged
from mxbook.graph.prune import pruned
from mxbook.graph.verify import verify_memory

from .codes import code_of, graphs


def plannable(instruction):
    return instruction.plan.writes_out


@given(graphs())
def test_values_in_one_buffer_do_not_live_together(symbol):
    code = pruned(merged(code_of(symbol)))
    memory = plan_memory(code, plannable)
    verify_memory(code, memory)
    assert not set(memory.buffer) & (set(owners(code)) | code.wanted)
    assert memory.planned <= memory.alone


def test_reshaping_operators_keep_their_elements():
    for name in RESHAPING:
        assert name in mx.ops.registry.operators


@pytest.mark.parametrize("length", [20, 2000])
def test_a_chain_needs_two_buffers_at_most(length):
    x = mx.sym.var("x")
    for _ in range(length):
        x = mx.sym.tanh(x + 1)
    code = code_of(x, wanted=False)
    memory = plan_memory(code, plannable)
    assert len(code.instructions) == 2 * length
    assert memory.planned <= 2 * code.specs[0].nbytes
