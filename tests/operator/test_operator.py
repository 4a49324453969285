"""`mx.operator`: defaults of the classes, the older ones, and the list of operators."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import MXNetError


def test_defaults_of_a_property():
    prop = mx.operator.CustomOpProp()
    assert prop.infer_shape([(1, 2)]) == ([(1, 2)], ((1, 2),), ())
    assert prop.infer_type([np.float16]) == ([np.float16], [np.float16], [])
    assert prop.infer_storage_type(["default"]) == (["default"], ["default"], [])
    assert prop.declare_backward_dependency([0], [1], [2]) == [0, 1, 2]
    assert mx.operator.CustomOpProp(False).declare_backward_dependency([0], [1], [2]) == [1, 2]
    with pytest.raises(MXNetError, match="csr"):
        prop.infer_storage_type(["csr"])


@pytest.mark.parametrize(
    ("req", "expected"), [("null", 1), ("write", 5), ("inplace", 5), ("add", 6)]
)
def test_assign(req, expected):
    target = mx.nd.ones(2)
    mx.operator.CustomOp().assign(target, req, mx.nd.ones(2) * 5)
    assert target.asnumpy().tolist() == [expected] * 2


class Softmax(mx.operator.NumpyOp):
    def __init__(self):
        super().__init__(need_top_grad=False)

    def list_arguments(self):
        return ["data", "label"]

    def infer_shape(self, in_shape):
        return [in_shape[0], (in_shape[0][0],)], [in_shape[0]]

    def forward(self, in_data, out_data):
        e = np.exp(in_data[0])
        out_data[0][:] = e / e.sum(1, keepdims=True)

    def backward(self, out_grad, in_data, out_data, in_grad):
        label = in_data[1].astype(int)
        in_grad[0][:] = out_data[0]
        in_grad[0][np.arange(len(label)), label] -= 1


class Double(mx.operator.NDArrayOp):
    def forward(self, in_data, out_data):
        out_data[0][:] = in_data[0] * 2

    def backward(self, out_grad, in_data, out_data, in_grad):
        in_grad[0][:] = out_grad[0] * 2


def test_numpy_operators():
    with pytest.warns(UserWarning, match="CustomOp"):
        softmax = Softmax()
    s = softmax(data=mx.sym.var("x"), name="sm")
    assert s.list_arguments() == ["x", "sm_label"]
    grad = mx.nd.zeros((2, 2))
    values = {"x": mx.nd.array([[0, 0], [1, 1]]), "sm_label": mx.nd.array([0, 1])}
    executor = s.bind(mx.cpu(), values, {"x": grad})
    assert executor.forward(is_train=True)[0].asnumpy().tolist() == [[0.5, 0.5]] * 2
    executor.backward()
    assert grad.asnumpy().tolist() == [[-0.5, 0.5], [0.5, -0.5]]


def test_ndarray_operators():
    with pytest.warns(UserWarning, match="CustomOp"):
        double = Double()
    with mx.name.NameManager():
        s = double(mx.sym.var("x"))
    assert s.name == "_ndarray0"
    grad = mx.nd.zeros(2)
    executor = s.bind(mx.cpu(), {"x": mx.nd.array([1, 2])}, {"x": grad})
    assert executor.forward(is_train=True)[0].asnumpy().tolist() == [2, 4]
    executor.backward([mx.nd.ones(2)])
    assert grad.asnumpy().tolist() == [2, 2]


def test_the_base_of_the_older_ones_is_no_operator():
    with pytest.warns(UserWarning), pytest.raises(MXNetError, match="NumpyOp"):
        mx.operator.PythonOp()(mx.sym.var("x"))


def test_what_is_registered():
    listed = mx.operator.get_all_registered_operators()
    assert {"Convolution", "elemwise_add", "_plus", "Custom", "_foreach"} <= set(listed)
    for name in listed:
        if name not in ("_CustomFunction", "_foreach", "_while_loop", "_cond"):
            found = mx.operator.get_operator_arguments(name)
            assert found.narg == len(found.names) == len(found.types)


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("exp", []),
        ("Activation", ["{'relu', 'sigmoid', 'softrelu', 'softsign', 'tanh'}, required"]),
        (
            "sum",
            [
                "Shape or None, optional, default=None",
                *["boolean, optional, default=0"] * 2,
            ],
        ),
        ("clip", ["float, required"] * 2),
    ],
)
def test_types_as_mxnet_describes_them(name, types):
    """Source: MXNet 1.6's own answers."""
    found = mx.operator.get_operator_arguments(name)
    assert found.types == ["NDArray-or-Symbol", *types]


def test_unknown_operators():
    with pytest.raises(MXNetError, match="no operator") as caught:
        mx.operator.get_operator_arguments("Activatoin")
    assert "Activation" in caught.value.hint
