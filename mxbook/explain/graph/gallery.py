"""Many graphs as pictures, to be looked at: `python -m mxbook.explain gallery FOLDER`.

Nets of the model zoo, recurrent and attention nets, control flow, executors with gradients, tapes,
passes, a wrong shape; and every symbol in JSON files of a folder that is named.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mxbook import autograd, gluon
from mxbook import ndarray as nd
from mxbook import rnn as symbol_rnn
from mxbook import symbol as sym
from mxbook.base.context import cpu
from mxbook.gluon import nn, rnn

from .measure import Measures, measures
from .model import Graph
from .overlays import by_cost, by_memory, not_finite
from .programs import passes
from .sources import graph

IMAGE = (1, 3, 224, 224)
ZOO = {
    "resnet18_v1": {},
    "resnet50_v1": {},
    "resnet50_v2": {},
    "resnet152_v1": {},
    "vgg16_bn": {},
    "alexnet": {},
    "mobilenet1.0": {},
    "mobilenetv2_1.0": {},
    "squeezenet1.0": {},
    "densenet121": {},
    "inceptionv3": {"shape": (1, 3, 299, 299)},
}


def gallery(folder: str | Path, files: str | Path | None = None) -> list[tuple[str, Measures]]:
    """Write all pictures as PNG files (dark ones, too, for some) and tell how well each is drawn.

    `files` is a folder with MXNet's JSON files, drawn as well.
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    found = []
    for name, make in [*pictures().items(), *_of_files(files)]:
        made = make()
        (place / f"{name}.png").write_bytes(made.png())
        found.append((name, measures(made)))
    for name in ("zoo-resnet18_v1", "lstm-35-steps", "executor"):
        (place / f"{name}-dark.png").write_bytes(pictures()[name]().png(theme="dark"))
    return found


def _of_files(files: str | Path | None) -> Iterator[tuple[str, Callable[[], Graph]]]:
    for path in sorted(Path(files).glob("*-symbol.json")) if files is not None else ():
        shapes = {"data": IMAGE} if "net" in path.name else {}
        yield f"file-{path.name.removesuffix('-symbol.json')}", _reader(path, shapes)


def _reader(path: Path, shapes: dict) -> Callable[[], Graph]:
    return lambda: graph(path, **shapes)


def pictures() -> dict[str, Callable[[], Graph]]:
    """Functions that make the graphs of the gallery, by name."""
    zoo = {f"zoo-{name}": _zoo(name, **more) for name, more in ZOO.items()}
    return {
        **zoo,
        "resnet18-all": lambda: zoo["zoo-resnet18_v1"]().collapsed(9),
        "lstm-35-steps": lambda: unrolled(35),
        "lstm-4-steps": lambda: unrolled(4).collapsed(9, fold=False),
        "lstm-two-layers": lambda: stacked(6),
        "lstm-plain-symbols": lambda: plain_lstm(8),
        "attention": attention,
        "attention-open": lambda: attention().collapsed(9),
        "foreach": foreach,
        "condition": condition,
        "bucketing": bucketing,
        "executor": executor,
        "tape-small": tape_small,
        "tape-mlp": tape_mlp,
        "lenet": lenet,
        "module-multi-output": two_outputs,
        "passes-before": lambda: _passes().before,
        "passes-after": lambda: _passes().after,
        "wrong-shape": wrong_shape,
        "overlay-flops": lambda: by_cost(lenet(), "flops"),
        "overlay-memory": overlay_memory,
        "overlay-not-finite": overlay_not_finite,
        "siamese": siamese,
    }


def _zoo(name: str, shape: tuple = IMAGE) -> Callable[[], Graph]:
    def make() -> Graph:
        from mxbook.gluon.model_zoo import vision

        net = vision.get_model(name)
        net.initialize()
        return graph(net, shape, title=name)

    return make


# ---- recurrent nets


def unrolled(steps: int) -> Graph:
    """An LSTM cell over some steps."""
    cell = rnn.LSTMCell(128, prefix="lstm_")
    data = sym.var("data")
    outputs, _ = cell.unroll(steps, data, layout="NTC", merge_outputs=True)
    logits = sym.FullyConnected(outputs, num_hidden=50, flatten=False, name="decoder")
    return graph(logits, data=(8, steps, 64), title=f"LSTM, {steps} steps")


def stacked(steps: int) -> Graph:
    """Two LSTM layers."""
    stack = rnn.SequentialRNNCell(prefix="")
    stack.add(rnn.LSTMCell(64, prefix="lower_"))
    stack.add(rnn.LSTMCell(64, prefix="upper_"))
    outputs, _ = stack.unroll(steps, sym.var("data"), layout="NTC", merge_outputs=True)
    return graph(outputs, data=(8, steps, 32), title=f"two LSTM layers, {steps} steps")


def plain_lstm(steps: int) -> Graph:
    """An RNN written by hand with symbols, without any groups."""
    h = sym.var("h0")
    outs = []
    for t in range(steps):
        x = sym.FullyConnected(sym.var(f"x{t}"), num_hidden=16, name=f"in{t}")
        h = sym.Activation(
            x + sym.FullyConnected(h, num_hidden=16, name=f"rec{t}"), act_type="tanh", name=f"h{t}"
        )
        outs.append(h)
    shapes = {f"x{t}": (4, 8) for t in range(steps)}
    return graph(sym.Concat(*outs, dim=1, name="all"), h0=(4, 16), title="RNN by hand", **shapes)


def bucketing() -> Graph:
    """One bucket of a language model for sentences of different lengths."""
    embed = sym.Embedding(sym.var("data"), input_dim=1000, output_dim=64, name="embed")
    stack = symbol_rnn.SequentialRNNCell()
    for k in range(2):
        stack.add(symbol_rnn.LSTMCell(num_hidden=64, prefix=f"lstm_l{k}_"))
    outputs, _ = stack.unroll(10, inputs=embed, merge_outputs=True)
    flat = sym.Reshape(outputs, shape=(-1, 64), name="flat")
    logits = sym.FullyConnected(flat, num_hidden=1000, name="pred")
    label = sym.Reshape(sym.var("softmax_label"), shape=(-1,), name="label_flat")
    loss = sym.SoftmaxOutput(logits, label, name="softmax")
    return graph(loss, data=(8, 10), softmax_label=(8, 10), title="bucket of length 10")


# ---- attention and control flow


class Attention(gluon.HybridBlock):
    """Self-attention with several heads, and the layers around it."""

    def __init__(self, units: int, heads: int, **kwargs: Any):
        super().__init__(**kwargs)
        self._units, self._heads = units, heads
        with self.name_scope():
            self.query = nn.Dense(units, flatten=False)
            self.key = nn.Dense(units, flatten=False)
            self.value = nn.Dense(units, flatten=False)
            self.proj = nn.Dense(units, flatten=False)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Softmax of scaled products of queries and keys, times values."""
        q, k, v = (self._split(F, part(x)) for part in (self.query, self.key, self.value))
        scores = F.batch_dot(q, k, transpose_b=True) / (self._units // self._heads) ** 0.5
        mixed = F.batch_dot(F.softmax(scores), v)
        mixed = F.reshape(mixed, shape=(-1, self._heads, 0, 0), reverse=True)
        return self.proj(F.reshape(F.transpose(mixed, axes=(0, 2, 1, 3)), shape=(0, 0, -1)))

    def _split(self, F: Any, x: Any) -> Any:
        x = F.reshape(x, shape=(0, 0, self._heads, -1))
        return F.reshape(F.transpose(x, axes=(0, 2, 1, 3)), shape=(-3, 0, 0))


class Encoder(gluon.HybridBlock):
    """One layer of a transformer."""

    def __init__(self, units: int, heads: int, **kwargs: Any):
        super().__init__(**kwargs)
        with self.name_scope():
            self.attention = Attention(units, heads)
            self.norm1, self.norm2 = nn.LayerNorm(), nn.LayerNorm()
            self.ffn = nn.HybridSequential()
            self.ffn.add(nn.Dense(4 * units, activation="relu", flatten=False))
            self.ffn.add(nn.Dense(units, flatten=False))

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Attention and two dense layers, each added to what goes in."""
        x = self.norm1(x + self.attention(x))
        return self.norm2(x + self.ffn(x))


def attention() -> Graph:
    """A small transformer encoder."""
    net = nn.HybridSequential(prefix="encoder_")
    with net.name_scope():
        for _ in range(6):
            net.add(Encoder(64, 4))
        net.add(nn.Dense(10))
    net.initialize()
    return graph(net, (2, 16, 64), title="transformer encoder")


def foreach() -> Graph:
    """A loop over the rows of an array."""
    data, state, w = sym.var("data"), sym.var("state"), sym.var("w_weight")

    def body(x: Any, s: Any) -> tuple:
        s = sym.tanh(sym.FullyConnected(x, w, num_hidden=8, no_bias=True, name="in") + s)
        return s * 2, s

    outs, last = sym.contrib.foreach(body, data, state)
    total = sym.sum(outs, name="total")
    both = sym.Group([total, last])
    return graph(both, data=(5, 3, 4), state=(3, 8), title="foreach")


def condition() -> Graph:
    """A branch and a loop."""
    a, b = sym.var("a"), sym.var("b")
    chosen = sym.contrib.cond(
        sym.sum(a) < sym.sum(b), lambda: (a + 5) * (b + 5), lambda: sym.exp(a - 5)
    )
    i = sym.var("i")
    outs, last = sym.contrib.while_loop(
        lambda i, s: i <= 5,
        lambda i, s: ([i + s], [i + 1, s * 2]),
        (i, sym.sum(chosen)),
        max_iterations=5,
    )
    return graph(
        sym.Group([outs[0] if isinstance(outs, list) else outs, *last]),
        a=(1,),
        b=(1,),
        i=(1,),
        title="condition and loop",
    )


# ---- executors, tapes, passes


def lenet() -> Graph:
    """LeNet as a symbol."""
    return graph(_lenet(), data=(32, 1, 28, 28), softmax_label=(32,), title="LeNet")


def _lenet() -> Any:
    x = sym.var("data")
    for k, filters in enumerate((20, 50), 1):
        x = sym.Convolution(x, kernel=(5, 5), num_filter=filters, name=f"conv{k}")
        x = sym.Activation(x, act_type="tanh", name=f"tanh{k}")
        x = sym.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="max", name=f"pool{k}")
    x = sym.FullyConnected(sym.Flatten(x, name="flat"), num_hidden=500, name="fc1")
    x = sym.Activation(x, act_type="tanh", name="tanh3")
    return sym.SoftmaxOutput(sym.FullyConnected(x, num_hidden=10, name="fc2"), name="softmax")


def _mlp() -> Any:
    x = sym.FullyConnected(sym.var("data"), num_hidden=64, name="fc1")
    x = sym.Activation(x, act_type="relu", name="relu1")
    x = sym.FullyConnected(x, num_hidden=10, name="fc2")
    return sym.SoftmaxOutput(x, name="softmax")


def executor() -> Graph:
    """A bound executor with its gradients."""
    return graph(_mlp().simple_bind(cpu(), data=(32, 20)), title="executor with gradients")


def tape_small() -> Graph:
    """What autograd recorded of a formula."""
    x, y = nd.array([1.0, 2.0]), nd.array([3.0, 4.0])
    x.attach_grad()
    y.attach_grad()
    with autograd.record():
        z = (x * y + nd.sin(x)) * x
        loss = nd.sum(z)
    return graph(loss, title="(x·y + sin x)·x")


def tape_mlp() -> Graph:
    """What autograd recorded of a net and its loss."""
    net = nn.Sequential()
    net.add(nn.Dense(16, activation="relu"), nn.Dense(3))
    net.initialize()
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    with autograd.record():
        value = loss(net(nd.ones((4, 5))), nd.zeros(4))
    return graph(value, title="tape of a small net")


def _passes() -> Any:
    x = sym.var("x")
    a = sym.exp(x + 1) + sym.exp(x + 1)
    b = sym.broadcast_mul(sym.tanh(a), sym.sqrt(sym.ones((1, 64)) + 1))
    return passes(sym.FullyConnected(b * 2 + a, num_hidden=8, name="fc"), x=(4096, 64))


def two_outputs() -> Graph:
    """A trunk with two heads and a skip to the second one."""
    x = sym.var("data")
    trunk = sym.Activation(
        sym.Convolution(x, kernel=(3, 3), num_filter=8, name="conv"), act_type="relu", name="relu"
    )
    a = sym.SoftmaxOutput(sym.FullyConnected(trunk, num_hidden=5, name="classes"), name="softmax")
    b = sym.FullyConnected(
        sym.Concat(sym.Flatten(trunk), sym.Flatten(x), name="join"), num_hidden=4
    )
    c = sym.LinearRegressionOutput(b, name="box")
    return graph(sym.Group([a, c]), data=(8, 3, 16, 16), title="two outputs")


def siamese() -> Graph:
    """Two inputs through the same weights."""
    net = nn.HybridSequential(prefix="branch_")
    with net.name_scope():
        net.add(nn.Conv2D(8, 3, activation="relu"), nn.GlobalAvgPool2D(), nn.Dense(16))
    net.initialize()
    left, right = net(sym.var("left")), net(sym.var("right"))
    distance = sym.sum(sym.square(left - right, name="square"), axis=1, name="distance")
    shapes = {"left": (4, 3, 32, 32), "right": (4, 3, 32, 32)}
    return graph(distance, title="two inputs, the same weights", **shapes)


class Wrong(gluon.HybridBlock):
    """A net with a mistake: the two branches have different lengths."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        with self.name_scope():
            self.left, self.right, self.last = nn.Dense(8), nn.Dense(9), nn.Dense(2)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """The sum cannot be formed."""
        return self.last(F.relu(self.left(x)) + F.tanh(self.right(x)))


def wrong_shape() -> Graph:
    """Where a shape is wrong, the graph shows up to there."""
    net = Wrong(prefix="net_")
    net.initialize()
    return graph(net, (4, 5), title="a net with a mistake")


def overlay_memory() -> Graph:
    """Which buffer each value lives in."""
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        for units in (64, 64, 32):
            net.add(nn.Dense(units, activation="tanh"))
    net.initialize()
    return by_memory(net, (256, 64))


def overlay_not_finite() -> Graph:
    """Where a computation stops being finite."""
    x = sym.var("x")
    y = sym.broadcast_div(sym.exp(x, name="exp"), sym.exp(x * 2, name="exp2"), name="ratio")
    return not_finite(sym.log(y, name="log"), x=nd.array([1.0, 100.0]))
