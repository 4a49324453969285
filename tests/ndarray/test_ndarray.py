"""The class: creation, arithmetic, conversions, printing, pickling, contexts."""

import inspect
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mxbook as mx
from mxbook import nd
from mxbook.base.dtypes import CODES
from mxbook.base.errors import ContextError, DTypeError, MXNetError, ShapeError

NUMBERS = st.floats(-100, 100, width=32)
ARRAYS = hnp.arrays("float32", hnp.array_shapes(max_dims=3, max_side=4), elements=NUMBERS)
DUNDERS = [
    "__add__",
    "__sub__",
    "__mul__",
    "__eq__",
    "__ne__",
    "__gt__",
    "__ge__",
    "__lt__",
    "__le__",
]


@given(ARRAYS)
def test_values_go_in_and_out_unchanged(a):
    assert (nd.array(a).asnumpy() == a).all()
    assert nd.array(a.tolist()).shape == a.shape


@given(ARRAYS, st.sampled_from(sorted(CODES)))
def test_element_types(a, name):
    x = nd.array(a.astype(name), dtype=name)
    assert x.dtype is np.dtype(name).type
    assert (x.asnumpy() == a.astype(name)).all()
    assert (x.asnumpy().dtype) == np.dtype(name)


@given(ARRAYS, st.sampled_from(DUNDERS), st.data())
def test_operators_agree_with_numpy(a, dunder, data):
    b = data.draw(hnp.arrays("float32", a.shape, elements=NUMBERS))
    number = data.draw(NUMBERS)
    x, y = nd.array(a), nd.array(b)
    for found, expected in (
        (getattr(x, dunder)(y), getattr(a, dunder)(b)),
        (getattr(x, dunder)(number), getattr(a, dunder)(np.float32(number))),
    ):
        assert found.dtype is np.float32
        np.testing.assert_allclose(found.asnumpy(), expected.astype("float32"), rtol=1e-6)


@given(ARRAYS, st.floats(0.5, 10, width=32))
def test_numbers_on_the_left(a, number):
    x = nd.array(a)
    np.testing.assert_allclose((number - x).asnumpy(), np.float32(number) - a, rtol=1e-6)
    np.testing.assert_allclose((number * x).asnumpy(), np.float32(number) * a, rtol=1e-6)
    positive = nd.array(abs(a) + 1)
    np.testing.assert_allclose((number / positive).asnumpy(), number / (abs(a) + 1), rtol=1e-5)
    np.testing.assert_allclose(
        (number ** x.clip(-2, 2)).asnumpy(), number ** a.clip(-2, 2), rtol=1e-4
    )


@given(ARRAYS, NUMBERS)
def test_in_place_operators_keep_the_array(a, number):
    x = nd.array(a)
    kept, view = x, x.reshape(-1)
    x += number
    x *= nd.array(a)
    x -= 1
    assert x is kept
    expected = (a + np.float32(number)) * a - 1
    np.testing.assert_allclose(x.asnumpy(), expected, rtol=1e-4, atol=1e-3)
    assert (view.asnumpy() == x.asnumpy().reshape(-1)).all()


@given(hnp.mutually_broadcastable_shapes(num_shapes=2, min_dims=1, max_dims=3, max_side=3))
def test_stretching_and_its_gradient(shapes):
    x, y = (nd.array(np.ones(s)) for s in shapes.input_shapes)
    x.attach_grad()
    y.attach_grad()
    with mx.autograd.record():
        z = x + y * 2
    z.backward()
    assert z.shape == shapes.result_shape
    for array, factor in ((x, 1), (y, 2)):
        assert (array.grad.asnumpy() == factor * z.size / array.size).all()


def test_what_cannot_be_stretched():
    with pytest.raises(ShapeError, match="broadcast"):
        nd.ones((2, 3)) + nd.ones((2,))


def test_what_cannot_be_a_side():
    x = nd.ones((3,))
    for other in (np.ones(3), None, "a", [1, 2, 3], mx.sym.var("x")):
        with pytest.raises(TypeError):
            x + other
    with pytest.raises(TypeError):
        np.ones(3) + x
    with pytest.raises(DTypeError, match="element types"):
        x + nd.ones((3,), dtype="int32")
    with pytest.raises(ContextError, match="different devices"):
        x + nd.ones((3,), ctx=mx.cpu(1))


def test_methods_name_their_sides_as_mxnet_does():
    for name in (*DUNDERS, "__radd__", "__rpow__", "__iadd__", "__truediv__"):
        assert list(inspect.signature(getattr(nd.NDArray, name)).parameters) == ["self", "other"]
    assert list(inspect.signature(nd.NDArray.__neg__).parameters) == ["self"]
    assert nd.power(base=nd.array([3]), exp=2).asscalar() == nd.power(3, 2) == 9


@pytest.mark.parametrize("name", ["uint8", "int8", "int32", "int64"])
def test_whole_numbers_keep_their_type(name):
    x = nd.array([7, 2, 0], dtype=name)
    y = nd.array([2, 5, 3], dtype=name)
    assert (x / y).asnumpy().tolist() == [3, 0, 0]
    assert (x / y).dtype is np.dtype(name).type
    assert (x + 1.9).asnumpy().tolist() == [8, 3, 1]
    assert (x % y).asnumpy().tolist() == [1, 2, 0]
    assert (x**2).asnumpy().tolist() == [49, 4, 0]


def test_printing_is_mxnets():
    assert repr(nd.array([[1, 2.5]])) == "\n[[1.  2.5]]\n<NDArray 1x2 @cpu(0)>"
    assert str(nd.zeros((1,), mx.cpu(1))) == "\n[0.]\n<NDArray 1 @cpu(1)>"
    assert repr([nd.ones(1, dtype="int32")]) == "[\n[1]\n<NDArray 1 @cpu(0)>]"


@given(ARRAYS, st.sampled_from(["float16", "int32", "uint8"]))
def test_pickling(a, dtype):
    x = nd.array(a, ctx=mx.cpu(2)).astype(dtype)
    y = pickle.loads(pickle.dumps(x))
    assert y.context == mx.cpu(2) and y.dtype is x.dtype
    assert (y.asnumpy() == x.asnumpy()).all()


def test_scalars_truth_and_length():
    assert (
        nd.array([3]).asscalar() == 3.0 and float(nd.array([[2]])) == 2 and int(nd.array([4])) == 4
    )
    assert bool(nd.array([1])) and not bool(nd.array([0])) and not bool(nd.zeros((0, 2)))
    assert len(nd.zeros((5, 2))) == 5
    for bad in (lambda: bool(nd.ones(2)), lambda: nd.ones(2).asscalar()):
        with pytest.raises(ValueError):
            bad()
    with pytest.raises(TypeError):
        [1, 2][nd.array([1.0])]


def test_contexts_and_copies():
    x = nd.array([1, 2])
    y = x.copyto(mx.cpu(1))
    assert y.context == mx.cpu(1) and x.context == mx.cpu(0)
    assert x.as_in_context(mx.cpu(0)) is x
    z = nd.zeros((2,), ctx=mx.cpu(2), dtype="float64")
    assert y.copyto(z) is z and z.asnumpy().tolist() == [1, 2] and z.dtype is np.float64
    with pytest.raises(ShapeError):
        x.copyto(nd.zeros((3,)))
    with mx.Context("cpu", 3):
        assert nd.zeros((1,)).context == mx.cpu(3)
        assert (x + 1).context == mx.cpu(0)
    assert mx.current_context() == mx.cpu(0)


def test_the_gradient_crosses_devices():
    x = nd.array([1, 2])
    x.attach_grad()
    with mx.autograd.record():
        y = x.as_in_context(mx.cpu(1)) * 3
    y.backward()
    assert x.grad.asnumpy().tolist() == [3, 3] and x.grad.context == mx.cpu(0)


def test_out_must_fit_and_is_otherwise_untouched():
    x, out = nd.ones((2, 2)), nd.zeros((2, 3))
    for bad in (out, nd.zeros((2, 2), dtype="int32"), [nd.zeros((2, 2))] * 2):
        with pytest.raises(MXNetError):
            nd.exp(x, out=bad)
    assert (out.asnumpy() == 0).all()
    target = nd.zeros((2, 2))
    assert nd.exp(x, out=target) is target


def test_creation():
    assert nd.arange(5).asnumpy().tolist() == [0, 1, 2, 3, 4]
    assert nd.full((2,), 3, dtype="int32").asnumpy().tolist() == [3, 3]
    assert nd.empty(3).shape == (3,)
    assert nd.eye(2, 3, 1).asnumpy().tolist() == [[0, 1, 0], [0, 0, 1]]
    assert nd.linspace(0, 1, 5).asnumpy().tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert nd.concatenate([nd.ones((1, 2)), nd.zeros((1, 2))]).shape == (2, 2)
    assert nd.array(nd.ones(2, dtype="int32")).dtype is np.int32
    assert nd.array([nd.array([1]), nd.array([2])]).shape == (2, 1)


def test_from_numpy_shares_memory_and_locks_the_source():
    source = np.ones((2, 2), "float32")
    x = nd.from_numpy(source)
    with pytest.raises(ValueError):
        source[0] = 2
    assert (x + 1).asnumpy().tolist() == [[2, 2], [2, 2]]


def test_parameters_are_checked_at_the_call():
    x = nd.ones((2, 3))
    with pytest.raises(MXNetError, match="keepdim") as caught:
        nd.sum(x, keepdim=True)
    assert caught.value.hint == "did you mean keepdims?"
    with pytest.raises(MXNetError, match="needs the parameter 'num_hidden'"):
        nd.FullyConnected(x, x)
    with pytest.raises(MXNetError, match="cannot be 'three'"):
        nd.sum(x, axis="three")
