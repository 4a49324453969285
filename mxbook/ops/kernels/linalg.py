"""Linear algebra that NumPy and CuPy lack, for matrices in the last two axes of an array.

`xp` is the array library; leading axes are a stack of independent problems.
"""

from typing import Any


def turned(a: Any) -> Any:
    """The matrices transposed, as a view."""
    return a.swapaxes(-1, -2)


def triangle(xp: Any, a: Any, lower: bool) -> Any:
    """The matrices with zeros above (or below) the diagonal."""
    return xp.tril(a) if lower else xp.triu(a)


def solve_triangular(xp: Any, a: Any, b: Any, lower: bool) -> Any:
    """`x` with `a x = b` for triangular `a`, whose other triangle is not read.

    One half of the unknowns is found first, put into the equations of the other half, and so on
    down to single ones; nearly all of the work is then in matrix products.  A zero on the
    diagonal gives infinite or undefined numbers.
    """
    n = a.shape[-1]
    if n == 1:
        return b / a
    top, bottom = slice(n // 2), slice(n // 2, None)
    first, second = (top, bottom) if lower else (bottom, top)
    x = solve_triangular(xp, a[..., first, first], b[..., first, :], lower)
    left = b[..., second, :] - xp.matmul(a[..., second, first], x)
    y = solve_triangular(xp, a[..., second, second], left, lower)
    return xp.concatenate((x, y) if lower else (y, x), axis=-2)


def inverse(xp: Any, a: Any) -> tuple[Any, Any]:
    """The inverses, with zeros for matrices that have none, and which ones these are."""
    singular = xp.equal(xp.linalg.slogdet(a)[0], 0)
    hidden = singular[..., None, None]
    one = xp.eye(a.shape[-1], dtype=a.dtype)
    return xp.where(hidden, 0, xp.linalg.inv(xp.where(hidden, one, a))).astype(a.dtype), singular


def eigenvectors_as_rows(xp: Any, v: Any) -> Any:
    """Eigenvectors from columns to rows, each with the sign that makes its largest element
    positive."""
    rows = turned(v)
    largest = xp.argmax(xp.abs(rows), axis=-1)[..., None]
    return xp.where(xp.take_along_axis(rows, largest, axis=-1) < 0, -rows, rows)
