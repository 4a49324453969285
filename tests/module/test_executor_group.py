"""Parts of a batch on several devices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import MXNetError, ParameterError
from mxbook.module.executor_group import DataParallelExecutorGroup


def group_of(symbol, devices, shapes, **kwargs):
    descs = [mx.io.DataDesc(*shape) for shape in shapes]
    inputs = {desc.name for desc in descs} | set(kwargs.get("state_names", ()))
    params = [name for name in symbol.list_arguments() if name not in inputs]
    contexts = [mx.cpu(i) for i in range(devices)]
    options = {"for_training": True, "inputs_need_grad": True, **kwargs}
    loads = [1] * devices
    return DataParallelExecutorGroup(symbol, contexts, loads, descs, None, params, **options)


@given(st.integers(1, 4), st.integers(8, 12), st.sampled_from(["NC", "CN"]))
def test_the_number_of_devices_does_not_matter(devices, examples, layout):
    random = np.random.RandomState(0)
    shape = (examples, 3) if layout == "NC" else (3, examples)
    scale = mx.sym.var("scale", shape=(1, 1))
    symbol = mx.sym.broadcast_mul(mx.sym.var("data"), scale)
    symbol = mx.sym.square(symbol, name="out", attr={"__layout__": layout})
    group = group_of(symbol, devices, [("data", shape, "float32", layout)])
    group.set_params({"scale": mx.nd.full((1, 1), 2)}, {})
    x, dy = random.rand(*shape).astype("float32"), random.rand(*shape).astype("float32")
    group.forward(mx.io.DataBatch([mx.nd.array(x)]), is_train=True)
    group.backward(mx.nd.array(dy))
    np.testing.assert_allclose(group.get_outputs()[0].asnumpy(), 4 * x * x, rtol=1e-5)
    np.testing.assert_allclose(group.get_input_grads()[0].asnumpy(), 8 * x * dy, rtol=1e-5)
    total = sum(g.asnumpy().item() for g in group.grad_arrays[0])
    np.testing.assert_allclose(total, (4 * x * x * dy).sum(), rtol=1e-4)
    assert group.get_output_shapes() == [("out_output", shape)]
    assert [len(parts) for parts in group.get_outputs(merge_multi_context=False)] == [devices]


def test_parameters_are_averaged():
    group = group_of(mx.sym.var("data") * mx.sym.var("w"), 2, [("data", (4,), "float32", "N")])
    for i, array in enumerate(group.param_arrays[0]):
        array[:] = i + 1
    found = {"w": mx.nd.zeros(2)}
    group.get_params(found, {})
    assert found["w"].asnumpy().tolist() == [1.5, 1.5]


@pytest.mark.parametrize(
    ("grad_req", "wanted"),
    [
        ("add", {"data": "add", "w": "add", "fixed": "null"}),
        ({"w": "add"}, {"data": "write", "w": "add", "fixed": "null"}),
        (["write", "null", "add"], {"data": "write", "w": "null", "fixed": "null"}),
    ],
)
def test_what_happens_to_gradients(grad_req, wanted):
    net = mx.sym.var("data") * mx.sym.var("w") * mx.sym.var("fixed")
    shapes, fixed = [("data", (2,))], {"fixed_param_names": ["fixed"]}
    assert group_of(net, 1, shapes, grad_req=grad_req, **fixed).grad_req == wanted
    still = group_of(net, 1, shapes, for_training=False, grad_req="write", **fixed)
    assert set(still.grad_req.values()) == {"null"}
    with pytest.raises(ParameterError, match="3 arguments"):
        group_of(net, 1, shapes, grad_req=["write"])


def test_reshape_keeps_the_parameters_and_the_monitor():
    net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="fc")
    group = group_of(net, 1, [("data", (4, 3))])
    group.set_params({"fc_weight": mx.nd.ones((2, 3)), "fc_bias": mx.nd.ones(2)}, {})
    monitor = mx.mon.Monitor(1)
    group.install_monitor(monitor)
    weight = group.param_arrays[0][0]
    group.reshape([mx.io.DataDesc("data", (7, 3))], None)
    assert group.param_arrays[0][0] is weight
    monitor.tic()
    group.forward(mx.io.DataBatch([mx.nd.ones((7, 3))]))
    assert group.get_outputs()[0].asnumpy().tolist() == [[4, 4]] * 7
    assert "fc_output" in [name for _, name, _ in monitor.toc()]


def test_outputs_are_the_same_arrays_after_every_forward():
    group = group_of(mx.sym.var("data") * 2, 1, [("data", (2,))])
    group.forward(mx.io.DataBatch([mx.nd.ones(2)]))
    before = group.get_outputs()[0]
    group.forward(mx.io.DataBatch([mx.nd.ones(2) * 3]))
    assert group.get_outputs()[0] is before
    assert before.asnumpy().tolist() == [6, 6]


def test_sparse_data():
    net = mx.sym.sparse.dot(mx.sym.var("data", stype="csr"), mx.sym.var("w", shape=(3, 2)))
    group = group_of(net, 1, [("data", (2, 3))], inputs_need_grad=False)
    group.set_params({"w": mx.nd.ones((3, 2))}, {})
    group.forward(mx.io.DataBatch([mx.nd.array([[1, 0, 2], [0, 0, 3]]).tostype("csr")]))
    assert group.get_outputs()[0].asnumpy().tolist() == [[3, 3], [3, 3]]


@pytest.mark.parametrize("devices", [1, 2])
def test_states(devices):
    state = mx.sym.var("state")
    net = mx.sym.Group([mx.sym.var("data") + state, state * 2])
    group = group_of(net, devices, [("data", (4, 1))], state_names=["state"])
    group.set_states(value=1.5)
    group.forward(mx.io.DataBatch([mx.nd.zeros((4, 1))]))
    assert group.get_outputs()[0].asnumpy().ravel().tolist() == [1.5] * 4
    group.set_states(states=group.get_outputs(merge_multi_context=False)[1:])
    assert [a.asnumpy()[0, 0] for a in group.get_states(False)[0]] == [3.0] * devices
    for wrong in ({}, {"states": [], "value": 1}):
        with pytest.raises(ParameterError):
            group.set_states(**wrong)
    with pytest.raises(ParameterError):
        group.get_states()


def test_what_cannot_be():
    net = mx.sym.var("data") + mx.sym.var("other")
    with pytest.raises(ParameterError, match="same batch size"):
        group_of(net, 1, [("data", (2, 3)), ("other", (1, 3))])
    with pytest.raises(ParameterError, match="empty"):
        group_of(net, 3, [("data", (2, 3)), ("other", (2, 3))])
    still = group_of(net, 1, [("data", (2,)), ("other", (2,))], for_training=False)
    still.forward(mx.io.DataBatch([mx.nd.ones(2)] * 2))
    with pytest.raises(MXNetError, match="for_training"):
        still.backward()
    without = group_of(net, 1, [("data", (2,)), ("other", (2,))], inputs_need_grad=False)
    with pytest.raises(MXNetError, match="inputs_need_grad"):
        without.get_input_grads()
