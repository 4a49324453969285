"""Special functions: the error function, the gamma function, and what belongs to them."""

import math

import numpy as np

from mxbook.ops import rules
from mxbook.ops.kernels import special
from mxbook.ops.params import Int
from mxbook.ops.registry import operator
from mxbook.ops.tables import unary

COST = 40  # additions


def _cost(_p, ins, _outs):
    return COST * rules.elementwise_cost(_p, ins[:1], [])


def _computed(function, work: str | None = None):
    """A kernel that computes in float32 at least (or in `work`) and answers in the data's type."""

    def kernel(k, _p, data):
        wide = work or ("float64" if data.dtype == "float64" else "float32")
        return function(k.xp, data.astype(wide)).astype(data.dtype)

    return kernel


def _by_element(function):
    """A function of the standard library, for the automatic tests."""
    return np.vectorize(function, otypes=["float64"])


def _erfinv_value(x):
    """The inverse by halving an interval."""
    low, high = np.full_like(x, -6.0), np.full_like(x, 6.0)
    erf = _by_element(math.erf)
    for _ in range(60):
        middle = (low + high) / 2
        above = erf(middle) > x
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return low


unary(
    "erf",
    _computed(special.erf),
    lambda F, p, dy, data: dy * F.exp(-data * data) * (2 / math.sqrt(math.pi)),
    "The error function, `2 / sqrt(pi)` times the integral of `exp(-t^2)` from 0 to `x`.",
    aliases=("_npx_erf",),
    domain=(-2.0, 2.0),
    value=_by_element(math.erf),
    cost=_cost,
)
unary(
    "erfinv",
    _computed(special.erfinv, "float64"),
    lambda F, p, dy, out: dy * F.exp(out * out) * (math.sqrt(math.pi) / 2),
    "The inverse of the error function; infinite at -1 and 1, NaN beyond.",
    aliases=("_npx_erfinv",),
    domain=(-0.9, 0.9),
    value=_erfinv_value,
    cost=_cost,
)
# In float64: an error in ln Gamma becomes a relative error of Gamma.
unary(
    "gamma",
    _computed(special.gamma, "float64"),
    lambda F, p, dy, data, out: dy * out * F._polygamma(data, order=0),
    "The gamma function, `(x - 1)!` for whole numbers.",
    aliases=("_npx_gamma",),
    domain=(0.3, 4.0),
    value=_by_element(math.gamma),
    cost=_cost,
)
unary(
    "gammaln",
    _computed(special.log_gamma, "float64"),
    lambda F, p, dy, data: dy * F._polygamma(data, order=0),
    "The logarithm of the absolute value of the gamma function.",
    aliases=("_npx_gammaln",),
    domain=(0.3, 4.0),
    value=_by_element(math.lgamma),
    cost=_cost,
)


@operator(
    "_polygamma",
    Int(
        "order",
        0,
        low=0,
        high=special.MOST_DERIVATIVES,
        doc="0 for digamma, the derivative of ln Gamma; then its derivatives.",
    ),
    shape=rules.same_shape,
    cost=_cost,
)
def polygamma(k, p, data):
    """The derivatives of the logarithm of the gamma function, from the first (digamma) on."""
    return special.polygamma(k.xp, p.order, data.astype("float64")).astype(data.dtype)


@polygamma.gradient("data")
def _(F, p, dy, data):
    return dy * F._polygamma(data, order=p.order + 1)


# digamma(1) = -Euler's number; digamma(x + 1) = digamma(x) + 1 / x; digamma(1/2) is known, too.
_EULER = np.euler_gamma
polygamma.example([1.0, 2.0, 0.5, -0.5]).gives(
    lambda x: -_EULER + np.array([0, 1, -2 * math.log(2), 2 - 2 * math.log(2)])
)
polygamma.example([1.0, 2.0, 3.5], order=1)
