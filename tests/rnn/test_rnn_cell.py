"""What cells share."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import MXNetError, ParameterError
from mxbook.rnn.rnn_cell import arranged


def test_shared_parameters():
    params = mx.rnn.RNNParams("shared_")
    one, other = (mx.rnn.LSTMCell(4, params=params, prefix=p) for p in ("a_", "b_"))
    assert one.params is other.params is params
    out = one(mx.sym.var("x"), one.begin_state())[0] + other(mx.sym.var("y"), one.begin_state())[0]
    assert sum(name.startswith("shared_") for name in out.list_arguments()) == 4


def test_states():
    cell = mx.rnn.LSTMCell(4)
    assert cell.state_info == [{"shape": (0, 4), "__layout__": "NC"}] * 2
    assert cell.state_shape == [(0, 4), (0, 4)]
    inputs = cell.begin_state(func=mx.sym.Variable)
    assert [s.name for s in inputs] == ["lstm_begin_state_0", "lstm_begin_state_1"]
    assert inputs[0].attr("__layout__") == "NC"
    assert next(s.name for s in cell.begin_state()) == "lstm_begin_state_2"
    cell.reset()
    assert next(s.name for s in cell.begin_state()) == "lstm_begin_state_0"


def test_states_of_a_wrapped_cell():
    cell = mx.rnn.RNNCell(4)
    mx.rnn.ResidualCell(cell)
    with pytest.raises(MXNetError, match="inside of another cell"):
        cell.begin_state()


def test_sequences():
    x = mx.sym.var("x")
    assert arranged(3, x, "NTC", None) is x
    steps = arranged(3, x, "NTC", False)
    assert len(steps) == 3
    whole = arranged(3, steps, "NTC", True)
    assert whole.infer_shape(x=(2, 3, 4))[1] == [(2, 3, 4)]
    assert arranged(3, steps, "TNC", True).infer_shape(x=(2, 3, 4))[1] == [(3, 2, 4)]
    with pytest.raises(ParameterError, match="3 inputs for 2 steps"):
        arranged(2, steps, "NTC", None)
    with pytest.raises(ParameterError, match="grouped"):
        arranged(2, mx.sym.Group(steps), "NTC", False)


def test_steps_and_the_whole_are_the_same():
    cell = mx.rnn.GRUCell(4)
    x = np.random.RandomState(0).rand(2, 3, 5).astype("float32")
    whole, _ = cell.unroll(3, mx.sym.var("x"), merge_outputs=True)
    args, _, _ = whole.infer_shape(x=(2, 3, 5))
    given = {
        n: mx.nd.random.uniform(shape=s) for n, s in zip(whole.list_arguments(), args, strict=True)
    }
    given["x"] = mx.nd.array(x)
    expected = whole.bind(mx.cpu(), given).forward()[0].asnumpy()
    state, weights = mx.nd.zeros((2, 4)), {n: a for n, a in given.items() if n != "x"}
    for t in range(3):
        cell.reset()
        step, states = cell(mx.sym.var("x"), [mx.sym.var("h")])
        arrays = {**weights, "x": mx.nd.array(x[:, t]), "h": state}
        out, state = mx.sym.Group([step, *states]).bind(mx.cpu(), arrays).forward()
        np.testing.assert_allclose(out.asnumpy(), expected[:, t], rtol=1e-5)


@pytest.mark.parametrize("use", [lambda c: c.state_info, lambda c: c(mx.sym.var("x"), [])])
def test_what_a_subclass_defines(use):
    with pytest.raises(MXNetError, match="must define"):
        use(mx.rnn.BaseRNNCell())
