"""When two results agree."""

import numpy as np

# Relative and absolute tolerance by element type; whole numbers must agree exactly.
TOLERANCES = {"float16": (1e-2, 2e-3), "float32": (1e-4, 1e-5), "float64": (1e-8, 1e-10)}


def assert_agree(
    found: np.ndarray, expected: np.ndarray, what: str, tolerance: tuple[float, float] | None = None
) -> None:
    """Raise AssertionError unless shapes are equal and values agree.

    The tolerance (relative, absolute) is that of the element type of `found` unless given.

    >>> assert_agree(np.array([1.0, 2.0]), np.array([1.0, 2.1]), "the sum")
    Traceback (most recent call last):
    AssertionError: the sum is wrong at (1,): 2.0 in place of 2.1 (1 of 2 elements differ)
    """
    expected = np.asarray(expected)
    if found.shape != expected.shape:
        raise AssertionError(f"{what} has the shape {found.shape} in place of {expected.shape}")
    rtol, atol = tolerance or TOLERANCES.get(found.dtype.name, (0, 0))
    a, b = found.astype("float64"), expected.astype("float64")
    wrong = ~np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=True)
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise AssertionError(
            f"{what} is wrong at {place}: {a[place]} in place of {b[place]} "
            f"({wrong.sum()} of {wrong.size} elements differ)"
        )
