"""HybridBlocks as graphs: what changes after hybridize is noticed, hooks, flags, devices."""

import copy
import pickle

import numpy as np
import pytest

import mxbook as mx
from mxbook import autograd, gluon, init, nd
from mxbook.base.errors import DTypeError, MXNetError, ParameterError
from mxbook.gluon import nn

X = nd.array(np.arange(12).reshape(3, 4))


def mlp(*units, hybrid=True, **kwargs):
    net = nn.HybridSequential(**kwargs)
    with net.name_scope():
        net.add(*[nn.Dense(n) for n in units])
    net.initialize(init.Xavier())
    net.hybridize(hybrid)
    return net


def one_by_one(net, x):
    """What the net computes operation by operation."""
    again = copy.deepcopy(net)
    again.hybridize(False)
    return again(x).asnumpy()


def agrees(net, x=X):
    np.testing.assert_allclose(net(x).asnumpy(), one_by_one(net, x), rtol=1e-6)


# ---- what changes after hybridize


def test_values_of_parameters_may_change(tmp_path):
    net = mlp(3, 2)
    agrees(net)
    net[0].weight.set_data(nd.ones((3, 4)))
    agrees(net)
    net.initialize(init.One(), force_reinit=True)
    agrees(net)
    net.save_parameters(str(tmp_path / "a"))
    net.initialize(init.Zero(), force_reinit=True)
    net.load_parameters(str(tmp_path / "a"))
    agrees(net)
    assert net(X).asnumpy().max() > 0


def test_parameters_may_be_frozen_and_learn_again():
    net = mlp(3, 2)
    net(X)
    for req in ("null", "write", "add"):
        net[0].weight.grad_req = req
        with autograd.record():
            y = net(X).sum()
        y.backward()
    once = net[1].bias.grad().asnumpy()
    assert (once == 3).all()
    with autograd.record():
        y = net(X).sum()
    y.backward()
    assert np.abs(net[0].weight.grad().asnumpy()).max() > 0
    assert (net[1].bias.grad().asnumpy() == once).all()


def test_another_element_type():
    net = mlp(3, 2)
    net(X)
    net[1].cast("float64")
    net[0].cast("float64")
    assert net(X.astype("float64")).dtype == np.float64
    net.cast("float32")
    assert net(X).dtype == np.float32


def test_another_device():
    net = mlp(3, 2)
    before = net(X).asnumpy()
    net.collect_params().reset_ctx(mx.cpu(1))
    y = net(X.as_in_context(mx.cpu(1)))
    assert y.context == mx.cpu(1)
    assert (y.asnumpy() == before).all()


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_new_blocks_at_any_depth(depth):
    net = mlp(3, 2)
    for _ in range(depth):
        outer = nn.HybridSequential()
        outer.add(net)
        net = outer
    net.hybridize()
    assert net(X).shape == (3, 2)
    inner = net
    for _ in range(depth):
        inner = inner[0]
    inner.add(nn.Dense(5))
    inner[2].initialize()
    assert net(X).shape == (3, 5)
    agrees(net)


def test_a_replaced_block():
    class Net(gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            self.body, self.output = nn.HybridSequential(), nn.Dense(2)
            self.body.add(nn.Dense(3))

        def hybrid_forward(self, F, x):
            return self.output(self.body(x))

    net = Net()
    net.initialize()
    net.hybridize()
    assert net(X).shape == (3, 2)
    net.output = nn.Dense(7)
    net.output.initialize()
    assert net(X).shape == (3, 7)


def test_initialized_only_after_the_first_call():
    net = nn.Dense(2)
    net.hybridize()
    with pytest.raises(RuntimeError, match="has not been initialized"):
        net(X)
    net.initialize()
    assert net(X).shape == (3, 2)


def test_hooks_of_the_block_itself_keep_the_graph():
    net, seen = mlp(3, 2), []
    net(X)
    graph = net._cached_op
    with net.register_forward_hook(lambda b, x, y: seen.append(y.shape)):
        net(X)
    assert net._cached_op is graph and seen == [(3, 2)]


def test_changes_elsewhere_keep_the_graph():
    net = mlp(3, 2)
    net(X)
    graph = net._cached_op
    mlp(4)(X)
    net(X)
    assert net._cached_op is graph


# ---- hooks


def test_hooks_of_inner_blocks_get_arrays_at_every_call():
    net, seen = mlp(3, 2), []
    net[0].register_forward_pre_hook(lambda b, x: seen.append(("before", b, x[0].asnumpy())))
    net[0].register_forward_hook(lambda b, x, y: seen.append(("after", b, y.asnumpy())))
    for x in (X, X + 1):
        seen.clear()
        net(x)
        (first, block, got), (second, _, given) = seen
        assert (first, second, block) == ("before", "after", net[0])
        assert (got == x.asnumpy()).all()
        np.testing.assert_allclose(given, net[0](x).asnumpy(), rtol=1e-6)
        del seen[2:]


def test_hooks_may_come_and_go_after_the_first_call():
    net, seen = mlp(3, 2), []
    net(X)
    handle = net[1].register_forward_hook(lambda b, x, y: seen.append(y.shape))
    net(X)
    handle.detach()
    net(X)
    assert seen == [(3, 2)]


def test_hooks_see_nested_outputs():
    class Two(gluon.HybridBlock):
        def hybrid_forward(self, F, x, rest):
            return x * 2, [F.split(x, num_outputs=2, axis=1), rest[0]]

    class Outer(gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            self.two = Two()

        def hybrid_forward(self, F, x):
            return self.two(x, [x, None])[0]

    net, seen = Outer(), []
    net.hybridize()
    net.two.register_forward_hook(lambda b, x, y: seen.append((x, y)))
    net(X)
    (x, (left, right)), (twice, [halves, same]) = seen[0]
    assert x.shape == left.shape == same.shape == (3, 4) and right is None
    assert [h.shape for h in halves] == [(3, 2), (3, 2)]
    assert (twice.asnumpy() == 2 * X.asnumpy()).all()


@pytest.mark.parametrize("inputs_too", [False, True])
def test_hooks_of_operators(inputs_too):
    net, seen = mlp(2, prefix="n_"), []
    outer = nn.Sequential()
    outer.add(net)
    outer.register_op_hook(lambda *args: seen.append(args), monitor_all=inputs_too)
    y = net(X)
    names = ["data", "weight", "bias"] if inputs_too else []
    assert [(n, op) for n, op, _ in seen] == [
        (f"n_dense0_fwd_{n}", "FullyConnected") for n in [*names, "output"]
    ]
    assert (seen[-1][2].asnumpy() == y.asnumpy()).all()


# ---- what cannot be traced


class NeedsValues(gluon.HybridBlock):
    def hybrid_forward(self, F, x):
        return x * float(x.asnumpy().max())


class NeedsArrays(nn.Dense):
    def forward(self, x):
        return super().forward(x * int(x.asnumpy().shape[0]))


@pytest.mark.parametrize("child", [NeedsValues, lambda: NeedsArrays(2)])
def test_a_child_that_cannot_be_traced_is_named(child):
    net = nn.HybridSequential()
    net.add(nn.Dense(3), child())
    net.initialize()
    assert net(X).shape[0] == 3
    net.hybridize()
    with pytest.raises(MXNetError, match=r"x\.asnumpy\(\) cannot be traced") as caught:
        net(X)
    assert dict(caught.value.place)["in"].startswith("HybridSequential > 1 (Needs")
    net.hybridize(False)
    assert net(X).shape[0] == 3


def test_errors_that_have_nothing_to_do_with_tracing_stay_what_they_are():
    class Typo(gluon.HybridBlock):
        def hybrid_forward(self, F, x):
            return self.dens(x)

    net = Typo()
    net.hybridize()
    with pytest.raises(AttributeError, match="dens"):
        net(X)


# ---- flags, structure


def test_flags():
    net = mlp(2)
    net.hybridize(static_alloc=True, static_shape=True, inline_limit=3)
    assert net._flags == [("static_alloc", True), ("static_shape", True), ("inline_limit", 3)]
    for wrong in ("backend", "static_aloc"):
        with pytest.raises(ParameterError, match=wrong):
            net.hybridize(**{wrong: True})
    net.hybridize(False, anything=1)


def test_formats_and_graph_are_where_others_look_for_them():
    class Two(gluon.HybridBlock):
        def hybrid_forward(self, F, x, pair):
            return x, [pair[0], pair[1] * 2]

    net = Two()
    net.hybridize()
    net(X, [X, X])
    inputs, graph = net._cached_graph
    assert [s.name for s in inputs] == ["data0", "data1", "data2"]
    assert graph.num_outputs == 3
    assert (net._in_format, net._out_format) == ([0, [0, 0]], [0, [0, 0]])


def test_the_result_has_the_form_that_the_code_gives_it():
    class Forms(gluon.HybridBlock):
        def hybrid_forward(self, F, x):
            return x, [x * 2, None], (F.split(x, num_outputs=2, axis=1),)

    net = Forms()
    for hybrid in (False, True):
        net.hybridize(hybrid)
        a, [b, nothing], (halves,) = net(X)
        assert nothing is None and len(halves) == 2
        assert (a * 2 == b).asnumpy().all()


def test_a_result_that_is_no_array():
    net = nn.HybridLambda(lambda F, x: (x, 3))
    net.hybridize()
    with pytest.raises(DTypeError, match="holds a int"):
        net(X)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_of_hybridized_blocks(again):
    net = mlp(3, 2)
    expected = net(X).asnumpy()
    other = again(net)
    assert (other(X).asnumpy() == expected).all()
    other[0].weight.set_data(nd.zeros((3, 4)))
    assert (net(X).asnumpy() == expected).all()


# What MXNet 1.6 finds for BatchNorm recorded and differentiated in training mode or not: the first
# gradients of the input, of gamma, and the moving mean afterwards.
MODES = {
    (True, True): ([0.1575, 0.1101, -0.1039], [0.3618, 1.1004], [1.0881, 1.1674]),
    (True, False): ([0.7071, 0.3119, -0.2943], [5.1337, 7.1324], [0.5, 0.3]),
    (False, True): ([0.8706, -0.189, -1.9458], [5.1337, 7.1324], [0.5, 0.3]),
    (False, False): ([0.7071, 0.3119, -0.2943], [5.1337, 7.1324], [0.5, 0.3]),
}


def normalised(hybrid, recorded):
    """A batch, its normalisation recorded in a mode, and the layer."""
    net = nn.BatchNorm(in_channels=2)
    net.initialize()
    net.running_var.set_data(nd.array([2, 3.0]))
    net.running_mean.set_data(nd.array([0.5, 0.3]))
    net.hybridize(hybrid)
    x = nd.array(np.arange(8).reshape(4, 2) ** 1.5)
    x.attach_grad()
    with autograd.record(train_mode=recorded):
        return x, net(x), net


@pytest.mark.parametrize("hybrid", [False, True])
@pytest.mark.parametrize(("recorded", "train"), MODES)
def test_the_gradient_follows_the_mode_of_backward(hybrid, recorded, train):
    x, y, net = normalised(hybrid, recorded)
    y.backward(nd.array(np.cos(np.arange(8)).reshape(4, 2)), train_mode=train)
    found = x.grad.reshape(-1)[:3], net.gamma.grad(), net.running_mean.data()
    for got, expected in zip(found, MODES[recorded, train], strict=True):
        np.testing.assert_allclose(got.asnumpy(), expected, atol=1e-4)


@pytest.mark.parametrize(("recorded", "train"), MODES)
def test_gradients_of_gradients_follow_the_modes(recorded, train):
    found = []
    for hybrid in (False, True):
        x, y, net = normalised(hybrid, recorded)
        with autograd.record():
            (dx,) = autograd.grad(y, [x], y * y, create_graph=True, train_mode=train)
            (dx * dx).sum().backward()
        found.append([a.asnumpy() for a in (x.grad, net.gamma.grad(), net.running_mean.data())])
    for plain, hybridized in zip(*found, strict=True):
        np.testing.assert_allclose(hybridized, plain, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("hybrid", [False, True])
@pytest.mark.parametrize("train", [False, True])
def test_dropout_passes_back_what_it_let_through_in_whatever_mode(hybrid, train):
    net, x = nn.Dropout(0.5), nd.ones(50)
    net.hybridize(hybrid)
    x.attach_grad()
    with autograd.record():
        y = net(x)
    y.backward(train_mode=train)
    assert (x.grad.asnumpy() == y.asnumpy()).all()
    assert set(y.asnumpy()) == {0, 2}
