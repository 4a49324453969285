"""Elementwise operators on sparse arrays: functions with f(0) = 0, arithmetic, sums of many."""

from collections.abc import Callable
from typing import Any

from mxbook.base import shapes
from mxbook.base.sparse import SparseParts
from mxbook.ops import sparse
from mxbook.ops.examples import In
from mxbook.ops.registry import operator, operators
from mxbook.ops.sparse import PLACE, Stypes, alike, on_values, rows_of

# Zeros stay zeros: what is stored is enough.
KEEP_ZEROS = """
    BlockGrad _copy _copyto abs arcsin arcsinh arctan arctanh cbrt ceil degrees expm1 fix floor
    log1p make_loss negative radians relu rint round sign sin sinh sqrt square tan tanh trunc
    _contrib_round_ste _contrib_sign_ste Cast _mul_scalar _div_scalar
"""

for name in KEEP_ZEROS.split():
    operators[name].sparse(match=alike)(on_values(operators[name].kernel))

# Scalar forms that keep zeros for some numbers only: whether `0 op number` is 0.
SCALARS: dict[str, Callable[[float], bool]] = {
    "_plus_scalar": lambda number: number == 0,
    "_minus_scalar": lambda number: number == 0,
    "_equal_scalar": lambda number: number != 0,
    "_not_equal_scalar": lambda number: number == 0,
    "_greater_scalar": lambda number: number >= 0,
    "_greater_equal_scalar": lambda number: number > 0,
    "_lesser_scalar": lambda number: number <= 0,
    "_lesser_equal_scalar": lambda number: number < 0,
}


def _where_zero_stays(zero_stays: Callable[[float], bool]) -> Callable:
    return lambda p, found: alike(p, found) if zero_stays(p.scalar) else None


for name, zero_stays in SCALARS.items():
    op = operators[name]
    op.sparse(match=_where_zero_stays(zero_stays))(on_values(op.kernel))

_clip = operators["clip"]
_clip.sparse(match=lambda p, found: alike(p, found) if p.a_min <= 0 <= p.a_max else None)(
    on_values(_clip.kernel)
)


@operators["zeros_like"].sparse(match=alike)
def _(k, _p, data):
    return sparse.empty(k.xp, data.stype, data.shape, data.dtype)


def places(xp: Any, value: SparseParts) -> Any:
    """A rising number for the place of each stored value (csr) or row (row_sparse)."""
    if value.stype == "row_sparse":
        return value.indices
    return rows_of(xp, value) * value.shape[1] + value.indices


def at_places(xp: Any, like: SparseParts, where: Any, data: Any) -> SparseParts:
    """An array like `like` from what stands at `places`; in csr zeros are left out."""
    if like.stype == "row_sparse":
        return SparseParts("row_sparse", data, where, None, like.shape)
    stored = data != 0
    rows, columns = xp.divmod(where[stored], like.shape[1])
    return sparse.from_rows(xp, like.shape, rows, columns, data[stored])


def combined(k: Any, function: Callable, arrays: tuple[SparseParts, ...]) -> SparseParts:
    """`function(*values)` at all places that any of the arrays stores."""
    xp = k.xp
    found = [places(xp, a) for a in arrays]
    union = xp.unique(xp.concatenate(found))
    spread = []
    for array, where in zip(arrays, found, strict=True):
        values = xp.zeros((len(union), *array.data.shape[1:]), array.dtype)
        values[xp.searchsorted(union, where)] = array.data
        spread.append(values)
    return at_places(xp, arrays[0], union.astype(PLACE), function(*spread))


def _both(kernel: Callable) -> Callable:
    def sparse_kernel(k, p, lhs, rhs):
        return combined(k, lambda a, b: kernel(k, p, a, b), (lhs, rhs))

    return sparse_kernel


for name in ("elemwise_add", "elemwise_sub", "elemwise_mul", "_maximum", "_minimum", "_hypot"):
    operators[name].sparse(match=alike)(_both(operators[name].kernel))


def _dense_and_sparse(*sides: int) -> Callable[[Any, Stypes], Stypes | None]:
    """A match for a sparse array on one of these sides and a dense one on the other."""

    def match(_p, found):
        for side in sides:
            if found[side] != "default" == found[1 - side]:
                return (found[side],)
        return None

    return match


def values_at(xp: Any, dense: Any, like: SparseParts) -> Any:
    """The elements of a dense array where a sparse one stores its values or rows."""
    if like.stype == "row_sparse":
        return dense[like.indices]
    return dense[rows_of(xp, like), like.indices]


def _on_stored(kernel: Callable) -> Callable:
    """A kernel for a sparse and a dense array whose result is zero where nothing is stored."""

    def sparse_kernel(k, p, lhs, rhs):
        if isinstance(lhs, SparseParts):
            return lhs.with_data(kernel(k, p, lhs.data, values_at(k.xp, rhs, lhs)))
        return rhs.with_data(kernel(k, p, values_at(k.xp, lhs, rhs), rhs.data))

    return sparse_kernel


_multiply = operators["elemwise_mul"]
_multiply.sparse(match=_dense_and_sparse(0, 1))(_on_stored(_multiply.kernel))


def _with_dense(sign_of_lhs: int, sign_of_rhs: int) -> Callable:
    """A kernel of a sum or difference of a sparse and a dense array, which is dense."""

    def sparse_kernel(k, _p, lhs, rhs):
        if lhs.shape != rhs.shape:  # one of them is stretched
            lhs, rhs = sparse.to_dense(k.xp, lhs), sparse.to_dense(k.xp, rhs)
            return lhs + rhs if sign_of_rhs > 0 else lhs - rhs
        first = isinstance(lhs, SparseParts)
        part, dense = (lhs, rhs) if first else (rhs, lhs)
        signs = (sign_of_lhs, sign_of_rhs) if first else (sign_of_rhs, sign_of_lhs)
        total = dense.copy() if signs[1] > 0 else k.xp.negative(dense)
        stored = part.data if signs[0] > 0 else -part.data
        if part.stype == "row_sparse":
            total[part.indices] += stored
        else:
            total[rows_of(k.xp, part), part.indices] += stored
        return total

    return sparse_kernel


def _mixed(_p: Any, found: Stypes) -> Stypes | None:
    return ("default",) if len(set(found)) == 2 and "default" in found else None


for form in ("elemwise", "broadcast"):
    operators[f"{form}_add"].sparse(match=_mixed)(_with_dense(1, 1))
    operators[f"{form}_sub"].sparse(match=_mixed)(_with_dense(1, -1))


def _stretched(kernel: Callable) -> Callable:
    """A kernel for a csr array and a dense one that is stretched to its shape."""

    def sparse_kernel(k, p, lhs, rhs):
        if shapes.broadcast(lhs.shape, rhs.shape) != lhs.shape:  # it is the csr that is stretched
            return sparse.to_sparse(k.xp, kernel(k, p, sparse.to_dense(k.xp, lhs), rhs), "csr")
        wide = k.xp.broadcast_to(rhs, lhs.shape)
        return lhs.with_data(kernel(k, p, lhs.data, values_at(k.xp, wide, lhs)))

    return sparse_kernel


for name in ("broadcast_mul", "broadcast_div"):
    operators[name].sparse("csr", "default", gives="csr")(_stretched(operators[name].kernel))


@operators["add_n"].sparse(match=lambda p, f: alike(p, f) if f[0] == "row_sparse" else None)
def _(k, _p, *args):
    return sparse.sum_of_rows(k.xp, args)


@operators["where"].sparse("csr", "default", "default")
def _(k, _p, condition, x, y):
    chosen, places_of = y.copy(), (rows_of(k.xp, condition), condition.indices)
    values = k.xp.where(condition.data != 0, x[places_of], y[places_of])
    chosen[places_of] = values
    return chosen


@operators["_CrossDeviceCopy"].sparse(match=alike)
def _(k, p, data):
    return sparse.map_parts(lambda part: k.transfer(part, p.source), data)


def _scattering(name: str, dense_name: str, doc: str) -> None:
    """An operator that is `dense_name` on what is stored only, though zeros would change."""
    dense = operators[dense_name]

    def kernel(k, p, data):
        return dense.kernel(k, p, data)

    op = operator(name, *dense.params, shape=dense.shape_rule, doc=doc)(kernel)
    op.sparse(match=alike)(on_values(kernel))
    op.gradient("data")(lambda F, p, dy: dy)
    op.example((2, 3), scalar=1.5).gives(lambda x: x + (1.5 if "plus" in name else -1.5))


_scattering(
    "_scatter_plus_scalar",
    "_plus_scalar",
    "`data + scalar`; of a sparse array, only for what is stored.  Source: MXNet 1.6.",
)
_scattering(
    "_scatter_minus_scalar",
    "_minus_scalar",
    "`data - scalar`; of a sparse array, only for what is stored.  Source: MXNet 1.6.",
)


_divide = operators["elemwise_div"]


@operator("_scatter_elemwise_div", shape=_divide.shape_rule)
def scatter_elemwise_div(k, p, lhs, rhs):
    """`lhs / rhs`; of a row_sparse `lhs`, only for the rows that it stores.

    Source: MXNet 1.6, `_scatter_elemwise_div`.
    """
    return _divide.kernel(k, p, lhs, rhs)


scatter_elemwise_div.rules.update(_divide.rules)
scatter_elemwise_div.example((2, 3), In((2, 3), 1, 2)).gives(lambda x, y: x / y)


@scatter_elemwise_div.sparse(match=lambda p, f: f[:1] if f[0] == "row_sparse" else None)
def _(k, p, lhs, rhs):
    dense = sparse.to_dense(k.xp, rhs)
    return lhs.with_data(_divide.kernel(k, p, lhs.data, values_at(k.xp, dense, lhs)))
