"""The timer of the benchmarks: the fastest of many short runs, garbage collection off."""

import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable


def fastest(step: Callable[[], object], seconds: float) -> float:
    """Seconds of the fastest of the runs that fit into the given time, after a warm-up."""
    step()
    gc.collect()
    gc.disable()
    try:
        best, end = float("inf"), time.perf_counter() + seconds
        while True:
            start = time.perf_counter()
            step()
            now = time.perf_counter()
            best = min(best, now - start)
            if now > end:
                return best
    finally:
        gc.enable()


def report(rows: dict[str, Callable[[float], float]]) -> None:
    """Measure the rows asked for on the command line and print them as one JSON object."""
    seconds, only = float(sys.argv[2]), sys.argv[3:]
    print(json.dumps({n: f(seconds) for n, f in rows.items() if not only or n in only}))


FRESH = """
import sys, time
start = time.perf_counter()
import {0}
took = time.perf_counter() - start
with open("/proc/self/status") as status:  # ru_maxrss would count the parent's memory, too
    peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
print(took * 1000, int(peak) / 1024)
"""


def importing(package: str, column: int) -> Callable[[float], float]:
    """Milliseconds (0) or megabytes (1) of an import in fresh processes, the least; on Linux."""

    def measure(seconds: float) -> float:
        command = [sys.executable, "-c", FRESH.format(package)]
        runs = [
            subprocess.run(command, capture_output=True, text=True, check=True)
            for _ in range(1 if seconds < 0.1 else 9)
        ]
        return min(float(run.stdout.split()[column]) for run in runs)

    return measure
