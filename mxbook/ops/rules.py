"""Shape and type rules that many operators share.

A shape rule is called as `rule(p, *input_shapes)` and returns `(input_shapes, output_shapes)`, both
completed as far as possible (two-way: a layer's weight is inferred from its data).  Unknown
shapes are None, unknown dimensions None inside a tuple.  A type rule does the same with dtypes.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from mxbook.base import shapes
from mxbook.base.dtypes import FLOATS
from mxbook.base.errors import DTypeError, MXNetError
from mxbook.base.shapes import Shape

ShapesResult = tuple[list[Shape | None], list[Shape | None]]


def unset_shape(_p: Any, *_ins: Shape | None) -> ShapesResult:
    """Stands where an operator forgot its rule."""
    raise MXNetError("this operator has no shape rule")


def same_shape(_p: Any, *ins: Shape | None) -> ShapesResult:
    """All inputs and the one output have the same shape."""
    common: Shape | None = None
    for s in ins:
        common = shapes.unify(common, s)
    return [common] * len(ins), [common]


def same_inward(_p: Any, ins: list, outs: list) -> list:
    """What readers know about the output of an operator with `same_shape` holds for its inputs.

    >>> same_inward(None, [None, (None, 3)], [(2, None)])
    [(2, 3), (2, 3)]
    """
    common = outs[0]
    for s in ins:
        common = shapes.unify(common, s)
    return [common] * len(ins)


def broadcast_shape(_p: Any, lhs: Shape | None, rhs: Shape | None) -> ShapesResult:
    """Aligned at the last axis; axes of length 1 are stretched."""
    if shapes.known(lhs) and shapes.known(rhs):
        return [lhs, rhs], [shapes.broadcast(lhs, rhs)]  # type: ignore[arg-type]
    return [lhs, rhs], [None]


def forward(rule: Callable) -> Callable:
    """A rule that goes one way: `rule(p, *known shapes)` gives the output shape, or a list of them.

    Nothing is said while the shape of an input is unknown.
    """

    @wraps(rule)
    def two_way(p: Any, *ins: Shape | None) -> ShapesResult:
        if not all(map(shapes.known, ins)):
            return list(ins), [None]
        out = rule(p, *ins)
        return list(ins), out if isinstance(out, list) else [out]

    return two_way


def examples_inward(_p: Any, ins: list, outs: list) -> list:
    """A rule for graphs (`Operator.shapes_inward`): there are as many examples as outputs.

    >>> examples_inward(None, [(None, 4), (3, 4)], [(2, 3)])
    [(2, 4), (3, 4)]
    """
    data, out = ins[0], outs[0]
    if data and out and data[0] is None:
        return [(out[0], *data[1:]), *ins[1:]]
    return ins


def same_type(_p: Any, *ins: Any) -> tuple[list, list]:
    """All inputs and all outputs have the same element type."""
    common = None
    for dtype in ins:
        if dtype is not None and common is not None and dtype != common:
            raise DTypeError(
                f"element types {common} and {dtype} do not go together",
                rule="all inputs have the same element type",
                hint="convert one of them with astype",
            )
        common = common if dtype is None else dtype
    return [common] * len(ins), [common]


def float_type(p: Any, *ins: Any) -> tuple[list, list]:
    """`same_type`, and the type must have fractions."""
    dtypes, outs = same_type(p, *ins)
    if outs[0] is not None and outs[0] not in FLOATS:
        raise DTypeError(
            f"{outs[0]} holds whole numbers only",
            rule="float16, float32 or float64",
            hint='convert with astype("float32")',
        )
    return dtypes, outs


def first_type(_p: Any, *ins: Any) -> tuple[list, list]:
    """The outputs have the first input's element type; the others may have any."""
    return list(ins), [ins[0] if ins else None]


def parameter_type(p: Any, *ins: Any) -> tuple[list, list]:
    """The output has the type of the parameter `dtype`."""
    return list(ins), [p.dtype]


def elementwise_cost(_p: Any, ins: list, outs: list) -> int:
    """One unit of work for each element read or written, the larger of the two."""
    return max(sum(map(shapes.size, ins)), sum(map(shapes.size, outs)))


def matrix_cost(m: int, n: int, k: int) -> int:
    """Work of an (m, k) by (k, n) product, in elements of an elementwise operation.

    A processor core does about eight multiply-adds of a good matrix product in the time in which it
    adds two numbers from memory.
    """
    return m * n + m * n * k // 8
