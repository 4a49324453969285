"""Look-alikes are rows: one concept with several names and forms.

`unary` makes operators like `exp` from one row each; `arithmetic` makes the four forms of a
two-sided operation: `broadcast_add`, `elemwise_add`, `_plus_scalar` and, where the order of the
sides matters, `_rminus_scalar`.
"""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mxbook.base.dtypes import FLOATS

from . import rules
from .examples import In
from .operator import GradientRule, Operator
from .params import Float
from .registry import register


def sum_to(F: Any, value: Any, from_shape: tuple, to_shape: tuple) -> Any:
    """The gradient of stretching an array from `to_shape` to `from_shape`: sums over stretched
    axes."""
    return value if from_shape == to_shape else F._sum_to(value, shape=to_shape)


# Functions whose results are exact or correctly rounded everywhere.
EXACT = frozenset("abs sign negative square sqrt floor ceil trunc rint".split())

# NumPy's vectorised float32 functions are off by a unit in the last place now and then, those of
# the C library nearly never.  On arrays of up to so many elements, such as people print and compare
# with books, float64 is used inside, which gives the C library's numbers (decisions/0002).
ROUNDED_UP_TO = 1024


def ufunc_kernel(name: str) -> Callable:
    """A kernel that calls the array library's function `name`; the element type stays."""

    def rounded(k, _p, data, *, out=None):
        function = getattr(k.xp, name)
        if data.dtype in FLOATS and (data.size > ROUNDED_UP_TO or data.dtype.itemsize == 8):
            return function(data, out=out)
        return function(data, dtype="float64").astype(data.dtype)

    def exact(k, _p, data, *, out=None):
        if data.dtype in FLOATS:
            return getattr(k.xp, name)(data, out=out)
        return getattr(k.xp, name)(data).astype(data.dtype)

    return exact if name in EXACT else rounded


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
    kernel = ufunc_kernel(compute) if isinstance(compute, str) else compute
    op = register(
        Operator(
            name,
            kernel,
            (),
            aliases=tuple(aliases),
            shape=rules.same_shape,
            in_place=True,
            elementwise=isinstance(compute, str),
            ufunc=compute if isinstance(compute, str) and compute in EXACT else None,
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


def twin(op: Operator, name: str, *aliases: str, inputs: tuple[str, ...] = ()) -> Operator:
    """The same operator once more, under a name of its own, which files of graphs carry.

    `inputs` gives other names to the inputs.
    """
    made = copy.copy(op)
    made.name, made.aliases = name, aliases
    made.plans, made.bound = {}, {}
    if inputs:
        made.inputs = made.positional = inputs
    return register(made)


def as_scalar(scalar: float, dtype: np.dtype) -> Any:
    """A scalar parameter as MXNet uses it: converted to the element type of whole numbers, as in C.

    >>> as_scalar(2.7, np.dtype("int32")), as_scalar(-1, np.dtype("uint8"))
    (2, 255)
    """
    if dtype in FLOATS:
        return scalar
    limit = 2.0**63 if dtype.itemsize == 8 else 2.0**31
    if not -limit <= scalar < limit:  # NaN is not, either
        scalar = -limit
    return int(np.int64(scalar).astype(dtype))


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
        **fields: Any,
    ):
        self.ufunc = compute if isinstance(compute, str) and not compares else None
        self.compute = _named(compute) if isinstance(compute, str) else compute
        self.doc, self.lhs_rule, self.rhs_rule = doc, lhs_rule, rhs_rule
        self.value = value or getattr(np, str(compute))
        self.compares = compares
        self.domain = domain
        self.fields = fields  # further fields of the operators

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
                return _truth(k.xp, compute(k.xp, lhs, rhs, None), lhs.dtype, out)
            return compute(k.xp, lhs, rhs, out)

        op = self._register(names, kernel, (), shape_rule, self.ufunc)
        for side, rule in (("lhs", self.lhs_rule), ("rhs", self.rhs_rule)):
            if rule:
                needs = _formula_needs(rule)
                op.gradient(side, ("dy", f"{side}_shape", "out_shape", *needs))(_array_rule(rule))
                plain = GradientRule(op, _plain_rule(rule), ("dy", *needs))
                op.rules[op.inputs.index(side)].unstretched = plain
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
                return _truth(k.xp, compute(k.xp, lhs, rhs, None), data.dtype, out)
            return compute(k.xp, lhs, rhs, out)

        def value(data):
            return reference(1.5, data) if reverse else reference(data, 1.5)

        scalar = Float("scalar", 1.0, doc="The number on the other side.")
        ufunc = self.ufunc and ("-" if reverse else "") + self.ufunc
        op = self._register(names, kernel, (scalar,), rules.same_shape, ufunc)
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
                in_place=True,
                elementwise=not self.compares,
                ufunc=ufunc,
                doc=self.doc,
                source=Arithmetic,
                zero_gradient=self.lhs_rule is None,
                **self.fields,
            )
        )


def _truth(xp: Any, found: Any, dtype: np.dtype, out: Any) -> Any:
    """Truth values as ones and zeros, in `out` if it is given."""
    if out is None:
        return found.astype(dtype)
    xp.copyto(out, found)
    return out


def _named(function: str) -> Callable:
    return lambda xp, lhs, rhs, out: getattr(xp, function)(lhs, rhs, out=out)


def _formula_needs(rule: Callable) -> tuple[str, ...]:
    """The arguments of a formula after `F` and `dy`."""
    return rule.__code__.co_varnames[2 : rule.__code__.co_argcount]


def _array_rule(formula: Callable) -> Callable:
    """The rule for two arrays: the formula, then summed over the axes that were stretched."""

    def rule(F, _p, dy, side_shape, out_shape, *values):
        return sum_to(F, formula(F, dy, *values), out_shape, side_shape)

    rule.formula = formula, _formula_needs(formula)  # type: ignore[attr-defined] # for people
    return rule


def _plain_rule(formula: Callable) -> Callable:
    """The rule for a side that was not stretched."""

    def rule(F, _p, dy, *values):
        return formula(F, dy, *values)

    rule.formula = formula, _formula_needs(formula)  # type: ignore[attr-defined]
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

    rule.formula = formula, needs  # type: ignore[attr-defined]
    return rule
