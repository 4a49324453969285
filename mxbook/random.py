"""`mx.random`: seeding, saving the state, and the distributions of `mx.nd.random`.

A fresh process behaves as after `seed(0)`, and the numbers are those of MXNet on the CPU, bit for
bit: `mx.random.seed(1)` gives what printed books show.

To repeat a whole notebook bit for bit on the CPU, put this into its first cell:

    import random, numpy
    mx.random.seed(7); numpy.random.seed(7); random.seed(7)

(MXNet's samplers and DataLoader shuffle with NumPy's generator, its image augmenters use Python's.
The workers of a DataLoader follow the same three seeds, however many they are.)
"""

from typing import Any

from mxbook.base.context import Context
from mxbook.base.errors import ParameterError
from mxbook.imperative import generators
from mxbook.ndarray.random import (
    exponential,
    gamma,
    generalized_negative_binomial,
    multinomial,
    negative_binomial,
    normal,
    poisson,
    randint,
    randn,
    shuffle,
    uniform,
)

__all__ = [
    "exponential",
    "gamma",
    "generalized_negative_binomial",
    "multinomial",
    "negative_binomial",
    "normal",
    "poisson",
    "randint",
    "randn",
    "seed",
    "set_state",
    "shuffle",
    "state",
    "uniform",
]


def seed(seed_state: int, ctx: Context | str = "all") -> None:
    """Start the random streams of all devices, or of one, from a seed.

    Each device's stream is seeded with `seed_state` plus the device's number.

    >>> seed(1)
    >>> float(uniform(0, 1).asscalar())
    0.5238333344459534
    """
    try:
        value = int(seed_state)
    except (TypeError, ValueError):
        raise ParameterError(
            f"seed_state cannot be {seed_state!r}", rule="a whole number"
        ) from None
    if isinstance(ctx, str) and ctx != "all":
        raise ParameterError(f"ctx cannot be {ctx!r}", rule="a Context or 'all'")
    generators.seed(value, None if isinstance(ctx, str) else ctx)


def state() -> dict[str, Any]:
    """Where the random streams stand; `set_state` goes back there.

    >>> before = state()
    >>> a = uniform(shape=(3,)).asnumpy()
    >>> set_state(before)
    >>> bool((uniform(shape=(3,)).asnumpy() == a).all())
    True
    """
    return generators.state()


def set_state(saved: dict[str, Any]) -> None:
    """Go on from a state that `state` gave; see there."""
    generators.set_state(saved)
