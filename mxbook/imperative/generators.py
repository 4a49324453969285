"""The random generator of each device, and the order in which it is used.

The processor has one stream of numbers, whatever the number of the `cpu` context (as in MXNet),
and each GPU has its own, seeded with the seed plus its number.  An operation that draws writes the
generator's engine variable, so draws happen in the order in which they were asked for,
whatever the timing of threads.  Seeding and saving wait for the draws asked for before.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mxbook import engine
from mxbook.backend import GPU
from mxbook.base.context import Context
from mxbook.resource.random import Generator

from .sharing import share

HOST = Context("cpu", 0)


class Streams:
    """The generators of all devices, made when first asked for, and their engine variables.

    A program has one set.  Within `drawing_from` a thread draws from another one, for example to
    make a batch whose random numbers do not depend on what else happens.
    """

    __slots__ = ("generators", "seed", "variables")

    def __init__(self, seed: int = 0):
        self.seed = seed
        self.generators: dict[Context, Generator] = {}
        self.variables: dict[Context, engine.Variable] = {}


_program = Streams()


class _Local(threading.local):
    streams = _program


_local = _Local()


@contextmanager
def drawing_from(streams: Streams) -> Iterator[None]:
    """Inside, this thread draws from other generators than the program's."""
    before = _local.streams
    _local.streams = streams
    try:
        yield
    finally:
        _local.streams = before


def bound(run: Callable[[], Any]) -> Callable[[], Any]:
    """A piece of work that draws, for whichever thread: from the generators of this one."""
    streams = _local.streams
    if streams is _program:
        return run

    def run_bound() -> Any:
        with drawing_from(streams):
            return run()

    return run_bound


def _device(ctx: Context) -> Context:
    """The context that stands for the device whose stream this one uses."""
    return ctx if ctx.device_typeid == GPU else HOST


def _number(ctx: Context) -> int:
    """What is added to the seed for a device."""
    return ctx.device_id if ctx.device_typeid == GPU else 0


def generator(ctx: Context) -> Generator:
    """The generator of a device."""
    streams, ctx = _local.streams, _device(ctx)
    found = streams.generators.get(ctx)
    if found is None:
        found = streams.generators[ctx] = Generator(streams.seed + _number(ctx), share)
    return found


def variable_of_generator(ctx: Context) -> engine.Variable:
    """The engine variable that a drawing operation writes."""
    variables, ctx = _local.streams.variables, _device(ctx)
    found = variables.get(ctx)
    if found is None:
        found = variables[ctx] = engine.new_variable(f"random generator of {ctx}")
    return found


def settled(ctx: Context = HOST) -> Generator:
    """The generator, after all draws; one that failed has its own results to tell of it."""
    variable = variable_of_generator(ctx)
    if variable.pending or variable.error is not None:
        engine.push(_nothing, [], [variable], name="wait for draws")
        engine.wait_for_var(variable)
    return generator(ctx)


def _nothing() -> None:
    """Writes nothing, and so leaves the variable without an error."""


def seed(value: int, ctx: Context | None = None) -> None:
    """Start the stream of one device, or of all, again from a seed."""
    if ctx is not None:
        settled(ctx).seed(value + _number(ctx), one_context=True)
        return
    streams = _local.streams
    streams.seed = value
    for known in list(streams.generators):
        settled(known).seed(value + _number(known))


def state() -> dict[str, Any]:
    """Where all streams stand."""
    own = _local.streams
    streams = {str(ctx): settled(ctx).get_state() for ctx in list(own.generators)}
    return {"seed": own.seed, "streams": streams}


def set_state(saved: dict[str, Any]) -> None:
    """Put all streams back to where they stood; devices unknown then start from the seed."""
    seed(saved["seed"])
    for ctx in list(_local.streams.generators):
        if str(ctx) in saved["streams"]:
            settled(ctx).set_state(saved["streams"][str(ctx)])
