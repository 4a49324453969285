"""Elementary functions of one array: exponentials, roots, trigonometry, signs and rounding."""

from typing import Any

import numpy as np

from mxbook.ops.tables import unary

FLOAT = "The element type stays."


def _rsqrt(k, _p, data):
    return (1 / k.xp.sqrt(data)).astype(data.dtype, copy=False)


def _rcbrt(k, _p, data):
    return (1 / k.xp.cbrt(data)).astype(data.dtype, copy=False)


def _reciprocal(k, _p, data):
    return k.xp.true_divide(1, data).astype(data.dtype, copy=False)


def rounded(k, _p, data):
    """Halves away from zero, as in C (NumPy's `round` goes to the even neighbour)."""
    xp = k.xp
    whole = xp.trunc(data)  # not floor(|x| + 0.5): that sum is itself rounded
    away = whole + xp.copysign(1, data)
    return xp.where(xp.abs(data - whole) >= 0.5, away, whole).astype(data.dtype)


def _rint(k, _p, data):
    return k.xp.ceil(data - 0.5).astype(data.dtype)


def sign(k, _p, data):
    """-1, 0 or 1; 0 for NaN."""
    return (data > 0).astype(data.dtype) - (data < 0).astype(data.dtype)


def _fix(k, _p, data):
    return k.xp.trunc(data).astype(data.dtype, copy=False)


unary("exp", "exp", lambda F, p, dy, out: dy * out, f"`e` to the power of each element.  {FLOAT}")
unary(
    "expm1",
    "expm1",
    lambda F, p, dy, out: dy * (out + 1),
    "`exp(x) - 1`, exact also for small `x`.",
)
unary("log", "log", lambda F, p, dy, data: dy / data, "The natural logarithm.", domain=(0.5, 3))
unary(
    "log2",
    "log2",
    lambda F, p, dy, data: dy / (data * np.log(2).item()),
    "The logarithm to base 2.",
    domain=(0.5, 3),
)
unary(
    "log10",
    "log10",
    lambda F, p, dy, data: dy / (data * np.log(10).item()),
    "The logarithm to base 10.",
    domain=(0.5, 3),
)
unary(
    "log1p",
    "log1p",
    lambda F, p, dy, data: dy / (data + 1),
    "`log(1 + x)`, exact also for small `x`.",
    domain=(-0.5, 2),
)
unary(
    "sqrt",
    "sqrt",
    lambda F, p, dy, out: dy / (out * 2),
    "The square root; NaN below 0.",
    domain=(0.5, 3),
)
unary(
    "rsqrt",
    _rsqrt,
    lambda F, p, dy, data, out: dy * out / data * -0.5,
    "`1 / sqrt(x)`.",
    domain=(0.5, 3),
    value=lambda x: 1 / np.sqrt(x),
)
unary(
    "cbrt",
    "cbrt",
    lambda F, p, dy, out: dy / (out * out * 3),
    "The cube root, also of negative numbers.",
    domain=(0.5, 3),
)
unary(
    "rcbrt",
    _rcbrt,
    lambda F, p, dy, data, out: dy * out / data * (-1 / 3),
    "`1 / cbrt(x)`.",
    domain=(0.5, 3),
    value=lambda x: 1 / np.cbrt(x),
)
unary("square", "square", lambda F, p, dy, data: dy * data * 2, "The square, `x * x`.")
unary(
    "reciprocal",
    _reciprocal,
    lambda F, p, dy, out: -dy * out * out,
    "`1 / x`.",
    domain=(0.5, 3),
    value=lambda x: 1 / x,
)
unary("negative", "negative", lambda F, p, dy: -dy, "`-x`.", aliases=("_np_negative",))
unary(
    "abs",
    "abs",
    lambda F, p, dy, data: dy * F.sign(data),
    "The absolute value.",
    domain=(0.2, 2),
)
unary(
    "sign",
    sign,
    None,
    "-1, 0 or 1, by the sign of each element; 0 for NaN.",
    value=np.sign,
    why="a step function: its gradient is 0",
)

unary("sin", "sin", lambda F, p, dy, data: dy * F.cos(data), "The sine of an angle in radians.")
unary("cos", "cos", lambda F, p, dy, data: -dy * F.sin(data), "The cosine of an angle in radians.")
unary("tan", "tan", lambda F, p, dy, out: dy * (out * out + 1), "The tangent of an angle.")
unary(
    "arcsin",
    "arcsin",
    lambda F, p, dy, data: dy / F.sqrt(1 - data * data),
    "The angle in radians whose sine is given.",
    domain=(-0.8, 0.8),
)
unary(
    "arccos",
    "arccos",
    lambda F, p, dy, data: -dy / F.sqrt(1 - data * data),
    "The angle in radians whose cosine is given.",
    domain=(-0.8, 0.8),
)
unary(
    "arctan",
    "arctan",
    lambda F, p, dy, data: dy / (data * data + 1),
    "The angle in radians whose tangent is given.",
)
unary("sinh", "sinh", lambda F, p, dy, data: dy * F.cosh(data), "The hyperbolic sine.")
unary("cosh", "cosh", lambda F, p, dy, data: dy * F.sinh(data), "The hyperbolic cosine.")
unary("tanh", "tanh", lambda F, p, dy, out: dy * (1 - out * out), "The hyperbolic tangent.")
unary(
    "arcsinh",
    "arcsinh",
    lambda F, p, dy, data: dy / F.sqrt(data * data + 1),
    "The inverse of the hyperbolic sine.",
)
unary(
    "arccosh",
    "arccosh",
    lambda F, p, dy, data: dy / F.sqrt(data * data - 1),
    "The inverse of the hyperbolic cosine.",
    domain=(1.5, 3),
)
unary(
    "arctanh",
    "arctanh",
    lambda F, p, dy, data: dy / (1 - data * data),
    "The inverse of the hyperbolic tangent.",
    domain=(-0.8, 0.8),
)
unary(
    "degrees",
    "degrees",
    lambda F, p, dy: dy * (180 / np.pi),
    "Radians as degrees, `x * 180 / pi`.",
)
unary(
    "radians",
    "radians",
    lambda F, p, dy: dy * (np.pi / 180),
    "Degrees as radians, `x * pi / 180`.",
)

STEPS: dict[str, Any] = {"domain": (0.1, 0.4), "why": "a step function: its gradient is 0"}
unary("floor", "floor", None, "The nearest whole number below or equal.", **STEPS)
unary("ceil", "ceil", None, "The nearest whole number above or equal.", **STEPS)
unary("trunc", "trunc", None, "The whole number towards 0.", **STEPS)
unary("fix", _fix, None, "The nearest whole number towards 0.", value=np.trunc, **STEPS)
unary(
    "rint",
    _rint,
    None,
    "The nearest whole number; halves downwards.",
    value=lambda x: np.ceil(x - 0.5),
    **STEPS,
)
unary(
    "round",
    rounded,
    None,
    "The nearest whole number; halves away from 0.",
    value=lambda x: np.trunc(x + np.copysign(0.5, x)),
    **STEPS,
)
