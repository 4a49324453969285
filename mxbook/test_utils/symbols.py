"""Checks of symbols: their values, and their gradients against given ones or finite differences.

A `location` holds the values of a symbol's arguments, `aux_states` those of its states: a list in
the symbol's order or a dict by name, of NumPy arrays (which get the type `dtype`) or NDArrays.

Source: MXNet 1.6, `mxnet.test_utils`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mxbook import ndarray as nd
from mxbook.base.context import Context
from mxbook.base.errors import ParameterError, nearest
from mxbook.executor import Executor
from mxbook.ndarray.ndarray import NDArray
from mxbook.symbol.symbol import Symbol

from .comparing import assert_almost_equal, host
from .environment import default_context
from .making import create_sparse_array

Values = Sequence | Mapping[str, Any] | None


# ---- values by name


def by_name(names: Sequence[str], given: Values, what: str, some: bool = False) -> dict[str, Any]:
    """Values as a dict in the order of names; `some` of them may be missing in a dict.

    Raises ParameterError, a ValueError, where names and values do not match.

    >>> by_name(["x", "y"], [1, 2], "location")
    {'x': 1, 'y': 2}
    """
    if not isinstance(given, Mapping):
        given = list(given or [])
        if len(given) != len(names):
            raise ParameterError(
                f"{what} has {len(given)} values", rule=f"{len(names)}: {', '.join(names)}"
            )
        return dict(zip(names, given, strict=True))
    unknown = [name for name in given if name not in names]
    missing = [name for name in names if name not in given]
    if unknown or (missing and not some):
        raise ParameterError(
            f"names of {what} do not match: {', '.join(unknown or missing)}",
            rule=", ".join(names),
            hint=nearest(unknown[0], names) if unknown else "",
        )
    return {name: given[name] for name in names if name in given}


def _arrays(values: Mapping[str, Any], ctx: Context, dtype: Any) -> dict[str, NDArray]:
    """Copies of values as arrays on a device."""
    return {
        name: v.copyto(ctx) if isinstance(v, NDArray) else nd.array(v, ctx=ctx, dtype=dtype)
        for name, v in values.items()
    }


def _inputs(sym: Symbol, location: Values, aux_states: Values, ctx: Context, dtype: Any) -> tuple:
    """The arrays of all arguments and states."""
    if np.dtype(dtype).kind != "f":
        raise ParameterError(f"dtype cannot be {dtype}", rule="float16, float32 or float64")
    args = _arrays(by_name(sym.list_arguments(), location, "location"), ctx, dtype)
    states = by_name(sym.list_auxiliary_states(), aux_states, "aux_states")
    return args, _arrays(states, ctx, dtype)


def _filled_gradients(
    args: Mapping[str, NDArray], names: Sequence[str], stypes: Mapping[str, str], ctx: Context
) -> dict[str, NDArray]:
    """Arrays for gradients.  They hold random numbers, to see what is written or added to them;
    sparse ones hold nothing."""
    found = {}
    for name in names:
        like, stype = args[name], stypes.get(name) or "default"
        if stype == "default":
            values = np.random.normal(size=like.shape)
            found[name] = nd.array(values, ctx=ctx, dtype=like.dtype)
        else:
            with ctx:
                found[name] = create_sparse_array(like.shape, stype, dtype=like.dtype, density=0)
    return found


def _compare_gradients(
    expected: Mapping[str, Any],
    starts: Mapping[str, np.ndarray],
    grads: Mapping[str, NDArray],
    reqs: Mapping[str, str],
    what: str,
    **options: Any,
) -> None:
    """Assert that gradients were written, added or left alone, as `reqs` says."""
    for name, right in expected.items():
        req = reqs.get(name, "null")
        if req == "null":
            right = starts[name]
        elif req == "add":
            right = starts[name] + host(right)
        assert_almost_equal(
            right, grads[name], names=(f"{what}_{name}", f"BACKWARD_{name}"), **options
        )


def _requests(names: Sequence[str], grad_req: Any) -> dict[str, str]:
    """What happens to each gradient."""
    if isinstance(grad_req, str):
        return dict.fromkeys(names, grad_req)
    return by_name(names, grad_req, "grad_req", some=True)


# ---- forward


def simple_forward(
    sym: Symbol, ctx: Context | None = None, is_train: bool = False, **inputs: Any
) -> Any:
    """The values of a symbol for NumPy arrays, as NumPy arrays: a list, or the only one.

    >>> from mxbook import sym
    >>> simple_forward(sym.var("x") ** 2, x=np.array([2.0, 3.0]))
    array([4., 9.], dtype=float32)
    """
    ctx = ctx or default_context()
    executor = sym.bind(ctx, args=_arrays(inputs, ctx, "float32"))
    found = [output.asnumpy() for output in executor.forward(is_train=is_train)]
    return found[0] if len(found) == 1 else found


def check_symbolic_forward(
    sym: Symbol,
    location: Values,
    expected: Values,
    rtol: float = 1e-4,
    atol: float | None = None,
    aux_states: Values = None,
    ctx: Context | None = None,
    equal_nan: bool = False,
    dtype: Any = np.float32,
) -> list[NDArray]:
    """Raise AssertionError unless a symbol has the expected values; returns its outputs.

    `expected` is a list, or a dict by the names of outputs.  Raises ParameterError for names that
    do not match.

    >>> from mxbook import sym
    >>> _ = check_symbolic_forward(sym.var("x") ** 2, [np.array([2.0])], [np.array([4.0])])
    """
    ctx = ctx or default_context()
    args, states = _inputs(sym, location, aux_states, ctx, dtype)
    executor = sym.bind(ctx, args=args, aux_states=states)
    outputs = executor.forward(is_train=False)
    for name, right in by_name(sym.list_outputs(), expected, "expected").items():
        names = (f"EXPECTED_{name}", f"FORWARD_{name}")
        found = executor.output_dict[name]
        assert_almost_equal(right, found, rtol, atol, names, equal_nan)
    return outputs


# ---- backward


def check_symbolic_backward(
    sym: Symbol,
    location: Values,
    out_grads: Any,
    expected: Values,
    rtol: float = 1e-5,
    atol: float | None = None,
    aux_states: Values = None,
    grad_req: Any = "write",
    ctx: Context | None = None,
    grad_stypes: Values = None,
    equal_nan: bool = False,
    dtype: Any = np.float32,
) -> dict[str, NDArray]:
    """Raise AssertionError unless a symbol has the expected gradients; returns them by name.

    out_grads    the gradient at each output: a list or a dict by name; ones when it is None
    expected     the gradients at the arguments: a list, or a dict by name of some of them
    grad_req     "write", "add" or "null", for all or a list or dict: gradients that are added go
                 to arrays of random numbers, and none may change what it should not
    grad_stypes  the storage types of the gradients

    >>> from mxbook import sym
    >>> two = np.array([2.0])
    >>> _ = check_symbolic_backward(sym.var("x") ** 2, [two], [np.ones(1)], [2 * two])
    """
    ctx = ctx or default_context()
    args, states = _inputs(sym, location, aux_states, ctx, dtype)
    names = sym.list_arguments()
    expected = by_name(names, expected, "expected", some=True)
    stypes = by_name(names, grad_stypes or {}, "grad_stypes", some=True)
    reqs = _requests(names, grad_req)
    grads = _filled_gradients(args, list(expected), stypes, ctx)
    starts = {name: host(grad).copy() for name, grad in grads.items()}
    executor = sym.bind(ctx, args, args_grad=grads, grad_req=reqs, aux_states=states)
    executor.forward(is_train=True)
    if out_grads is not None:
        given = [out_grads] if isinstance(out_grads, NDArray | np.ndarray) else out_grads
        heads = by_name(sym.list_outputs(), given, "out_grads")
        out_grads = list(_arrays(heads, ctx, dtype).values())
    executor.backward(out_grads)
    options = {"rtol": rtol, "atol": atol, "equal_nan": equal_nan}
    _compare_gradients(expected, starts, grads, reqs, "EXPECTED", **options)
    return grads


def numeric_grad(
    executor: Executor,
    location: Mapping[str, Any],
    aux_states: Mapping[str, Any] | None = None,
    eps: float = 1e-4,
    use_forward_train: bool = True,
    dtype: Any = np.float32,
) -> dict[str, np.ndarray]:
    """The gradients of the sum of an executor's first output by finite differences, by name.

    Each element is moved by `eps / 2` to both sides: `(f(x + eps/2) - f(x - eps/2)) / eps`.

    >>> import mxbook as mx
    >>> executor = (mx.sym.var("x") ** 2).bind(mx.cpu(), {"x": mx.nd.zeros(2)})
    >>> numeric_grad(executor, {"x": np.array([1.0, 3.0])}, eps=0.125)
    {'x': array([2., 6.], dtype=float32)}
    """

    def value() -> float:
        return float(host(executor.outputs[0]).astype("float64").sum())

    return _differences(executor, location, aux_states or {}, value, eps, use_forward_train, dtype)


def _differences(
    executor: Executor,
    location: Mapping[str, Any],
    aux_states: Mapping[str, Any],
    value: Callable[[], float],
    eps: float,
    train: bool,
    dtype: Any,
) -> dict[str, np.ndarray]:
    """The derivatives of `value()`, which looks at the outputs, by every element of a location."""

    def at(name: str, values: np.ndarray) -> float:
        _write(executor.arg_dict[name], values)
        for state, before in aux_states.items():  # training moves averages
            _write(executor.aux_dict[state], before)
        executor.forward(is_train=train)
        return value()

    for name, values in location.items():
        _write(executor.arg_dict[name], host(values))
    found = {}
    for name, values in location.items():
        values = np.array(host(values), dtype)
        found[name] = np.zeros_like(values)
        for place in np.ndindex(values.shape):
            middle = values[place]
            values[place] = middle + eps / 2
            high, above = float(values[place]), at(name, values)
            values[place] = middle - eps / 2
            low, below = float(values[place]), at(name, values)
            values[place] = middle
            step = high - low or eps  # what rounding has left of eps
            found[name][place] = (above - below) / step
        _write(executor.arg_dict[name], values)
    return found


def _write(array: NDArray, values: Any) -> None:
    """Copy values into an array, whatever its storage type."""
    if array.stype == "default":
        array[:] = values
    else:
        dense = nd.array(host(values), ctx=array.context, dtype=array.dtype)
        dense.tostype(array.stype).copyto(array)


def check_numeric_gradient(
    sym: Symbol,
    location: Values,
    aux_states: Values = None,
    numeric_eps: float = 1e-3,
    rtol: float = 1e-2,
    atol: float | None = None,
    grad_nodes: Any = None,
    use_forward_train: bool = True,
    ctx: Context | None = None,
    grad_stype_dict: Mapping[str, str] | None = None,
    dtype: Any = np.float32,
) -> None:
    """Raise AssertionError unless a symbol's gradients agree with finite differences.

    The gradients are those of all outputs, each multiplied by random numbers and summed up.

    grad_nodes         the names of the arguments to look at (all), or a dict from names to
                       "write", "add" or "null"
    use_forward_train  compute the differences in training mode
    grad_stype_dict    the storage types of the gradients

    With float32 differences of `numeric_eps` 1e-3 are right to about two digits; `dtype=np.float64`
    and smaller ones are more exact.  See `mx.testing.check_gradient` for functions of arrays.

    >>> from mxbook import sym
    >>> check_numeric_gradient(sym.sin(sym.var("x")), [np.array([0.5, 1.0])])
    """
    ctx = ctx or default_context()
    args, states = _inputs(sym, location, aux_states, ctx, dtype)
    reqs = _wanted(sym.list_arguments(), grad_nodes)
    start = {name: args[name].copy() for name in reqs}
    before = {name: state.copy() for name, state in states.items()}
    grads = _filled_gradients(args, list(reqs), grad_stype_dict or {}, ctx)
    noise = {name: host(grad).copy() for name, grad in grads.items()}
    executor = sym.bind(ctx, args, args_grad=grads, grad_req=reqs, aux_states=states)
    outputs = executor.forward(is_train=True)
    weights = [np.random.rand(*output.shape) + 0.1 for output in outputs]
    pairs = zip(weights, outputs, strict=True)
    executor.backward([nd.array(w, ctx=ctx, dtype=o.dtype) for w, o in pairs])

    def value() -> float:
        found = zip(weights, executor.outputs, strict=True)
        return sum(float((w * host(o)).sum()) for w, o in found)

    numeric = _differences(executor, start, before, value, numeric_eps, use_forward_train, dtype)
    _compare_gradients(numeric, noise, grads, reqs, "NUMERICAL", rtol=rtol, atol=atol)


def _wanted(names: Sequence[str], grad_nodes: Any) -> dict[str, str]:
    """What happens to the gradient of each argument that is looked at."""
    if grad_nodes is None:
        grad_nodes = names
    if isinstance(grad_nodes, Mapping):
        return by_name(names, grad_nodes, "grad_nodes", some=True)
    if not isinstance(grad_nodes, list | tuple):
        raise ParameterError(f"grad_nodes cannot be {grad_nodes!r}", rule="names, or a dict")
    return by_name(names, dict.fromkeys(grad_nodes, "write"), "grad_nodes", some=True)
