"""Random numbers: the same numbers as MXNet's on the CPU, in the same order.

Each distribution is one row and has three forms: `_random_x` (numbers as parameters),
`_random_x_like` (the shape of an array) and `_sample_x` (arrays of parameters, so many numbers for
each).
"""

from collections.abc import Callable
from typing import Any

from mxbook.base import shapes
from mxbook.base.dtypes import DEFAULT, FLOATS, TYPES
from mxbook.base.errors import DTypeError, ParameterError
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.operator import Operator
from mxbook.ops.params import Bool, Device, DType, Float, Int, Param, Real, Shape
from mxbook.ops.registry import operator, register
from mxbook.resource.random import COST

SHAPE = Shape("shape", None, doc="Shape of the result.")
CTX = Device("ctx", "", doc="Device, as in `cpu(0)`; the current one when empty.")
DTYPE = DType("dtype", None, doc="float16, float32 (default) or float64.")
EACH = Shape("shape", (), doc="Shape of what is drawn for each element of the parameters.")
WHY = "random numbers"


class Positive(Float):
    """A number above 0."""

    kind = "a number above 0"

    def convert(self, value):
        """Not 0 either."""
        value = super().convert(value)
        if not value > 0:
            raise ValueError
        return value


class NotNegative(Float):
    """A number that is 0 or more."""

    kind = "a number, at least 0"

    def convert(self, value):
        """0 is allowed."""
        value = super().convert(value)
        if not value >= 0:
            raise ValueError
        return value


def _cost(_p, _ins, outs):
    return COST * shapes.size(outs[0])


def _shape(p):
    return [], [p.shape or None]  # in a graph it may follow from the use


def _float_type(p, *dtypes):
    dtype = p.dtype or DEFAULT
    if dtype not in FLOATS:
        raise DTypeError(f"there are no such numbers of type {dtype}", rule="a type with fractions")
    return list(dtypes), [dtype]


def _distribution(
    name: str,
    numbers: tuple[Param, ...],
    doc: str,
    *,
    aliases: tuple[str, ...] = (),
    arrays: tuple[str, ...] = (),
    check: Callable[[Any], None] = lambda p: None,
) -> None:
    """Register the three forms of a distribution, which is the generator's method `name`.

    `numbers` are its parameters, `arrays` their names in the form `_sample_x` where they differ;
    `check` raises when the numbers do not go together.  It is asked before anything is drawn, so
    that a refused call leaves the generator alone.
    """

    def draw(k, p, shape, dtype):
        given = [getattr(p, n.name) for n in numbers]
        return k.to_device(getattr(k.random, name)(*given, shape=shape, dtype=dtype))

    shared = {"uses_random": True, "cost": _cost, "source": _distribution}
    _with_shape(f"_random_{name}", draw, numbers, doc, check, (f"random_{name}", *aliases), shared)
    _with_data(f"_random_{name}_like", draw, numbers, doc, check, shared)
    _with_arrays(name, arrays or tuple(n.name for n in numbers), doc, shared)


def _with_shape(name, draw, numbers, doc, check, aliases, shared) -> None:
    """Register the form that is told the shape."""

    def kernel(k, p):
        return draw(k, p, p.shape, p.dtype or DEFAULT)

    def shape_rule(p):
        check(p)
        return _shape(p)

    op = register(
        Operator(
            name,
            kernel,
            (*numbers, SHAPE, CTX, DTYPE),
            aliases=aliases,
            doc=f"{doc}  Drawn from the generator of the device.",
            shape=shape_rule,
            type=_float_type,
            **shared,
        )
    )
    op.example(shape=(2, 3)).not_smooth(WHY)
    op.example(shape=(5,), dtype="float64").not_smooth(WHY)


def _with_data(name, draw, numbers, doc, check, shared) -> None:
    """Register the form that takes shape and type from an array."""

    def kernel(k, p, data):
        return draw(k, p, data.shape, data.dtype)

    def shape_rule(p, data):
        check(p)
        return rules.same_shape(p, data)

    op = register(
        Operator(
            name,
            kernel,
            numbers,
            doc=f"{doc}  As many as `data` has elements, in its shape and type.",
            shape=shape_rule,
            zero_gradient=True,
            **shared,
        )
    )
    op.example((2, 3)).not_smooth(WHY)


def _with_arrays(name, names, doc, shared) -> None:
    """Register the form with arrays of parameters."""

    def kernel(k, p, *given):
        host = [k.to_host(a) for a in given]
        return k.to_device(getattr(k.random, name)(*host, shape=p.shape, dtype=p.dtype or DEFAULT))

    def shape_rule(p, *given):
        found, _ = rules.same_shape(p, *given)
        first = found[0]
        return found, [None if first is None else (*first, *p.shape)]

    op = register(
        Operator(
            f"_sample_{name}",
            kernel,
            (EACH, DTYPE),
            inputs=names,
            aliases=(f"sample_{name}",),
            doc=f"{doc}  For every element of the parameter arrays numbers of shape `shape`.",
            shape=shape_rule,
            type=_float_type,
            zero_gradient=True,
            **shared,
        )
    )
    op.example(*[In((2,), 0.3, 0.9)] * len(names), shape=(3,)).not_smooth(WHY)


def _check_range(p):
    if p.low > p.high:
        raise ParameterError(
            "the range is empty",
            rule="low <= high",
            values=[("low", str(p.low)), ("high", str(p.high))],
        )


_distribution(
    "uniform",
    (
        Real("low", 0.0, doc="Smallest value."),
        Real("high", 1.0, doc="Values stay below it."),
    ),
    "Random numbers spread evenly over low <= x < high.",
    aliases=("uniform",),
    check=_check_range,
)
_distribution(
    "normal",
    (Float("loc", 0.0, doc="Mean."), Positive("scale", 1.0, doc="Standard deviation.")),
    "Random numbers of the normal (Gaussian) distribution.",
    aliases=("normal",),
    arrays=("mu", "sigma"),
)
_distribution(
    "exponential",
    (Positive("lam", 1.0, doc="Rate: 1 / mean."),),
    "Random numbers with density `lam * exp(-lam * x)`.",
)
_distribution(
    "gamma",
    (Positive("alpha", 1.0, doc="Shape."), Positive("beta", 1.0, doc="Scale.")),
    "Random numbers of the gamma distribution, mean `alpha * beta`.",
)
_distribution(
    "poisson",
    (NotNegative("lam", 1.0, doc="Mean."),),
    "Random counts of the Poisson distribution.",
)
_distribution(
    "negative_binomial",
    (
        Int("k", 1, low=0, doc="Number of successes to wait for."),
        NotNegative("p", 1.0, doc="Probability of a success."),
    ),
    "Random counts of failures before success number `k`.",
)
_distribution(
    "generalized_negative_binomial",
    (
        NotNegative("mu", 1.0, doc="Mean."),
        NotNegative("alpha", 1.0, doc="Dispersion; 0 gives the Poisson distribution."),
    ),
    "Random counts with mean `mu` and variance `mu + alpha * mu^2`.",
)


@operator(
    "_random_randint",
    Int("low", doc="Smallest number."),
    Int("high", doc="Numbers stay below it."),
    SHAPE,
    CTX,
    DType("dtype", None, doc="int32 (default) or int64."),
    aliases=("random_randint",),
    uses_random=True,
    cost=_cost,
)
def random_randint(k, p):
    """Random whole numbers, `low <= x < high`, each as likely as any other.

    Raises ParameterError when there is no number in the range.

    Source: MXNet 1.6, `mx.nd.random.randint`.
    """
    return k.to_device(k.random.randint(p.low, p.high, p.shape, p.dtype or TYPES["int32"]))


@random_randint.shapes
def _(p):
    if p.low >= p.high:
        raise ParameterError(
            "there is no whole number to draw",
            rule="low < high",
            values=[("low", str(p.low)), ("high", str(p.high))],
        )
    return _shape(p)


@random_randint.types
def _(p):
    dtype = p.dtype or TYPES["int32"]
    if dtype.name not in ("int32", "int64"):
        raise DTypeError(f"there are no random integers of type {dtype}", rule="int32 or int64")
    return [], [dtype]


random_randint.example(low=-3, high=10, shape=(2, 3)).not_smooth(WHY)
random_randint.example(low=0, high=2, shape=(4,), dtype="int64").not_smooth(WHY)


@operator("_shuffle", aliases=("shuffle",), shape=rules.same_shape, uses_random=True, cost=_cost)
def shuffle(k, _p, data):
    """The parts of `data` along its first axis in random order.

    Source: MXNet 1.6, `mx.nd.random.shuffle`.
    """
    order = k.random.permutation(len(data), rows=data.ndim > 1)
    return data.take(k.to_device(order), axis=0)


shuffle.example((5, 2)).not_smooth(WHY)
shuffle.example((6,)).not_smooth(WHY)


@operator(
    "_sample_multinomial",
    Shape("shape", (), doc="Shape of what is drawn for each row of probabilities."),
    Bool("get_prob", False, doc="Also return the logarithm of the probability of what was drawn."),
    DType("dtype", "int32", doc="Element type of the indices."),
    aliases=("sample_multinomial",),
    outputs=lambda p: ("output", "log_prob") if p is None or p.get_prob else ("output",),
    uses_random=True,
    cost=_cost,
)
def sample_multinomial(k, p, data):
    """Random indices, chosen with the probabilities along the last axis of `data`.

    ========= =================== ====================================================
    data      (..., choices)      each row adds up to 1
    output    (...) + shape       indices; (1,) for a single row and no shape
    log_prob  like output         with get_prob; its gradient is that of REINFORCE, 1 / p
    ========= =================== ====================================================

    Source: MXNet 1.6, `mx.nd.random.multinomial`.
    """
    xp = k.xp
    index = k.random.multinomial(k.to_host(data), p.shape, "int64")
    index = k.to_device(index.reshape(_drawn_shape(p, data.shape)))
    output = index.astype(p.dtype)
    if not p.get_prob:
        return output
    rows = data.reshape(-1, data.shape[-1])
    chosen = xp.take_along_axis(rows, index.reshape(len(rows), -1), axis=1)
    return output, xp.log(chosen).reshape(index.shape)


def _drawn_shape(p, data):
    return (*data[:-1], *p.shape) or (1,)


@sample_multinomial.shapes
@rules.forward
def _(p, data):
    shapes.check_axes(data, 1)
    shapes.check_filled(data[-1:], "a row of probabilities")
    drawn = _drawn_shape(p, data)
    return [drawn, drawn] if p.get_prob else [drawn]


@sample_multinomial.types
def _(p, dtype):
    dtypes, _ = rules.float_type(p, dtype)
    return dtypes, [p.dtype, dtype] if p.get_prob else [p.dtype]


@sample_multinomial.gradient
def _(F, p, dys, data, output, data_shape, data_dtype):
    dy = dys[1] if p.get_prob else None
    if dy is None:
        return [None]
    choices = data_shape[-1]
    rows = shapes.size(data_shape[:-1])
    chosen = F.one_hot(F._np_reshape(output, newshape=(rows, -1)), depth=choices, dtype=data_dtype)
    weight = F.sum(F._np_reshape(dy, newshape=(rows, -1, 1)) * chosen, axis=1)
    # An impossible choice was never made: 0 / (0 + 1) in place of 0 / 0.
    return [F._np_reshape(weight, newshape=data_shape) / (data + (data == 0))]


sample_multinomial.example([[0.1, 0.2, 0.7], [0.5, 0.5, 0.0]], shape=(3,)).not_smooth(WHY)
sample_multinomial.example([0.1, 0.9], get_prob=True, dtype="float32").not_smooth(WHY)
