"""Ways to look at what the profiler has seen, and something to look at."""

import json

import mxbook as mx
from mxbook import autograd, profiler
from mxbook.gluon import nn
from mxbook.profiler.session import session


def stats(category: str) -> dict:
    """The rows of a category."""
    return json.loads(profiler.dumps(format="json"))["Time"].get(category, {})


def counts(category: str = "operator") -> dict[str, int]:
    """How often each name was seen."""
    return {name: row["Count"] for name, row in stats(category).items()}


def trace() -> list[dict]:
    """The events of the file that `dump` writes."""
    profiler.dump(finished=False)
    with open(session.options.filename) as file:
        return json.load(file)["traceEvents"]


def small_net(hybrid: bool) -> nn.HybridSequential:
    """Two layers."""
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(4, activation="relu", in_units=3), nn.Dense(2, in_units=4))
    net.initialize(mx.init.One())
    if hybrid:
        net.hybridize()
    return net


def step(net: nn.HybridSequential) -> dict:
    """Forward and backward; the loss and the gradients."""
    x = mx.nd.array([[1, 2, 3], [4, 5, 6]])
    with autograd.record():
        loss = (net(x) ** 2).sum()
    loss.backward()
    grads = {n: p.grad().asnumpy() for n, p in net.collect_params().items()}
    return {"loss": loss.asnumpy(), **grads}
