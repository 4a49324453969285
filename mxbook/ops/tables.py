"""Look-alikes are rows: one concept with several names and forms.

`unary` makes operators like `exp` from one row each; `arithmetic` makes the four forms of a two-sided
operation: `broadcast_add`, `elemwise_add`, `_plus_scalar` and, where the order of the sides matters,
`_rminus_scalar`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mxbook.base.dtypes import FLOATS

from . import rules
from .examples import In
from .operator import Operator
from .params import Float
from .registry import register


def sum_to(F: Any, value: Any, from_shape: tuple, to_shape: tuple) -> Any:
    """The gradient of stretching an array from `to_shape` to `from_shape`: sums over stretched axes."""
    return value if from_shape == to_shape else F._sum_to(value, shape=to_shape)


def ufunc_kernel(name: str, *, same_dtype: bool = True) -> Callable:
    """A kernel that calls the array library's function `name`; comparisons keep the input's type."""
    if same_dtype:

        def kernel(k, _p, data, *, out=None):
            return getattr(k.xp, name)(data, out=out)
    else:

        def kernel(k, _p, data, *, out=None):
            return k.xp.asarray(getattr(k.xp, name)(data), data.dtype)

    return kernel


def unary(
    name: str,
    compute: str | Callable,
    gradient: Callable | None,
    doc: str,
    *,
    aliases: Sequence[str] = (),
    domain: tuple[float, float] = (-1.0, 1.0),
    value: Callable | None = None,
    why: str = "",
    **fields: Any,
) -> Operator:
    """An elementwise operator of one input.

    `compute` is the name of a function of the array library, or a kernel; `gradient` its rule;
    `domain` where the automatic tests take their numbers; `value` the expected result in float64.
    """
    is_ufunc = isinstance(compute, str)
    kernel = ufunc_kernel(compute) if is_ufunc else compute
    op = register(
        Operator(
            name,
            kernel,
            (),
            aliases=tuple(aliases),
            shape=rules.same_shape,
            in_place=True,
            ufunc=compute if is_ufunc else None,
            doc=doc,
            source=compute if callable(compute) else unary,
            zero_gradient=gradient is None,
            **fields,
        )
    )
    if gradient is not None:
        op.gradient("data")(gradient)
    for shape, dtype in (((2, 3), "float32"), ((5,), "float64")):
        example = op.example(In(shape, *domain, dtype)).gives(value or getattr(np, str(compute)))
        example.why = why
    return op


def as_scalar(scalar: float, dtype: np.dtype) -> Any:
    """A scalar parameter as MXNet uses it: truncated for arrays of whole numbers."""
    return scalar if dtype in FLOATS else int(scalar)


class Arithmetic:
    """A two-sided elementwise operation and its forms.

    `compute` is the name of a function of the array library, or `compute(xp, lhs, rhs, out)`.
    `lhs_rule` and `rhs_rule` give the gradients as formulas in `dy` and those of `lhs`, `rhs` and
    `out` that they name, after `F`; either side may be a number.  `domain` is where the automatic
    tests take their numbers, `value` the expected result in float64.
    """

    def __init__(
        self,
        compute: str | Callable,
        doc: str,
        *,
        lhs_rule: Callable | None = None,
        rhs_rule: Callable | None = None,
        value: Callable | None = None,
        domain: tuple[float, float] = (0.5, 2.0),
        compares: bool = False,
    ):
        self.ufunc = compute if isinstance(compute, str) and not compares else None
        self.compute = _named(compute) if isinstance(compute, str) else compute
        self.doc, self.lhs_rule, self.rhs_rule = doc, lhs_rule, rhs_rule
        self.value = value or getattr(np, str(compute))
        self.compares = compares
        self.domain = domain

    def forms(self, *, broadcast=(), elemwise=(), scalar=(), rscalar=()) -> None:
        """Register the forms for which names (the registered one, then aliases) are given."""
        if broadcast:
            self._two_arrays(broadcast, rules.broadcast_shape)
        if elemwise:
            self._two_arrays(elemwise, rules.same_shape)
        if scalar:
            self._array_and_number(scalar, reverse=False)
        if rscalar:
            self._array_and_number(rscalar, reverse=True)

    def _two_arrays(self, names: tuple[str, ...], shape_rule: Callable) -> None:
        compute, compares = self.compute, self.compares

        def kernel(k, _p, lhs, rhs, *, out=None):
            if compares:
                return compute(k.xp, lhs, rhs, None).astype(lhs.dtype)
            return compute(k.xp, lhs, rhs, out)

        op = self._register(names, kernel, (), shape_rule, self.ufunc)
        for side, rule in (("lhs", self.lhs_rule), ("rhs", self.rhs_rule)):
            if rule:
                needs = ("dy", f"{side}_shape", "out_shape", *_formula_needs(rule))
                op.gradient(side, needs)(_array_rule(rule))
        self._example(op, [((2, 3), (2, 3), "float32")])
        if shape_rule is rules.broadcast_shape:
            self._example(op, [((2, 1, 4), (1, 3, 4), "float32"), ((3, 1), (3, 5), "float64")])

    def _example(self, op: Operator, cases: list[tuple]) -> None:
        for lhs, rhs, dtype in cases:
            example = op.example(In(lhs, *self.domain, dtype), In(rhs, *self.domain, dtype))
            example.gives(self.value)

    def _array_and_number(self, names: tuple[str, ...], reverse: bool) -> None:
        compute, compares, reference = self.compute, self.compares, self.value

        def kernel(k, p, data, *, out=None):
            number = as_scalar(p.scalar, data.dtype)
            lhs, rhs = (number, data) if reverse else (data, number)
            if compares:
                return compute(k.xp, lhs, rhs, None).astype(data.dtype)
            return compute(k.xp, lhs, rhs, out)

        def value(data):
            return reference(1.5, data) if reverse else reference(data, 1.5)

        scalar = Float("scalar", 1.0, doc="The number on the other side.")
        op = self._register(names, kernel, (scalar,), rules.same_shape, None)
        rule = self.rhs_rule if reverse else self.lhs_rule
        if rule:
            needs = [_of_data(name, reverse) for name in _formula_needs(rule)]
            saved = [name for name in needs if name != "scalar"]
            op.gradient("data", ("dy", *saved))(_number_rule(rule, needs))
        op.example(In((2, 3), *self.domain), scalar=1.5).gives(value)

    def _register(self, names, kernel, params, shape_rule, ufunc) -> Operator:
        return register(
            Operator(
                names[0],
                kernel,
                params,
                aliases=names[1:],
                shape=shape_rule,
                in_place=not self.compares,
                ufunc=ufunc,
                doc=self.doc,
                source=Arithmetic,
                zero_gradient=self.lhs_rule is None,
            )
        )


def _named(function: str) -> Callable:
    return lambda xp, lhs, rhs, out: getattr(xp, function)(lhs, rhs, out=out)


def _formula_needs(rule: Callable) -> tuple[str, ...]:
    """The arguments of a formula after `F` and `dy`."""
    return rule.__code__.co_varnames[2 : rule.__code__.co_argcount]


def _array_rule(formula: Callable) -> Callable:
    """The rule for two arrays: the formula, then summed over the axes that were stretched."""

    def rule(F, _p, dy, side_shape, out_shape, *values):
        return sum_to(F, formula(F, dy, *values), out_shape, side_shape)

    return rule


def _of_data(name: str, reverse: bool) -> str:
    """What `lhs` and `rhs` of a formula are called when one side is a number."""
    if name == "out":
        return "out"
    return "data" if (name == "rhs") == reverse else "scalar"


def _number_rule(formula: Callable, needs: Sequence[str]) -> Callable:
    """The rule for an array and a number: the number takes its side's place in the formula."""

    def rule(F, p, dy, *values):
        saved = iter(values)
        return formula(F, dy, *(p.scalar if n == "scalar" else next(saved) for n in needs))

    return rule
