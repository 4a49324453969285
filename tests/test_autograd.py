"""autograd: modes, scopes, threads, grad_req, Function, grad of grad, memory."""

import gc
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import autograd, nd
from mxbook.base.errors import MXNetError, ShapeError


def variable(values=(1, 2, 3), **kwargs):
    x = nd.array(values)
    x.attach_grad(**kwargs)
    return x


def flags():
    return autograd.is_recording(), autograd.is_training()


def test_scopes_nest_and_always_come_back():
    assert flags() == (False, False)
    with autograd.record():
        assert flags() == (True, True)
        with autograd.predict_mode():
            assert flags() == (True, False)
        with autograd.pause():
            assert flags() == (False, False)
            with autograd.record(train_mode=False):
                assert flags() == (True, False)
            assert flags() == (False, False)
        with pytest.raises(KeyError), autograd.pause(train_mode=True):
            assert flags() == (False, True)
            raise KeyError
        assert flags() == (True, True)
    with autograd.train_mode():
        assert flags() == (False, True)
    assert flags() == (False, False)
    assert autograd.set_recording(True) is False
    assert autograd.set_recording(False) is True


@given(st.lists(st.sampled_from(["record", "pause", "train_mode", "predict_mode"]), max_size=6))
def test_any_nesting_restores_the_fast_path(names):
    from mxbook.imperative.mode import mode

    def nested(rest):
        if rest:
            with getattr(autograd, rest[0])():
                nested(rest[1:])

    nested(names)
    assert flags() == (False, False)
    assert mode.recorders == 0 and mode.plain


def test_recording_is_a_matter_of_the_thread():
    seen = []

    def work():
        seen.append(flags())
        seen.append((nd.ones((2,)) * 2)._entry)

    x = variable()
    with autograd.record():
        worker = threading.Thread(target=work)
        worker.start()
        worker.join()
        assert (x * 2)._entry is not None
    assert seen == [(False, False), None]


def test_grad_req():
    x, y, z = variable(), variable(grad_req="add"), variable(grad_req="null")
    buffer = x.grad
    for _ in range(3):
        with autograd.record():
            total = (x * 2 + y * 3 + z).sum()
        total.backward()
    assert x.grad.asnumpy().tolist() == [2, 2, 2] and x.grad is buffer
    assert y.grad.asnumpy().tolist() == [9, 9, 9]
    assert z.grad.asnumpy().tolist() == [0, 0, 0]
    with pytest.raises(MXNetError, match="grad_req"):
        x.attach_grad("sometimes")


def test_retain_graph_and_head_gradients():
    x = variable()
    with autograd.record():
        y = x * x
    y.backward(nd.array([1, 10, 100]), retain_graph=True)
    assert x.grad.asnumpy().tolist() == [2, 40, 600]
    y.backward()
    with pytest.raises(MXNetError, match="freed"):
        y.backward()
    with autograd.record():
        y = x * x
    with pytest.raises(ShapeError, match="head gradient"):
        y.backward(nd.ones((2,)))


def test_several_heads_and_shared_parts():
    x = variable()
    with autograd.record():
        shared = nd.exp(x)
        a, b = shared * 2, shared.sum()
    autograd.backward([a, b])
    np.testing.assert_allclose(x.grad.asnumpy(), 3 * np.exp([1, 2, 3]), rtol=1e-6)


@given(st.integers(1, 4))
def test_gradients_of_gradients(order):
    """The k-th derivative of exp(2 x) is 2^k exp(2 x)."""
    x = variable((0.1, 0.5))
    with autograd.record():
        y = nd.exp(x * 2)
        for _ in range(order):
            y = autograd.grad(y, [x], create_graph=True, retain_graph=True)[0]
    np.testing.assert_allclose(y.asnumpy(), 2**order * np.exp(2 * np.array([0.1, 0.5])), rtol=1e-5)


def test_grad_leaves_the_buffers_alone_and_wants_variables():
    x, y = variable(), variable()
    with autograd.record():
        z = x * 2
    (dx,) = autograd.grad(z, [x], retain_graph=True)
    assert dx.asnumpy().tolist() == [2, 2, 2] and x.grad.asnumpy().tolist() == [0, 0, 0]
    with pytest.raises(MXNetError, match="not reached"):
        autograd.grad(z, [y], retain_graph=True)
    with pytest.raises(MXNetError, match="not a variable"):
        autograd.grad(z, [z], retain_graph=True)


def test_attach_grad_cuts_the_graph():
    x = variable()
    with autograd.record():
        y = x * 2
        y.attach_grad()
        z = (y * y).sum()
    z.backward()
    assert y.grad.asnumpy().tolist() == [4, 8, 12]
    assert x.grad.asnumpy().tolist() == [0, 0, 0]


class Swap(autograd.Function):
    """Two inputs, two outputs, gradients exchanged on purpose."""

    def forward(self, a, b):
        assert not autograd.is_recording()
        self.save_for_backward(a)
        return a * 2, b * 3

    def backward(self, da, db):
        (a,) = self.saved_tensors
        return db, da * a


def test_function_with_several_outputs_of_which_one_is_used():
    a, b = variable(), variable((4, 5, 6))
    with autograd.record():
        p, _ = Swap()(a, b)
    p.backward(nd.array([1, 10, 100]))
    assert a.grad.asnumpy().tolist() == [0, 0, 0]
    assert b.grad.asnumpy().tolist() == [1, 20, 300]
    function = Swap()
    function(a, b)
    with pytest.raises(MXNetError, match="only once"):
        function(a, b)


def test_operators_without_gradient_say_so():
    x = variable()
    with autograd.record():
        y = nd.sgd_update(x, nd.ones((3,)), lr=0.1)
    with pytest.raises(MXNetError, match="sgd_update has no gradient"):
        y.backward()
    with autograd.record():
        z = nd.BlockGrad(x) * x
    z.backward()
    assert x.grad.asnumpy().tolist() == [1, 2, 3]


def test_a_graph_dies_with_its_last_array():
    x = variable()
    before = len(gc.get_objects())
    with autograd.record():
        y = x
        for _ in range(50):
            y = nd.exp(y * 0.5)
    gone = weakref.ref(y._entry[0])
    del y
    assert gone() is None  # no cycle: reference counting is enough
    gc.collect()
    assert len(gc.get_objects()) < before + 100


def test_backward_frees_what_was_saved():
    x = variable(np.ones(1000))
    with autograd.record():
        y = nd.exp(x)
        saved = weakref.ref(y._entry[0].saved[0][1])
        z = y.sum()
    assert saved() is not None
    z.backward()
    assert saved() is None


def test_all_engines_give_the_same_gradients():
    results = []
    for engine in ("NaiveEngine", "HybridEngine", "ThreadedEngine"):
        mx.config.engine_type = engine
        x = variable(np.linspace(0.1, 1, 7))
        with autograd.record():
            y = (nd.sin(x) * nd.exp(x) / (x + 1)).sum()
        y.backward()
        results.append(x.grad.asnumpy())
    mx.config.reset("engine_type")
    assert (results[0] == results[1]).all() and (results[0] == results[2]).all()
