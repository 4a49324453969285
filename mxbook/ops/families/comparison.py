"""Comparing and combining truth values.  Results are 1 and 0 in the type of the inputs."""

import numpy as np

from mxbook.ops.tables import Arithmetic, unary

STRETCHED = (
    "1 where it holds, 0 elsewhere, in the type of `lhs`.  The broadcast forms stretch axes."
)


def _row(word: str, function: str, meaning: str, suffix: str) -> None:
    Arithmetic(
        function,
        f"Whether {meaning}, element by element: {STRETCHED}",
        value=lambda lhs, rhs: getattr(np, function)(lhs, rhs).astype("float64"),
        compares=True,
    ).forms(
        broadcast=(f"broadcast_{word}",),
        elemwise=(f"_{word}", "_" + suffix),
        scalar=(f"_{word}_scalar", f"_{suffix.replace(chr(95), '')}Scalar"),
    )


_row("equal", "equal", "`lhs` equals `rhs`", "Equal")
_row("not_equal", "not_equal", "`lhs` differs from `rhs`", "Not_Equal")
_row("greater", "greater", "`lhs` is above `rhs`", "Greater")
_row("greater_equal", "greater_equal", "`lhs` is at least `rhs`", "Greater_Equal")
_row("lesser", "less", "`lhs` is below `rhs`", "Lesser")
_row("lesser_equal", "less_equal", "`lhs` is at most `rhs`", "Lesser_Equal")
_row("logical_and", "logical_and", "both are different from 0", "Logical_And")
_row("logical_or", "logical_or", "at least one is different from 0", "Logical_Or")
_row("logical_xor", "logical_xor", "exactly one is different from 0", "Logical_Xor")


def _not(k, _p, data):
    """1 where the input is 0, and 0 elsewhere."""
    return k.xp.logical_not(data).astype(data.dtype)


unary(
    "logical_not",
    _not,
    None,
    "1 where the input is 0, and 0 elsewhere.",
    value=lambda x: (x == 0).astype("float64"),
    why="not differentiable",
)
