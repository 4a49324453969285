"""`mx.sym.Custom`: operators written in Python, inside a graph."""

from typing import Any

from mxbook.base import names
from mxbook.base.errors import ParameterError, nearest
from mxbook.ndarray.custom import run
from mxbook.ops import custom
from mxbook.ops.composite import Composite
from mxbook.ops.params import Values

from .front import scoped
from .symbol import Symbol, apply


def Custom(*data: Symbol, **kwargs: Any) -> Symbol:  # noqa: N802 - MXNet's name
    """The operator that was registered under `op_type`; see `mx.operator.CustomOp`.

    Its arguments and auxiliary states are given by position or by name; those left out become
    variables.  Everything else goes to its property as text.

    Raises ParameterError for an unknown `op_type` or input.  Source: MXNet 1.6, `mx.sym.Custom`.
    """
    name, attr = kwargs.pop("name", None), kwargs.pop("attr", None)
    named = {key: value for key, value in kwargs.items() if isinstance(value, Symbol)}
    texts = {key: str(value) for key, value in kwargs.items() if key not in named}
    op, p = custom.bind({k: v for k, v in texts.items() if not k.startswith("__")}, run)
    return applied(op, p, data, named, name, {**scoped(attr), **texts})


def applied(
    op: Composite, p: Values, data: tuple, named: dict[str, Symbol], name: str | None, attrs: dict
) -> Symbol:
    """The application of an operator to symbols by position and by name."""
    unknown = [key for key in named if key not in op.inputs]
    if unknown or len(data) > len(op.inputs):
        raise ParameterError(
            f"{op.name} has no input {unknown[0]!r}"
            if unknown
            else f"{op.name} takes at most {len(op.inputs)} inputs",
            rule=", ".join(op.inputs),
            hint=nearest(unknown[0], op.inputs) if unknown else "",
        )
    given = {**dict(zip(op.inputs, data, strict=False)), **named}
    inputs = [given.get(key) for key in op.inputs]
    return apply(op, p, inputs, names.current().get(name, op.name.lower()), attrs)
