"""Sharing one large operation among the engine's workers."""

from collections.abc import Callable
from functools import partial
from typing import Any

from mxbook import engine
from mxbook.backend import blas

from .mode import local, mode

WORTH_A_WORKER = 2**21  # units of work; below, waking another thread costs more than it brings
ONE_THREADED = 2**15  # units of work; a product of so many takes one thread anyway
FIRST = 2**30  # priority: somebody is waiting for these


def share(count: int, work: float, part: Callable[[int, int], Any]) -> list[Any]:
    """Call `part(first, last)` for ranges that together are 0 to `count`; returns the results.

    One range, in this thread, where the work is small or the engine has no workers; otherwise one
    for each worker, at the same time.  Raises what a part raises.

    >>> share(10, 1, lambda first, last: (first, last))
    [(0, 10)]
    """
    lanes = 1 if mode.naive else min(count, int(work) // WORTH_A_WORKER, engine.workers())
    if lanes < 2:
        if not ONE_THREADED <= work < 2 * WORTH_A_WORKER:
            return [part(0, count)]
        # Nobody watches how long the products of a part take, see `backend/blas.py`.
        with blas.one_thread:
            return [part(0, count)]
    bounds = [count * i // lanes for i in range(lanes + 1)]
    results: list[Any] = [None] * lanes
    variables = [engine.new_variable() for _ in range(lanes - 1)]

    def run(i: int) -> None:
        results[i] = local.quiet.run(part, bounds[i], bounds[i + 1])

    with blas.one_thread:
        for i, variable in enumerate(variables, 1):
            engine.push(
                partial(run, i),
                writes=[variable],
                name=f"part {i + 1} of {lanes}",
                work=float("inf"),
                priority=FIRST,
            )
        try:
            results[0] = part(bounds[0], bounds[1])
        finally:
            for variable in variables:
                engine.wait_for_var(variable)
    return results
