"""The exercises of chapter 15: a training loop."""

from typing import Any

import numpy as np

from mxbook import autograd
from mxbook import ndarray as nd

from .answers import Wrong, call, close, exercise, number, require, said

DIGITS, BATCH, EPOCHS = 1297, 64, 20
KEYS = ("steps in an epoch", "digits in the last batch", "steps in all")
ROWS, COLUMNS = 12, 3  # of the data that loops are tried on
RATE = 0.1


@exercise("15.1", "20 batches of 64 and one of 17, twenty times over.")
def counted(answer, random):
    """Steps and batches."""
    require(
        isinstance(answer, dict) and set(answer) == set(KEYS),
        f"the answer must be a dictionary with the keys {', '.join(KEYS)}",
    )
    steps, last, total = (number(answer[key], key) for key in KEYS)
    full, rest = divmod(DIGITS, BATCH)
    require(
        steps != full,
        f"{full} batches hold {full * BATCH} digits; the other {rest} are a batch as well",
    )
    require(steps == int(steps), "a step is made or not; 20.27 batches are 20 full ones and a rest")
    require(steps == full + 1, f"an epoch has not {steps:g} steps: divide 1,297 by 64, round up")
    require(last != BATCH, f"there are not enough digits left for a last batch of {BATCH}")
    require(last == rest, f"the last batch has not {last:g} digits: 20 full batches come first")
    require(total == EPOCHS * steps, f"in all means over {EPOCHS} epochs of {steps:g} steps each")


@exercise("15.2", "each array moves against its gradient, in place, by rate / batch_size.")
def step(answer, random):
    """A step of gradient descent on several arrays."""
    for _ in range(2):
        rate, size = float(random.uniform(0.05, 0.5)), int(random.integers(2, 60))
        arrays = [_with_gradient(random, shape) for shape in ((2, 3), (4,))]
        old = [a.asnumpy() for a in arrays]
        grads = [a.grad.asnumpy() for a in arrays]
        _run(answer, arrays, rate, size)
        new = [a.asnumpy() for a in arrays]
        moved = [n - o for n, o in zip(new, old, strict=True)]
        require(
            any(np.any(m) for m in moved),
            "no array has changed. `a = a - ...` and `a - ...` make new arrays; "
            "write into the old one: a[:] = ...",
        )
        require(all(np.any(m) for m in moved), "only some of the arrays have changed")
        _right_way(moved, grads, rate, size)
        kept = all(close(a.grad.asnumpy(), g) for a, g in zip(arrays, grads, strict=True))
        require(kept, "the gradients have changed as well; only the arrays must")


def _right_way(moved: list, grads: list, rate: float, size: int) -> None:
    """Raise Wrong unless each array moved by -rate * grad / size."""

    def by(factor: float) -> bool:
        return all(close(m, factor * g, 1e-5) for m, g in zip(moved, grads, strict=True))

    require(not by(rate / size), "it goes up: a step must go against the gradient, with a minus")
    require(
        not by(-rate),
        f"the steps are {size} times too long: the gradient is a sum over batch_size examples",
    )
    require(not by(-rate * size), "it multiplies by batch_size; a mean is the sum divided by it")
    require(not by(-1 / size), "the rate is missing")
    require(by(-rate / size), "the change must be -rate * a.grad / batch_size, and is another one")


def _with_gradient(random: np.random.Generator, shape: tuple[int, ...]) -> nd.NDArray:
    a = nd.array(random.normal(size=shape))
    a.attach_grad()
    with autograd.record():
        y = (a * nd.array(random.uniform(1, 2, shape))).sum()
    y.backward()
    return a


def _run(answer: Any, *given: Any) -> None:
    """Call a function that need not return anything."""
    try:
        call(answer, *given)
    except Wrong as wrong:
        if "returned None" not in str(wrong):
            raise


@exercise("15.3", "it stops as soon as the lowest loss is `patience` epochs old.")
def stop_at(answer, random):
    """Early stopping."""
    tries = [([5, 3, 4, 3.5, 1], 2), ([3.0, 2.0, 1.0], 2), ([1.0, 1.0, 1.0, 0.5], 2)]
    tries += [([4, 3, 2, 3, 2.5, 1], 3), ([2, 5, 4, 3, 1], 3)]
    for _ in range(20):
        losses = random.integers(1, 9, size=int(random.integers(3, 12))).tolist()
        tries.append((losses, int(random.integers(1, 4))))
    found = []
    for losses, patience in tries:
        got = number(call(answer, list(losses), patience), "the epoch")
        found.append((said(answer, losses, patience), got, *_stops(losses, patience), losses))
    wrong = [row for row in found if row[1] != row[2]]
    if wrong:
        raise Wrong(_of_stop(found, wrong[0]))


def _stops(losses: list, patience: int) -> tuple[int, int]:
    """After which epoch to stop, and the best epoch until then."""
    for end in range(patience + 1, len(losses) + 1):
        best = losses.index(min(losses[:end])) + 1
        if end - best >= patience:
            return end, best
    return len(losses), losses.index(min(losses)) + 1


def _of_stop(found: list[tuple], first: tuple) -> str:
    """What is wrong with the epochs that came back; `first` is the first wrong one."""
    asked, got, wanted, best, _ = first
    if all(row[1] == row[4].index(min(row[4])) + 1 for row in found):
        return f"{asked} gave {got:g}, the best epoch of all: nobody knows it until the end"
    if all(row[1] == row[3] for row in found):
        return f"{asked} gave {got:g}, the best epoch so far; wanted is the one to stop after"
    if all(row[1] in (row[2], row[2] - 1) for row in found):
        return (
            f"{asked} gave {got:g}, one too early. Are epochs counted from 1? "
            "Is the lowest loss `patience` epochs old, and not one less?"
        )
    if got < wanted:
        return (
            f"{asked} gave {got:g}, and must be {wanted}: too early, because the patience "
            f"begins anew with each lower loss, here last after epoch {best}"
        )
    return (
        f"{asked} gave {got:g}, and must be {wanted}: too late, because nothing was below the loss "
        f"of epoch {best}. Compare with the lowest so far, not with the one before; "
        "equal is not lower"
    )


@exercise("15.4", "every example once an epoch, in random order, and each sum divided rightly.")
def fit(answer, random):
    """A whole training loop, compared with one in NumPy."""
    x = random.normal(size=(ROWS, COLUMNS)).astype("float32")
    y = (x @ random.normal(size=COLUMNS) + 0.5).astype("float32")
    _whole_batches(answer, x, y)
    _parts(answer, x, y)


def _whole_batches(answer: Any, x: np.ndarray, y: np.ndarray) -> None:
    """All examples in one batch: then chance has no say, and weights are known."""
    net, watched = _net(x), _Watched()
    losses = _fitted(answer, net, watched, x, y, 3, ROWS)
    require(len(losses) == 3, f"for 3 epochs, 3 losses must come back, and {len(losses)} do")
    got = net.weight.data().asnumpy()[0]
    begun = _descent(x, y, RATE, 0)[0]
    wanted, means = _descent(x, y, RATE, 3)
    require(not close(got, begun, 1e-6), "the weights have not changed: no step was made")
    slow, fast = _descent(x, y, RATE / ROWS, 3)[0], _descent(x, y, RATE * ROWS, 3)[0]
    require(
        not close(got, fast, 1e-3),
        "the steps are too long by the size of the batch: step(len(a)) divides the sum",
    )
    require(
        not close(got, slow, 1e-4),
        "the steps are too short by the size of the batch: backward on the mean and "
        "step(len(a)) divide twice",
    )
    require(
        close(got, wanted, 1e-3),
        'after 3 epochs the weights are not those of "sgd" with the given rate and no more',
    )
    require(
        not close(losses, np.array(means) * ROWS, 1e-3),
        "the losses are sums; wanted is the mean, so divide by the number of examples",
    )
    require(close(losses, means, 1e-3), "the losses are not the means over each epoch")


def _parts(answer: Any, x: np.ndarray, y: np.ndarray) -> None:
    """Batches of 5, 5 and 2: nothing forgotten, another order each time, each divided rightly."""
    net, watched = _net(x), _Watched()
    # With a rate of nearly 0 the net stays what it is, so each epoch must tell the same mean.
    losses = _fitted(answer, net, watched, x, y, 2, 5, rate=1e-9)
    seen = [v.tolist() for v in watched.labels]
    sizes = [len(v) for v in seen]
    require(
        sum(sizes) != 20,
        f"the last batch is missing: of {ROWS} examples, 5 at a time, 2 are left for it",
    )
    require(
        sizes == [5, 5, 2] * 2,
        f"with {ROWS} examples and size 5 the batches of 2 epochs must have 5, 5, 2, 5, 5, 2 "
        f"examples, and have {', '.join(map(str, sizes))}",
    )
    epochs = [[v for batch in part for v in batch] for part in (seen[:3], seen[3:])]
    for epoch in epochs:
        require(
            close(sorted(epoch), sorted(y.tolist())),
            "some examples come twice in an epoch, and others never",
        )
    require(epochs[0] != epochs[1], "the order is the same in each epoch: shuffle each time")
    wanted = _descent(x, y, 0, 1)[1][0]
    require(
        close(losses, [wanted, wanted], 1e-3),
        "with a small last batch the mean is off: add up the losses of all examples and divide "
        "once; a mean of means counts the examples of the last batch more than others",
    )


class _Watched:
    """Half the squared error of each example; remembers the labels it was asked about."""

    def __init__(self):
        self.labels: list[np.ndarray] = []

    def __call__(self, scores: nd.NDArray, y: nd.NDArray) -> nd.NDArray:
        self.labels.append(y.asnumpy().ravel())
        return (scores.reshape((-1,)) - y.reshape((-1,))) ** 2 / 2


def _net(x: np.ndarray) -> Any:
    """A dense layer with one output and no bias, all of whose weights are 0.1."""
    from mxbook import initializer
    from mxbook.gluon import nn

    net = nn.Dense(1, use_bias=False, in_units=x.shape[1])
    net.initialize(initializer.Constant(0.1))
    return net


def _fitted(
    answer: Any,
    net: Any,
    loss_of: _Watched,
    x: np.ndarray,
    y: np.ndarray,
    epochs: int,
    size: int,
    rate: float = RATE,
) -> np.ndarray:
    """What `fit` returns, as numbers."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the check says it in its own words
        try:
            found = call(answer, net, loss_of, nd.array(x), nd.array(y), epochs, size, rate)
        except Wrong as wrong:
            if type(wrong.__cause__).__name__ == "StaleGradientError":
                raise Wrong(
                    "no new gradients before the step: loss.backward() is missing"
                ) from None
            raise
    require(isinstance(found, list | tuple), "fit must return a list, the mean loss of each epoch")
    return np.array([number(v, "a loss") for v in found])


def _descent(x: np.ndarray, y: np.ndarray, rate: float, epochs: int) -> tuple[np.ndarray, list]:
    """Weights after so many steps on all examples, and the mean loss before each."""
    w, means = np.full(x.shape[1], 0.1), []
    for _ in range(epochs):
        error = x @ w - y
        means.append(float((error**2).mean() / 2))
        w = w - rate * (error @ x) / len(x)
    return w, means
