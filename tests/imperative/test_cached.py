"""Graphs run as programs: results and gradients are those of the operators one by one."""

import numpy as np
import pytest

import mxbook as mx
from mxbook import autograd, gluon
from mxbook.base.errors import MXNetError
from mxbook.gluon import nn


def convolutional():
    net = nn.HybridSequential()
    net.add(
        nn.Conv2D(4, 3, padding=1, activation="relu"),
        nn.BatchNorm(),
        nn.MaxPool2D(2),
        nn.Flatten(),
        nn.Dense(6, activation="tanh"),
        nn.LayerNorm(),
        nn.Dense(3),
    )
    return net, (4, 2, 6, 6)


def dense():
    net = nn.HybridSequential()
    net.add(nn.Dense(8, activation="relu"), nn.Dense(8, activation="sigmoid"), nn.Dense(3))
    return net, (5, 7)


class Branches(nn.HybridBlock):
    """Several outputs, an input that comes out, a parameter used twice, and a value used often."""

    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.weight = self.params.get("weight", shape=(4, 4), init=mx.init.Normal(0.5))

    def hybrid_forward(self, F, x, weight):
        y = F.dot(x, weight)
        z = F.tanh(F.dot(y, weight)) + F.tanh(F.dot(y, weight))
        return [z * y + x, x, (y, y.reshape((-1,)))]


def branches():
    return Branches(), (3, 4)


def flat(out):
    return [a for part in out for a in flat(part)] if isinstance(out, list | tuple) else [out]


def made(build, hybrid):
    mx.random.seed(5)
    net, shape = build()
    net.initialize(mx.init.Xavier())
    if hybrid:
        net.hybridize(static_alloc=True, static_shape=True)
    return net, shape


def train(net, shape, steps=3):
    """Outputs, input gradients and parameters of a few steps of training."""
    source = np.random.default_rng(2)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    seen = []
    for step in range(steps):
        x = mx.nd.array(source.normal(size=(shape[0] + step % 2, *shape[1:])))
        x.attach_grad()
        with autograd.record():
            outs = flat(net(x))
            loss = sum((o * o).mean() for o in outs)
        loss.backward()
        trainer.step(1)
        seen += [o.asnumpy() for o in outs] + [x.grad.asnumpy()]
    test = [o.asnumpy() for o in flat(net(x))]
    return seen + test + [p.data().asnumpy() for p in net.collect_params().values()]


@pytest.mark.parametrize("build", [convolutional, dense, branches])
@pytest.mark.parametrize("engine", ["HybridEngine", "ThreadedEngine", "NaiveEngine"])
def test_as_one_by_one(build, engine):
    before = mx.engine.engine_type()
    mx.engine.set_engine_type(engine)
    try:
        plain, hybrid = (train(*made(build, on)) for on in (False, True))
        for a, b in zip(plain, hybrid, strict=True):
            np.testing.assert_allclose(b, a, rtol=2e-5, atol=1e-6)
    finally:
        mx.engine.set_engine_type(before)


@pytest.mark.parametrize("build", [convolutional, dense])
def test_on_a_gpu(strict_gpu, build):
    results = []
    for ctx in (mx.cpu(), mx.gpu(1)):
        with ctx:
            net, shape = made(build, True)
            results.append(train_on(net, shape, ctx))
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-5)


def train_on(net, shape, ctx):
    for i, p in enumerate(net.collect_params().values()):
        p.reset_ctx(ctx)
        p.initialize(mx.init.Constant(0.1 + 0.01 * i), ctx=ctx, force_reinit=True)
    x = mx.nd.array(np.random.default_rng(1).normal(size=shape), ctx)
    x.attach_grad()
    with autograd.record():
        y = net(x)
    y.backward()
    return [y.asnumpy(), x.grad.asnumpy()]


def test_random_numbers_are_drawn_in_the_same_order():
    def run(hybrid):
        net = nn.HybridSequential()
        net.add(nn.Dropout(0.5), nn.Dropout(0.3))
        net.initialize()
        if hybrid:
            net.hybridize()
        mx.random.seed(4)
        with autograd.train_mode():
            return net(mx.nd.ones((20, 20))).asnumpy()

    np.testing.assert_array_equal(run(True), run(False))


def test_results_stay_when_the_program_runs_again():
    net, shape = made(dense, True)
    x = mx.nd.ones(shape)
    first = net(x)
    kept = first.asnumpy()
    net(2 * x)
    np.testing.assert_array_equal(first.asnumpy(), kept)


def test_two_calls_before_one_backward():
    totals = []
    for hybrid in (False, True):
        net, shape = made(dense, hybrid)
        x, y = mx.nd.ones(shape), mx.nd.arange(np.prod(shape)).reshape(shape) / 9
        with autograd.record():
            total = (net(x) * net(y)).sum()
        total.backward()
        totals.append([p.grad().asnumpy() for p in net.collect_params().values()])
    for a, b in zip(*totals, strict=True):
        np.testing.assert_allclose(b, a, rtol=2e-5, atol=1e-6)


def test_backward_twice():
    net, shape = made(convolutional, True)
    x = mx.nd.ones(shape)
    x.attach_grad()
    with autograd.record():
        y = net(x)
    y.backward(retain_graph=True)
    first = x.grad.asnumpy()
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), first)
    with pytest.raises(MXNetError, match="already freed"):
        y.backward()


def test_gradients_of_gradients():
    found = []
    for hybrid in (False, True):
        net, shape = made(dense, hybrid)
        x = mx.nd.ones(shape) / 3
        x.attach_grad()
        with autograd.record():
            dx = autograd.grad(net(x).sum(), [x], create_graph=True)[0]
            total = (dx * dx).sum()
        total.backward()
        found.append(x.grad.asnumpy())
    np.testing.assert_allclose(found[1], found[0], rtol=1e-4, atol=1e-7)
    assert np.abs(found[0]).max() > 0


def test_gradients_of_gradients_need_the_same_random_numbers():
    net = nn.HybridSequential()
    net.add(nn.Dropout(0.5))
    net.hybridize()
    x = mx.nd.ones((3, 3))
    x.attach_grad()
    with autograd.record(), pytest.raises(MXNetError, match="random numbers"):
        autograd.grad(net(x), [x], create_graph=True)


def test_an_input_overwritten_before_backward_is_seen_in_order():
    net, shape = made(dense, True)
    x = mx.nd.ones(shape)
    results = []
    for _ in range(3):
        results.append(net(x))
        x[:] = x * 2
    again = net(mx.nd.ones(shape)).asnumpy()
    np.testing.assert_array_equal(results[0].asnumpy(), again)


def test_wrong_shapes_name_the_node():
    net, shape = made(dense, True)
    net(mx.nd.ones(shape))
    with pytest.raises(MXNetError, match="FullyConnected"):
        net(mx.nd.ones((2, 9)))


def test_programs_are_remembered_by_kind():
    net, shape = made(dense, True)
    for rows in (1, 2, 1, 2):
        net(mx.nd.ones((rows, *shape[1:])))
    (graph,) = net._graphs.values()
    assert len(graph.cached.programs) == 2


def test_a_failure_is_raised_where_it_is_waited_for():
    class Picks(nn.HybridBlock):
        def hybrid_forward(self, F, x, i):
            return F.take(x, i, mode="raise") * 2

    net = Picks()
    net.hybridize()
    x = mx.nd.ones((3, 2))
    bad = net(x, mx.nd.array([7]))
    with pytest.raises(MXNetError, match="outside"):
        bad.asnumpy()
    assert (net(x, mx.nd.array([2])).asnumpy() == 2).all()


def test_gradients_of_a_parameter_used_in_several_calls_add_up():
    totals = []
    for hybrid in (False, True):
        net, shape = made(dense, hybrid)
        x = mx.nd.ones(shape) / 5
        weight = next(iter(net.collect_params().values()))
        with autograd.record():
            y = net(x) + net(2 * x)
            z = (weight.data() * weight.data()).sum() + y.sum() + net(3 * x).sum()
        z.backward()
        totals.append([p.grad().asnumpy() for p in net.collect_params().values()])
    for a, b in zip(*totals, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-6)


def test_a_gradient_as_the_gradient_that_arrives():
    found = []
    for hybrid in (False, True):
        net = nn.HybridSequential()
        net.add(nn.Activation("tanh"), nn.Activation("sigmoid"))
        if hybrid:
            net.hybridize()
        x = mx.nd.array([[0.3, -0.4]])
        x.attach_grad()
        x.grad[:] = 2
        with autograd.record():
            y = net(x)
        y.backward(x.grad)
        found.append(x.grad.asnumpy())
    np.testing.assert_allclose(found[1], found[0], rtol=1e-6)


@pytest.mark.parametrize("req", ["add", "null"])
def test_other_gradient_requests(req):
    net, shape = made(dense, True)
    net.collect_params().setattr("grad_req", req)
    x = mx.nd.ones(shape)
    x.attach_grad()
    for _ in range(2):
        with autograd.record():
            y = net(x)
        y.backward()
    weight = next(iter(net.collect_params().values()))
    if req == "add":
        plain, _ = made(dense, False)
        with autograd.record():
            y = plain(x)
        y.backward()
        once = next(iter(plain.collect_params().values())).grad().asnumpy()
        np.testing.assert_allclose(weight.grad().asnumpy(), 2 * once, rtol=1e-5)
    assert np.abs(x.grad.asnumpy()).max() > 0


def test_explain_graph(capsys):
    net, shape = made(dense, True)
    net.explain_graph()
    assert "nothing yet" in capsys.readouterr().out
    net(mx.nd.ones(shape))
    net.explain_graph()
    said = capsys.readouterr().out
    passes = [line.split()[0] for line in said.split("\n\n")[0].splitlines()]
    assert passes == ["inference", "gradient", "merge", "prune", "fold", "fuse", "memory"]
    assert "inference  5 operators" in said
    assert "bytes for values between" in said
    assert "FullyConnected(v0" in said


def test_constants_are_computed_once():
    class Net(nn.HybridBlock):
        def hybrid_forward(self, F, x):
            scale = F.sqrt(F.arange(1, 4))
            return F.broadcast_mul(x, scale), F.ones((2,))

    net = Net()
    net.hybridize()
    x = mx.nd.ones((2, 3))
    first, ones = net(x)
    ones[:] = 7
    second, again = net(2 * x)
    np.testing.assert_allclose(second.asnumpy(), 2 * np.sqrt([[1, 2, 3]] * 2), rtol=1e-6)
    np.testing.assert_array_equal(again.asnumpy(), 1)
    np.testing.assert_allclose(first.asnumpy() * 2, second.asnumpy())
    (graph,) = net._graphs.values()
    (program,) = graph.cached.programs.values()
    assert [i.op.name for i in program.folded] == ["_arange", "sqrt"]
    assert [i.op.name for i in program.steps.instructions] == ["broadcast_mul", "_ones"]
