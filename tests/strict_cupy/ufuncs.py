"""CuPy's universal functions: which there are, and which of NumPy's extras they lack.

No `where=` and `axes=`.  Of the methods, `at` exists where the device has an atomic operation,
`reduce`, `accumulate` and `reduceat` for what is a sum or a product, `outer` for all.
"""

import numpy as np

from .core import SCALARS, checked_dtype, host_value, ndarray, operand, unwrap, wrap

NAMES = """
add subtract multiply divide true_divide floor_divide power float_power remainder mod fmod divmod
logaddexp logaddexp2 negative positive absolute abs fabs rint sign heaviside conj conjugate
exp exp2 expm1 log log2 log10 log1p sqrt square cbrt reciprocal gcd lcm
sin cos tan arcsin arccos arctan arctan2 hypot sinh cosh tanh arcsinh arccosh arctanh
degrees radians deg2rad rad2deg
bitwise_and bitwise_or bitwise_xor invert bitwise_not left_shift right_shift
greater greater_equal less less_equal equal not_equal
logical_and logical_or logical_xor logical_not maximum minimum fmax fmin
isfinite isinf isnan signbit copysign nextafter modf ldexp frexp floor ceil trunc
matmul
"""

# `at` needs an atomic operation of the device; these are the types for which CuPy uses one.
AT = {
    "add": "int32 float16 float32 float64 uint32 uint64",
    "subtract": "int32 uint32",
    "maximum": "int32 float32 float64 uint32 uint64",
    "minimum": "int32 float32 float64 uint32 uint64",
    "bitwise_and": "int32 int64 uint32 uint64",
    "bitwise_or": "int32 int64 uint32 uint64",
    "bitwise_xor": "int32 int64 uint32 uint64",
}
REDUCE = {"add": "sum", "multiply": "prod"}
ACCUMULATE = {"add": "cumsum", "multiply": "cumprod"}
# Of whole numbers these make real ones in CuPy, while NumPy leaves them as they are.
MAKE_FLOATS = {"floor", "ceil", "trunc"}
# Operators of the array, by the ufunc behind them.
BINARY = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "divmod": "divmod",
    "pow": "power",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "left_shift",
    "rshift": "right_shift",
    "matmul": "matmul",
}
COMPARE = {
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "eq": "equal",
    "ne": "not_equal",
}
UNARY = {"neg": "negative", "pos": "positive", "abs": "absolute", "invert": "invert"}


class ufunc:  # CuPy's name
    """A function of CuPy's that works element by element."""

    def __init__(self, name: str):
        self.__name__ = name
        self._function = getattr(np, name)
        self.nin, self.nout = self._function.nin, self._function.nout

    def __call__(self, *args, out=None, dtype=None, casting="same_kind"):
        if len(args) == self.nin + 1 and self.nout == 1 and out is None:
            *args, out = args
        if len(args) != self.nin:
            raise TypeError(f"{self.__name__} takes {self.nin} arrays, got {len(args)}")
        inputs = [operand(a, *args) for a in args]
        if self.__name__ in MAKE_FLOATS:
            inputs = [np.asarray(x, np.sqrt(np.zeros_like(x)).dtype) for x in inputs]
        keywords = {"casting": casting}
        if dtype is not None:
            keywords["dtype"] = checked_dtype(dtype)
        if out is not None:
            outs = out if isinstance(out, tuple) else (out,)
            keywords["out"] = tuple(unwrap(o, "out") for o in outs)
        with np.errstate(all="ignore"):  # a device does not warn
            found = self._function(*inputs, **keywords)
        return out if out is not None else wrap(found)

    def __repr__(self):
        return f"<ufunc 'cupy_{self.__name__}'>"

    def at(self, a, indices, b=None):
        """Like `a[indices] op= b`, where a position may come several times."""
        self._only_in(AT, "at")
        if a.dtype.name not in AT[self.__name__].split():
            raise TypeError(f"{self.__name__}.at only supports {AT[self.__name__]}, not {a.dtype}")
        index = tuple(map(_position, indices)) if isinstance(indices, tuple) else _position(indices)
        self._function.at(unwrap(a), index, operand(b, a))

    def reduce(self, array, axis=0, dtype=None, out=None, keepdims=False):
        """Sum or product along an axis."""
        self._only_in(REDUCE, "reduce")
        return getattr(array, REDUCE[self.__name__])(axis, dtype, out, keepdims)

    def accumulate(self, array, axis=0, dtype=None, out=None):
        """Running sum or product along an axis."""
        self._only_in(ACCUMULATE, "accumulate")
        return getattr(array, ACCUMULATE[self.__name__])(axis, dtype, out)

    def reduceat(self, array, indices, axis=0, dtype=None, out=None):
        """Sums of slices."""
        self._only_in({"add"}, "reduceat")
        found = self._function.reduceat(unwrap(array), unwrap(indices), axis, dtype)
        if out is None:
            return wrap(found)
        unwrap(out)[...] = found
        return out

    def outer(self, A, B, **kwargs):
        """All pairs of elements."""
        dims = (1,) * np.ndim(B)
        return self(A.reshape(A.shape + dims), B, **kwargs)

    def _only_in(self, known, method: str) -> None:
        if self.__name__ not in known:
            raise NotImplementedError(f"`{self.__name__}.{method}` is not supported by CuPy")


def _position(index):
    if isinstance(index, np.ndarray):
        raise TypeError("a NumPy array as an index")
    return unwrap(index) if isinstance(index, ndarray) else host_value(index, "an index")


functions = {name: ufunc(name) for name in NAMES.split()}


def _dunder(function: ufunc, reverse: bool):
    def method(self, other):
        if isinstance(other, np.ndarray | list | tuple):
            raise TypeError(f"Unsupported type {type(other)} beside a device array")
        if not isinstance(other, (ndarray, *SCALARS)):
            return NotImplemented
        return function(other, self) if reverse else function(self, other)

    return method


def _in_place(function: ufunc):
    def method(self, other):
        return function(self, other, out=self)

    return method


def _single(function: ufunc):
    def method(self):
        return function(self)

    return method


for _name, _ufunc in BINARY.items():
    setattr(ndarray, f"__{_name}__", _dunder(functions[_ufunc], reverse=False))
    setattr(ndarray, f"__r{_name}__", _dunder(functions[_ufunc], reverse=True))
    if _name not in ("divmod", "matmul"):
        setattr(ndarray, f"__i{_name}__", _in_place(functions[_ufunc]))
for _name, _ufunc in COMPARE.items():
    setattr(ndarray, f"__{_name}__", _dunder(functions[_ufunc], reverse=False))
for _name, _ufunc in UNARY.items():
    setattr(ndarray, f"__{_name}__", _single(functions[_ufunc]))
