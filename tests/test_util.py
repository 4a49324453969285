"""NumPy's semantics of shapes, folders, and GPUs."""

import functools
import threading

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import DeviceError, ParameterError, ShapeError


@pytest.fixture(autouse=True)
def semantics():
    """Each test begins and ends with MXNet's semantics."""
    mx.util.reset_np()
    yield
    mx.util.reset_np()


def test_on_and_off():
    assert mx.util.set_np_shape(True) is False
    assert mx.util.set_np_shape(True) is True
    assert mx.util.is_np_shape()
    assert mx.util.set_np_shape(False) is True
    assert not mx.util.is_np_shape()
    with pytest.raises(ParameterError, match="np_shape"):
        mx.util.set_np_shape("yes")


def test_each_thread_has_its_own():
    mx.util.set_np_shape(True)
    seen = []
    thread = threading.Thread(target=lambda: seen.append(mx.util.is_np_shape()))
    thread.start()
    thread.join()
    assert seen == [False]


def test_scopes():
    with mx.util.np_shape():
        with mx.util.np_shape(False):
            assert not mx.util.is_np_shape()
        assert mx.util.is_np_shape()
    scope = mx.np_shape(True)
    with scope, scope:
        pass
    assert not mx.util.is_np_shape()


def test_decorators():
    @mx.util.use_np_shape
    def inside():
        return mx.util.is_np_shape()

    @mx.util.use_np_shape
    class Inside:
        size = 3

        def method(self):
            return mx.util.is_np_shape()

        @property
        def value(self):
            """A value."""
            return mx.util.is_np_shape()

    assert inside()
    assert inside.__name__ == "inside"
    assert Inside().method()
    assert Inside().value
    assert Inside.value.__doc__ == "A value."
    assert not mx.util.is_np_shape()
    with pytest.raises(TypeError, match="use_np_shape"):
        mx.util.use_np_shape(3)


def test_indexing():
    x = mx.nd.array([[1, 2], [3, 4]])
    assert x[0, 1].shape == (1,)
    with mx.util.np_shape():
        assert x[0, 1].shape == ()
        assert x[0, 1].asscalar() == 2
        x.attach_grad()
        with mx.autograd.record():
            y = x[1, 0] * 2
        y.backward()
    assert x.grad.asnumpy().tolist() == [[0, 0], [2, 0]]


def test_shapes_of_symbols():
    a, b = mx.sym.var("a", shape=(0, 3)), mx.sym.var("b")
    assert (a + b).infer_shape(b=(2, 3))[0] == [(2, 3), (2, 3)]
    assert (a + b).infer_shape(b=(0, 3)) == (None, None, None)
    product = mx.sym.FullyConnected(b, num_hidden=3, name="fc")
    assert product.infer_shape_partial(b=(0, 4))[1] == [(0, 3)]
    with mx.util.np_shape():
        assert (a + b).infer_shape(b=(0, 3))[1] == [(0, 3)]
        assert product.infer_shape_partial(b=(-1, 4))[1] == [(-1, 3)]
        assert product.infer_shape_partial()[1] == [None]
        assert mx.sym.exp(b).infer_shape(b=())[1] == [()]
        with pytest.raises(ShapeError):
            (a + b).infer_shape(b=(2, 3))


def test_arrays_of_numpy_are_not_there_yet(monkeypatch):
    monkeypatch.setattr(mx.util, "find_spec", lambda name: None)
    for use in (mx.util.set_np, lambda: mx.util.np_array().__enter__(), mx.util.use_np(lambda: 1)):
        with pytest.raises(ParameterError, match="NumPy's"):
            use()
    mx.util.set_np(array=False)
    assert (mx.util.is_np_shape(), mx.util.is_np_array()) == (True, False)


def test_arrays_of_numpy(monkeypatch):
    monkeypatch.setattr(mx.util, "find_spec", lambda name: True)
    with pytest.raises(ParameterError, match="required"):
        mx.util.set_np(shape=False)
    mx.util.set_np()
    assert mx.util.is_np_array()
    with pytest.raises(ParameterError, match="cannot lose"):
        mx.util.set_np_shape(False)
    mx.util.reset_np()
    assert mx.util.use_np(lambda: (mx.util.is_np_shape(), mx.util.is_np_array()))() == (True, True)


def test_folders_and_devices(tmp_path):
    for _ in range(2):
        mx.util.makedirs(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    assert mx.util.get_gpu_count() == mx.context.num_gpus()
    with pytest.raises(ParameterError, match="gpu context"):
        mx.util.get_cuda_compute_capability(mx.cpu())


def test_gpus(strict_gpu):
    assert mx.util.get_gpu_count() == 2
    free, total = mx.util.get_gpu_memory(0)
    assert 0 < free <= total
    with pytest.raises(DeviceError):
        mx.util.get_gpu_memory(7)


def test_wrapping():
    wrapped = mx.util.wraps_safely(functools.partial(max, 3))(lambda x: x)
    assert wrapped(2) == 2
    assert mx.util.set_module("other.place")(lambda: 1).__module__ == "other.place"
    assert mx.util.set_module(None)(lambda: 1).__module__ == __name__


def test_arguments_of_numpy():
    legal = mx.util.np_ufunc_legal_option
    yes = [("where", True), ("subok", True), ("order", "K"), ("casting", "no"), ("dtype", np.int32)]
    no = [("where", 1), ("order", "X"), ("casting", "x"), ("dtype", "float128"), ("axis", 0)]
    assert all(legal(*option) for option in yes)
    assert not any(legal(*option) for option in no)
    one = mx.util.wrap_np_unary_func(lambda x, out=None: -x)
    two = mx.util.wrap_np_binary_func(lambda x1, x2, out=None: x1 - x2)
    assert (one(3, where=True, casting="same_kind"), two(3, 1, order="K")) == (-3, 2)
    with pytest.raises(TypeError, match="axis"):
        one(3, axis=0)
    with pytest.raises(ParameterError, match="where=False"):
        two(3, 1, where=False)


def test_the_names_of_the_package():
    for name in ("is_np_array", "is_np_shape", "np_array", "np_shape", "set_np_shape", "use_np"):
        assert getattr(mx, name) is getattr(mx.util, name)
        assert name in dir(mx)
