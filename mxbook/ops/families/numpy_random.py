"""Random numbers of `mx.np.random`: parameters may be numbers or arrays that are stretched.

They come from the plain stream of the device, one word after the other, always in single
precision.
"""

from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import DEFAULT, FLOATS, TYPES
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.ops.params import Bool, Device, DType, Floats, Int, Real, Shape
from mxbook.ops.registry import operator
from mxbook.resource.random import COST

SIZE = Shape("size", None, doc="Shape of the result; that of the parameters when None.")
CTX = Device("ctx", "", doc="Device, as in `cpu(0)`; the current one when empty.")
DTYPE = DType("dtype", "float32", doc="float16, float32 or float64.")
INT64 = TYPES["int64"]
WHY = "random numbers"


def _cost(_p: Any, _ins: list, outs: list) -> int:
    return COST * shapes.size(outs[0])


def _missing(p, *names):
    """The parameters that are arrays, because no number was given."""
    return [f"input{i + 1}" for i, n in enumerate(n for n in names if getattr(p, n) is None)]


def _drawn_shape(p, *ins):
    if not all(map(shapes.known, ins)):
        return list(ins), [None]
    common: tuple[int, ...] = ()
    for s in ins:
        common = shapes.broadcast(common, s)
    if p.size is None:
        return list(ins), [common]
    if shapes.broadcast(common, p.size) != p.size:
        raise ShapeError(
            f"parameters of shape {shapes.text(common)} do not fit size={p.size}",
            rule="they can be stretched to it",
        )
    return list(ins), [p.size]


def _float_type(p, *dtypes):
    if p.dtype not in FLOATS:
        raise DTypeError(f"there are no such numbers of type {p.dtype}", rule="one with fractions")
    return list(dtypes), [p.dtype or DEFAULT]


def _numbers(k, p, arrays, names):
    """The two parameters, each a number or an array on the host."""
    rest = [k.to_host(a) for a in arrays]
    return [rest.pop(0) if getattr(p, n) is None else getattr(p, n) for n in names]


def _distribution(name: str, one: str, two: str, draw: Any, doc: str) -> None:
    """Register a distribution of two parameters: `draw(random, shape)` gives its basic numbers,
    which are stretched by `two` (or to it) and moved by `one`."""

    def kernel(k, p, input1=None, input2=None):
        given = [a for a in (input1, input2) if a is not None]
        first, second = _numbers(k, p, given, (one, two))
        shape = _drawn_shape(p, *[a.shape for a in given])[1][0]
        basic = draw(k.random, shape)
        factor = second - first if name == "uniform" else second
        return k.to_device(np.asarray(basic * factor + first).astype(p.dtype).reshape(shape))

    params = (
        Real(one, 0.0, doc="A number; None when it is an array.", optional=True),
        Real(two, 1.0, doc="A number; None when it is an array.", optional=True),
    )
    op = operator(
        f"_npi_{name}",
        *params,
        SIZE,
        CTX,
        DTYPE,
        shape=_drawn_shape,
        type=_float_type,
        takes=lambda p: _missing(p, one, two),
        uses_random=True,
        cost=_cost,
        doc=doc,
        source=_distribution,
    )(kernel)
    op.example(size=(2, 3)).not_smooth(WHY)


_distribution(
    "uniform",
    "low",
    "high",
    lambda random, shape: random.single_uniform(shape),
    "Numbers from `low` to below `high`, each as likely as any other.",
)
_distribution(
    "normal",
    "loc",
    "scale",
    lambda random, shape: random.single_normal(shape),
    "Normally distributed numbers with mean `loc` and standard deviation `scale`.",
)


def _choice_inputs(p):
    return ["input1", "input2"][: (p.a is None) + p.weighted]


def _choice_shapes(p, *ins):
    return list(ins), [p.size or ()]


@operator(
    "_npi_choice",
    Int("a", None, low=1, doc="How many numbers there are, from 0; None when `input1` has them."),
    Shape("size", None, doc="Shape of the result."),
    CTX,
    Bool("replace", True, doc="Whether a number may be chosen more than once."),
    Bool("weighted", False, doc="Whether the last input has the probabilities."),
    takes=_choice_inputs,
    shape=_choice_shapes,
    type=lambda p, *dtypes: (list(dtypes), [INT64]),
    uses_random=True,
    cost=_cost,
)
def choice(k, p, input1=None, input2=None):
    """Positions from 0 to `a`, chosen at random; with `weighted` by their probabilities."""
    count = input1.shape[0] if p.a is None else p.a
    last = input1 if input2 is None else input2
    size = shapes.size(p.size or ())
    if not p.replace and size > count:
        raise ParameterError(f"{size} of {count} cannot be chosen without repetition")
    weights = k.to_host(last).astype("float64") if p.weighted else np.full(count, 1 / count)
    if p.replace:
        units = k.random.single_uniform((size,))
        found = np.searchsorted(np.cumsum(weights)[:-1], units, side="right")
    else:  # the smallest of exponential times are chosen in the order of their weights
        units = k.random.single_uniform((count,)).astype("float64")
        with np.errstate(divide="ignore"):
            found = np.argsort(-np.log1p(-units) / weights, kind="stable")[:size]
    return k.to_device(found.astype(INT64).reshape(p.size or ()))


choice.example(a=5, size=(4,)).not_smooth(WHY)


def _multinomial_shapes(p, *ins):
    if p.pvals is None and not all(map(shapes.known, ins)):
        return list(ins), [None]
    count = len(p.pvals) if p.pvals is not None else ins[0][-1]
    return list(ins), [(*(p.size or ()), count)]


@operator(
    "_npi_multinomial",
    Int("n", low=0, doc="How many draws."),
    Floats("pvals", None, doc="The probabilities; None when they are an array."),
    Shape("size", None, doc="Shape of what is repeated."),
    takes=lambda p: ["a"] if p.pvals is None else [],
    shape=_multinomial_shapes,
    type=lambda p, *dtypes: (list(dtypes), [INT64]),
    uses_random=True,
    cost=_cost,
)
def multinomial(k, p, a=None):
    """How often each outcome comes in `n` draws, for each element of `size`."""
    weights = np.asarray(p.pvals if p.pvals is not None else k.to_host(a), "float64")
    rows = shapes.size(p.size or ())
    if (weights < 0).any() or weights[:-1].sum() > 1 + 1e-6:
        raise ParameterError("pvals are no probabilities", rule="not below 0, together at most 1")
    units = k.random.single_uniform((rows, p.n))
    found = np.searchsorted(np.cumsum(weights)[:-1], units, side="right")
    counts = np.zeros((rows, len(weights)), INT64)
    np.add.at(counts, (np.arange(rows)[:, None], found), 1)
    return k.to_device(counts.reshape(*(p.size or ()), len(weights)))


multinomial.example(n=10, pvals=(0.2, 0.8)).not_smooth(WHY)
