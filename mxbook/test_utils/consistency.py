"""The same computation in several ways: on several devices, in several types, by two optimizers.

Source: MXNet 1.6, `mxnet.test_utils`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mxbook.base.errors import ParameterError
from mxbook.executor import Executor
from mxbook.ndarray.ndarray import NDArray
from mxbook.optimizer import Optimizer
from mxbook.symbol.symbol import Symbol

from .comparing import assert_almost_equal, compare_ndarray_tuple, host
from .making import rand_ndarray

# How much results of an element type may differ, relatively and absolutely.
TOLERANCES: dict[Any, float] = {
    np.dtype("float16"): 1e-1,
    np.dtype("float32"): 1e-3,
    np.dtype("float64"): 1e-5,
}


def check_consistency(
    sym: Symbol | Sequence[Symbol],
    ctx_list: Sequence[Mapping[str, Any]],
    scale: float = 1.0,
    grad_req: Any = "write",
    arg_params: dict[str, Any] | None = None,
    aux_params: dict[str, Any] | None = None,
    tol: float | Mapping[Any, float] | None = None,
    raise_on_err: bool = True,
    ground_truth: Mapping[str, Any] | None = None,
    equal_nan: bool = False,
    use_uniform: bool = False,
    rand_type: Any = np.float64,
) -> dict[str, NDArray]:
    """Raise AssertionError unless a symbol computes the same under all settings; returns what.

    sym           a symbol, or one for each setting
    ctx_list      the settings, as for `simple_bind`: device, shapes and types of arguments, such as
                  `{"ctx": mx.gpu(0), "data": (2, 3), "type_dict": {"data": "float16"}}`
    scale         the standard deviation of the random arguments; with `use_uniform` they lie
                  between -0.92 and 0.92 instead
    rand_type     the type they are made in
    arg_params    values of arguments; the others become random and are entered here
    aux_params    values of states, 0 by default
    tol           a tolerance, or one for each element type: 0.1 for float16, 1e-3 for float32, 1e-5
                  for float64
    raise_on_err  otherwise a difference is printed
    ground_truth  what is right; by default what the most exact type finds

    Outputs are compared in both modes, gradients (for the outputs as head gradients) unless
    `grad_req` is "null".
    """
    symbols = [sym] * len(ctx_list) if isinstance(sym, Symbol) else list(sym)
    _check_settings(symbols, ctx_list)
    pairs = zip(symbols, ctx_list, strict=True)
    executors = [s.simple_bind(grad_req=grad_req, **setting) for s, setting in pairs]
    arg_params = {} if arg_params is None else arg_params
    for name, array in executors[0].arg_dict.items():
        if name not in arg_params:
            arg_params[name] = _random(array.shape, scale, use_uniform).astype(rand_type)
    for executor in executors:
        for name, array in executor.arg_dict.items():
            array[:] = host(arg_params[name]).astype(array.dtype)
        for name, array in executor.aux_dict.items():
            array[:] = (aux_params or {}).get(name, 0)
    found = _Comparison(executors, tol, raise_on_err, equal_nan, ground_truth)
    for executor in executors:
        executor.forward(is_train=False)
    found.compare("Predict", [executor.output_dict for executor in executors])
    if grad_req != "null":
        for executor in executors:
            executor.backward(executor.forward(is_train=True))
        found.compare("Train", [_trained(executor) for executor in executors])
    return found.right


def _check_settings(symbols: Sequence[Symbol], settings: Sequence) -> None:
    if len(settings) < 2 or len(symbols) != len(settings):
        raise ParameterError(
            f"{len(symbols)} symbols under {len(settings)} settings are nothing to compare",
            rule="two settings or more, and one symbol or as many",
        )
    for what in ("list_outputs", "list_arguments"):
        first, *others = (getattr(symbol, what)() for symbol in symbols)
        if any(other != first for other in others):
            raise ParameterError(f"the symbols differ in {what}()", rule=", ".join(first))


def _random(shape: tuple[int, ...], scale: float, uniform: bool) -> np.ndarray:
    if uniform:
        return np.random.uniform(-0.92, 0.92, shape)
    return np.random.normal(size=shape, scale=scale)


def _trained(executor: Executor) -> dict[str, NDArray]:
    """Outputs and gradients by name."""
    grads = {name: grad for name, grad in executor.grad_dict.items() if grad is not None}
    return {**executor.output_dict, **grads}


class _Comparison:
    """What executors found, compared with what is right."""

    def __init__(
        self,
        executors: Sequence[Executor],
        tol: Any,
        raise_on_err: bool,
        equal_nan: bool,
        right: Any,
    ):
        self.types = [np.dtype(executor.outputs[0].dtype) for executor in executors]
        self.best = max(range(len(executors)), key=lambda i: self.types[i].itemsize)
        self.given = right is not None
        self.right: dict[str, Any] = dict(right or {})
        self.raises, self.equal_nan = raise_on_err, equal_nan
        known = tol if isinstance(tol, Mapping) else TOLERANCES
        self.tolerances = {np.dtype(t): v for t, v in known.items()}
        self.tolerance = None if isinstance(tol, Mapping) else tol

    def compare(self, when: str, results: Sequence[Mapping[str, NDArray]]) -> None:
        """Compare the results of all executors."""
        if not self.given:
            self.right.update(results[self.best])
        for i, result in enumerate(results):
            allowed = self.tolerance
            if allowed is None:
                allowed = self.tolerances.get(self.types[i], 0)  # whole numbers are exact
            for name, array in result.items():
                where = f"{when} Err: ctx {i} vs ctx {self.best} at {name}"
                if name in self.right:
                    self._compare(where, array, self.right[name], allowed)

    def _compare(self, where: str, array: Any, right: Any, allowed: float) -> None:
        try:
            assert_almost_equal(array, right, allowed, allowed, equal_nan=self.equal_nan)
        except AssertionError as error:
            words = f"{where}\n{error}"
            if self.raises:
                raise AssertionError(words) from None
            print(words)


def compare_optimizer(
    opt1: Optimizer,
    opt2: Optimizer,
    shape: tuple[int, ...],
    dtype: Any,
    w_stype: str = "default",
    g_stype: str = "default",
    rtol: float = 1e-4,
    atol: float = 1e-5,
    compare_states: bool = True,
) -> None:
    """Raise AssertionError unless two optimizers change a random weight (and their states) alike.

    `w_stype` and `g_stype` are the storage types of weight and gradient.

    >>> from mxbook import optimizer
    >>> sgd = optimizer.SGD(momentum=0)
    >>> compare_optimizer(sgd, optimizer.SGD(momentum=0), (2, 3), "float32")
    """
    weight1 = rand_ndarray(shape, w_stype, density=1, dtype=dtype)
    grad1 = rand_ndarray(shape, g_stype, density=1 if g_stype == "default" else None, dtype=dtype)
    weight2, grad2 = weight1.copyto(weight1.context), grad1.copyto(grad1.context)
    state1 = opt1.create_state_multi_precision(0, weight1)
    state2 = opt2.create_state_multi_precision(0, weight2)
    if compare_states:
        compare_ndarray_tuple(state1, state2)
    opt1.update_multi_precision(0, weight1, grad1, state1)
    opt2.update_multi_precision(0, weight2, grad2, state2)
    if compare_states:
        compare_ndarray_tuple(state1, state2, rtol, atol)
    assert_almost_equal(weight1, weight2, rtol, atol)
