"""Executing one chapter in a kernel of its own.

The kernel runs the Python that runs this, without anybody's settings, and with fixed seeds.
"""

import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import mxbook

from .chapters import Notebook, needs

# Hash order, Python's, NumPy's and mxbook's random numbers; mxbook first, because it sets NumPy up.
SEEDS = """
def _seed():
    import random
    import mxbook, numpy
    random.seed(0), numpy.random.seed(0), mxbook.random.seed(0)
_seed()
del _seed
"""

# The largest memory the kernel ever had, in bytes.  Linux hands `ru_maxrss` on from the parent.
PEAK = """
def _peak():
    import os, re, sys
    if os.path.exists("/proc/self/status"):
        with open("/proc/self/status") as status:
            return 1024 * int(re.search(r"VmHWM:\\s*(\\d+)", status.read())[1])
    import resource
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
"""

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


class Outcome(NamedTuple):
    """What came of executing a chapter; the outputs are in the notebook."""

    seconds: float
    peak: int | None  # bytes; None where the system does not tell
    error: str  # empty when all went well


async def execute(
    notebook: Notebook,
    folder: Path,
    limit: float | None = None,
    tell: Callable[[int], None] = lambda number: None,
) -> Outcome:
    """Run every cell in order, in `folder`; stops at the first error or after `limit` seconds.

    `tell(number)` is called before each cell.  When the task is cancelled, the kernel ends with it.
    """
    async with _kernel(notebook, folder) as client:
        start = time.perf_counter()
        for index, cell in enumerate(notebook["cells"]):
            tell(index + 1)
            if limit is not None:  # what is left of it, in whole seconds
                client.timeout = max(1, round(limit - (time.perf_counter() - start)))
            problem = await _cell(client, cell, index)
            if problem:
                error = f"cell {index + 1}: {problem}"
                return Outcome(time.perf_counter() - start, None, error)
        return Outcome(time.perf_counter() - start, await _peak(client), "")


async def _cell(client, cell: dict, index: int) -> str:
    """Execute one cell; what went wrong, or an empty text."""
    failures = needs("nbclient.exceptions")
    try:
        await client.async_execute_cell(cell, index)
    except failures.CellExecutionError as failure:
        return _described(failure)
    except failures.CellTimeoutError:
        return "stopped, because the chapter takes too long"
    except failures.DeadKernelError:
        if asyncio.current_task().cancelling():  # type: ignore[union-attr]
            raise asyncio.CancelledError from None  # nbclient takes the one for the other
        return "the kernel died"
    return ""


def _described(failure) -> str:
    """The error in a cell with the line it came from."""
    trace = ESCAPES.sub("", failure.traceback).splitlines()
    lines = [line.strip() for line in trace if line.startswith(("-->", "--->", "---->"))]
    place = f"\n{lines[0]}" if lines else ""
    return f"{failure.ename}: {failure.evalue}{place}"


@asynccontextmanager
async def _kernel(notebook: Notebook, folder: Path):
    """A client of a fresh kernel, which ends with the block."""
    nbclient = needs("nbclient")
    manager = needs("jupyter_client").AsyncKernelManager(kernel_spec_manager=_this_python())
    with tempfile.TemporaryDirectory() as settings:
        client = nbclient.NotebookClient(
            notebook,
            km=manager,
            store_widget_state=False,
            record_timing=False,
            shutdown_kernel="immediate",
        )
        try:
            await client.async_start_new_kernel(cwd=str(folder), env=environment(settings))
            await client.async_start_new_kernel_client()
            await client.kc.execute(SEEDS, silent=True, reply=True)
            yield client
        finally:
            await client._async_cleanup_kernel()


def _this_python():
    """Kernel specifications of which there is one: the Python that runs this."""
    kernelspec = needs("jupyter_client.kernelspec")
    needs("ipykernel")
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    quiet = ["--HistoryManager.enabled=False", "--IPKernelApp.log_level=CRITICAL"]

    class ThisPython(kernelspec.KernelSpecManager):  # type: ignore[name-defined]
        def get_kernel_spec(self, _name):
            return kernelspec.KernelSpec(
                argv=[*command, *quiet],
                display_name="Python 3",
                language="python",
            )

    return ThisPython()


def environment(settings: str) -> dict[str, str]:
    """The environment of the kernel: this mxbook, no personal settings, a fixed hash order."""
    root = Path(mxbook.__file__).resolve().parents[1]
    paths = [str(root), str(root / "widgets"), os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PYTHONHASHSEED": "0",
        "IPYTHONDIR": settings,
    }


async def _peak(client) -> int | None:
    """Bytes of memory that the kernel had at most; None where the system does not tell."""
    ask = {"peak": "_peak()"}
    reply = await client.kc.execute(PEAK, silent=True, user_expressions=ask, reply=True)
    answer = reply["content"]["user_expressions"]["peak"]
    return int(answer["data"]["text/plain"]) if answer["status"] == "ok" else None
