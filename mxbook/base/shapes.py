"""Shapes as plain tuples.  An unknown dimension is None; a shape of which nothing is known is None.

MXNet 1.6 writes unknown dimensions as 0 (or -1 with NumPy semantics); the front ends translate.
"""

from collections.abc import Iterable

from .errors import ShapeError

Dim = int | None
Shape = tuple[Dim, ...]


def known(shape: Shape | None) -> bool:
    """Whether every dimension is known.

    >>> known((2, 3)), known((2, None)), known(None)
    (True, False, False)
    """
    return shape is not None and None not in shape


def size(shape: Iterable[int]) -> int:
    """Number of elements.

    >>> size((2, 3)), size(())
    (6, 1)
    """
    n = 1
    for d in shape:
        n *= d
    return n


def unify(a: Shape | None, b: Shape | None) -> Shape | None:
    """What two partly known shapes of the same array say together.

    Raises ShapeError where they contradict each other.

    >>> unify((2, None), (None, 3)), unify(None, (1,))
    ((2, 3), (1,))
    """
    if a is None or b is None or a == b:
        return b if a is None else a
    if len(a) != len(b):
        raise ShapeError(
            f"shapes {text(a)} and {text(b)} differ", rule="the number of axes must agree"
        )
    merged = tuple(y if x is None else x for x, y in zip(a, b, strict=True))
    if any(y is not None and x != y for x, y in zip(merged, b, strict=True)):
        raise ShapeError(
            f"shapes {text(a)} and {text(b)} differ", rule="every dimension must agree"
        )
    return merged


def broadcast(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """The common shape of two arrays: aligned at the last axis, axes of length 1 are stretched.

    >>> broadcast((2, 1, 4), (3, 4))
    (2, 3, 4)
    """
    if a == b:
        return a
    ndim = max(len(a), len(b))
    pairs = list(zip((1,) * (ndim - len(a)) + a, (1,) * (ndim - len(b)) + b, strict=True))
    if any(x != y and 1 not in (x, y) for x, y in pairs):
        raise ShapeError(
            f"shapes {text(a)} and {text(b)} cannot be broadcast",
            rule="aligned at the last axis, lengths are equal or one of them is 1",
            hint="insert axes of length 1 with expand_dims or reshape",
        )
    return tuple(y if x == 1 else x for x, y in pairs)


MOST_AXES = 32  # of CuPy's arrays; NumPy's may have twice as many


def check_lengths(shape: Shape | None) -> None:
    """Raise ShapeError unless there can be an array of this shape, as far as it is known.

    >>> check_lengths((2, None))
    """
    if shape is None:
        return
    if any(d is not None and d < 0 for d in shape):
        raise ShapeError(f"the result would have the shape {text(shape)}", rule="no length below 0")
    if len(shape) > MOST_AXES:
        raise ShapeError(f"the result would have {len(shape)} axes", rule=f"at most {MOST_AXES}")


def check_axes(shape: Shape, least: int, what: str = "data") -> None:
    """Raise ShapeError for an array with fewer axes."""
    if len(shape) < least:
        axes = "one axis" if least == 1 else f"{least} axes"
        raise ShapeError(f"{what} has the shape {text(shape)}", rule=f"at least {axes}")


def check_filled(shape: Shape, what: str = "data") -> None:
    """Raise ShapeError for an array without elements, where something must be chosen from it."""
    if 0 in shape:
        raise ShapeError(f"{what} of shape {text(shape)} is empty", rule="no length is 0")


def check_fits(shape: Shape, wanted: Shape, what: str) -> None:
    """Raise ShapeError unless an array has the shape that follows from the others."""
    if shape != wanted:
        raise ShapeError(f"{what} has the shape {text(shape)}", rule=f"{text(wanted)}")


def axis_index(axis: int, ndim: int, what: str = "axis") -> int:
    """A possibly negative axis as a number from 0 to ndim - 1.

    >>> axis_index(-1, 3)
    2
    """
    if not -ndim <= axis < ndim:
        raise ShapeError(f"{what} {axis} does not exist", rule=f"from {-ndim} to {ndim - 1}")
    return axis % ndim


def text(shape: Shape | None) -> str:
    """A shape for people, with ? for what is unknown.

    >>> text((2, None)), text(None)
    ('(2, ?)', '?')
    """
    if shape is None:
        return "?"
    inner = ", ".join("?" if d is None else str(d) for d in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"
