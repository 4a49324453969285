"""The errors about parameters that cannot give what they are asked for."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mxbook.base.errors import MXNetError


class DeferredInitializationError(MXNetError):
    """A parameter was asked for before the first forward pass told its shape."""


# MXNet raises plain RuntimeErrors here, and code that reads parameters catches them by that type.


def not_initialized(parameter: Any) -> RuntimeError:
    """There are no values yet."""
    error = MXNetError(
        f"Parameter '{parameter.name}' has not been initialized",
        place=parameter._made(),
        hint="call net.initialize(); make the Trainer from net.collect_params(): net.params "
        "leaves out the parameters of child blocks",
    )
    return RuntimeError(str(error))


def elsewhere(parameter: Any, ctx: Any) -> RuntimeError:
    """There are no values on this device."""
    return RuntimeError(
        f"Parameter '{parameter.name}' was not initialized on context {ctx}. "
        f"It was only initialized on {parameter._ctx_list}."
    )


def no_trainer(parameter: Any) -> RuntimeError:
    """Rows were asked for, but there is no store that has them."""
    return RuntimeError(
        f"Cannot get row_sparse data for Parameter '{parameter.name}' when no Trainer is created "
        "with it."
    )


def is_sparse(parameter: Any, method: str) -> RuntimeError:
    """The whole array was asked for, but only rows are at hand."""
    return RuntimeError(
        f"Cannot return a copy of Parameter '{parameter.name}' via {method} because its storage "
        f"type is {parameter._stype}. Please use row_sparse_data() instead."
    )


def not_row_sparse(parameter: Any, method: str) -> RuntimeError:
    """Rows were asked for, but the parameter is not made of rows."""
    return RuntimeError(
        f"Cannot return rows of Parameter '{parameter.name}' via {method} because its storage "
        f"type is {parameter._stype}. Please use data() instead."
    )


def deferred(parameters: Sequence[Any]) -> DeferredInitializationError:
    """The error about parameters whose blocks have not run yet: which, where made, what to do."""
    owners: dict[tuple, list[str]] = {}
    for p in parameters:
        place = f"   made {p._site}" if p._site else ""
        owners.setdefault((p._owner or "parameter", place), []).append(p.name)
    rows = [
        ("never ran", f"{owner} ({', '.join(names)}){place}")
        for (owner, place), names in owners.items()
    ]
    names = ", ".join(f"'{p.name}'" for p in parameters)
    return DeferredInitializationError(
        f"Parameter {names} has not been initialized yet because initialization was deferred",
        rule="a block's parameters get their shapes, and with them values, when it first runs",
        values=rows,
        hint="pass one batch through the network first, net(x), in a way that reaches every block; "
        "or give the shapes: Dense(..., in_units=...), Conv2D(..., in_channels=...)",
    )


def named_parameters(
    values: Iterable[tuple[str, str]], parameters: Mapping[str, Any]
) -> tuple[tuple[str, str], ...]:
    """The values of an error of a block, where its parameters are called by their names."""
    found = []
    for label, text in values:
        p = parameters.get(label)
        if p is not None and "parameter" not in text:
            made = f", made in {p._site.where}" if p._site else ""
            text = f"{text.split('   made in')[0]}   parameter {p.name}{made}"
        found.append((label, text))
    return tuple(found)
