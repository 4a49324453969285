"""Functions made from operators: `mx.nd.Convolution` and all others.

They have a real signature and docstring, and `inspect.getsource` leads to the operator's block.
"""

import inspect
from collections.abc import Callable
from typing import Any

from mxbook.base import sites
from mxbook.base.errors import DTypeError, ParameterError
from mxbook.base.null import _Null
from mxbook.ops.operator import Operator
from mxbook.ops.params import Values, parse

from . import arrays as _arrays
from .fast import array_function, general_function
from .invoke import invoke
from .namespaces import public_name
from .plan import may_be_simple

BOUND_PER_OPERATOR = 1_000  # learning rates may change in every step
LAST = ("out", "name")  # what functions on arrays take after inputs and parameters


def function_of(op: Operator, name: str, module: str, numpy: bool = False) -> Callable:
    """The function `name` on arrays for an operator.

    With `numpy` the inputs and the results are arrays of `mx.np`; without it the results are if
    one of the inputs is.
    """

    def call(*args, out=None, name=None, **kwargs):  # `name` is for symbols, ignored on arrays
        inputs, p = bind(op, args, kwargs, _arrays.numpy_class if numpy else None)
        if out is not None:
            return _into(op, inputs, p, out)
        results = invoke(op, inputs, p, cls=_arrays.numpy_class if numpy else None)
        visible = op.visible_outputs(p)
        return results[0] if visible == 1 else results[:visible]

    plain = not op.params and len(op.inputs) <= 2 and not op.variadic and not op.optional
    if plain and op.visible_outputs(op.values({})) == 1:
        return dress(array_function(op, call, numpy), op, name, module)
    if may_be_simple(op):
        return dress(general_function(op, call, bind, numpy), op, name, module)
    return dress(call, op, name, module)


def _into(op: Operator, inputs: list, p: Values, out: Any) -> Any:
    outs = list(out) if isinstance(out, list | tuple) else [out]
    for o in outs:
        _check_array(op, "out", o, _arrays.array_class)
    invoke(op, inputs, p, outs)
    return out


def dress(
    function: Callable, op: Operator, name: str, module: str, last: tuple[str, ...] = LAST
) -> Any:
    """Give a made function its name, signature, documentation and the way to its source."""
    function.__name__ = function.__qualname__ = name
    function.__module__ = module
    function.__doc__ = documentation(op)
    function.__signature__ = signature(op, last)  # type: ignore[attr-defined]
    function.__wrapped__ = op.source  # type: ignore[attr-defined]
    return function


def signature(op: Operator, last: tuple[str, ...] = LAST) -> inspect.Signature:
    """MXNet's signature: inputs, then parameters, then the names that all functions end with."""
    P = inspect.Parameter
    if op.variadic:
        return inspect.Signature([P(op.inputs[0], P.VAR_POSITIONAL), P("kwargs", P.VAR_KEYWORD)])
    names = [*op.positional, *(p.name for p in op.params), *last]
    defaults = [None] * len(op.positional) + [_Null] * len(op.params) + [None] * len(last)
    listed = [
        P(n, P.POSITIONAL_OR_KEYWORD, default=d) for n, d in zip(names, defaults, strict=True)
    ]
    return inspect.Signature([*listed, P("kwargs", P.VAR_KEYWORD)])


def documentation(op: Operator) -> str:
    """The operator's documentation with the table of its parameters."""
    rows = []
    for p in op.params:
        default = "required" if p.required else f"default {p.format(p.default)}"
        rows.append(f"    {p.name}: {p.describe()}; {default}. {p.doc}".rstrip())
    table = "\n\nParameters:\n\n" + "\n".join(rows) if rows else ""
    return inspect.cleandoc(op.doc) + table


def bind(op: Operator, args: tuple, kwargs: dict, kind: type | None = None) -> tuple[list, Values]:
    """Sort the arguments of a call into input arrays (of the class `kind`) and parameter values.

    Raises ParameterError for unknown, doubled or missing ones, DTypeError for a non-array input.
    """
    key = None
    whole = len(args) == len(op.inputs) if not op.variadic else not op.counts
    if whole and not any(map(negative_zero, kwargs.values())):
        key = tuple(kwargs.items())
        try:
            p = op.bound.get(key)
        except TypeError:  # a list among the parameters: parsed each time
            key = p = None
        if p is not None and all(isinstance(a, kind or _arrays.array_class) for a in args):
            return list(args), p
    inputs, given = split(op, args, kwargs, kind)
    p = parse(op.name, op.values, given)
    if key is not None:
        if len(op.bound) >= BOUND_PER_OPERATOR:
            op.bound.clear()
        op.bound[key] = p
    return inputs, p


def negative_zero(value: Any) -> bool:
    """Whether it is -0.0, which equals 0.0 but must not be taken for it."""
    return type(value) is float and value == 0 and str(value) == "-0.0"


def split(
    op: Operator, args: tuple, kwargs: dict, kind: type | None = None
) -> tuple[list, dict[str, Any]]:
    """Inputs in order and parameters by name, as MXNet's signature assigns them.

    Inputs are of the class `kind`, by default arrays; DTypeError for others.
    """
    kind = kind or _arrays.array_class
    if op.variadic:
        items = (
            list(args[0]) if len(args) == 1 and isinstance(args[0], list | tuple) else list(args)
        )
        if not all(isinstance(a, kind) for a in items):
            for a in items:
                _check_array(op, op.inputs[0], a, kind)
        refuse_inputs(op, kwargs, kind)
        return items, {**op.counted(len(items)), **kwargs}
    names = (*op.positional, *(p.name for p in op.params))
    if len(args) > len(names):
        raise ParameterError(f"{op.name} takes at most {len(names)} arguments, got {len(args)}")
    given = dict(zip(names, args, strict=False))
    for name, value in kwargs.items():
        if name in given:
            raise ParameterError(f"{op.name} got two values for {name!r}")
        given[name] = value
    inputs = [given.pop(name, None) for name in op.inputs]
    if op.takes:  # some calls leave out one in the middle
        inputs = [i for i in inputs if i is not None]
    while inputs and inputs[-1] is None:
        inputs.pop()
    for name, a in zip(op.inputs, inputs, strict=False):
        _check_array(op, name, a, kind)
    refuse_inputs(op, given, kind)
    return inputs, given


def refuse_inputs(op: Operator, given: dict[str, Any], kind: type) -> None:
    """Raise ParameterError for an array (a symbol) given as a parameter: one input too many."""
    wrong = [name for name, value in given.items() if isinstance(value, kind)]
    if wrong and wrong[0] in {p.name for p in op.params}:
        raise ParameterError(
            f"{op.name}: the parameter {wrong[0]} cannot be of the type {kind.__name__}",
            rule=f"{len(op.inputs)} input(s): {', '.join(op.inputs) or 'none'}",
        )


def _check_array(op: Operator, name: str, value: Any, wanted: type) -> None:
    if isinstance(value, wanted):
        return
    if value is None:
        raise ParameterError(f"{op.name} needs the input {name!r}")
    kind = type(value).__name__
    if kind == "Symbol":
        raise _on_symbols(op, name)
    if wanted is _arrays.numpy_class:
        own = isinstance(value, _arrays.array_class)
        raise DTypeError(
            f"{op.name}: {name} is a {kind}",
            rule="inputs of mx.np functions are mx.np.ndarrays",
            hint="x.as_np_ndarray() shares its memory" if own else "wrap it: mx.np.array(...)",
        )
    raise DTypeError(
        f"{op.name}: {name} is a {kind}",
        rule="inputs of mx.nd functions are NDArrays",
        hint="wrap it: mx.nd.array(...)",
    )


def _on_symbols(op: Operator, name: str) -> DTypeError:
    """The error about a function on arrays that was called with a Symbol."""
    site, public = sites.here(), public_name(op.name)
    return DTypeError(
        f"{op.name}: {name} is a Symbol; mx.nd.{public} was called inside hybrid_forward",
        rule="inputs of mx.nd functions are NDArrays; F stands for mx.nd or mx.sym, as is right",
        place=[("called", str(site))] if site else [],
        hint=f"use F.{public} in place of mx.nd.{public}",
    )
