"""The random generator of each device, and the order in which it is used.

The processor has one stream of numbers, whatever the number of the `cpu` context (as in MXNet),
and each GPU has its own, seeded with the seed plus its number.  An operation that draws writes the
generator's engine variable, so draws happen in the order in which they were asked for,
whatever the timing of threads.  Seeding and saving wait for the draws asked for before.
"""

from typing import Any

from mxbook import engine
from mxbook.backend import GPU
from mxbook.base.context import Context
from mxbook.resource.random import Generator

from .sharing import share

_generators: dict[Context, Generator] = {}
_variables: dict[Context, engine.Variable] = {}
_seed = 0
HOST = Context("cpu", 0)


def _device(ctx: Context) -> Context:
    """The context that stands for the device whose stream this one uses."""
    return ctx if ctx.device_typeid == GPU else HOST


def _number(ctx: Context) -> int:
    """What is added to the seed for a device."""
    return ctx.device_id if ctx.device_typeid == GPU else 0


def generator(ctx: Context) -> Generator:
    """The generator of a device."""
    ctx = _device(ctx)
    found = _generators.get(ctx)
    if found is None:
        found = _generators[ctx] = Generator(_seed + _number(ctx), share)
    return found


def variable_of_generator(ctx: Context) -> engine.Variable:
    """The engine variable that a drawing operation writes."""
    ctx = _device(ctx)
    found = _variables.get(ctx)
    if found is None:
        found = _variables[ctx] = engine.new_variable(f"random generator of {ctx}")
    return found


def _settled(ctx: Context) -> Generator:
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
    global _seed
    if ctx is not None:
        _settled(ctx).seed(value + _number(ctx), one_context=True)
        return
    _seed = value
    for known in list(_generators):
        _settled(known).seed(value + _number(known))


def state() -> dict[str, Any]:
    """Where all streams stand."""
    streams = {str(ctx): _settled(ctx).get_state() for ctx in list(_generators)}
    return {"seed": _seed, "streams": streams}


def set_state(saved: dict[str, Any]) -> None:
    """Put all streams back to where they stood; devices unknown then start from the seed."""
    seed(saved["seed"])
    for ctx in list(_generators):
        if str(ctx) in saved["streams"]:
            _settled(ctx).set_state(saved["streams"][str(ctx)])
