"""The operators that people use most, beside NumPy's own time for the same arithmetic.

Both sides run in this process, with one BLAS thread each: a few calls of one, then a few of the
other, and the fastest call of each counts.  Before that a row is computed once on both sides, which
must agree.
"""

import contextlib
import gc
import re
import time
from collections.abc import Callable, Sequence
from typing import Any

from .operator_rows import ROWS, Row, mx, nd, np

SIZES = (100_000, 1_000_000)  # elements, about
QUICK_SIZES = (600,)
SLOW = 1.5  # rows above are marked
SECONDS = 0.3  # for a row, at least
TURNS = 4  # calls of one side before the other has its turn
ROUNDS = 10  # turns of each side, at least


def run(only: Sequence[str], quick: bool) -> None:
    """Measure and print the table: all rows, or those of operators with these names."""
    print(f"{'mx.nd.':42} {'largest array':>16} {'mxbook, us':>11} {'NumPy, us':>11} {'ratio':>6}")
    ratios = []
    for size in QUICK_SIZES if quick else SIZES:
        for row in ROWS:
            if only and not set(re.findall(r"[\w.]+", row.ours)) & set(only):
                continue
            shape, ours, by_hand = measured(row, size, quick)
            ratios.append(ours / by_hand)
            mark = f"  above {SLOW}" if ratios[-1] > SLOW else ""
            print(
                f"{shortened(row.ours, 42):42} {'x'.join(map(str, shape)):>16} {ours * 1e6:>11.1f} "
                f"{by_hand * 1e6:>11.1f} {ratios[-1]:>6.2f}{mark}",
                flush=True,
            )
    print(f"{sum(r > SLOW for r in ratios)} of {len(ratios)} rows above {SLOW}")


def shortened(text: str, width: int) -> str:
    """The text, with dots in place of what does not fit."""
    return text if len(text) <= width else text[: width - 3] + "..."


def measured(row: Row, size: int, quick: bool) -> tuple[tuple[int, ...], float, float]:
    """The shape of the largest array, and the seconds of either side."""
    given = row.inputs(size)
    arrays = [nd.array(a) for a in given]
    mine, theirs = row.functions()

    def ours():
        return finished(mine(*arrays))

    def by_hand():
        return theirs(*given)

    with mx.autograd.train_mode() if row.train else contextlib.nullcontext():
        if row.agree:
            check(row, ours(), by_hand())
        shape = max((a.shape for a in given), key=np.prod)
        if quick:
            return shape, *alternately(ours, by_hand, 0, 1)
        return shape, *alternately(ours, by_hand, SECONDS, ROUNDS)


def finished(found: Any) -> list:
    """The result, or several, as a list, after it has been waited for."""
    if type(found) is mx.nd.NDArray:
        found.wait_to_read()
        return [found]
    for array in found or ():
        array.wait_to_read()
    return found


def check(row: Row, ours: list, by_hand: Any) -> None:
    """Raise AssertionError unless both sides have computed the same."""
    by_hand = by_hand if isinstance(by_hand, list) else [by_hand]
    for a, b in zip(ours, by_hand, strict=True):
        b = np.reshape(b, a.shape)
        np.testing.assert_allclose(a.asnumpy(), b, rtol=1e-3, atol=1e-3, err_msg=row.ours)


def alternately(
    one: Callable[[], object], other: Callable[[], object], seconds: float, rounds: int
) -> tuple[float, float]:
    """Seconds of the fastest calls of two functions that take turns for a while."""
    best = [float("inf"), float("inf")]
    gc.collect()
    gc.disable()
    try:
        end = time.perf_counter() + seconds
        while rounds > 0 or time.perf_counter() < end:
            rounds -= 1
            for i, function in enumerate((one, other)):
                for _ in range(TURNS):
                    start = time.perf_counter()
                    function()
                    best[i] = min(best[i], time.perf_counter() - start)
    finally:
        gc.enable()
    return best[0], best[1]
