"""The exercises of chapter 06: gradients."""

import numpy as np

from mxbook import autograd
from mxbook import ndarray as nd

from .answers import Wrong, array, call, close, exercise, number, require

POINTS = 5  # how many random numbers a function is tried at


@exercise("06.1", "w is used twice, and what comes back on the two ways adds up.")
def predicted(answer, random):
    """The gradients of (w * x + w) ** 2 at w = 2, x = 3."""
    require(
        isinstance(answer, dict) and set(answer) == {"w", "x"},
        'the answer must be a dictionary with the keys "w" and "x"',
    )
    w, x = number(answer["w"], "the gradient of w"), number(answer["x"], "the gradient of x")
    require(
        w not in (48, 16),
        f"{w:.0f} is what comes back to w on one of its two ways, through "
        f"{'w * x' if w == 48 else '+ w'}; both count, and add up",
    )
    require(
        (w, x) != (8, 2),
        "you differentiated w * x + w; the square around it multiplies each by 2 * 8",
    )
    require(w == 64, f"the gradient of w is not {w:g}: s = 8, 2 * s = 16, and d s / d w = x + 1")
    require(x == 32, f"the gradient of x is not {x:g}: s = 8, 2 * s = 16, and d s / d x = w")


@exercise("06.2", "value and gradient of tanh are right, and it works inside larger formulas.")
def tanh(answer, random):
    """`tanh` for the tape that the chapter builds by hand."""
    kind, backward = (answer.__globals__.get(n) for n in ("Number", "backward"))
    if kind is None or backward is None:
        raise Wrong("`Number` and `backward` of this chapter are missing; run their cells first")
    for value in random.uniform(-2, 2, POINTS):
        x = kind(float(value))
        y = call(answer, x)
        require(
            isinstance(y, kind),
            "tanh(x) must return a Number, which knows what it was made from; "
            f"it returned a {type(y).__name__}",
        )
        require(
            close(y.value, np.tanh(value)),
            f"the value of tanh({value:.4g}) must be {np.tanh(value):.4g}, and is {y.value:.4g}",
        )
        backward(y)
        slope = 1 - np.tanh(value) ** 2
        require(
            x.grad != 0,
            "no gradient comes back to x; the Number must be made with (input, local derivative)",
        )
        require(
            not close(x.grad, 1 - value**2, 1e-5) or close(slope, 1 - value**2),
            "the derivative is 1 - y ** 2 with the result y = tanh(x), not with x",
        )
        require(
            close(x.grad, slope),
            f"the gradient of tanh at {value:.4g} must be {slope:.4g}, and is {x.grad:.4g}",
        )
    x = kind(0.3)
    backward(call(answer, x * x) * x)  # d/dx of x tanh(x²)
    wanted = np.tanh(0.09) + 2 * 0.09 * (1 - np.tanh(0.09) ** 2)
    require(close(x.grad, wanted), "inside a larger formula, x * tanh(x * x), the gradient is off")


@exercise("06.3", "the value is x * x, and the gradient treats one of the two as a fixed number.")
def half(answer, random):
    """`x * x` whose gradient is x, because one factor is held fixed."""
    values = random.uniform(0.5, 3, POINTS).astype("float32") * random.choice([-1, 1], POINTS)
    x = nd.array(values)
    x.attach_grad()
    with autograd.record():
        y = call(answer, x)
        found = array(y, x.shape, "f(x)")
        require(close(found, values**2), "the value of f(x) must be x * x")
        require(
            y._entry is not None,
            "the result is not recorded at all, so no gradient can come back: "
            "hold only one of the two factors fixed",
        )
        total = y.sum()
    total.backward()
    gradient = x.grad.asnumpy()
    require(
        not close(gradient, 2 * values),
        "the gradient is 2 * x, as for x * x: both factors are followed; "
        "a copy() is followed as well",
    )
    require(close(gradient, values), "the gradient of f must be x")


@exercise("06.4", "gradients of the parts add up to that of the whole, on the second call too.")
def accumulated(answer, random):
    """The gradient of a sum, part by part."""

    def loss(w, part):
        return ((part * w) ** 2).sum()

    rows = random.normal(size=(6, 3)).astype("float32")
    values = random.normal(size=3).astype("float32")
    parts = [nd.array(rows[i : i + 2]) for i in (0, 2, 4)]
    wanted = 2 * values * (rows**2).sum(axis=0)
    last = 2 * values * (rows[4:] ** 2).sum(axis=0)
    for turn in ("first", "second"):
        w = nd.array(values) if turn == "first" else w  # noqa: F821 - from the first turn
        found = array(call(answer, loss, w, parts), (3,), "the gradient")
        require(
            not close(found, last, 1e-3),
            'only the last part is in it: with "write" each backward overwrites; use "add"',
        )
        require(
            turn == "first" or not close(found, 2 * wanted, 1e-3),
            'a second call gives twice as much: with "add" the gradient must begin at zero',
        )
        require(
            not close(found, wanted / 3, 1e-3),
            "this is the mean over the parts; wanted is the sum",
        )
        require(close(found, wanted, 1e-3), f"the {turn} call does not give the whole gradient")
