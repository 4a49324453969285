"""`mx.operator`: operators of one's own, written in Python.

    class Scale(mx.operator.CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            self.assign(out_data[0], req[0], in_data[0] * 2)
        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            self.assign(in_grad[0], req[0], out_grad[0] * 2)

    @mx.operator.register("scale")
    class ScaleProp(mx.operator.CustomOpProp):
        def create_operator(self, ctx, in_shapes, in_dtypes):
            return Scale()

    mx.nd.Custom(x, op_type="scale")        # and mx.sym.Custom(x, op_type="scale")

For arrays only, `mx.autograd.Function` is shorter.  What happens inside: `ndarray/custom.py`.

Source: MXNet 1.6, `mxnet.operator`.
"""

import warnings
from collections import namedtuple
from collections.abc import Callable, Sequence
from ctypes import POINTER, c_int
from typing import Any

from mxbook.base.dtypes import TYPES
from mxbook.base.errors import MXNetError, nearest
from mxbook.ndarray.custom import run
from mxbook.ndarray.ndarray import NDArray
from mxbook.ops.composite import readers
from mxbook.ops.custom import custom_operator, properties
from mxbook.ops.params import Bool, DType, Enum, Int, Param, Real, Shape
from mxbook.ops.registry import operators
from mxbook.symbol.custom import applied
from mxbook.symbol.front import scoped
from mxbook.symbol.symbol import Symbol

c_int_p = POINTER(c_int)  # a name that MXNet 1.6 has


class CustomOp:
    """What computes: subclasses define `forward` and `backward`.

    All arguments are lists of NDArrays in the order of the property's lists; `req` says for each
    result what to do with it: `write`, `add`, or `null` (nothing).
    """

    def forward(self, is_train, req, in_data, out_data, aux):
        """Compute `out_data` from `in_data`; `aux` are the states, which may be changed."""

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        """Compute `in_grad` from the gradients of the outputs."""

    def assign(self, dst: NDArray, req: str, src: Any) -> None:
        """Put `src` into `dst` as `req` says.

        >>> import mxbook as mx
        >>> x = mx.nd.ones(2)
        >>> CustomOp().assign(x, "add", mx.nd.array([1, 2]))
        >>> x.asnumpy()
        array([2., 3.], dtype=float32)
        """
        if req != "null":
            dst[:] = dst + src if req == "add" else src


class CustomOpProp:
    """What a custom operator looks like.  Registered with `register`.

    Parameters of `Custom` come to `__init__` as texts.  With `need_top_grad` its backward needs the
    gradient of the outputs; a loss does not.
    """

    def __init__(self, need_top_grad: bool = True):
        self.need_top_grad_ = need_top_grad

    def infer_shape(self, in_shape: list) -> tuple:
        """Shapes of arguments, outputs and states from those of the arguments.

        An unknown shape is `[]`.  Here: all outputs are like the first argument, no states.
        """
        return in_shape, (in_shape[0],) * len(self.list_outputs()), ()

    def infer_type(self, in_type: list) -> tuple:
        """Element types of arguments, outputs and states; here: those of the first argument."""
        outputs, states = len(self.list_outputs()), len(self.list_auxiliary_states())
        return in_type, [in_type[0]] * outputs, [in_type[0]] * states

    def infer_storage_type(self, in_stype: list) -> tuple:
        """Storage types of arguments, outputs and states; custom operators take dense arrays."""
        _only_dense("infer_storage_type", in_stype)
        outputs, states = len(self.list_outputs()), len(self.list_auxiliary_states())
        return in_stype, ["default"] * outputs, ["default"] * states

    def infer_storage_type_backward(
        self, ograd_stype: list, in_stype: list, out_stype: list, igrad_stype: list, aux_stype: list
    ) -> tuple:
        """Storage types in backward; custom operators take dense arrays."""
        parts = (ograd_stype, in_stype, out_stype, igrad_stype, aux_stype)
        for part in parts:
            _only_dense("infer_storage_type_backward", part)
        return tuple([["default"] * len(part) for part in parts])

    def list_outputs(self) -> list[str]:
        """Names of the outputs."""
        return ["output"]

    def list_arguments(self) -> list[str]:
        """Names of the arguments."""
        return ["data"]

    def list_auxiliary_states(self) -> list[str]:
        """Names of the states, which forward may change."""
        return []

    def declare_backward_dependency(
        self, out_grad: Sequence[int], in_data: Sequence[int], out_data: Sequence[int]
    ) -> list[int]:
        """Which of these numbered arrays backward needs; the others are not kept for it."""
        needed = [*out_grad] if self.need_top_grad_ else []
        return [*needed, *in_data, *out_data]

    def create_operator(self, ctx, in_shapes: list, in_dtypes: list) -> CustomOp:
        """The object that computes, made once for a call, or for a bound graph."""
        return CustomOp()


def _only_dense(method: str, stypes: Sequence[str]) -> None:
    wrong = [s for s in stypes if s not in ("default", "undefined")]
    if wrong:
        raise MXNetError(f"{method}: a custom operator cannot take {wrong[0]} arrays")


def register(reg_name: str) -> Callable[[type], type]:
    """Decorator that makes a property known as `op_type` of `mx.nd.Custom` and `mx.sym.Custom`.

    A second one of the same name takes the place of the first.
    """

    def do_register(prop_cls: type) -> type:
        properties[reg_name] = prop_cls
        return prop_cls

    return do_register


# ---- what is there


class OperatorArguments(namedtuple("OperatorArguments", ("narg", "names", "types"))):
    """Number, names and types (in words) of an operator's inputs and parameters."""

    __slots__ = ()


def get_all_registered_operators() -> list[str]:
    """The names of all operators.

    >>> "Convolution" in get_all_registered_operators()
    True
    """
    return sorted({*operators, *readers, "_CustomFunction"})


def get_operator_arguments(op_name: str) -> OperatorArguments:
    """Inputs and parameters of an operator.

    >>> get_operator_arguments("Activation").names
    ['data', 'act_type']

    Raises MXNetError for an unknown name.
    """
    if op_name == "Custom":
        return OperatorArguments(2, ["data", "op_type"], ["NDArray-or-Symbol[]", "string"])
    op = operators.get(op_name)
    if op is None:
        raise MXNetError(f"there is no operator {op_name!r}", hint=nearest(op_name, operators))
    names = [*op.inputs, *(p.name for p in op.params)]
    kind = "NDArray-or-Symbol[]" if op.variadic else "NDArray-or-Symbol"
    types = [kind] * len(op.inputs) + [_in_words(p) for p in op.params]
    return OperatorArguments(len(names), names, types)


def _in_words(param: Param) -> str:
    """The type of a parameter as MXNet describes it."""
    default: Any = None if param.required else param.default
    if isinstance(param, Enum | DType):
        choices = param.choices if isinstance(param, Enum) else TYPES
        kind = "{" + ", ".join(sorted(map(_quoted, choices), key=str.lower)) + "}"
        text = "None" if default is None else param.format(default)
        return f"{kind}, required" if param.required else f"{kind},optional, default={text!r}"
    if isinstance(param, Bool):
        kind, default = "boolean", int(default or 0)
    elif isinstance(param, Shape):
        kind = "Shape or None" if param.optional else "Shape(tuple)"
        default = default if default is None else list(default)
    elif isinstance(param, Real):
        kind, default = "float", default if default is None else param.format(default)
    elif isinstance(param, Int) and param.low is not None and param.low >= 0:
        kind = "int (non-negative)"
    elif isinstance(param, Int):
        kind, default = "int or None" if param.optional else "int", repr(str(default))
    else:
        kind, default = "string", repr(default)
    return f"{kind}, required" if param.required else f"{kind}, optional, default={default}"


def _quoted(choice: str | None) -> str:
    return "None" if choice is None else repr(choice)


# ---- the older classes


class PythonOp:
    """The base of the older `NumpyOp` and `NDArrayOp`; new code uses `CustomOp`.

    Calling one gives the symbol of its application.
    """

    def __init__(self, need_top_grad: bool = True):
        warnings.warn(f"{type(self).__name__}: CustomOp does the same, and more", stacklevel=2)
        self.need_top_grad_ = need_top_grad

    def __call__(self, *args: Any, **kwargs: Any) -> Symbol:
        """The same as `get_symbol`."""
        return self.get_symbol(*args, **kwargs)

    def get_symbol(self, *args: Any, **kwargs: Any) -> Symbol:
        """The operator applied to symbols; `NumpyOp` and `NDArrayOp` define it."""
        raise MXNetError(f"{type(self).__name__} is neither a NumpyOp nor an NDArrayOp")

    def forward(self, in_data: list, out_data: list) -> None:
        """Compute `out_data` from `in_data`; here: a copy."""
        out_data[0][:] = in_data[0]

    def backward(self, out_grad: list, in_data: list, out_data: list, in_grad: list) -> None:
        """Compute `in_grad`; here: ones."""
        in_grad[0][:] = 1.0

    def infer_shape(self, in_shape: list) -> tuple:
        """Shapes of arguments and outputs; here: the first argument's."""
        return in_shape, [in_shape[0]]

    def list_outputs(self) -> list[str]:
        """Names of the outputs."""
        return ["output"]

    def list_arguments(self) -> list[str]:
        """Names of the arguments."""
        return ["data"]

    def need_top_grad(self) -> bool:
        """Whether backward needs the gradient of the outputs."""
        return self.need_top_grad_


class _OldProp(CustomOpProp):
    """An older operator seen as a property."""

    def __init__(self, op: PythonOp, adapter: type):
        super().__init__(op.need_top_grad())
        self._op, self._adapter = op, adapter
        self.list_arguments = op.list_arguments  # type: ignore[method-assign]
        self.list_outputs = op.list_outputs  # type: ignore[method-assign]
        self.infer_shape = op.infer_shape  # type: ignore[method-assign]

    def create_operator(self, ctx, in_shapes, in_dtypes):
        return self._adapter(self._op)


class _OnArrays(CustomOp):
    """An NDArrayOp as the object that computes."""

    def __init__(self, op: PythonOp):
        self._op = op

    def forward(self, is_train, req, in_data, out_data, aux):
        self._op.forward(in_data=in_data, out_data=out_data)

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self._op.backward(out_grad=out_grad, in_data=in_data, out_data=out_data, in_grad=in_grad)


class _OnNumpy(_OnArrays):
    """A NumpyOp as the object that computes: results are copied back."""

    def forward(self, is_train, req, in_data, out_data, aux):
        outs = _host(out_data)
        self._op.forward(in_data=_host(in_data), out_data=outs)
        self._copy(out_data, outs)

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        found = _host(in_grad)
        self._op.backward(
            out_grad=_host(out_grad),
            in_data=_host(in_data),
            out_data=_host(out_data),
            in_grad=found,
        )
        self._copy(in_grad, found)

    @staticmethod
    def _copy(arrays: Sequence[NDArray], hosts: Sequence) -> None:
        for array, host in zip(arrays, hosts, strict=True):
            array[:] = host


def _host(arrays: Sequence[NDArray]) -> list:
    return [a.asnumpy() for a in arrays]


def _symbol(op: PythonOp, adapter: type, kind: str, args: tuple, kwargs: dict) -> Symbol:
    name, attr = kwargs.pop("name", None), kwargs.pop("attr", None)
    texts = {"info": str(id(op)), "need_top_grad": str(op.need_top_grad())}
    prop = _OldProp(op, adapter)
    made, p = custom_operator(kind, type(op).__name__, prop, texts, run)
    return applied(made, p, args, kwargs, name, {**scoped(attr), **texts})


class NumpyOp(PythonOp):
    """An operator whose `forward` and `backward` get NumPy arrays; new code uses `CustomOp`."""

    def get_symbol(self, *args: Any, **kwargs: Any) -> Symbol:
        """The operator applied to symbols."""
        return _symbol(self, _OnNumpy, "_Native", args, kwargs)


class NDArrayOp(PythonOp):
    """An operator whose `forward` and `backward` get NDArrays; new code uses `CustomOp`."""

    def get_symbol(self, *args: Any, **kwargs: Any) -> Symbol:
        """The operator applied to symbols."""
        return _symbol(self, _OnArrays, "_NDArray", args, kwargs)

    def declare_backward_dependency(
        self, out_grad: Sequence[int], in_data: Sequence[int], out_data: Sequence[int]
    ) -> list[int]:
        """Which of these numbered arrays backward needs."""
        needed = [*out_grad] if self.need_top_grad() else []
        return [*needed, *in_data, *out_data]


__all__ = [
    "CustomOp",
    "CustomOpProp",
    "NDArrayOp",
    "NumpyOp",
    "OperatorArguments",
    "PythonOp",
    "c_int_p",
    "get_all_registered_operators",
    "get_operator_arguments",
    "register",
]
