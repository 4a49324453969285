"""The exercises of chapter 02: arrays."""

import numpy as np

from mxbook import ndarray as nd

from .answers import array, call, exercise, require, said, shown

# Shapes, and what broadcasting makes of them.
PAIRS = {
    "A": ((3, 4), (4,), (3, 4)),
    "B": ((3, 4), (3,), "error"),
    "C": ((3, 1), (1, 4), (3, 4)),
    "D": ((2, 3, 4), (3, 1), (2, 3, 4)),
    "E": ((5, 1), (5,), (5, 5)),
}


@exercise("02.1", "0 and 1 take turns in every row and column, for each size that was tried.")
def board(answer, random):
    """A checkerboard of n rows and n columns, whose upper left square is 0."""
    for n in (2, 3, *map(int, random.integers(4, 12, 3))):
        name = said(answer, n)
        found = array(call(answer, n), (n, n), name)
        require(
            set(np.unique(found)) <= {0, 1},
            f"{name} must hold only 0 and 1, and has {shown(np.unique(found)[:6])}",
        )
        require(found[0, 0] == 0, f"the upper left square of {name} must be 0, and is 1")
        rows = np.flatnonzero((found[:, 1:] == found[:, :-1]).any(axis=1))
        require(not rows.size, f"in {name} two neighbours in row {rows[:1].sum()} are equal")
        columns = np.flatnonzero((found[1:] == found[:-1]).any(axis=0))
        require(
            not columns.size,
            f"in {name} two neighbours in column {columns[:1].sum()} are equal: "
            "every second row must begin with 1",
        )


@exercise("02.2", "you align the shapes at their ends, and only a length of 1 can stretch.")
def shapes(answer, random):
    """What shape a sum has, or that it fails."""
    require(
        isinstance(answer, dict) and set(answer) == set(PAIRS),
        f"the answer must be a dictionary with the keys {', '.join(PAIRS)}",
    )
    for name, (left, right, wanted) in PAIRS.items():
        got = tuple(answer[name]) if isinstance(answer[name], list) else answer[name]
        pair = f"{name}, {left} + {right}"
        if wanted == "error":
            require(
                got == wanted,
                f"{pair} fails: shapes are compared from their ends, and there {left[-1]} "
                f"meets {right[-1]}",
            )
        else:
            require(
                got != "error",
                f"{pair} works: from the end, lengths are equal, or one is 1 or missing",
            )
            require(
                got == wanted,
                f"{pair} does not give {shown(got)}: from the end, each length is the larger one",
            )


@exercise("02.3", "each column has mean 0 and standard deviation 1, and x is as it was.")
def standardized(answer, random):
    """Columns with mean 0 and standard deviation 1, in a new array."""
    for _ in range(3):
        rows, columns = (int(n) for n in random.integers(5, 20, 2))
        if rows == columns:
            rows += 1
        values = random.normal(random.uniform(-5, 5, columns), random.uniform(1, 9, columns))
        values = (values + random.normal(0, 2, (rows, columns))).astype("float32")
        x = nd.array(values)
        name = f"for x of shape {x.shape}, the result"
        found = array(call(answer, x), x.shape, name, "float32")
        require(
            np.array_equal(x.asnumpy(), values),
            "your function changed x; `-=`, `/=` and `x[:] =` write into the array that was given",
        )
        require(
            not np.allclose(found.mean(axis=1), 0, atol=1e-3),
            "the rows have mean 0; the columns should: mean(axis=0) goes down the rows",
        )
        require(
            np.allclose(found.mean(axis=0), 0, atol=1e-3),
            f"the columns must have mean 0, and have {shown(found.mean(axis=0))}",
        )
        require(
            np.allclose(found.std(axis=0), 1, atol=1e-2),
            f"the columns must have standard deviation 1, and have {shown(found.std(axis=0))}",
        )


@exercise("02.4", "a view shows the change, a copy does not, and both arrays are as before.")
def shares(answer, random):
    """Whether two arrays are the same memory."""
    for kind in map(str, random.permutation(["view", "copy", "equal", "same", "apart"])):
        a = nd.array(random.normal(size=(4, 3)))
        b = {
            "view": lambda a: a[1:3],
            "copy": lambda a: a.copy(),
            "equal": lambda a: nd.array(a.asnumpy()),
            "same": lambda a: a.reshape((3, 4)),
            "apart": lambda a: a + 1,
        }[kind](a)
        before = a.asnumpy(), b.asnumpy()
        got = call(answer, a, b)
        unchanged = all(map(np.array_equal, before, (a.asnumpy(), b.asnumpy())))
        require(
            isinstance(got, bool | np.bool_),
            f"it must return True or False, and returned {shown(got)}",
        )
        wanted = kind in ("view", "same")
        how = {
            "view": "b = a[1:3] is a view: it shares memory with a",
            "same": "b = a.reshape((3, 4)) shares memory with a, though it has another shape",
            "copy": "b = a.copy() has the numbers of a, in memory of its own",
            "equal": "b has the numbers of a, in memory of its own",
            "apart": "b = a + 1 is a new array",
        }[kind]
        require(bool(got) == wanted, f"{how}; it returned {got}")
        require(
            unchanged, "the arrays are not as they were: put the old numbers back after the test"
        )
