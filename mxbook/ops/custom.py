"""Operators made on the spot from a user's Python functions; they are in no table.

`mx.operator` is where users meet them: a *property* says what a custom operator looks like
(arguments, outputs, shapes) and makes the object that computes.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mxbook.base.dtypes import as_dtype
from mxbook.base.errors import MXNetError, OperationError, ParameterError, nearest
from mxbook.base.shapes import Shape, known
from mxbook.base.sites import PACKAGE, Site

from . import rules
from .composite import Composite
from .operator import Operator
from .params import Text, Values, parse

# The classes registered with `mx.operator.register`, by name.
properties: dict[str, Callable[..., Any]] = {}


def function_operator(gradients: Callable[[list], list], inputs: int, outputs: int) -> Operator:
    """The operator of one `autograd.Function` call; `gradients(dys)` gives those of the inputs."""

    def kernel(_k, _p, *data):
        return data

    op = Operator(
        "_CustomFunction",
        kernel,
        (),
        inputs=tuple(f"input{i}" for i in range(inputs)),
        outputs=tuple(f"output{i}" for i in range(outputs)),
        shape=rules.same_shape,
        doc="A function with its own backward; see mx.autograd.Function.",
    )

    def rule(_F, _p, dys):
        return gradients(dys)

    op.gradient(rule)
    return op


def guarded(what: str, part: str, function: Callable, *args: Any, **kwargs: Any) -> Any:
    """Call a part of a user's custom operator.

    Raises OperationError with the place in the user's code; the user's own error, with its
    traceback, is the cause.
    """
    try:
        return function(*args, **kwargs)
    except Exception as error:
        raise OperationError(
            f"the custom operator {what} failed in {part}: {type(error).__name__}: {error}",
            place=[("raised", str(site)) for site in _sites(error)],
        ) from error


def _sites(error: Exception) -> list[Site]:
    """The user's lines that an error went through, innermost first."""
    found: list[Site] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if not code.co_filename.startswith(PACKAGE):
            found.insert(0, Site(code, trace.tb_lasti))
        trace = trace.tb_next
    return found


def bind(texts: dict[str, str], run: Callable) -> tuple[Composite, Values]:
    """The operator and parameters of a use of `Custom`; `run` computes it, see `custom_operator`.

    The parameters besides `op_type` go to the property as text, as in MXNet.  Raises ParameterError
    for an `op_type` that is missing or was never registered.
    """
    kind = texts.get("op_type")
    if kind is None:
        raise ParameterError("Custom needs the parameter 'op_type'", rule="a registered name")
    if kind not in properties:
        raise ParameterError(
            f"there is no custom operator {kind!r}",
            rule="mx.operator.register(name) makes one known, also before a file is loaded",
            hint=nearest(kind, properties),
        )
    rest = {name: text for name, text in texts.items() if name != "op_type"}
    prop = guarded(repr(kind), "__init__ of its property", properties[kind], **rest)
    return custom_operator("Custom", repr(kind), prop, texts, run)


def custom_operator(
    name: str, what: str, prop: Any, texts: dict[str, str], run: Callable
) -> tuple[Composite, Values]:
    """The operator that a property describes, and its parameters.

    `run(operator, prop, inputs, memory)` computes it; `what` names it in errors.
    """
    arguments = tuple(guarded(what, "list_arguments", prop.list_arguments))
    states = tuple(guarded(what, "list_auxiliary_states", prop.list_auxiliary_states))
    outputs = tuple(guarded(what, "list_outputs", prop.list_outputs))
    counts = (len(arguments), len(outputs), len(states))
    op = Composite(
        name,
        lambda p, inputs, memory: run(op, prop, inputs, memory),
        [Text(param) for param in texts],
        inputs=(*arguments, *states),
        aux=states,
        outputs=outputs,
        shape=_rule(what, prop, "infer_shape", counts, _legacy_shape, _shape, known),
        type=_rule(what, prop, "infer_type", counts, _legacy_type, _dtype, _is_given),
        what=what,
        doc=f"The custom operator {what}: {type(prop).__doc__ or 'see mx.operator.CustomOp'}",
    )
    return op, parse(name, op.values, texts)


def _rule(
    what: str, prop: Any, method: str, counts: tuple, outward: Callable, inward: Callable, is_known
) -> Callable:
    """The shape or type rule: asks the property, which knows only arguments and completes them."""
    arguments, outputs, states = counts

    def rule(_p: Any, *ins: Any) -> tuple[list, list]:
        given = [outward(value) for value in ins[:arguments]]
        try:
            found = guarded(what, method, getattr(prop, method), given)
        except OperationError:
            if all(is_known(value) for value in ins[:arguments]):
                raise
            return list(ins), [None] * outputs  # it needs more than is known yet
        parts = [*found, *[()] * (3 - len(found))]
        sizes = tuple(len(part) for part in parts)
        if sizes != (arguments, outputs, states):
            raise MXNetError(
                f"the custom operator {what}: {method} gives lists of {sizes} items",
                rule=f"{arguments} argument(s), {outputs} output(s), {states} auxiliary state(s)",
            )
        ins_found, outs, aux = ([inward(value) for value in part] for part in parts)
        return [*ins_found, *aux], outs

    return rule


def _is_given(value: Any) -> bool:
    return value is not None


def _legacy_shape(shape: Shape | None) -> list[int]:
    return [] if shape is None else [0 if d is None else d for d in shape]


def _shape(value: Sequence[int]) -> Shape | None:
    return tuple([int(d) if d > 0 else None for d in value]) or None


def _legacy_type(dtype: np.dtype | None) -> type | None:
    return None if dtype is None else dtype.type


def _dtype(value: Any) -> np.dtype | None:
    return None if value is None else as_dtype(value)
