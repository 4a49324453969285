"""Densities of random numbers: how likely samples are under given parameters.

Each distribution is one row: the logarithm of its density, and the slopes of that logarithm, from
which all gradients follow, because the slope of a density is the density times that of its
logarithm.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ShapeError
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.kernels.special import log_gamma
from mxbook.ops.operator import Operator
from mxbook.ops.params import Bool
from mxbook.ops.registry import register

IS_LOG = Bool("is_log", False, doc="Give the logarithm of the density.")
_ROOT = math.sqrt(2 * math.pi)
COST = 40  # additions for an element
ABOUT = """

    sample      (*parameters, ...): so many samples for each element of the parameters
    parameters  all of one shape, the beginning of that of the samples
    output      like sample, the density or, with `is_log`, its logarithm

    Errors: ShapeError where these do not fit.  Source: MXNet 1.6, `mx.nd.random_pdf_{}`."""
ABOUT_VECTORS = """

    sample  (..., many, classes): so many samples for each vector of parameters
    alpha   (..., classes)
    output  (..., many), the density or, with `is_log`, its logarithm

    Errors: ShapeError where these do not fit.  Source: MXNet 1.6, `mx.nd.random_pdf_{}`."""


def _seen(shape: tuple, ndim: int, vectors: bool) -> tuple:
    """The shape in which parameters lie along samples of `ndim` axes: with axes of length 1 behind,
    or last but one where a parameter is a vector."""
    own = len(shape) - vectors
    return (*shape[:own], *(1,) * (ndim - len(shape)), *shape[own:])


def _check(sample: Any, parameters: Any, vectors: bool) -> None:
    """Raise ShapeError unless each parameter belongs to some of the samples."""
    own = len(parameters) - vectors
    fits = len(sample) >= len(parameters) and sample[:own] == parameters[:own]
    if not fits or (vectors and sample[-1] != parameters[-1]):
        raise ShapeError(
            f"samples {shapes.text(sample)} and parameters {shapes.text(parameters)} do not fit",
            rule="the shape of the parameters is the beginning of that of the samples"
            + (" but for vectors, which lie along their last axis" if vectors else ""),
            hint="sample[i] are drawn with the parameters at i",
        )


def _distribution(
    name: str,
    parameters: tuple[str, ...],
    doc: str,
    logarithm: Callable,
    slopes: dict[str, Callable],
    *,
    density: Callable | None = None,
    vectors: bool = False,
) -> Operator:
    """Register a density.

    `logarithm(xp, x, *parameters)` is that of the density and `density` itself where it is more
    than its exponential; `slopes` are those of the logarithm, by the input that is varied.
    """

    def kernel(k, p, sample, *given):
        x, *values = (a.astype("float64") for a in (sample, *given))
        values = [a.reshape(_seen(a.shape, x.ndim, vectors)) for a in values]
        if p.is_log or density is None:
            found = logarithm(k.xp, x, *values)
            found = found if p.is_log else k.xp.exp(found)
        else:
            found = density(k.xp, x, *values)
        result = k.xp.empty(x.shape[: x.ndim - vectors], sample.dtype)
        result[...] = found
        return result

    def shape_rule(p, sample, *given):
        (common, *_), _ = rules.same_shape(p, *given)
        known = shapes.known(sample) and shapes.known(common)
        if known:
            _check(sample, common, vectors)
        result = sample[: len(sample) - vectors] if known else None
        return [sample, *[common] * len(given)], [result]

    op = register(
        Operator(
            f"_random_pdf_{name}",
            kernel,
            (IS_LOG,),
            inputs=("sample", *parameters),
            aliases=(f"random_pdf_{name}",),
            doc=doc + (ABOUT_VECTORS if vectors else ABOUT).format(name),
            shape=shape_rule,
            type=rules.float_type,
            cost=lambda _p, ins, _outs: COST * shapes.size(ins[0]),
            source=_distribution,
        )
    )
    needs = ("dy", "out", "sample_shape", f"{parameters[0]}_shape", *op.inputs)
    for target, slope in slopes.items():
        op.gradient(target, needs)(_rule(slope, target == "sample", vectors))
    return op


def _rule(slope: Callable, of_samples: bool, vectors: bool) -> Callable:
    """The gradient rule of an input from the slope of the logarithm."""

    def rule(F, p, dy, out, whole, shape, sample, *given):
        seen = _seen(shape, len(whole), vectors)
        weight = dy if p.is_log else dy * out
        if vectors:
            weight = F.expand_dims(weight, axis=-1)
        found = weight * slope(F, sample, *(F.Reshape(value, shape=seen) for value in given))
        added = tuple(range(len(shape) - vectors, len(whole) - vectors))
        return found if of_samples or not added else F.sum(found, axis=added)

    return rule


def _digamma(F: Any, x: Any) -> Any:
    return F._polygamma(x, order=0)


uniform = _distribution(
    "uniform",
    ("low", "high"),
    """The density of even random numbers, `1 / (high - low)`.

    As in MXNet it is the same for samples outside.""",
    lambda xp, x, low, high: -xp.log(high - low),
    {
        "sample": lambda F, x, low, high: F.zeros_like(x),
        "low": lambda F, x, low, high: 1 / (high - low),
        "high": lambda F, x, low, high: -1 / (high - low),
    },
    density=lambda xp, x, low, high: 1 / (high - low),
)
normal = _distribution(
    "normal",
    ("mu", "sigma"),
    """The density of normal random numbers, `exp(-z^2 / 2) / (sqrt(2 pi) sigma)` with
    `z = (x - mu) / sigma`: mu is their mean, sigma their standard deviation.""",
    lambda xp, x, mu, sigma: -0.5 * ((x - mu) / sigma) ** 2 - xp.log(_ROOT * sigma),
    {
        "sample": lambda F, x, mu, sigma: (mu - x) / (sigma * sigma),
        "mu": lambda F, x, mu, sigma: (x - mu) / (sigma * sigma),
        "sigma": lambda F, x, mu, sigma: (((x - mu) / sigma) ** 2 - 1) / sigma,
    },
    density=lambda xp, x, mu, sigma: xp.exp(-0.5 * ((x - mu) / sigma) ** 2) / (_ROOT * sigma),
)
exponential = _distribution(
    "exponential",
    ("lam",),
    "The density of exponential random numbers, `lam exp(-lam x)`: lam is 1 / mean.",
    lambda xp, x, lam: xp.log(lam) - lam * x,
    {"sample": lambda F, x, lam: -lam, "lam": lambda F, x, lam: 1 / lam - x},
    density=lambda xp, x, lam: lam * xp.exp(-lam * x),
)
gamma = _distribution(
    "gamma",
    ("alpha", "beta"),
    """The density of gamma random numbers, `beta^alpha x^(alpha - 1) exp(-beta x) / Gamma(alpha)`.

    Alpha is their shape and beta, other than for `random_gamma`, their rate: mean alpha / beta.""",
    lambda xp, x, alpha, beta: (
        alpha * xp.log(beta) + (alpha - 1) * xp.log(x) - beta * x - log_gamma(xp, alpha)
    ),
    {
        "sample": lambda F, x, alpha, beta: (alpha - 1) / x - beta,
        "alpha": lambda F, x, alpha, beta: F.log(beta) + F.log(x) - _digamma(F, alpha),
        "beta": lambda F, x, alpha, beta: alpha / beta - x,
    },
)
poisson = _distribution(
    "poisson",
    ("lam",),
    """The probability of Poisson counts, `exp(-lam) lam^x / x!`: lam is their mean.

    No gradient flows to the samples, which are whole numbers.""",
    lambda xp, x, lam: x * xp.log(lam) - lam - log_gamma(xp, x + 1),
    {"lam": lambda F, x, lam: x / lam - 1},
)


def _log_failures(xp, x, k, p):
    """The logarithm of the probability of x failures before success number k."""
    ways = log_gamma(xp, x + k) - log_gamma(xp, x + 1) - log_gamma(xp, k)
    return ways + k * xp.log(p) + x * xp.log(1 - p)


def _slope_k(F, x, k, p):
    return _digamma(F, x + k) - _digamma(F, k) + F.log(p)


def _slope_p(F, x, k, p):
    return k / p - x / (1 - p)


negative_binomial = _distribution(
    "negative_binomial",
    ("k", "p"),
    """The probability of negative binomial counts,
    `Gamma(x + k) / (x! Gamma(k)) p^k (1 - p)^x`: so many failures come before success number k,
    when each try succeeds with probability p.  Here k may be any positive number.

    No gradient flows to the samples, which are whole numbers.""",
    _log_failures,
    {"k": _slope_k, "p": _slope_p},
)


def _as_failures(mu, alpha):
    """The k and p of counts of mean mu and variance `mu + alpha mu^2`."""
    return 1 / alpha, 1 / (mu * alpha + 1)


def _slope_alpha(F, x, mu, alpha):
    k, p = _as_failures(mu, alpha)
    return -k * k * _slope_k(F, x, k, p) - mu * p * p * _slope_p(F, x, k, p)


generalized_negative_binomial = _distribution(
    "generalized_negative_binomial",
    ("mu", "alpha"),
    """The probability of negative binomial counts of mean mu and variance `mu + alpha mu^2`: those
    of `random_pdf_negative_binomial` with `k = 1 / alpha` and `p = 1 / (mu alpha + 1)`.

    No gradient flows to the samples, which are whole numbers.""",
    lambda xp, x, mu, alpha: _log_failures(xp, x, *_as_failures(mu, alpha)),
    {"mu": lambda F, x, mu, alpha: (x - mu) / (mu * (mu * alpha + 1)), "alpha": _slope_alpha},
)
dirichlet = _distribution(
    "dirichlet",
    ("alpha",),
    """The density of Dirichlet random vectors, positive numbers that add up to 1:
    `Gamma(sum_i alpha_i) / prod_i Gamma(alpha_i) * prod_i x_i^(alpha_i - 1)`.""",
    lambda xp, x, alpha: (
        ((alpha - 1) * xp.log(x)).sum(axis=-1)
        + log_gamma(xp, alpha.sum(axis=-1))
        - log_gamma(xp, alpha).sum(axis=-1)
    ),
    {
        "sample": lambda F, x, alpha: (alpha - 1) / x,
        "alpha": lambda F, x, alpha: (
            F.log(x) + _digamma(F, F.sum(alpha, axis=-1, keepdims=True)) - _digamma(F, alpha)
        ),
    },
    vectors=True,
)


# ---- examples: products in place of sums of logarithms

_Gamma = np.vectorize(math.gamma, otypes=["float64"])


def _failures(x, k, p):
    return _Gamma(x + k) / _Gamma(x + 1) / _Gamma(k) * p**k * (1 - p) ** x


DENSITIES: dict[Operator, Callable] = {
    uniform: lambda x, low, high: 1 / (high - low) + 0 * x,
    normal: lambda x, m, s: np.exp(-((x - m) ** 2) / (2 * s * s)) / np.sqrt(2 * np.pi * s * s),
    exponential: lambda x, lam: lam * np.exp(-lam * x),
    gamma: lambda x, a, b: b**a * x ** (a - 1) * np.exp(-b * x) / _Gamma(a),
    poisson: lambda x, lam: lam**x * np.exp(-lam) / _Gamma(x + 1),
    negative_binomial: _failures,
    generalized_negative_binomial: lambda x, mu, a: _failures(x, 1 / a, 1 / (mu * a + 1)),
}
COUNTS = [[0.0, 1.0, 4.0], [2.0, 0.0, 1.0]]
for _op, _value in DENSITIES.items():
    _samples = In((2, 3), 0.3, 3) if 0 in _op.rules else COUNTS
    _given = [In((2,), 0.2, 0.8), In((2,), 0.2, 0.9)][: len(_op.inputs) - 1]
    if _op is uniform:
        _given[1] = In((2,), 1.5, 2.5)
    _op.example(_samples, *_given).gives(lambda x, *v, f=_value: f(x, *(a[:, None] for a in v)))
    _op.example(_samples, *_given, is_log=True).gives(
        lambda x, *v, f=_value: np.log(f(x, *(a[:, None] for a in v)))
    )
dirichlet.example(In((2, 4, 3), 0.2, 0.8), In((2, 3), 0.3, 2)).gives(
    lambda x, a: (
        np.prod(x ** (a - 1)[:, None], -1) * (_Gamma(a.sum(1)) / np.prod(_Gamma(a), 1))[:, None]
    )
)
dirichlet.example(In((2, 3), 0.2, 0.8), In((3,), 0.3, 2), is_log=True).gives(
    lambda x, a: np.log(np.prod(x ** (a - 1), -1) * _Gamma(a.sum()) / np.prod(_Gamma(a)))
)
