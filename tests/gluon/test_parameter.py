"""Parameters: shapes, initialisation now or later, devices, gradients."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import autograd, gluon, init
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.gluon import Constant, DeferredInitializationError, Parameter

SHAPES = st.lists(st.integers(0, 4), min_size=1, max_size=3).map(tuple)
TWO = [mx.cpu(0), mx.cpu(1)]


def ready(shape=(2, 3), ctx=None, **kwargs):
    parameter = Parameter("w", shape=shape, **kwargs)
    parameter.initialize(init.One(), ctx=ctx)
    return parameter


@given(SHAPES, SHAPES)
def test_a_shape_may_only_become_more_known(old, new):
    parameter = Parameter("w", shape=old)
    if len(old) == len(new) and all(a in (0, b) for a, b in zip(old, new, strict=True)):
        parameter.shape = new
        assert parameter.shape == new
    else:
        with pytest.raises(ShapeError, match="'w' cannot take the shape"):
            parameter.shape = new
        assert parameter.shape == old


@given(SHAPES)
def test_unknown_lengths_put_initialisation_off(shape):
    parameter = Parameter("w", shape=shape, allow_deferred_init=True)
    parameter.initialize(init.Constant(3), ctx=TWO)
    assert parameter.list_ctx() == TWO
    known = tuple(d or 2 for d in shape)
    if 0 in shape:
        for ask in (parameter.data, parameter.grad, parameter.list_data):
            with pytest.raises(DeferredInitializationError):
                ask()
        parameter.shape = known
        parameter._finish_deferred_init()
    for array in parameter.list_data():
        assert (array.asnumpy() == np.full(known, 3)).all()


def test_where_unknown_lengths_are_not_allowed():
    with pytest.raises(ParameterError, match=r"shape is \(2, 0\)"):
        Parameter("w", shape=(2, 0)).initialize()
    with pytest.raises(ParameterError):
        Parameter("w").initialize()
    parameter = Parameter("w", allow_deferred_init=True)
    parameter.initialize()
    with pytest.raises(ShapeError, match="in_units"):
        parameter._finish_deferred_init()


def test_before_initialize():
    parameter = Parameter("w", shape=(2,))
    asks = (
        parameter.data,
        parameter.grad,
        parameter.list_data,
        parameter.list_grad,
        parameter.list_ctx,
        lambda: parameter.set_data(mx.nd.ones(2)),
    )
    for ask in asks:
        with pytest.raises(RuntimeError, match="has not been initialized") as caught:
            ask()
        assert type(caught.value) is RuntimeError  # MXNet's type
    with pytest.raises(ParameterError):
        parameter.reset_ctx(mx.cpu(1))
    parameter.zero_grad()  # nothing to do


def test_the_error_says_where_the_parameter_was_made():
    parameter = Parameter("w", shape=(2,))
    with pytest.raises(RuntimeError, match=r"test_parameter.py, line \d+:  parameter = Parameter"):
        parameter.data()


def test_devices():
    parameter = ready(ctx=TWO)
    assert [a.context for a in parameter.list_data()] == TWO
    assert [g.context for g in parameter.list_grad()] == TWO
    assert parameter.data(mx.cpu(1)).context == mx.cpu(1)
    with mx.cpu(1):
        assert parameter.data().context == mx.cpu(1)
    with pytest.raises(RuntimeError, match=r"not initialized on context cpu\(2\)"):
        parameter.data(mx.cpu(2))
    parameter.reset_ctx(mx.cpu(2))
    assert parameter.list_ctx() == [mx.cpu(2)]
    assert (parameter.data().asnumpy() == 1).all()


def test_reset_ctx_averages_the_copies_and_waits_like_initialize():
    parameter = ready(ctx=TWO)
    parameter.list_data()[1][:] = 3
    assert (parameter._reduce().asnumpy() == 2).all()
    waiting = Parameter("w", shape=(0,), allow_deferred_init=True)
    waiting.initialize()
    waiting.reset_ctx(TWO)
    assert waiting.list_ctx() == TWO


def test_which_initializer_counts():
    own = Parameter("w", shape=(2,), init=init.Constant(2))
    own.initialize(default_init=init.Constant(3))
    assert (own.data().asnumpy() == 2).all()
    own.initialize(init.Constant(4), force_reinit=True)
    assert (own.data().asnumpy() == 4).all()
    other = Parameter("w", shape=(2,))
    other.initialize(default_init="ones")
    assert (other.data().asnumpy() == 1).all()
    other.initialize(default_init=init.Mixed(["w"], [init.One()._init_weight]), force_reinit=True)
    assert (other.data().asnumpy() == 1).all()
    other.initialize(default_init=init.Load({"w": mx.nd.array([5, 6])}), force_reinit=True)
    assert other.data().asnumpy().tolist() == [5, 6]


def test_a_second_initialize_is_ignored():
    parameter = ready()
    before = parameter.data()
    with pytest.warns(UserWarning, match="already initialized"):
        parameter.initialize()
    assert parameter.data() is before


@pytest.mark.parametrize("ctx", [None, TWO])
def test_set_data(ctx):
    parameter = ready(ctx=ctx)
    parameter.set_data(mx.nd.full((2, 3), 7))
    assert all((d.asnumpy() == 7).all() for d in parameter.list_data())
    with pytest.raises(ShapeError):
        parameter.set_data(mx.nd.ones((3, 3)))
    waiting = Parameter("w", shape=(0,), allow_deferred_init=True)
    waiting.initialize(ctx=ctx)
    waiting.set_data(mx.nd.array([1, 2]))
    waiting._finish_deferred_init()
    assert waiting.list_data()[-1].asnumpy().tolist() == [1, 2]


@pytest.mark.parametrize(("req", "expected"), [("write", 2), ("add", 4), ("null", None)])
def test_grad_req(req, expected):
    parameter = ready(grad_req=req)
    x = mx.nd.ones((2, 3))
    x.attach_grad()
    for _ in range(2):
        with autograd.record():
            y = parameter.data() * x * 2
        y.backward()
    if expected is None:
        with pytest.raises(RuntimeError, match="grad_req='null'"):
            parameter.grad()
    else:
        assert (parameter.grad().asnumpy() == expected).all()
        parameter.zero_grad()
        assert (parameter.grad().asnumpy() == 0).all()


def test_changing_grad_req():
    parameter = ready()
    parameter.grad_req = "null"
    with autograd.record():
        y = parameter.data() * 2
    assert y._entry is None
    parameter.grad_req = "add"
    assert (parameter.grad().asnumpy() == 0).all()
    with pytest.raises(ParameterError):
        parameter.grad_req = "sometimes"
    fixed = Parameter("w", shape=(1,), differentiable=False)
    fixed.grad_req = "write"
    assert fixed.grad_req == "null"


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_cast(dtype):
    parameter = ready(ctx=TWO)
    parameter.cast(dtype)
    assert all(a.dtype == np.dtype(dtype) for a in parameter.list_data() + parameter.list_grad())
    with autograd.record():
        y = parameter.data(mx.cpu(0)) * 2
    y.backward()
    assert (parameter.grad(mx.cpu(0)).asnumpy() == 2).all()
    later = Parameter("w", shape=(2,))
    later.dtype = dtype
    later.initialize()
    assert later.data().dtype == np.dtype(dtype)


def test_a_parameter_as_symbol():
    variable = Parameter("w", shape=(2, 0), lr_mult=2, init="ones").var()
    assert variable.name == "w"
    attributes = variable.attr_dict()["w"]
    assert attributes["__shape__"] == "(2, 0)"
    assert attributes["__lr_mult__"] == "2"
    assert attributes["__init__"] == "ones"


def test_storage_types():
    parameter = ready()
    for ask in (parameter.row_sparse_data, parameter.list_row_sparse_data):
        with pytest.raises(RuntimeError, match="storage type is default"):
            ask(mx.nd.ones(1))
    for wrong in ({"stype": "dens"}, {"grad_stype": "sparse"}):
        with pytest.raises(ParameterError, match="default, row_sparse, csr"):
            Parameter("w", **wrong)


def test_texts():
    assert (
        repr(Parameter("w", shape=3)) == "Parameter w (shape=(3,), dtype=<class 'numpy.float32'>)"
    )
    c = Constant("c", [[1, 2]])
    assert repr(c) == "Constant c (shape=(1, 2), dtype=<class 'numpy.float32'>)"


def test_constants():
    c = Constant("c", [[1, 2]])
    c.initialize(init.One(), ctx=TWO)
    assert c.data(mx.cpu(1)).asnumpy().tolist() == [[1, 1]]  # an explicit initializer counts
    c.initialize(ctx=TWO, force_reinit=True)
    assert c.data(mx.cpu(1)).asnumpy().tolist() == [[1, 2]]
    with pytest.warns(UserWarning, match="does not support grad_req"):
        c.grad_req = "write"
    assert c.grad_req == "null"


def test_copies_and_pickles():
    for again in (pickle.loads(pickle.dumps(ready())), copy.deepcopy(ready())):
        assert (again.data().asnumpy() == 1).all()
        assert again.name == "w"


def test_loaded_values():
    parameter = ready()
    with pytest.raises(ShapeError):
        parameter._load_init(mx.nd.ones((3, 2)), None)
    with pytest.raises(DTypeError, match="cast_dtype"):
        parameter._load_init(mx.nd.ones((2, 3), dtype="float16"), None)
    with pytest.raises(ParameterError, match="current or saved"):
        parameter._load_init(mx.nd.ones((2, 3), dtype="float16"), None, True, "mine")
    with pytest.raises(ParameterError, match="cannot be loaded to"):
        parameter._load_init(mx.nd.ones((2, 3)), mx.cpu(4))
    parameter._load_init(mx.nd.full((2, 3), 5, dtype="float64"), None, True)
    assert (parameter.data().dtype, parameter.data().asnumpy()[0, 0]) == (np.float32, 5)
    parameter._load_init(mx.nd.full((2, 3), 6, dtype="float64"), None, True, "saved")
    assert (parameter.data().dtype, parameter.data().asnumpy()[0, 0]) == (np.float64, 6)
    fresh = gluon.Parameter("w", shape=(0, 3))
    fresh._load_init(mx.nd.ones((2, 3)), mx.cpu(1))
    assert fresh.list_ctx() == [mx.cpu(1)]
    assert fresh.shape == (2, 3)
