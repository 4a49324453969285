"""Executors: values, gradients and requests, states, feeding, reshaping, watching."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import MXNetError, ParameterError, ShapeError

a, b = mx.sym.var("a"), mx.sym.var("b")


def net():
    data = mx.sym.var("data")
    hidden = mx.sym.FullyConnected(data, num_hidden=3, name="fc")
    return mx.sym.SoftmaxOutput(mx.sym.BatchNorm(hidden, name="bn"), name="softmax")


@settings(deadline=None)
@given(
    st.lists(st.integers(-5, 5), min_size=1, max_size=4),
    st.sampled_from(["write", "add", "null"]),
    st.sampled_from(["write", "add", "null"]),
    st.integers(1, 3),
)
def test_requests(values, req_a, req_b, steps):
    x = np.array(values, "float32")
    args, grads = [mx.nd.array(x), mx.nd.array(x + 1)], [mx.nd.ones(len(x)) * 7 for _ in "ab"]
    executor = (a * b * b).bind(mx.cpu(), args, grads, {"a": req_a, "b": req_b})
    for _ in range(steps):
        assert (executor.forward(is_train=True)[0].asnumpy() == x * (x + 1) ** 2).all()
        executor.backward([mx.nd.ones(len(x)) * 2])
    once = {"a": 2 * (x + 1) ** 2, "b": 4 * x * (x + 1)}
    for (name, one), req in zip(once.items(), (req_a, req_b), strict=True):
        expected = {"write": one, "add": 7 + steps * one, "null": np.full(len(x), 7)}[req]
        np.testing.assert_allclose(executor.grad_dict[name].asnumpy(), expected, rtol=1e-6)


def test_one_array_for_two_arguments():
    x, grad_a, grad_b = mx.nd.array([3]), mx.nd.zeros(1), mx.nd.zeros(1)
    executor = (a * a * b).bind(mx.cpu(), [x, x], [grad_a, grad_b])
    executor.forward(is_train=True)
    executor.backward()
    assert (grad_a.asscalar(), grad_b.asscalar()) == (18, 9)


def test_what_is_not_reached_has_gradient_zero():
    grads = [mx.nd.ones(1) * 7, mx.nd.ones(1) * 7]
    symbol = mx.sym.BlockGrad(a) * b
    executor = symbol.bind(mx.cpu(), [mx.nd.array([2]), mx.nd.array([3])], grads)
    executor.forward(is_train=True)
    executor.backward()
    assert [g.asscalar() for g in grads] == [0, 2]


def test_the_callers_tape_is_left_alone():
    x = mx.nd.array([2])
    x.attach_grad()
    executor = (a * 3).bind(mx.cpu(), [x], [mx.nd.zeros(1)])
    with mx.autograd.record():
        y = x * 5
        (inner,) = executor.forward(is_train=True)
    executor.backward()
    y.backward()
    assert (x.grad.asscalar(), executor.grad_arrays[0].asscalar()) == (5, 3)
    with pytest.raises(MXNetError, match="graph"):
        inner.backward()


def test_arguments_are_read_anew():
    x = mx.nd.array([1])
    executor = (a + 1).bind(mx.cpu(), [x])
    first = executor.forward()[0]
    x[:] = 5
    assert executor.forward()[0].asscalar() == 6
    assert first.asscalar() == 2
    assert executor.forward(a=mx.nd.array([9]))[0].asscalar() == 10
    assert x.asscalar() == 9


def test_states_change_in_training_only():
    executor = net().simple_bind(mx.cpu(), data=(8, 2))
    executor.copy_params_from(
        {"data": mx.nd.array(np.arange(16).reshape(8, 2)), "fc_weight": mx.nd.ones((3, 2))},
        {"bn_moving_var": mx.nd.ones(3)},
    )
    executor.forward()
    assert not executor.aux_dict["bn_moving_mean"].asnumpy().any()
    executor.forward(is_train=True)
    executor.backward()
    assert executor.aux_dict["bn_moving_mean"].asnumpy().all()
    assert list(executor.output_dict) == ["softmax_output"]


def test_simple_bind():
    executor = net().simple_bind(mx.cpu(), "null", {"data": "float64"}, data=(4, 5))
    assert executor.arg_dict["fc_weight"].shape == (3, 5)
    assert executor.arg_dict["fc_weight"].dtype == np.float64
    assert executor.grad_arrays == [None] * 6
    assert executor.outputs[0].shape == (4, 3)  # before any forward
    again = net().simple_bind(
        mx.cpu(), shared_arg_names=["fc_weight"], shared_exec=executor,
        type_dict={"data": "float64"}, data=(2, 5),
    )  # fmt: skip
    assert again.arg_dict["fc_weight"] is executor.arg_dict["fc_weight"]
    assert again.arg_dict["fc_bias"] is not executor.arg_dict["fc_bias"]
    buffer: dict = {}
    made = [net().simple_bind(mx.cpu(), shared_buffer=buffer, data=(2, 5)) for _ in range(2)]
    assert made[0].arg_dict["data"] is made[1].arg_dict["data"] is buffer["data"]
    with pytest.raises(ShapeError, match="data"):
        net().simple_bind(mx.cpu())


def test_reshape():
    executor = net().simple_bind(mx.cpu(), data=(4, 5))
    smaller = executor.reshape(data=(2, 5), softmax_label=(2,))
    assert smaller.arg_dict["fc_weight"] is executor.arg_dict["fc_weight"]
    assert smaller.forward()[0].shape == (2, 3)
    with pytest.raises(ShapeError, match="larger"):
        executor.reshape(data=(9, 5), softmax_label=(9,))
    assert executor.reshape(allow_up_sizing=True, data=(9, 5), softmax_label=(9,))
    with pytest.raises(ShapeError, match="softmax_label"):
        executor.reshape(data=(2, 5))
    assert executor.reshape(partial_shaping=True, data=(2, 5)).outputs[0].shape == (2, 3)


def test_watching():
    seen = []
    total = mx.sym.elemwise_add(a, b, name="total")
    executor = mx.sym.exp(total, name="e").bind(mx.cpu(), [mx.nd.zeros(1), mx.nd.ones(1)])
    executor.set_monitor_callback(lambda name, array: seen.append((name, array.shape)))
    executor.forward()
    assert [name for name, _ in seen] == ["total_output", "e_output"]
    seen.clear()
    executor.set_monitor_callback(lambda name, array: seen.append(name), monitor_all=True)
    executor.forward()
    assert seen == ["total_lhs", "total_rhs", "total_output", "e_data", "e_output"]


def test_debug_str_tells_of_nodes_and_passes():
    executor = (mx.sym.exp(a) * mx.sym.exp(a)).bind(mx.cpu(), [mx.nd.ones(2)], [mx.nd.ones(2)])
    assert "Op:exp" in executor.debug_str()
    assert "merge" not in executor.debug_str()
    executor.forward()
    executor.forward(is_train=True)
    said = executor.debug_str()
    assert "merge      1 did what another one does" in said
    assert "merge      3 did what another one does" in said
    assert "gradient   not wanted" in said
    assert "gradient   5 more" in said


@pytest.mark.parametrize(
    ("call", "error", "what"),
    [
        (lambda: (a + b).bind(mx.cpu(), {"a": mx.nd.ones(1)}), ParameterError, "'b'"),
        (lambda: (a + b).bind(mx.cpu(), [mx.nd.ones(1)]), ParameterError, "1 arrays"),
        (lambda: (a + b).bind(mx.cpu(), [mx.nd.ones(1), mx.nd.ones(2)]), ShapeError, "differ"),
        (lambda: a.bind(mx.cpu(), [mx.nd.ones(1)], grad_req="wirte"), ParameterError, "wirte"),
        (lambda: bound().forward(c=mx.nd.ones(1)), ParameterError, "'c'"),
        (lambda: bound().forward(a=mx.nd.ones(2)), ShapeError, "another shape"),
        (lambda: bound().forward(a=[1]), ParameterError, "list"),
        (lambda: bound().copy_params_from({"c": mx.nd.ones(1)}), ParameterError, "'c'"),
        (lambda: bound().backward(), MXNetError, "forward"),
    ],
)
def test_misuse_is_named(call, error, what):
    with pytest.raises(error, match=what):
        call()


def bound():
    return (a + 1).bind(mx.cpu(), [mx.nd.ones(1)], [mx.nd.ones(1)])


def test_extra_parameters_may_be_allowed():
    bound().copy_params_from({"c": mx.nd.ones(1)}, allow_extra_params=True)
