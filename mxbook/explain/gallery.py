"""Ten training runs as pictures: `python -m mxbook.explain gallery FOLDER`.

Short and long ones, with NaN, divergence and over-fitting, several compared, logarithmic axes, many
curves, strips.  Those named after the digits are real trainings of a few seconds, on the
handwritten digits of scikit-learn.
"""

import functools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mxbook import autograd, gluon, initializer, lr_scheduler, random
from mxbook import ndarray as nd
from mxbook.gluon import nn

from .callbacks import of_trainer
from .chart import picture
from .live import curves
from .run import Run
from .shapes import Label, Picture, text_width
from .store import Runs


class Measures(NamedTuple):
    """What disturbs a reader: pairs of texts that overlap, texts that leave the picture."""

    texts: int
    overlaps: int
    outside: int


def measures(drawn: Picture) -> Measures:
    """Count the texts of a picture and what is wrong with them."""
    boxes = [_box(s) for s in drawn.shapes if isinstance(s, Label) and s.text]
    overlaps = sum(
        a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
        for i, a in enumerate(boxes)
        for b in boxes[:i]
    )
    inside = [
        left >= 0 and top >= 0 and right <= drawn.width and bottom <= drawn.height
        for left, top, right, bottom in boxes
    ]
    return Measures(len(boxes), overlaps, inside.count(False))


def _box(label: Label) -> tuple[float, float, float, float]:
    width, half = text_width(label.text, label.size, label.bold), 0.45 * label.size
    left = label.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[label.anchor] * width
    return left, label.y - half, left + width, label.y + half


def gallery(folder: str | Path) -> list[tuple[str, Measures]]:
    """Write all pictures as PNG files `run-NAME.png`, on light and on dark paper."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    found = []
    for name, make in runs().items():
        run = make()
        (place / f"run-{name}.png").write_bytes(run.png())
        (place / f"run-{name}-dark.png").write_bytes(run.png(theme="dark"))
        found.append((f"run-{name}", measures(picture(run))))
    return found


def runs() -> dict[str, Callable[[], Run]]:
    """The runs by name, to be made when they are wanted."""
    return {
        "digits": digits,
        "digits-over-fit": digits_over_fit,
        "digits-diverges": digits_diverges,
        "digits-compared": digits_compared,
        "not-a-number": not_a_number,
        "long": long,
        "power-law": power_law,
        "many-curves": many_curves,
        "two-players": two_players,
        "interrupted": interrupted,
    }


# ---------------------------------------------------------------- real ones


@functools.cache
def _digits() -> tuple[np.ndarray, ...]:
    """Pictures and labels, for training and for validation."""
    from sklearn.datasets import load_digits

    found = load_digits()
    order = np.random.default_rng(0).permutation(len(found.data))
    data, label = found.data[order].astype(np.float32) / 16, found.target[order].astype(np.float32)
    return data[:1400], label[:1400], data[1400:], label[1400:]


class Plan(NamedTuple):
    """How a net learns the digits."""

    hidden: int = 64
    rate: float = 0.2
    epochs: int = 8
    batch: int = 35
    samples: int = 1400
    momentum: float = 0.0
    noise: float = 0.0  # share of the labels that are wrong


def learn(run: Run, plan: Plan, *, strips: bool = False) -> None:
    """Train a net of one hidden layer on the digits."""
    random.seed(7)
    data, label, val_data, val_label = _digits()
    data, label = data[: plan.samples], label[: plan.samples].copy()
    chance = np.random.default_rng(1)
    wrong = chance.random(len(label)) < plan.noise
    label[wrong] = chance.integers(0, 10, wrong.sum())
    net = nn.HybridSequential()
    net.add(nn.Dense(plan.hidden, activation="relu"), nn.Dense(10))
    net.initialize(initializer.Xavier())
    steps = plan.epochs * (len(data) // plan.batch)
    options: dict = {"learning_rate": plan.rate, "momentum": plan.momentum}
    if strips:
        options["lr_scheduler"] = lr_scheduler.CosineScheduler(
            steps, base_lr=plan.rate, final_lr=0.01, warmup_steps=steps // 10
        )
    trainer = gluon.Trainer(net.collect_params(), "sgd", options)
    loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
    validation = nd.array(val_data), nd.array(val_label)
    for epoch in range(1, plan.epochs + 1):
        order = chance.permutation(len(data))
        right = 0.0
        for begin in range(0, len(data) - plan.batch + 1, plan.batch):
            chosen = order[begin : begin + plan.batch]
            x, y = nd.array(data[chosen]), nd.array(label[chosen])
            with autograd.record():
                out = net(x)
                loss = loss_of(out, y)
            loss.backward()
            more = of_trainer(trainer) if strips else {}
            trainer.step(plan.batch)
            run.log({"loss": float(loss.mean().asscalar()), **more})
            right += float((out.argmax(axis=1) == y).sum().asscalar())
        out = net(validation[0])
        run.log(
            val_loss=loss_of(out, validation[1]).mean(),
            accuracy=right / (len(data) // plan.batch * plan.batch),
            val_accuracy=(out.argmax(axis=1) == validation[1]).mean(),
            epoch=epoch,
        )


def digits() -> Run:
    """A training that goes well, with a learning rate that follows a plan."""
    plan = Plan(momentum=0.9, rate=0.1)
    with curves("a net learns digits", total=8 * 40, show=False) as run:
        learn(run, plan, strips=True)
    return run


def digits_over_fit() -> Run:
    """Too few pictures, some with wrong labels: training goes on improving, validation does not."""
    plan = Plan(hidden=256, samples=120, batch=20, epochs=60, rate=0.3, noise=0.2)
    with curves("120 digits, a fifth of them mislabelled", show=False) as run:
        learn(run, plan)
    return run


def digits_diverges() -> Run:
    """A learning rate that is far too large."""
    plan = Plan(rate=0.1, momentum=0.9, epochs=4)
    with curves("the learning rate grows each step", log_y=True, show=False) as run:
        _rising(run, plan)
    return run


def _rising(run: Run, plan: Plan) -> None:
    """Linear regression on the digits whose learning rate grows until it diverges."""
    data, label, _, _ = _digits()
    random.seed(7)
    net = nn.Dense(1)
    net.initialize(initializer.Normal(0.01))
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-3})
    chance = np.random.default_rng(1)
    for step in range(160):
        chosen = chance.integers(0, len(data), plan.batch)
        x, y = nd.array(data[chosen]), nd.array(label[chosen].reshape(-1, 1))
        trainer.set_learning_rate(1e-3 * 1.035**step)
        with autograd.record():
            loss = (net(x) - y).square()
        loss.backward()
        more = of_trainer(trainer)
        trainer.step(plan.batch)
        run.log({"loss": float(loss.mean().asscalar()), **more})


def digits_compared() -> Run:
    """The same net with four learning rates, from a store of runs."""
    with tempfile.TemporaryDirectory() as folder:
        for rate in (0.01, 0.05, 0.2, 0.8):
            options = {"params": {"rate": rate}, "store": Path(folder) / "digits"}
            with curves(f"rate {rate}", show=False, **options) as run:
                learn(run, Plan(rate=rate, epochs=5))
        return Runs(Path(folder) / "digits").compare(curves=("loss", "val_accuracy"))


# ---------------------------------------------------------------- made ones


def made(title: str, seconds: float = 0.05, **options) -> Run:
    """A run whose clock goes on by itself: so many seconds with each step that is logged."""
    at = [0.0]
    run = Run(title, clock=lambda: at[0], **options)
    log = run.log

    def ticking(*given, **named) -> None:
        at[0] += seconds
        log(*given, **named)

    run.log = ticking  # type: ignore[method-assign]
    return run


def not_a_number() -> Run:
    """A loss that becomes NaN and comes back once."""
    run, chance = made("mixed precision without scaling"), np.random.default_rng(2)
    for epoch in range(1, 7):
        for _ in range(50):
            loss = 1.8 * np.exp(-run.step / 120 + 0.1 * chance.normal()) + 0.1
            bad = 171 <= run.step < 186 or run.step >= 240
            run.log(loss=np.nan if bad else loss)
        run.log(val_loss=np.nan if epoch > 4 else loss + 0.15, epoch=epoch)
    run.finish()
    return run


def long() -> Run:
    """A hundred thousand steps."""
    run, chance = made("100,000 steps", 0.004, total=100_000), np.random.default_rng(3)
    noise = chance.normal(size=100_000)
    level = 0.35 + 2.6 * np.exp(-np.arange(100_000) / 9000) + 0.25 * (np.arange(100_000) < 60_000)
    for epoch in range(20):
        for i in range(5000 * epoch, 5000 * epoch + 5000):
            spike = 2.0 if chance.random() < 3e-4 else 1.0
            run.log(loss=level[i] * spike * np.exp(0.25 * noise[i]))
        run.log(val_loss=level[i] * 1.08, epoch=epoch + 1)
    run.finish()
    return run


def power_law() -> Run:
    """Both axes logarithmic: where a loss falls as a power of the steps it is straight."""
    run = made("loss against steps", 0.02, log_x=True, log_y=True)
    chance = np.random.default_rng(4)
    for step in range(1, 20_001):
        scale = np.exp(0.12 * chance.normal())
        run.log(loss=(4 * step**-0.34 + 0.02) * scale, step=step)
        if step % 500 == 0:
            run.log(val_loss=(4 * step**-0.31 + 0.03) * scale**0.2)
    run.finish()
    return run


def many_curves() -> Run:
    """Six losses in one panel, and what is set by a rule in strips."""
    run, chance = made("a detector with six losses"), np.random.default_rng(5)
    names = ("class", "box", "mask", "objectness", "centre", "total")
    for epoch in range(1, 11):
        for _ in range(60):
            part = run.step / 600
            values = {
                f"loss/{name}": (0.3 + 0.35 * k)
                * (0.25 + np.exp(-4 * part) + 0.04 * chance.normal())
                for k, name in enumerate(names)
            }
            run.log({**values, "learning_rate": 0.02 * 0.1 ** int(part * 3)})
        run.log(map=0.62 * (1 - np.exp(-epoch / 3)), epoch=epoch)
    run.finish()
    return run


def two_players() -> Run:
    """A generator and its critic, whose losses balance each other."""
    run, chance = made("generator and critic", total=4000), np.random.default_rng(6)
    for step in range(2600):
        swing = 0.25 * np.sin(step / 170) * np.exp(-step / 2500)
        run.log(
            g_loss=0.95 + swing + 0.12 * chance.normal() + 0.6 * np.exp(-step / 200),
            d_loss=0.62 - swing + 0.08 * chance.normal(),
            grad_norm=1.4 + 0.5 * np.exp(-step / 300) + 0.15 * chance.normal() ** 2,
        )
    run.flush()
    return run


def interrupted() -> Run:
    """Three epochs of few points, ended by hand."""
    run = made("a first try", 12.0, total=10)
    for epoch, (loss, accuracy) in enumerate([(2.1, 0.31), (1.2, 0.58), (0.74, 0.77)], 1):
        run.log(loss=loss, accuracy=accuracy)
        run.log(val_loss=loss + 0.12, val_accuracy=accuracy - 0.03, epoch=epoch)
    run.finish(KeyboardInterrupt())
    return run
