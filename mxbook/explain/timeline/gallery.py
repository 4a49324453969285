"""Five timelines of real work as pictures: `python -m mxbook.explain gallery FOLDER`.

Each is drawn on light and on dark paper, by operator; the second also by block, the fourth also as
it would have been on other engines.  One more compares two runs of the first.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mxbook import autograd, engine, gluon, initializer
from mxbook import ndarray as nd
from mxbook.base.config import config
from mxbook.base.context import Context, cpu
from mxbook.gluon import nn

from .live import watch
from .record import Timeline


def gallery(folder: str | Path) -> dict[str, Timeline]:
    """Write all pictures as PNG files `timeline-NAME.png`; gives the timelines."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    found = {name: make() for name, make in timelines().items()}

    def draw(timeline: Timeline, name: str, **look: str) -> None:
        (place / f"timeline-{name}.png").write_bytes(timeline.png(**look))

    for name, timeline in found.items():
        title = name.replace("-", " ")
        draw(timeline, name, title=title)
        draw(timeline, f"{name}-dark", title=title, theme="dark")
    draw(found["hybridized-net"], "hybridized-net-blocks", title="hybridized net", by="block")
    for workers, kind in ((1, "NaiveEngine"), (4, "ThreadedEngine")):
        other = found["two-chains"].what_if(workers, engine=kind)
        title = f"two chains, what if: {kind}, workers: {workers}"
        draw(other, f"two-chains-what-if-{workers}", title=title)
    both = found["training-step"].compare(training_step(), ("one run", "another run"))
    (place / "timeline-compared.png").write_bytes(both.png())
    return found


def timelines() -> dict[str, Callable[[], Timeline]]:
    """The timelines by name, to be made when they are wanted."""
    return {
        "training-step": training_step,
        "hybridized-net": hybridized_net,
        "two-devices": two_devices,
        "two-chains": two_chains,
        "small-operations": small_operations,
    }


@contextmanager
def _engine(kind: str) -> Iterator[None]:
    before = config.engine_type
    config.engine_type = kind
    try:
        yield
    finally:
        engine.settle()
        config.engine_type = before


def lenet() -> gluon.HybridBlock:
    """A small convolutional net for pictures of 28 x 28."""
    net = nn.HybridSequential(prefix="lenet_")
    with net.name_scope():
        net.add(nn.Conv2D(16, 5, activation="relu"), nn.MaxPool2D(2, 2))
        net.add(nn.Conv2D(32, 3, activation="relu"), nn.MaxPool2D(2, 2))
        net.add(nn.Dense(128, activation="relu"), nn.Dense(10))
    return net


def _train(net: gluon.Block, trainer: gluon.Trainer, batches: list) -> None:
    """One step on batches that belong to as many devices."""
    loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
    with autograd.record():
        losses = [loss_of(net(data), label) for data, label in batches]
    autograd.backward(losses)
    trainer.step(sum(len(data) for data, _ in batches))
    for loss in losses:
        loss.mean().asscalar()


def _batch(size: int, device: Context) -> tuple[nd.NDArray, nd.NDArray]:
    data = nd.random.uniform(shape=(size, 1, 28, 28), ctx=device)
    return data, nd.arange(size, ctx=device) % 10


def _steps(net: gluon.Block, devices: list[Context], count: int = 2) -> Timeline:
    """Some steps of training, after one that makes everything ready."""
    net.initialize(initializer.Xavier(), ctx=devices)
    store = "device" if len(devices) > 1 else None
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 1e-3}, kvstore=store)
    batches = [_batch(64, device) for device in devices]
    _train(net, trainer, batches)
    with watch(show=False) as seen:
        for _ in range(count):
            _train(net, trainer, batches)
    return seen.timeline


def training_step() -> Timeline:
    """Two steps of a net that is called operator by operator."""
    with _engine("ThreadedEngine"):
        return _steps(lenet(), [cpu()])


def hybridized_net() -> Timeline:
    """The same net as one program; below it are its instructions."""
    net = lenet()
    net.hybridize()
    with _engine("HybridEngine"):
        return _steps(net, [cpu()])


def two_devices() -> Timeline:
    """Two devices, whose gradients a key-value store adds up."""
    with _engine("ThreadedEngine"):
        return _steps(lenet(), [cpu(0), cpu(1)], count=1)


def two_chains() -> Timeline:
    """Two chains of products that meet at the end: what an asynchronous engine is for."""
    with _engine("ThreadedEngine"):
        left, right, a, b = (nd.random.normal(shape=(256, 256)) for _ in range(4))
        nd.waitall()
        with watch(show=False) as seen:
            for _ in range(5):
                left = nd.tanh(nd.dot(left, a))
                right = nd.dot(right, b) * 0.05
            (left + right).sum().asscalar()
    return seen.timeline


def small_operations() -> Timeline:
    """A recurrent cell step by step: many small operations, which the Python thread runs itself,
    and a wait in each step."""
    cell = gluon.rnn.LSTMCell(32)
    cell.initialize()
    with _engine("HybridEngine"):
        states = cell.begin_state(batch_size=4)
        x = nd.random.uniform(shape=(4, 16))
        cell(x, states)[0].wait_to_read()
        with watch(show=False) as seen:
            for _ in range(12):
                out, states = cell(x, states)
                out.mean().asscalar()
    return seen.timeline
