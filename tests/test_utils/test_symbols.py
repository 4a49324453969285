import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook import test_utils as tu
from tests.oracle import both, marks

A, B = np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])


@pytest.fixture
def product():
    return mx.sym.var("x") * mx.sym.var("y")


def test_values(product):
    assert tu.same(tu.simple_forward(product, x=A, y=B), A * B)
    group = mx.sym.Group([product, mx.sym.var("x")])
    assert [a.tolist() for a in tu.simple_forward(group, x=A, y=B)] == [[[3, 8]], [[1, 2]]]
    name = product.list_outputs()[0]
    for location in ([A, B], {"y": B, "x": mx.nd.array(A)}):
        for expected in ([A * B], {name: A * B}):
            (output,) = tu.check_symbolic_forward(product, location, expected)
            assert tu.same(output, A * B)
    with pytest.raises(AssertionError, match=f"EXPECTED_{name}=4.0.*, FORWARD_{name}=3.0"):
        tu.check_symbolic_forward(product, [A, B], [A * B + 1])


def test_training_mode_and_states():
    x = mx.sym.BatchNorm(mx.sym.var("x"), name="bn", fix_gamma=False, eps=0)
    location = {"x": np.array([[1.0], [3.0]]), "bn_gamma": np.ones(1), "bn_beta": np.zeros(1)}
    states = {"bn_moving_mean": np.array([1.0]), "bn_moving_var": np.array([4.0])}
    tu.check_symbolic_forward(x, location, [np.array([[0.0], [1.0]])], aux_states=states)
    dropped = tu.simple_forward(mx.sym.Dropout(mx.sym.var("x"), p=0.99), is_train=True, x=B)
    assert not tu.same(dropped, B)


@pytest.mark.parametrize(
    ("location", "names"),
    [([A], "1 values"), ({"x": A}, "y"), ({"x": A, "y": B, "z": B}, "z"), (None, "0 values")],
)
def test_names_that_do_not_match(product, location, names):
    with pytest.raises(ValueError, match=names):
        tu.check_symbolic_forward(product, location, [A])


@pytest.mark.parametrize("req", ["write", "add", "null", ["write", "add"], {"y": "add"}])
def test_gradients(product, req):
    name = product.list_outputs()[0]
    for heads in ([np.ones((1, 2))], {name: mx.nd.ones((1, 2))}, np.ones((1, 2)), None):
        grads = tu.check_symbolic_backward(product, [A, B], heads, [B, A], grad_req=req)
        assert set(grads) == {"x", "y"}
    assert set(tu.check_symbolic_backward(product, [A, B], None, {"y": A})) == {"y"}
    if req not in ("null", {"y": "add"}):
        with pytest.raises(AssertionError, match=r"EXPECTED_x=.*BACKWARD_x="):
            tu.check_symbolic_backward(product, [A, B], None, [B + 1, A], grad_req=req)


def test_a_gradient_where_there_should_be_none(product, monkeypatch):
    """A backward pass that writes to what it should leave alone is noticed."""
    usual = mx.executor.Executor.backward

    def careless(self, *args, **kwargs):
        usual(self, *args, **kwargs)
        for grad in self.grad_arrays:
            grad += 1

    monkeypatch.setattr(mx.executor.Executor, "backward", careless)
    with pytest.raises(AssertionError):
        tu.check_symbolic_backward(product, [A, B], None, [B, A], grad_req="null")


def test_sparse_gradients():
    table = mx.sym.Embedding(
        mx.sym.var("i"), mx.sym.var("w"), input_dim=4, output_dim=2, sparse_grad=True
    )
    expected = np.array([[0, 0], [2, 2], [0, 0], [1, 1]])
    grads = tu.check_symbolic_backward(
        table,
        [np.array([1, 3, 1]), np.ones((4, 2))],
        [np.ones((3, 2))],
        {"w": expected},
        grad_stypes={"w": "row_sparse"},
    )
    assert grads["w"].stype == "row_sparse"
    assert grads["w"].indices.asnumpy().tolist() == [1, 3]


FUNCTIONS = {
    "sin": mx.sym.sin,
    "softmax": mx.sym.softmax,
    "cubes": lambda x: x**3 + 2 * x,
    "two outputs": lambda x: mx.sym.Group([mx.sym.exp(x), x * x]),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_finite_differences(name, dtype):
    symbol = FUNCTIONS[name](mx.sym.var("x"))
    x = np.random.default_rng(0).uniform(0.5, 1, (2, 3))
    for nodes in (None, ["x"], {"x": "add"}, {"x": "null"}):
        options = {"dtype": dtype, "grad_nodes": nodes, "rtol": 0.02, "atol": 1e-3}
        tu.check_numeric_gradient(symbol, [x], **options)


@pytest.mark.parametrize("how", ["half", "twice", "missing"])
def test_a_wrong_gradient_is_found(how):
    x = mx.sym.var("x")
    wrong = {
        "half": mx.sym.BlockGrad(x) * x,
        "twice": 2 * x - mx.sym.BlockGrad(x),
        "missing": mx.sym.BlockGrad(x),
    }
    with pytest.raises(AssertionError, match=r"NUMERICAL_x=.*BACKWARD_x="):
        tu.check_numeric_gradient(wrong[how], [A])


def test_wrong_arguments(product):
    for options in ({"grad_nodes": 3}, {"grad_nodes": ["z"]}, {"dtype": "int32"}):
        with pytest.raises(ValueError):
            tu.check_numeric_gradient(product, [A, B], **options)


def test_states_are_as_before_for_each_difference():
    x = mx.sym.BatchNorm(mx.sym.var("x"), name="bn", fix_gamma=False)
    location = {"x": np.array([[1.0], [2.0], [4.0]]), "bn_gamma": np.ones(1), "bn_beta": np.ones(1)}
    states = [np.zeros(1), np.ones(1)]
    options = {"rtol": 0.05, "atol": 0.01, "numeric_eps": 1e-2}
    tu.check_numeric_gradient(x, location, states, **options)
    location["x"] = np.ones((3, 1))
    tu.check_symbolic_forward(x, location, [np.full((3, 1), 2)], 1e-2, aux_states=states)


def test_sparse_arguments():
    """Differences reach the elements that a sparse array does not store, too."""
    x = mx.sym.var("x", stype="csr")
    net = mx.sym.sparse.dot(x, mx.sym.var("y"))
    dense = np.array([[0, 1, 0], [2, 0, 3.0]])
    y = np.random.default_rng(0).normal(size=(3, 2))
    sparse = mx.nd.array(dense).tostype("csr")
    options = {"grad_nodes": ["y"], "atol": 1e-3, "rtol": 2e-2}
    tu.check_numeric_gradient(net, {"x": sparse, "y": y}, **options)
    executor = net.bind(mx.cpu(), {"x": sparse.copy(), "y": mx.nd.array(y)})
    found = tu.numeric_grad(executor, {"x": dense}, eps=0.25)
    np.testing.assert_allclose(found["x"], [y.sum(1)] * 2, atol=1e-3)


def test_steps_that_rounding_leaves_nothing_of():
    executor = mx.sym.var("x").bind(mx.cpu(), {"x": mx.nd.ones(1, dtype="float16")})
    found = tu.numeric_grad(executor, {"x": np.array([100.0])}, eps=1e-3, dtype="float16")
    assert found["x"] == 0


@settings(max_examples=20)
@given(st.lists(st.floats(-2, 2, width=32), min_size=1, max_size=4))
def test_numeric_grad(values):
    x = np.array(values)
    executor = (mx.sym.var("x") ** 3).bind(mx.cpu(), {"x": mx.nd.array(x, dtype="float64")})
    found = tu.numeric_grad(executor, {"x": x}, eps=1e-4, dtype="float64")
    np.testing.assert_allclose(found["x"], 3 * x**2, atol=1e-6)
    assert tu.same(executor.arg_dict["x"], x)


SCRIPT = """
t = mx.test_utils
x, y = mx.sym.var("x"), mx.sym.var("y")
a, b = np.array([[1., 2.]]), np.array([[3., 4.]])
for i, req in enumerate(["write", "add", "null", ["add", "write"], {"x": "add", "y": "null"}]):
    np.random.seed(i)
    grads = t.check_symbolic_backward(x * y, [a, b], [np.ones((1, 2))], [b, a], grad_req=req)
    found[f"backward {i}"] = [grads["x"], grads["y"]]
executor = (x * y).bind(mx.cpu(), {"x": mx.nd.array(a), "y": mx.nd.array(b)})
grads = t.numeric_grad(executor, {"x": a.astype("f"), "y": b.astype("f")}, eps=1e-2)
found["~numeric"] = [grads["x"], grads["y"]]
found["forward"] = t.simple_forward(mx.sym.Group([x * y, x]), x=a, y=b)
fc = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="fc")
types = (np.float32, np.float64)
settings = [{"ctx": mx.cpu(), "data": (2, 3), "type_dict": {"data": t}} for t in types]
for uniform in (False, True):
    np.random.seed(0)
    result = t.check_consistency(fc, settings, scale=.5, use_uniform=uniform)
    for name, array in result.items():
        found[f"consistency {uniform} {name}"] = array
buckets, probs = t.gen_buckets_probs_with_ppf(lambda q: q * 4, 4)
found["buckets"] = [[list(map(float, b)) for b in buckets], list(map(float, probs))]
"""


@marks
def test_as_mxnet(tmp_path):
    both(SCRIPT, tmp_path, atol=1e-4)
