"""What symbols know while a block is traced."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import MXNetError, ShapeError
from mxbook.symbol.tracing import SymbolAttributeError, Trace

LENGTHS = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)


def given_symbol(trace, shape, dtype="float32", name="x"):
    x = mx.sym.var(name)
    trace.give(x, shape, dtype, "given to Net")
    return x


@given(LENGTHS, st.sampled_from(["float32", "float64", "int32"]))
def test_symbols_tell_what_they_stand_for(shape, dtype):
    with Trace(mx.cpu(3)) as trace:
        x = given_symbol(trace, shape, dtype)
        y = mx.sym.expand_dims(x, axis=0)
        assert (x.shape, y.shape) == (shape, (1, *shape))
        assert (y.ndim, y.size) == (len(shape) + 1, int(np.prod(shape)))
        assert y.dtype == np.dtype(dtype)
        assert (y.context, y.ctx, y.stype) == (mx.cpu(3), mx.cpu(3), "default")
        assert list(trace.asked) == ["inputs"]
        assert all(site.where.startswith("test_tracing.py") for site in trace.asked["inputs"])


def test_outside_of_tracing_symbols_are_as_before():
    x = mx.sym.var("x")
    for name in ("shape", "dtype", "ndim", "nothing"):
        assert not hasattr(x, name)
        with pytest.raises(SymbolAttributeError, match=f"has no attribute '{name}'"):
            getattr(x, name)
    assert len(x) == 1 and next(iter(x)).name == x[0].name == "x"


def test_what_is_known_later():
    with Trace() as trace:
        x = given_symbol(trace, (2, 3))
        weight = given_symbol(trace, (4, None), name="weight")
        with pytest.raises(SymbolAttributeError, match=r"the shape \(4, \?\) of given to Net"):
            _ = weight.shape
        y = mx.sym.FullyConnected(x, weight, no_bias=True, num_hidden=4)
        assert (weight.shape, y.shape) == ((4, 3), (2, 4))


def test_traces_do_not_know_each_other():
    with Trace() as outer:
        x = given_symbol(outer, (2,))
        with Trace() as inner:
            y = given_symbol(inner, (3,))
            assert y.shape == (3,)
        assert x.shape == (2,)
    assert not hasattr(x, "shape")


def test_several_outputs_are_taken_apart_and_one_is_not():
    with Trace() as trace:
        x = given_symbol(trace, (2, 4))
        parts = mx.sym.split(x, num_outputs=2, axis=1)
        assert [p.shape for p in parts] == [(2, 2), (2, 2)]
        assert (parts[1].shape, len(parts)) == ((2, 2), 2)
        with pytest.raises(SymbolAttributeError, match="several outputs"):
            _ = parts.shape
        for take in (len, list, lambda s: s[0]):
            with pytest.raises(MXNetError, match="about rows"):
                take(parts[0])


def test_errors_name_the_operation_its_inputs_and_the_line():
    with Trace() as trace:
        x, y = given_symbol(trace, (2, 3)), given_symbol(trace, (3,), name="y")
        with pytest.raises(ShapeError, match=r"elemwise_add: shapes \(2, 3\) and") as caught:
            x + mx.sym.relu(y)
    error = caught.value
    assert dict(error.values)["lhs"] == "(2, 3)  float32   given to Net"
    assert dict(error.values)["rhs"].startswith("(3,)  float32   from relu, test_tracing.py, line")
    assert "x + mx.sym.relu(y)" in dict(error.place)["called"]
    assert "F.broadcast_add" in error.hint


def test_no_advice_to_stretch_what_cannot_be_stretched():
    with Trace() as trace:
        x, y = given_symbol(trace, (2, 3)), given_symbol(trace, (4, 3), name="y")
        with pytest.raises(ShapeError) as caught:
            x * y
    assert "broadcast" not in caught.value.hint


def test_shapes_inside_loops():
    seen = []

    def step(row, state):
        seen.append((row.shape, state.shape))
        return row, state + mx.sym.sum(row)

    with Trace() as trace:
        x, s = given_symbol(trace, (5, 2, 3)), given_symbol(trace, (1,), name="s")
        outputs, states = mx.sym.contrib.foreach(step, x, s)
        assert (outputs.shape, states.shape) == ((5, 2, 3), (1,))
    assert seen == [((2, 3), (1,))]
