"""The nonlinear functions between layers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mxbook as mx
from mxbook import init, nd
from mxbook.base.errors import ParameterError
from mxbook.gluon import nn

ARRAYS = hnp.arrays("float32", (3, 4), elements=st.floats(-5, 5, width=32))
SELU = (1.0507009873554805, 1.6732632423543772)


def gelu(x):
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / np.sqrt(2)))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


FUNCTIONS = [
    (nn.Activation("relu"), lambda x: np.maximum(x, 0)),
    (nn.Activation("sigmoid"), sigmoid),
    (nn.Activation("tanh"), np.tanh),
    (nn.Activation("softrelu"), lambda x: np.log1p(np.exp(x))),
    (nn.Activation("softsign"), lambda x: x / (1 + np.abs(x))),
    (nn.LeakyReLU(0.1), lambda x: np.where(x > 0, x, 0.1 * x)),
    (nn.PReLU(init.Constant(0.3)), lambda x: np.where(x > 0, x, 0.3 * x)),
    (nn.ELU(0.7), lambda x: np.where(x > 0, x, 0.7 * np.expm1(x))),
    (nn.SELU(), lambda x: SELU[0] * np.where(x > 0, x, SELU[1] * np.expm1(x))),
    (nn.GELU(), gelu),
    (nn.Swish(1.5), lambda x: x * sigmoid(1.5 * x)),
]


@pytest.mark.parametrize(("layer", "function"), FUNCTIONS, ids=lambda f: type(f).__name__)
@given(x=ARRAYS)
def test_values(layer, function, x):
    layer.initialize(force_reinit=True)
    expected = function(x.astype("float64"))
    np.testing.assert_allclose(layer(nd.array(x)).asnumpy(), expected, rtol=1e-4, atol=1e-5)
    symbolic = layer(mx.sym.var("x"))
    values = {p.name: p.data() for p in layer.collect_params().values()}
    found = symbolic.eval(x=nd.array(x), **values)[0].asnumpy()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_the_slope_of_prelu_is_learned():
    layer = nn.PReLU()
    layer.initialize()
    with mx.autograd.record():
        y = layer(nd.array([[-2, 3]]))
    y.backward()
    assert layer.alpha.data().asscalar() == 0.25
    assert layer.alpha.grad().asscalar() == -2


def test_names_texts_and_bad_arguments():
    assert nn.Activation("relu")._alias() == "relu"
    assert nn.Activation("relu")._act_type == "relu"
    assert repr(nn.Activation("tanh")) == "Activation(tanh)"
    assert repr(nn.LeakyReLU(0.2)) == "LeakyReLU(0.2)"
    with pytest.raises(ParameterError):
        nn.LeakyReLU(-1)
    with pytest.raises(ParameterError):
        nn.Activation("rectify")(nd.ones(1))
