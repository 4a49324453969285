import numpy as np
import pytest

import mxbook as mx
from mxbook import test_utils as tu


@pytest.fixture
def dense():
    return mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="fc")


def settings(*types):
    return [{"ctx": mx.cpu(), "data": (2, 3), "type_dict": {"data": np.dtype(t)}} for t in types]


def test_the_same_in_all_types(dense):
    given = {}
    found = tu.check_consistency(
        dense, settings("float16", "float64", "float32"), scale=0.5, arg_params=given
    )
    assert set(found) == {"fc_output", "data", "fc_weight", "fc_bias"}
    assert found["fc_output"].dtype is np.float64
    right = given["data"] @ given["fc_weight"].T + given["fc_bias"]
    np.testing.assert_allclose(found["fc_output"].asnumpy(), right, rtol=1e-6)
    assert set(tu.check_consistency(dense, settings("float32", "float64"), grad_req="null")) == {
        "fc_output"
    }


def test_arguments_and_states_are_used():
    bn = mx.sym.BatchNorm(mx.sym.var("data"), name="bn", fix_gamma=True)
    params = {"data": np.ones((2, 3)), "bn_gamma": np.ones(3), "bn_beta": np.zeros(3)}
    aux = {"bn_moving_mean": 1, "bn_moving_var": 1}
    found = tu.check_consistency(
        bn, settings("float32", "float32"), grad_req="null", arg_params=params, aux_params=aux
    )
    assert tu.almost_equal(found["bn_output"], np.zeros((2, 3)), atol=1e-3)


def wrong(data, factor):
    return mx.sym._internal._mul_scalar(data, scalar=factor, name="out")


def test_a_difference_is_found(capsys):
    data = mx.sym.var("data")
    symbols = [wrong(data, 1), wrong(data, 1.01)]
    with pytest.raises(AssertionError, match="Predict Err: ctx 0 vs ctx 1 at out_output"):
        tu.check_consistency(symbols, settings("float32", "float64"))
    tu.check_consistency(symbols, settings("float32", "float64"), raise_on_err=False)
    printed = capsys.readouterr().out
    assert "Train Err: ctx 0 vs ctx 1 at data" in printed
    tu.check_consistency(symbols, settings("float32", "float64"), tol=0.1)
    tu.check_consistency(symbols, settings("float32", "float64"), tol={"float32": 0.1})
    truth = {"out_output": np.zeros((2, 3))}
    with pytest.raises(AssertionError):
        tu.check_consistency(symbols, settings("float32", "float64"), ground_truth=truth)


def test_nothing_to_compare(dense):
    for symbols, types in ((dense, ["float32"]), ([dense], ["float32"] * 2)):
        with pytest.raises(ValueError, match="nothing to compare"):
            tu.check_consistency(symbols, settings(*types))
    other = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="other")
    with pytest.raises(ValueError, match="list_outputs"):
        tu.check_consistency([dense, other], settings("float32", "float32"))


@pytest.mark.parametrize("g_stype", ["default", "row_sparse"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_optimizers(dtype, g_stype):
    def sgd(momentum):
        return mx.optimizer.SGD(learning_rate=0.1, momentum=momentum)

    w_stype = g_stype
    tu.compare_optimizer(sgd(0.9), sgd(0.9), (4, 3), dtype, w_stype, g_stype)
    np.random.seed(1)
    other = mx.optimizer.SGD(learning_rate=0.2, momentum=0.9)
    with pytest.raises(AssertionError):
        tu.compare_optimizer(sgd(0.9), other, (20, 3), dtype, w_stype, g_stype)


def test_states_are_compared():
    adam = mx.optimizer.Adam(learning_rate=0)
    slower = mx.optimizer.Adam(learning_rate=0, beta1=0.5)
    tu.compare_optimizer(adam, slower, (3, 2), "float32", compare_states=False)
    with pytest.raises(AssertionError):
        tu.compare_optimizer(adam, slower, (3, 2), "float32")
