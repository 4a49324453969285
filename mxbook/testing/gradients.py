"""Gradients against finite differences.

Along a random direction v the derivative of a function is `(f(x + h v) - f(x - h v)) / 2h`, one
number; the gradient says that it is `grad . v`.  One direction tests all elements at once, with two
evaluations.  Second derivatives are the same test on the function that computes the gradient.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mxbook import autograd
from mxbook.base.context import Context
from mxbook.base.dtypes import FLOATS
from mxbook.ndarray import array
from mxbook.ndarray.ndarray import NDArray

STEP = 1e-5
UNREACHED = -np.inf  # what a gradient array holds until a backward pass writes to it
TOLERANCE = (1e-5, 1e-7)


def numeric_derivative(
    function: Callable[[np.ndarray], float],
    x: np.ndarray,
    direction: np.ndarray,
    step: float = STEP,
) -> float:
    """The derivative of a function of one NumPy array along a direction, by central differences.

    >>> square = lambda x: float((x ** 2).sum())
    >>> round(numeric_derivative(square, np.array([1.0, 5.0]), np.array([1.0, 0.0])), 6)
    2.0
    """
    ahead, behind = function(x + step * direction), function(x - step * direction)
    return (ahead - behind) / (2 * step)


def variables(values: Sequence[np.ndarray], ctx: Context | None = None) -> list[NDArray]:
    """NDArrays with room for gradients, which show whether a backward pass has reached them."""
    made = [array(v, ctx, v.dtype) for v in values]
    for a in made:
        if a._spec.dtype in FLOATS:
            a.attach_grad()
            a.grad[:] = UNREACHED
    return made


def run(function: Callable, arrays: Sequence[NDArray], train: bool) -> list[NDArray]:
    """The results of a function that have gradients, recorded."""
    with autograd.record(train):
        found = function(*arrays)
    outputs = [found] if isinstance(found, NDArray) else list(found)
    return [o for o in outputs if o._spec.dtype in FLOATS]


def gradients(
    function: Callable,
    values: Sequence[np.ndarray],
    head_grads: Sequence[np.ndarray],
    train: bool = True,
    ctx: Context | None = None,
) -> list[np.ndarray | None]:
    """The gradient at each input, given one at each output; None where no gradient flows to."""
    arrays = variables(values, ctx)
    heads = run(function, arrays, train)
    weights = [array(w, ctx, w.dtype) for w in head_grads]
    recorded = [(h, w) for h, w in zip(heads, weights, strict=True) if h._entry is not None]
    if recorded:
        autograd.backward(*map(list, zip(*recorded, strict=True)), train_mode=train)
    found = [None if a.grad is None else a.grad.asnumpy() for a in arrays]
    return [None if g is None or (g == UNREACHED).all() else g for g in found]


def gradient_function(
    function: Callable, inputs: int, which: Sequence[int], train: bool
) -> Callable[..., list[NDArray]]:
    """The function `(*inputs, *head gradients) -> gradients` of the inputs `which`, recorded."""

    def derived(*arrays: NDArray) -> list[NDArray]:
        x, weights = arrays[:inputs], arrays[inputs:]
        heads = run(function, x, train)
        wanted = [x[i] for i in which]
        found = autograd.grad(
            heads, wanted, list(weights), retain_graph=True, create_graph=True, train_mode=train
        )
        return [g.copy() for g in found]  # a sum hands the same array to both sides

    return derived


def check_gradient(
    function: Callable,
    *inputs: Any,
    order: int = 1,
    which: Sequence[int] | None = None,
    train: bool = True,
    step: float = STEP,
    tolerance: tuple[float, float] = TOLERANCE,
    seed: int = 0,
) -> None:
    """Compare the gradient of a function of NDArrays with finite differences.

    `inputs` are arrays, best of float64; `which` are the positions of those to vary (by default all
    to which a gradient flows).  With `order=2` the gradient of the gradient is compared as well.
    Raises AssertionError that says where they disagree.

    >>> import mxbook as mx
    >>> check_gradient(lambda x: mx.nd.sin(x) * x, np.array([0.5, 2.0]), order=2)
    """
    values = [v.asnumpy() if isinstance(v, NDArray) else np.asarray(v) for v in inputs]
    random = np.random.default_rng(seed)
    heads = run(function, variables(values), train)
    weights = [random.standard_normal(h.shape).astype(h.dtype) for h in heads]
    found = gradients(function, values, weights, train)
    if which is None:
        which = [i for i, g in enumerate(found) if g is not None]
    for i in which:
        direction = random.standard_normal(values[i].shape).astype(values[i].dtype)
        total = weighted_sum(function, values, i, weights, train)
        numeric = numeric_derivative(total, values[i], direction, step)
        gradient = found[i]
        analytic = 0.0 if gradient is None else float((gradient * direction).sum())
        if not np.isclose(analytic, numeric, *tolerance):
            raise AssertionError(
                f"the gradient of input {i} gives {analytic:.9g} along a direction in which "
                f"finite differences give {numeric:.9g}"
            )
    reached = [i for i in which if found[i] is not None]
    if order == 1 or not reached:
        return
    derived = gradient_function(function, len(values), reached, train)
    which = [*which, *range(len(values), len(values) + len(weights))]
    options: dict = {"train": train, "step": step, "tolerance": tolerance, "seed": seed + 1}
    try:
        check_gradient(derived, *values, *weights, order=order - 1, which=which, **options)
    except AssertionError as error:
        raise AssertionError(f"derivative of the gradient: {error}") from None


def weighted_sum(
    function: Callable, values: Sequence[np.ndarray], i: int, weights: Sequence, train: bool
) -> Callable[[np.ndarray], float]:
    """The sum of all results, each times its weight, as a function of the input `i` alone."""

    def total(x: np.ndarray) -> float:
        outputs = run(function, variables([*values[:i], x, *values[i + 1 :]]), train)
        pairs = zip(outputs, weights, strict=True)
        return sum(float((o.asnumpy().astype("float64") * w).sum()) for o, w in pairs)

    return total
