"""The operators that people use most, beside NumPy's own time for the same arithmetic.

    python -m tests.benchmarks operators [--quick] [--only NAME ...]

Both sides run in this process, with one BLAS thread each: a few calls of one, then a few of the
other, and the fastest call of each counts.  Before that a row is computed once on both sides, which
must agree.  A row's name may stand for all rows that begin with it.
"""

import gc
import time
from collections.abc import Callable, Sequence
from typing import Any

from .operator_rows import ROWS, Row, nd, np

SIZES = (100_000, 1_000_000)  # elements, about
QUICK_SIZES = (600,)
SLOW = 1.5  # rows above are marked
SECONDS, QUICK_SECONDS = 0.3, 0.0  # for a row
TURNS = 5  # calls of one side before the other has its turn


def run(only: Sequence[str], quick: bool) -> None:
    """Measure and print the table."""
    print(f"{'operator':26} {'largest array':>18} {'mxbook, us':>11} {'NumPy, us':>11} {'ratio':>7}")
    count = slow = 0
    for size in QUICK_SIZES if quick else SIZES:
        for row in ROWS:
            if only and not any(row.name.startswith(name) for name in only):
                continue
            shape, ours, by_hand = measured(row, size, QUICK_SECONDS if quick else SECONDS)
            ratio = ours / by_hand
            mark = f"  above {SLOW}" if ratio > SLOW else ""
            print(
                f"{row.name:26} {'x'.join(map(str, shape)):>18} {ours * 1e6:>11.1f} "
                f"{by_hand * 1e6:>11.1f} {ratio:>7.2f}{mark}",
                flush=True,
            )
            count, slow = count + 1, slow + bool(mark)
    print(f"{slow} of {count} rows above {SLOW}")


def measured(row: Row, size: int, seconds: float) -> tuple[tuple[int, ...], float, float]:
    """The shape of the largest array, and the seconds of either side."""
    given = row.inputs(size)
    arrays = [nd.array(a) for a in given]
    check(row, row.ours(*arrays), row.by_hand(*given))

    def ours():
        finish(row.ours(*arrays))

    def by_hand():
        row.by_hand(*given)

    return max((a.shape for a in given), key=np.prod), *alternately(ours, by_hand, seconds)


def finish(found: Any) -> None:
    """Wait for a result, or for several."""
    for array in found if isinstance(found, list) else [found]:
        if array is not None:
            array.wait_to_read()


def check(row: Row, ours: Any, by_hand: Any) -> None:
    """Raise AssertionError unless both sides have computed the same."""
    if row.random:
        return
    ours = ours if isinstance(ours, list) else [ours]
    by_hand = by_hand if isinstance(by_hand, list) else [by_hand]
    for a, b in zip(ours, by_hand, strict=True):
        b = np.reshape(b, a.shape)
        np.testing.assert_allclose(a.asnumpy(), b, rtol=1e-3, atol=1e-3, err_msg=row.name)


def alternately(
    one: Callable[[], object], other: Callable[[], object], seconds: float
) -> tuple[float, float]:
    """Seconds of the fastest calls of two functions that take turns for a while."""
    best = [float("inf"), float("inf")]
    gc.collect()
    gc.disable()
    try:
        end = time.perf_counter() + seconds
        while True:
            for i, function in enumerate((one, other)):
                for _ in range(TURNS):
                    start = time.perf_counter()
                    function()
                    best[i] = min(best[i], time.perf_counter() - start)
            if time.perf_counter() > end:
                return best[0], best[1]
    finally:
        gc.enable()
