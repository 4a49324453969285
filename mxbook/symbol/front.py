"""Functions on symbols made from operators: `mx.sym.Convolution` and all others."""

from collections.abc import Callable
from typing import Any

import numpy as np

from mxbook.base import attributes, names
from mxbook.base.errors import DTypeError, ParameterError
from mxbook.base.null import _Null
from mxbook.imperative.front import dress, refuse_inputs
from mxbook.imperative.mode import local
from mxbook.ops.operator import Operator
from mxbook.ops.params import DType, parse

from .symbol import Symbol, apply
from .tracing import CONSTANT, called

LAST = ("name", "attr", "out")  # what functions on symbols take after inputs and parameters


def function_of(op: Operator, public: str, hint: str | None = None) -> Callable:
    """The function on symbols for an operator; automatic names are made from `hint`, by default
    `public`."""
    hint = hint or public.lower()

    def call(*args, name=None, attr=None, out=None, **kwargs):
        if out is not None:
            raise ParameterError(f"{public}: a Symbol cannot be written to `out`")
        inputs, given = split(op, args, kwargs)
        p = parse(op.name, op.values, {k: v for k, v in given.items() if not _is_user_attr(k)})
        texts = {k: _text(op, k, v) for k, v in given.items() if v is not _Null}
        attrs = {**scoped(attr), **texts}
        return apply(op, p, inputs, names.current().get(name, hint), attrs)

    return dress(call, op, public, "mxbook.symbol", LAST)


def scoped(attr: dict[str, Any] | None) -> dict[str, str]:
    """Given attributes and those of the scope in force, as a node keeps them."""
    merged = attributes.current().get(attr)
    return attributes.stored({name: str(value) for name, value in merged.items()})


def _is_user_attr(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _text(op: Operator, name: str, value: Any) -> str:
    """A parameter as MXNet writes it into a file: what the user gave, as text."""
    param = next((p for p in op.params if p.name == name), None)
    if isinstance(param, DType) or isinstance(value, type | np.dtype):
        return np.dtype(value).name if value is not None else "None"
    return str(value)


def split(op: Operator, args: tuple, kwargs: dict) -> tuple[list, dict[str, Any]]:
    """Inputs in order (None where not given) and parameters by name."""
    if op.variadic:
        items = (
            list(args[0]) if len(args) == 1 and isinstance(args[0], list | tuple) else list(args)
        )
        for item in items:
            _check(op, op.inputs[0], item)
        refuse_inputs(op, kwargs, Symbol)
        return items, {**op.counted(sum(len(i._entries) for i in items)), **kwargs}
    order = (*op.positional, *(p.name for p in op.params))
    if len(args) > len(order):
        raise ParameterError(f"{op.name} takes at most {len(order)} arguments, got {len(args)}")
    given = dict(zip(order, args, strict=False))
    doubled = given.keys() & kwargs.keys()
    if doubled:
        raise ParameterError(f"{op.name} got two values for {min(doubled)!r}")
    given.update(kwargs)
    inputs = [given.pop(name, None) for name in op.inputs]
    for name, value in zip(op.inputs, inputs, strict=True):
        if value is not None:
            _check(op, name, value)
    refuse_inputs(op, given, Symbol)
    return inputs, given


def _check(op: Operator, name: str, value: Any) -> None:
    if not isinstance(value, Symbol):
        traced = local.trace is not None
        raise DTypeError(
            f"{op.name}: {name} is a {type(value).__name__}",
            rule="inputs of mx.sym functions are Symbols",
            place=called() if traced else (),
            hint=CONSTANT if traced else VARIABLE,
        )


VARIABLE = "mx.sym.Variable('name') stands for an array that is given later"
