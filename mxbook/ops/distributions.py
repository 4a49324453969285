"""The distributions of `mx.nd.random` and `mx.sym.random`: names, parameters, words.

The front ends make their functions from this table and add what they take besides.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from mxbook.base.errors import ParameterError
from mxbook.base.null import _Null

REQUIRED: Any = inspect.Parameter.empty


class Distribution(NamedTuple):
    """A distribution: the parameters of its function with their defaults, and what it is.

    `given` turns the parameters into those of the operators, where they differ.
    """

    name: str
    parameters: dict[str, Any]
    doc: str
    given: Callable[[dict[str, Any]], dict[str, Any]] = dict


DISTRIBUTIONS = (
    Distribution(
        "uniform", {"low": 0, "high": 1}, "Evenly distributed numbers from `low` to below `high`."
    ),
    Distribution(
        "normal",
        {"loc": 0, "scale": 1},
        "Normally distributed numbers with mean `loc` and standard deviation `scale`.",
    ),
    Distribution(
        "exponential",
        {"scale": 1},
        "Exponentially distributed numbers with mean `scale`.",
        lambda values: {"lam": 1.0 / values["scale"]},
    ),
    Distribution(
        "gamma",
        {"alpha": 1, "beta": 1},
        "Gamma distributed numbers with shape parameter `alpha` and scale `beta`.",
    ),
    Distribution("poisson", {"lam": 1}, "Poisson distributed numbers with mean `lam`."),
    Distribution(
        "negative_binomial",
        {"k": 1, "p": 1},
        "Number of failures before the `k`-th success, where each try succeeds with\n"
        "probability `p`.",
    ),
    Distribution(
        "generalized_negative_binomial",
        {"mu": 1, "alpha": 1},
        "Negative binomial numbers given by mean `mu` and dispersion `alpha`.",
    ),
    Distribution(
        "randint",
        {"low": REQUIRED, "high": REQUIRED},
        "Whole numbers from `low` to below `high`, int32 unless `dtype` says int64.",
    ),
)

LIKE = tuple(d.name for d in DISTRIBUTIONS if d.name != "randint")  # these have `uniform_like`, ...


def function_of(
    distribution: Distribution, draw: Callable, rest: dict[str, Any], module: str
) -> Callable:
    """The function of a distribution in a front end.

    It takes the distribution's parameters, `shape`, `dtype` and what `rest` names, and calls
    `draw(name, values of the parameters, everything else by name)`.
    """
    own = distribution.parameters
    named = {**own, "shape": _Null, "dtype": _Null, **rest}
    order = tuple(named)

    def function(*args: Any, **kwargs: Any) -> Any:
        given = _arguments(distribution.name, order, args, kwargs)
        values = {name: given.pop(name, default) for name, default in own.items()}
        missing = [name for name, value in values.items() if value is REQUIRED]
        if missing:
            raise ParameterError(f"{distribution.name} needs the parameter {missing[0]!r}")
        return draw(distribution.name, distribution.given(values), **given)

    P = inspect.Parameter
    listed = [P(n, P.POSITIONAL_OR_KEYWORD, default=d) for n, d in named.items()]
    signature = inspect.Signature([*listed, P("kwargs", P.VAR_KEYWORD)])
    function.__name__ = function.__qualname__ = distribution.name
    function.__module__ = module
    function.__doc__ = distribution.doc
    function.__signature__ = signature  # type: ignore[attr-defined]
    return function


def _arguments(name: str, order: Sequence[str], args: tuple, kwargs: dict) -> dict[str, Any]:
    if len(args) > len(order):
        raise ParameterError(f"{name} takes at most {len(order)} arguments, got {len(args)}")
    given = dict(zip(order, args, strict=False))
    twice = [key for key in kwargs if key in given]
    if twice:
        raise ParameterError(f"{name} got two values for {twice[0]!r}")
    return {**given, **kwargs}
