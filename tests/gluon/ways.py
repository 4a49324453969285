"""The three ways to run a block: operation by operation, hybridized, and bound to an executor."""

import warnings

import numpy as np

import mxbook as mx
from mxbook import autograd, gluon, nd

SEED = 3


class Net(gluon.HybridBlock):
    """A network of a function `(F, blocks, *inputs)` and blocks by name."""

    def __init__(self, function, **blocks):
        super().__init__()
        self._function = function
        for name, block in blocks.items():
            setattr(self, name, block)

    def hybrid_forward(self, F, *inputs, **parameters):
        return self._function(F, self, *inputs, **parameters)


def leaves(value):
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


def weights_like(arrays):
    """Different weights for all elements, so that none can stand in for another."""
    return [nd.array(np.cos(np.arange(a.size)).reshape(a.shape)) for a in arrays]


def by_block(net, inputs):
    """Outputs, in training and prediction mode, and gradients of the block, hybridized or not."""
    for a in leaves(inputs):
        a.attach_grad()
    mx.random.seed(SEED)
    with autograd.record():
        outputs = leaves(net(*inputs))
    heads = [a for a in outputs if a._entry is not None]
    if heads:
        autograd.backward(heads, weights_like(heads))
    parameters = {n: p for n, p in net.collect_params().items() if p.grad_req != "null"}
    gradients = [a.grad for a in leaves(inputs)] + [p.grad() for p in parameters.values()]
    outputs += leaves(net(*inputs))
    return [a.asnumpy() for a in outputs], [g.asnumpy() for g in gradients]


def by_executor(net, inputs):
    """The same with the graph of the last call, bound."""
    graph, arrays = net._cached_op.symbol, leaves(inputs)
    parameters = net.collect_params()
    used = graph.list_inputs()
    # A layer may add inputs of its own: recurrent ones begin with states of zeros.
    names = ["data"] if "data" in used else [f"data{i}" for i in range(len(arrays))]
    data = {n: a for n, a in zip(names, arrays, strict=True) if n in used}
    executor = graph.simple_bind(mx.cpu(), **{n: a.shape for n, a in data.items()})
    values = {n: parameters[n].data() for n in executor.arg_dict if n in parameters}
    states = {n: parameters[n].data() for n in executor.aux_dict}
    executor.copy_params_from({**values, **data}, states)
    mx.random.seed(SEED)
    outputs = executor.forward(is_train=True)
    executor.backward(weights_like(outputs))
    wanted = names + [n for n, p in parameters.items() if p.grad_req != "null"]
    gradients = [executor.grad_dict.get(n) for n in wanted]
    outputs = [*outputs, *executor.forward(is_train=False)]
    return (
        [a.asnumpy() for a in outputs],
        [None if g is None else g.asnumpy() for g in gradients],
    )


def check(found, expected, what):
    """Assert that outputs and gradients agree to 1e-5 of the largest number in the array."""
    for kind, a, b in zip(("output", "gradient"), found, expected, strict=True):
        assert len(a) == len(b)
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            if x is not None:
                scale = max(1.0, float(np.abs(y).max(initial=0)))
                assert x.shape == y.shape
                assert np.abs(x - y).max(initial=0) <= 1e-5 * scale, f"{what}: {kind} {i}"


def all_ways_agree(net, *calls):
    """Assert it for a network that is initialized, for each of several lists of inputs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # averages that have not moved
        net(*calls[0])
    parameters = net.collect_params().values()
    start = {p.name: p.data().copy() for p in parameters}

    def again(way, inputs):
        for p in parameters:
            p.set_data(start[p.name])
        return way(net, inputs)

    plain = [again(by_block, inputs) for inputs in calls]
    net.hybridize()
    for inputs, expected in zip(calls, plain, strict=True):
        check(again(by_block, inputs), expected, "hybridized")
        check(again(by_executor, inputs), expected, "bound")
