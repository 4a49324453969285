"""`mx.sym`'s functions: signatures, attributes, arrays made, random numbers, methods."""

import inspect

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import DTypeError, MXNetError, ParameterError
from mxbook.ops.distributions import DISTRIBUTIONS

a, b = mx.sym.var("a"), mx.sym.var("b")


def test_signatures_end_as_mxnets():
    for name, function in mx.sym.registry.functions.items():
        found = list(inspect.signature(function).parameters.values())
        if found[0].kind is inspect.Parameter.VAR_POSITIONAL:
            assert [p.name for p in found[1:]] == ["kwargs"], name
        else:
            assert [p.name for p in found[-4:]] == ["name", "attr", "out", "kwargs"], name


def test_attributes_of_scopes():
    with mx.AttrScope(ctx_group="g", __lr_mult__="2"):
        x = mx.sym.var("x", lr_mult=3)
        with mx.AttrScope(__mood__="gray"):
            net = mx.sym.FullyConnected(x, num_hidden=2, name="n", attr={"wd_mult": "5"})
    assert x.list_attr() == {
        "__ctx_group__": "g",
        "ctx_group": "g",
        "__lr_mult__": "3",
        "lr_mult": "3",
    }
    assert net.attr("wd_mult") == net.attr("__wd_mult__") == "5"
    assert net.attr("__mood__") == "gray"
    assert net.attr_dict()["n_weight"] == net.attr_dict()["n"]  # as MXNet has it
    assert mx.sym.exp(a).list_attr() == {}
    with pytest.raises(ValueError, match="texts"):
        mx.AttrScope(x=1)
    for call in (
        lambda: mx.sym.var("x", foo=1),
        lambda: mx.sym.var("x", attr={"__foo__": 1}),
        lambda: net.list_attr(recursive=True),
        lambda: net._set_attr(q=1),
    ):
        with pytest.raises(ParameterError):
            call()


@pytest.mark.parametrize(
    ("symbol", "array"),
    [
        (lambda F: F.zeros((2, 3)), None),
        (lambda F: F.ones((2,), dtype="int32"), None),
        (lambda F: F.full((2,), 3), None),
        (lambda F: F.arange(5), None),
        (lambda F: F.arange(1, 4, repeat=2), None),
        (lambda F: F.linspace(0, 1, 3), None),
        (lambda F: F.linspace(0, 1, 3, endpoint=False), None),
        (lambda F: F.eye(2, 3, 1), None),
        (lambda F: F.maximum(2, 3), 3),
        (lambda F: F.power(2, 3), 8),
        (lambda F: F.pow(2, 3) if F is mx.sym else 8, 8),
        (lambda F: F.hypot(3, 4) if F is mx.sym else 5, 5),
    ],
)
def test_made_arrays(symbol, array):
    if array is not None:
        assert symbol(mx.sym) == array
        return
    found, expected = symbol(mx.sym).eval()[0], symbol(mx.nd)
    assert found.dtype == expected.dtype
    assert (found.asnumpy() == expected.asnumpy()).all()


def test_histogram_and_split():
    data = mx.nd.array([0, 1, 1, 2, 5, 7])
    counts, edges = mx.sym.histogram(a, bins=2, range=(0, 4)).eval(a=data)
    assert counts.asnumpy().tolist() == [3, 1]
    assert edges.asnumpy().tolist() == [0, 2, 4]
    counts, _ = mx.sym.histogram(a, bins=b).eval(a=data, b=mx.nd.array([0, 1, 9]))
    assert counts.asnumpy().tolist() == [1, 5]
    with pytest.raises(ParameterError, match="range"):
        mx.sym.histogram(a)
    parts = a.split_v2((1, 3)).eval(a=data)
    assert [p.size for p in parts] == [1, 2, 3]
    assert len(mx.sym.split_v2(a, 3)) == 3


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=lambda d: d.name)
def test_random_numbers_are_those_of_arrays(distribution):
    name, count = distribution.name, len(distribution.parameters)
    symbols, arrays = getattr(mx.sym.random, name), getattr(mx.nd.random, name)
    numbers = {"randint": (1, 5), "uniform": (0.4, 0.6)}.get(name, (2, 0.6)[:count])
    mx.random.seed(3)
    expected = arrays(*numbers, shape=(2, 3)).asnumpy()
    mx.random.seed(3)
    assert (symbols(*numbers, shape=(2, 3)).eval()[0].asnumpy() == expected).all()
    if name in ("randint", "exponential"):  # no arrays of parameters; 1 / scale needs one
        return
    first = [0.2, 0.7] if name == "uniform" else [2, 3]
    values = [mx.nd.array(first), mx.nd.array([0.8, 0.9])][:count]
    mx.random.seed(3)
    expected = arrays(*values, shape=4).asnumpy()
    mx.random.seed(3)
    drawn = symbols(*[a, b][:count], shape=4)
    found = drawn.eval(**dict(zip("ab", values, strict=False)))[0]
    assert (found.asnumpy() == expected).all()


def test_random_parameters_of_two_kinds():
    with pytest.raises(DTypeError, match="uniform"):
        mx.sym.random.uniform(a, 1)
    with pytest.raises(DTypeError, match="randint"):
        mx.sym.random.randint(a, b)
    with pytest.raises(ParameterError, match="'low'"):
        mx.sym.random.randint()
    with pytest.raises(ParameterError, match="two values"):
        mx.sym.random.uniform(0, 1, low=2)
    assert mx.sym.random.poisson(3, shape=2, name="p").name == "p"


def test_other_random_symbols():
    probabilities = mx.nd.array([[0, 1], [1, 0]])
    drawn, log = mx.sym.random.multinomial(a, shape=3).eval(a=probabilities)
    assert drawn.asnumpy().tolist() == [[1] * 3, [0] * 3]
    assert not log.asnumpy().any()
    shuffled = mx.sym.random.shuffle(a).eval(a=mx.nd.arange(9))[0]
    assert sorted(shuffled.asnumpy()) == list(range(9))
    assert mx.sym.random.randn(2, 3, loc=1).eval()[0].shape == (2, 3)
    assert mx.sym.random.normal_like(a).eval(a=mx.nd.ones((4,)))[0].shape == (4,)
    mx.random.seed(1)
    expected = [x.asnumpy() for x in mx.nd.contrib.rand_zipfian(mx.nd.array([2]), 4, 9)]
    mx.random.seed(1)
    found = mx.sym.Group(mx.sym.contrib.rand_zipfian(a, 4, 9)).eval(a=mx.nd.array([2]))
    assert all((f.asnumpy() == e).all() for f, e in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("call", "array"),
    [
        (lambda x: x.reshape((3, 2)), None),
        (lambda x: x.reshape(-1), None),
        (lambda x: x.reshape(shape=(0, -1)), None),
        (lambda x: x.astype("int32"), None),
        (lambda x: x.sum(axis=1), None),
        (lambda x: x.expand_dims(1), None),
        (lambda x: x.expand_dims(axis=1).squeeze(), None),
        (lambda x: x.flatten(), None),
        (lambda x: x.diag(k=1), None),
        (lambda x: abs(-x), None),
        (lambda x: 2**x, None),
    ],
)
def test_methods_are_those_of_arrays(call, array):
    data = mx.nd.array([[1, 2, 3], [4, 5, 6]])
    found, expected = call(a).eval(a=data)[0], call(data)
    assert found.dtype == expected.dtype
    assert (found.asnumpy() == expected.asnumpy()).all()


@pytest.mark.parametrize(
    "name", ["asnumpy", "asscalar", "wait_to_read", "as_in_context", "backward", "copy", "detach"]
)
def test_what_only_arrays_can_do(name):
    with pytest.raises(MXNetError, match=name) as caught:
        getattr(a, name)()
    assert caught.value.hint


def test_in_place_is_for_arrays():
    for operate in ("__iadd__", "__isub__", "__imul__", "__itruediv__"):
        with pytest.raises(MXNetError, match=operate):
            getattr(a, operate)(b)


def test_groups_and_types():
    with pytest.raises(ParameterError):
        mx.sym.Group([a, 1])
    assert (a + b).infer_type_partial(a="float32")[0] == [np.float32, np.float32]
    assert a.infer_type_partial() == ([None], [None], [])
    for call in (lambda: a.optimize_for("x"), lambda: a.gradient(["a"])):
        with pytest.raises(MXNetError):
            call()


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: mx.sym.zeros((0, 3)), np.zeros((2, 3))),
        (lambda: mx.sym.full((2, 0), 7), np.full((2, 3), 7)),
        (lambda: mx.sym.random.uniform(5, 5), np.full((2, 3), 5)),
    ],
)
def test_lengths_that_follow_from_the_use(make, expected):
    """As in MXNet 1.6, 0 in the shape of what a graph makes stands for an unknown length."""
    total = make() + a
    assert total.infer_shape(a=(2, 3))[1] == [(2, 3)]
    assert (total.eval(a=mx.nd.zeros((2, 3)))[0].asnumpy() == expected).all()


@pytest.mark.parametrize("repeat", [1, 2])
def test_ranges_that_follow_from_the_use(repeat):
    total = mx.sym.arange(2, step=3, repeat=repeat, infer_range=True) + a
    assert mx.sym.arange(2, infer_range=True).infer_shape() == (None, None, None)
    expected = np.repeat([2, 5, 8, 11], repeat)[:4]
    assert (total.eval(a=mx.nd.zeros(4))[0].asnumpy() == expected).all()


def test_automatic_names_of_numbers_get_a_prefix_once():
    x = mx.sym.var("x")
    with mx.name.Prefix("p_"):
        made = [(1 - x).name, (x + 1).name, (x > 1).name, (2**x).name, (x * x).name]
    assert [n.rstrip("0123456789") for n in made] == [
        *("p__rminusscalar", "p__plusscalar", "p__greater_scalar", "p__rpower_scalar", "p__mul"),
    ]


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: mx.sym.clip(a, a, 0, a_min=1), "two values for 'a_min'"),
        (lambda: mx.sym.sum(a, a), "sum: the parameter axis"),
        (lambda: mx.sym.FullyConnected(a, a, a, num_hidden=2, no_bias=True), "no input 'bias'"),
        (lambda: mx.sym.multi_sum_sq(a, a, num_arrays=1), "multi_sum_sq got 2"),
    ],
)
def test_what_is_too_much_is_not_dropped(make, match):
    with pytest.raises(ParameterError, match=match):
        make()


def test_errors_of_rules_name_the_operator():
    with pytest.raises(mx.base.errors.DTypeError, match="exp exp0: data is an array of bool"):
        mx.sym.exp(a, name="exp0").infer_type(a="bool")
    with pytest.raises(mx.base.errors.ShapeError, match="broadcast_axis"):
        mx.sym.broadcast_axis(a, axis=0, size=-2).infer_shape(a=(1,))
