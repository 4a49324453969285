"""What logging costs a training step; runs in a plain process and in the kernel of a notebook."""

import json
import time

from mxbook.explain import curves

WORK = 100e-6  # seconds of a step that does something else
BLOCK = 2000  # steps that are timed together: long enough to hold two messages to the browser


def steps(count: int, log, work: int, clock=time.perf_counter) -> float:
    """Seconds of so many steps, each a little arithmetic and perhaps `log`."""
    begin = clock()
    for i in range(count):
        x = 0
        for _ in range(work):
            x = x + 1 - x // 1000
        if log is not None:
            log(loss=1.0 / (i + 1))
    return clock() - begin


def amount_of_work() -> int:
    """How many additions take about WORK, on one processor."""
    return int(10_000 * WORK / min(steps(1, None, 10_000) for _ in range(50)))


def cost(blocks: int, show: bool, busy: bool) -> str:
    """Microseconds a step: the least and the median over the blocks, as JSON.

    Each block with `log` is compared with the mean of those before and after it, which have none.
    `busy` counts the time that processors spend on this process, all its threads; otherwise the
    time that passes counts, which other programs on the machine disturb.
    """
    clock = time.process_time if busy else time.perf_counter
    work = amount_of_work()
    found = []
    with curves("logging", total=blocks * BLOCK, show=show) as run:
        before = steps(BLOCK, None, work, clock)
        for _ in range(blocks):
            with_log = steps(BLOCK, run.log, work, clock)
            after = steps(BLOCK, None, work, clock)
            found.append(1e6 * (with_log - (before + after) / 2) / BLOCK)
            before = after
    found.sort()
    return json.dumps([round(found[0], 2), round(found[len(found) // 2], 2)])
