"""What all optimizers share: the register, rates, decay, counting, mixed precision."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import optimizer as opt
from mxbook.base.errors import DTypeError, MXNetError, ParameterError
from mxbook.gluon import Parameter
from mxbook.lr_scheduler import FactorScheduler

NAMES = {0: "a_weight", 1: "a_bias", 2: "a_gamma", 3: "a_beta"}
FACTORS = st.dictionaries(st.sampled_from(list(NAMES.values())), st.floats(0, 10))


def test_create_by_name_in_any_case():
    assert type(opt.create("SGD", learning_rate=0.5)) is opt.SGD
    made = opt.Adam()
    assert opt.create(made) is made
    with pytest.raises(ParameterError, match="did you mean adam"):
        opt.create("adamm")
    with pytest.raises(ParameterError):
        opt.create(3)
    with pytest.raises(DTypeError):
        opt.register(int)


@given(FACTORS, FACTORS, st.floats(1e-4, 1), st.floats(0, 1))
def test_multipliers_by_name(lr_mult, wd_mult, lr, wd):
    made = opt.SGD(learning_rate=lr, wd=wd, param_idx2name=NAMES)
    assert made._get_wds(list(NAMES)) == [wd, 0, wd, 0]
    made.set_lr_mult(lr_mult)
    made.set_wd_mult(wd_mult)
    start = {"a_weight": 1.0, "a_bias": 0.0, "a_gamma": 1.0, "a_beta": 0.0}
    for index, name in NAMES.items():
        assert made._get_lr(index) == lr * lr_mult.get(name, 1.0)
        assert made._get_wd(index) == wd * wd_mult.get(name, start[name])


def test_multipliers_of_parameters_and_symbols():
    parameters = {0: Parameter("p", lr_mult=3, wd_mult=4)}
    made = opt.SGD(learning_rate=1, wd=1, param_dict=parameters)
    assert (made._get_lr(0), made._get_wd(0), made._get_lr(1)) == (3, 4, 1)
    variable = mx.sym.var("w_weight", lr_mult=2, wd_mult=5)
    made = opt.SGD(learning_rate=1, wd=1, sym=variable, param_idx2name={0: "w_weight"})
    assert (made._get_lr(0), made._get_wd(0)) == (2, 5)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1))), st.integers(0, 5))
def test_updates_are_counted_for_each_device(updates, begin):
    made = opt.SGD(begin_num_update=begin)
    counts = {}
    for index, device in updates:
        made._set_current_context(device)
        made._update_count(index)
        counts[device, index] = counts.get((device, index), begin) + 1
        assert made._index_update_count[index] == counts[device, index]
    assert made.num_update == max([begin, *counts.values()])


def test_learning_rate():
    made = opt.SGD()
    assert made.learning_rate == 0.01
    made.set_learning_rate(0.5)
    assert made.learning_rate == 0.5
    schedule = FactorScheduler(1, 0.5, base_lr=0.3)
    with pytest.warns(UserWarning, match="overwritten"):
        made = opt.SGD(learning_rate=0.8, lr_scheduler=schedule)
    made._update_count([0, 0])
    assert made.learning_rate == pytest.approx(0.4)
    with pytest.raises(ParameterError):
        made.set_learning_rate(1)
    with pytest.raises(ParameterError):
        made.set_lr_scale({})


def test_an_optimizer_of_ones_own():
    @opt.register
    class Sign(opt.Optimizer):
        def update(self, index, weight, grad, state):
            self._update_count(index)
            weight[:] -= self._get_lr(index) * mx.nd.sign(grad)

    made, weight = opt.create("sign", learning_rate=0.5), mx.nd.array([1, 1])
    made.update(0, weight, mx.nd.array([3, -2]), made.create_state(0, weight))
    assert weight.asnumpy().tolist() == [0.5, 1.5]
    with pytest.raises(MXNetError, match="must define"):
        opt.Optimizer().update(0, weight, weight, None)
    with pytest.raises(DTypeError):
        opt.Optimizer(param_idx2name=["w"])


@pytest.mark.parametrize("name", ["sgd", "nag", "adam", "rmsprop", "adagrad"])
def test_mixed_precision_follows_float32(name):
    options = {"learning_rate": 0.01, "momentum": 0.9} if name in ("sgd", "nag") else {}
    half, single = opt.create(name, multi_precision=True, **options), opt.create(name, **options)
    start = np.array([1.0, -2.0], "float32")
    w16, w32 = mx.nd.array(start, dtype="float16"), mx.nd.array(start)
    s16 = half.create_state_multi_precision(0, w16)
    s32 = single.create_state_multi_precision(0, w32)
    for _ in range(50):
        # In float16 alone these steps would be lost: 1 - 1e-4 is 1.
        gradient = np.array([0.0078125, -0.0078125], "float32")
        half.update_multi_precision(0, w16, mx.nd.array(gradient, dtype="float16"), s16)
        single.update_multi_precision(0, w32, mx.nd.array(gradient), s32)
    assert (w16.asnumpy() == w32.asnumpy().astype("float16")).all()
    assert (w16.asnumpy() != start).all()


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_half_precision_alone_is_warned_about(name):
    made, weight = opt.create(name), mx.nd.ones(2, dtype="float16")
    with pytest.warns(UserWarning, match="multi_precision"):
        state = made.create_state_multi_precision(0, weight)
    made.update_multi_precision(0, weight, weight.copy(), state)
    assert (weight.asnumpy() < 1).all()


def test_pickling_leaves_the_parameters_out():
    made = opt.SGD(param_dict={0: Parameter("p")}, momentum=0.5)
    made._update_count([0, 0])
    again = pickle.loads(pickle.dumps(made))
    assert (again.momentum, again.param_dict) == (0.5, {})
    again._update_count(0)
    assert again.num_update == 3
