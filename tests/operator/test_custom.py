"""Custom operators: on arrays, in graphs, their states, their errors, and no deadlocks."""

import threading
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import MXNetError, OperationError, ParameterError


class Blend(mx.operator.CustomOp):
    """Two outputs, two inputs, a counter as state."""

    def __init__(self, k):
        self.k = k
        self.calls = 0

    def forward(self, is_train, req, in_data, out_data, aux):
        self.calls += 1
        self.assign(out_data[0], req[0], in_data[0] * in_data[1] * self.k)
        self.assign(out_data[1], req[1], in_data[0] + self.calls)
        aux[0][:] = aux[0] + 1

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.assign(in_grad[0], req[0], out_grad[0] * in_data[1] * self.k + out_grad[1])
        self.assign(in_grad[1], req[1], out_grad[0] * in_data[0] * self.k)


@mx.operator.register("test_blend")
class BlendProp(mx.operator.CustomOpProp):
    def __init__(self, k="1"):
        super().__init__()
        self.k = float(k)

    def list_arguments(self):
        return ["data", "weight"]

    def list_outputs(self):
        return ["product", "sum"]

    def list_auxiliary_states(self):
        return ["count"]

    def infer_shape(self, in_shape):
        return [in_shape[0], in_shape[0]], [in_shape[0], in_shape[0]], [[1]]

    def create_operator(self, ctx, in_shapes, in_dtypes):
        return Blend(self.k)


def simple(name, forward=None, backward=None, prop=mx.operator.CustomOpProp):
    """Register an operator made of two functions."""
    members = {"forward": forward, "backward": backward}
    op = type(name, (mx.operator.CustomOp,), {k: f for k, f in members.items() if f})

    @mx.operator.register(name)
    class Prop(prop):
        def create_operator(self, ctx, in_shapes, in_dtypes):
            return op()

    return Prop


def square(self, is_train, req, in_data, out_data, aux):
    self.assign(out_data[0], req[0], in_data[0] * in_data[0])


def square_back(self, req, out_grad, in_data, out_data, in_grad, aux):
    self.assign(in_grad[0], req[0], 2 * in_data[0] * out_grad[0])


simple("test_square", square, square_back)
x_values = st.lists(st.integers(-9, 9), min_size=1, max_size=5)


@settings(deadline=None)
@given(x_values, st.floats(-2, 2, width=16))
def test_outputs_gradients_and_states(values, k):
    x, w, count = mx.nd.array(values), mx.nd.array(values) + 1, mx.nd.zeros(1)
    x.attach_grad()
    w.attach_grad()
    with mx.autograd.record():
        product, plus = mx.nd.Custom(x, w, count, op_type="test_blend", k=k)
        loss = product * 3 + plus
    loss.backward()
    a = np.array(values, "float32")
    np.testing.assert_allclose(product.asnumpy(), a * (a + 1) * k, rtol=1e-5)
    assert (plus.asnumpy() == a + 1).all()
    np.testing.assert_allclose(x.grad.asnumpy(), 3 * (a + 1) * k + 1, rtol=1e-5)
    np.testing.assert_allclose(w.grad.asnumpy(), 3 * a * k, rtol=1e-5, atol=1e-6)
    assert count.asscalar() == 1


def test_an_unused_output_has_a_gradient_of_zeros():
    x, w = mx.nd.ones(2), mx.nd.ones(2)
    x.attach_grad()
    with mx.autograd.record():
        _, plus = mx.nd.Custom(data=x, weight=w, count=mx.nd.zeros(1), op_type="test_blend")
    plus.backward()
    assert x.grad.asnumpy().tolist() == [1, 1]


def test_as_a_symbol():
    with mx.name.NameManager():
        s = mx.sym.Custom(mx.sym.var("data"), op_type="test_blend", k=3)
    assert s.list_arguments() == ["data", "custom0_weight"]
    assert s.list_auxiliary_states() == ["custom0_count"]
    assert s.list_outputs() == ["custom0_product", "custom0_sum"]
    assert s.infer_shape(data=(2, 3)) == ([(2, 3), (2, 3)], [(2, 3), (2, 3)], [(1,)])
    assert s.infer_shape_partial()[1] == [(), ()]
    again = mx.sym.load_json(s.tojson())
    assert again.tojson() == s.tojson()
    executor = again.simple_bind(mx.cpu(), data=(2,), grad_req={"data": "write"})
    executor.arg_dict["data"][:] = 1
    for step in (1, 2):  # one object for the bound graph, which counts its calls
        _, plus = executor.forward(is_train=True)
        assert plus.asnumpy().tolist() == [1 + step] * 2
    executor.backward([mx.nd.ones(2), mx.nd.ones(2)])
    assert executor.grad_dict["data"].asnumpy().tolist() == [1, 1]
    assert executor.aux_dict["custom0_count"].asscalar() == 2


def test_inside_a_loop():
    body = lambda a, b: (mx.sym.Custom(a, op_type="test_square"), a + b)  # noqa: E731
    steps, last = mx.sym.contrib.foreach(body, mx.sym.var("x"), mx.sym.var("s"))
    values = {"x": mx.nd.array([[1, 2], [3, 4]]), "s": mx.nd.zeros(2)}
    grad = mx.nd.zeros((2, 2))
    executor = mx.sym.Group([steps, last]).bind(mx.cpu(), values, {"x": grad})
    assert executor.forward(is_train=True)[0].asnumpy().tolist() == [[1, 4], [9, 16]]
    executor.backward()
    assert grad.asnumpy().tolist() == [[3, 5], [7, 9]]


def test_the_gradient_of_the_gradient():
    x = mx.nd.array([3])
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.Custom(x, op_type="test_square") * x
        dy = mx.autograd.grad(y, [x], create_graph=True)[0]
    dy.backward()
    assert dy.asscalar() == 27
    assert x.grad.asscalar() == 18  # x^3, twice differentiated


def test_a_gradient_from_the_host_is_not_differentiated_silently():
    def write(self, req, out_grad, in_data, out_data, in_grad, aux):
        in_grad[0][:] = (2 * in_data[0] * out_grad[0]).asnumpy()

    simple("test_by_hand", square, write)
    x = mx.nd.array([3])
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.Custom(x, op_type="test_by_hand")
        dy = mx.autograd.grad(y, [x], create_graph=True)[0]
        assert dy.asscalar() == 6
    with pytest.raises(MXNetError, match="custom operator"):
        dy.backward()


def test_what_is_not_declared_is_not_kept():
    seen = []

    def forward(self, is_train, req, in_data, out_data, aux):
        self.assign(out_data[0], req[0], in_data[0] * 2)

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        seen.append((in_data[0], out_data[0]))
        self.assign(in_grad[0], req[0], out_grad[0] * 2)

    class Lean(mx.operator.CustomOpProp):
        def declare_backward_dependency(self, out_grad, in_data, out_data):
            return [*out_grad]

    simple("test_lean", forward, backward, Lean)
    x = mx.nd.ones(2)
    x.attach_grad()
    with mx.autograd.record():
        middle = x * 1
        raw = weakref.ref(middle)
        y = mx.nd.Custom(middle, op_type="test_lean")
    del middle
    assert raw() is None
    y.backward()
    assert seen == [(None, None)]
    assert x.grad.asnumpy().tolist() == [2, 2]


def test_users_may_wait_record_and_nest_inside():
    """Row 18 of the users' table: nothing inside a custom operator can hang."""

    def forward(self, is_train, req, in_data, out_data, aux):
        host = in_data[0].asnumpy()  # a wait
        inner = mx.nd.Custom(mx.nd.array(host), op_type="test_square")
        self.assign(out_data[0], req[0], inner)
        out_data[0].wait_to_read()  # even for its own result
        mx.nd.waitall()

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        data = in_data[0]
        data.attach_grad()  # a handle of its own: the caller's variable is left alone
        with mx.autograd.record():
            y = data * data
        y.backward(out_grad[0])
        self.assign(in_grad[0], req[0], data.grad.asnumpy())

    simple("test_waiting", forward, backward)
    x = mx.nd.array([1, 2, 3])
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.Custom(x * 1, op_type="test_waiting")
    y.backward()
    assert x.grad.asnumpy().tolist() == [2, 4, 6]


@pytest.mark.parametrize("engine", ["ThreadedEngine", "NaiveEngine", "HybridEngine"])
def test_many_threads_and_pending_inputs(engine):
    before = mx.config.engine_type
    mx.config.engine_type = engine
    try:
        found = {}

        def work(i):
            x = mx.nd.ones((200, 200)) * i
            y = mx.nd.dot(x, x)  # pending when the operator runs
            found[i] = mx.nd.Custom(y, op_type="test_waits_too").asnumpy()[0, 0]

        simple(
            "test_waits_too",
            lambda self, is_train, req, in_data, out_data, aux: self.assign(
                out_data[0], req[0], in_data[0].asnumpy() + 1
            ),
        )
        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(60)
        assert found == {i: 200 * i * i + 1 for i in range(4)}
    finally:
        mx.config.engine_type = before


def broken(*args, **kwargs):
    """A user's mistake."""
    return 1 / 0


@pytest.mark.parametrize("part", ["forward", "backward"])
def test_errors_carry_the_users_traceback(part):
    functions = {"forward": square, "backward": square_back, part: broken}
    simple("test_broken", **functions)
    x = mx.nd.ones(2)
    x.attach_grad()

    def use():
        with mx.autograd.record():
            y = mx.nd.Custom(x, op_type="test_broken")
        y.backward()

    with pytest.raises(OperationError, match=f"test_broken' failed in {part}: Zero") as caught:
        use()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert "return 1 / 0" in str(caught.value)
    frames = [entry.name for entry in caught.traceback]
    assert "use" in frames
    # What failed leaves nothing behind: the next use works.
    simple("test_broken", square, square_back)
    use()
    assert x.grad.asnumpy().tolist() == [2, 2]
    assert not mx.autograd.is_recording()


@pytest.mark.parametrize("method", ["list_arguments", "infer_shape", "create_operator", "__init__"])
def test_errors_in_a_property(method):
    @mx.operator.register("test_broken_prop")
    class Prop(mx.operator.CustomOpProp):
        pass

    setattr(Prop, method, broken)
    with pytest.raises(OperationError, match=f"failed in {method}"):
        mx.nd.Custom(mx.nd.ones(2), op_type="test_broken_prop")


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: mx.nd.Custom(mx.nd.ones(1)), "op_type"),
        (lambda: mx.nd.Custom(mx.nd.ones(1), op_type="test_squar"), "no custom operator"),
        (lambda: mx.nd.Custom(mx.nd.ones(1), op_type="test_blend"), "got 1 array"),
        (lambda: mx.sym.Custom(other=mx.sym.var("a"), op_type="test_blend"), "'other'"),
        (lambda: mx.sym.Custom(*[mx.sym.var("a")] * 4, op_type="test_blend"), "at most 3"),
    ],
)
def test_misuse_is_named(call, what):
    with pytest.raises(ParameterError, match=what) as caught:
        call()
    assert "op_type" in what or caught.value.rule


def test_lists_of_the_wrong_length():
    @mx.operator.register("test_lengths")
    class Prop(mx.operator.CustomOpProp):
        def infer_shape(self, in_shape):
            return in_shape, [], []

    with pytest.raises(MXNetError, match="1 output"):
        mx.nd.Custom(mx.nd.ones(2), op_type="test_lengths")


def test_on_a_gpu(strict_gpu):
    x = mx.nd.array([1, 2], ctx=mx.gpu(0))
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.Custom(x, op_type="test_square")
    y.backward()
    assert y.context == x.grad.context == mx.gpu(0)
    assert (y.asnumpy().tolist(), x.grad.asnumpy().tolist()) == ([1, 4], [2, 4])
